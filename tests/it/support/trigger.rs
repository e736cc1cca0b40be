//! Trigger events as Cognito sends them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A trigger.
#[derive(Clone, Copy)]
pub enum Trigger {
    PreAuthentication,
    PostAuthentication,
    ConfirmSignUp,
    ConfirmForgotPassword,
    RefreshTokens,
    HostedAuth,
}

impl Trigger {
    fn source(self) -> &'static str {
        match self {
            Self::PreAuthentication => "PreAuthentication_Authentication",
            Self::PostAuthentication => "PostAuthentication_Authentication",
            Self::ConfirmSignUp => "PostConfirmation_ConfirmSignUp",
            Self::ConfirmForgotPassword => "PostConfirmation_ConfirmForgotPassword",
            Self::RefreshTokens => "TokenGeneration_RefreshTokens",
            Self::HostedAuth => "TokenGeneration_HostedAuth",
        }
    }

    /// The event of a user with no address, and with this metadata.
    pub fn event(self, sub: &str, metadata: &Value) -> Value {
        let (metadata_field, user) = if matches!(self, Self::PreAuthentication) {
            ("validationData", sub)
        } else {
            ("clientMetadata", sub)
        };
        json!({
            "version": "1", "region": "eu-west-1", "userPoolId": "eu-west-1_AAAA11111", "userName": user,
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789"},
            "triggerSource": self.source(),
            "request": {
                "userAttributes": {"sub": sub, "cognito:user_status": "CONFIRMED"},
                metadata_field: metadata,
            },
            "response": {},
        })
    }
}

/// A line of a scenario.
pub fn entry(time: DateTime<Utc>, event: Value) -> Value {
    json!({"time": time.to_rfc3339(), "event": event})
}
