//! Cognito's trigger events, taken in leniently: what is not known is passed over, what is missing
//! is missing, and only what cannot be understood at all is an error.
//!
//! The shapes are those of Cognito's "Customizing user pool workflows with Lambda triggers". The
//! types of `aws_lambda_events` refuse events that Cognito does send (no `newDeviceUsed`, attributes
//! that are null), so they serve as a dictionary and not as a parser. No error tells a value: the
//! user name may be a password that was typed into the wrong field.

mod groups;
mod identities;
mod json;
pub mod user_pool;

use std::collections::BTreeMap;

use domain::auth_event::TokenOccasion;
use domain::ids::{ClientId, LONGEST_ID, LONGEST_POOL_ID, Sub, UserPoolId};
use domain::traits::Provider;
use serde_json::{Map, Value};

use crate::json::{Found, object, text, truth};

/// An event that Cognito invoked a trigger with, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TriggerEvent {
    /// What Cognito was about.
    pub source: TriggerSource,
    /// `userPoolId`.
    pub pool: UserPoolId,
    /// `callerContext.clientId`.
    pub client: Option<ClientId>,
    /// `request.userAttributes`, without those that are null or no plain value.
    pub attributes: Attributes,
    /// What the app passed: `request.validationData` of pre-authentication, else
    /// `request.clientMetadata`.
    pub metadata: BTreeMap<String, String>,
    /// `request.groupConfiguration.groupsToOverride` of pre-token-generation: the user's groups, in Cognito's
    /// order.
    pub groups: Vec<String>,
}

/// The `triggerSource`s that matter here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TriggerSource {
    /// `PreAuthentication_Authentication` of a user.
    PreAuthentication,
    /// `PreAuthentication_Authentication` with `userNotFound`.
    PreAuthenticationOfUnknownUser,
    /// `PostAuthentication_Authentication`.
    PostAuthentication,
    /// `PostConfirmation_ConfirmSignUp`.
    ConfirmSignUp,
    /// `PostConfirmation_ConfirmForgotPassword`.
    ConfirmForgotPassword,
    /// Any other `TokenGeneration_…`: of signing in, or of something else.
    TokenGeneration(TokenOccasion),
    /// `TokenGeneration_ClientCredentials`: a token for a machine, whatever the event carries.
    ClientCredentials,
}

/// What came of reading a payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parsed {
    /// An event that matters here.
    Known(TriggerEvent),
    /// A trigger event of another source.
    OtherSource(String),
}

/// Why a payload is no trigger event.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// Something in it is of a type that it cannot be.
    #[error("{path} is {found}; Cognito sends {expected}")]
    WrongType {
        /// Where, such as `request.userAttributes`.
        path: &'static str,
        /// What is there.
        found: Found,
        /// What should be.
        expected: &'static str,
    },
    /// Something is longer than any table can hold.
    #[error("{path} has more than {longest} bytes, which no table can hold")]
    TooLong {
        /// What, such as `userPoolId`.
        path: &'static str,
        /// How long it may be.
        longest: usize,
    },
    /// Something that every trigger event has is not there.
    #[error("no trigger event: {path} is missing")]
    Missing {
        /// What is missing, such as `triggerSource`.
        path: &'static str,
    },
}

/// Reads a trigger event.
///
/// # Errors
///
/// If the payload is not JSON, is no object, lacks `triggerSource` or `userPoolId`, or has something
/// else than an object where an object belongs.
pub fn parse(payload: &[u8]) -> Result<Parsed, TriggerError> {
    let value: Value = serde_json::from_slice(payload)?;
    let event =
        object(Some(&value), "the event")?.ok_or(TriggerError::Missing { path: "the event" })?;
    let source = required_text(event, "triggerSource")?;
    let request = object(event.get("request"), "request")?;
    let not_found = truth(request.and_then(|request| request.get("userNotFound")));
    match TriggerSource::from_name(&source, not_found) {
        None => Ok(Parsed::OtherSource(source)),
        Some(source) => Ok(Parsed::Known(trigger_event(source, event, request)?)),
    }
}

impl TriggerSource {
    fn from_name(name: &str, user_not_found: bool) -> Option<Self> {
        match name {
            "PreAuthentication_Authentication" if user_not_found => {
                Some(Self::PreAuthenticationOfUnknownUser)
            }
            "PreAuthentication_Authentication" => Some(Self::PreAuthentication),
            "PostAuthentication_Authentication" => Some(Self::PostAuthentication),
            "PostConfirmation_ConfirmSignUp" => Some(Self::ConfirmSignUp),
            "PostConfirmation_ConfirmForgotPassword" => Some(Self::ConfirmForgotPassword),
            "TokenGeneration_ClientCredentials" => Some(Self::ClientCredentials),
            "TokenGeneration_HostedAuth"
            | "TokenGeneration_Authentication"
            | "TokenGeneration_NewPasswordChallenge"
            | "TokenGeneration_AuthenticateDevice" => {
                Some(Self::TokenGeneration(TokenOccasion::SignIn))
            }
            _ if name.starts_with("TokenGeneration_") => {
                Some(Self::TokenGeneration(TokenOccasion::Other))
            }
            _ => None,
        }
    }

    /// Whether it is something that a user who is known did: then the attributes say what the addresses are.
    pub fn says_contacts(self) -> bool {
        match self {
            Self::PreAuthentication
            | Self::PreAuthenticationOfUnknownUser
            | Self::ClientCredentials => false,
            Self::PostAuthentication
            | Self::ConfirmSignUp
            | Self::ConfirmForgotPassword
            | Self::TokenGeneration(_) => true,
        }
    }

    /// Whether Cognito tells the user's groups.
    fn tells_groups(self) -> bool {
        match self {
            Self::TokenGeneration(_) => true,
            Self::PreAuthentication
            | Self::PreAuthenticationOfUnknownUser
            | Self::PostAuthentication
            | Self::ConfirmSignUp
            | Self::ConfirmForgotPassword
            | Self::ClientCredentials => false,
        }
    }

    fn metadata_field(self) -> (&'static str, &'static str) {
        match self {
            Self::PreAuthentication | Self::PreAuthenticationOfUnknownUser => {
                ("validationData", "request.validationData")
            }
            Self::PostAuthentication
            | Self::ConfirmSignUp
            | Self::ConfirmForgotPassword
            | Self::TokenGeneration(_)
            | Self::ClientCredentials => ("clientMetadata", "request.clientMetadata"),
        }
    }
}

fn trigger_event(
    source: TriggerSource,
    event: &Map<String, Value>,
    request: Option<&Map<String, Value>>,
) -> Result<TriggerEvent, TriggerError> {
    let in_request = |name| request.and_then(|request| request.get(name));
    let caller = object(event.get("callerContext"), "callerContext")?;
    let (metadata, metadata_path) = source.metadata_field();
    let client = text(
        caller.and_then(|caller| caller.get("clientId")),
        "callerContext.clientId",
    )?;
    Ok(TriggerEvent {
        source,
        pool: UserPoolId::new(required_text(event, "userPoolId")?),
        client: client.map(ClientId::new),
        attributes: Attributes::of(in_request("userAttributes"))?,
        metadata: pairs(in_request(metadata), metadata_path)?,
        groups: if source.tells_groups() {
            groups::of(in_request("groupConfiguration"))
        } else {
            Vec::new()
        },
    })
}

impl TriggerEvent {
    /// Whether its identifiers can be kept. They become keys: one that no table can hold would be spilled, and
    /// spilled again at each re-ingestion.
    ///
    /// # Errors
    ///
    /// The first that is too long.
    pub fn check_lengths(&self) -> Result<(), TriggerError> {
        let sub = self.attributes.get("sub");
        let client = self.client.as_ref().map(ClientId::as_str);
        for (path, id, longest) in [
            ("userPoolId", Some(self.pool.as_str()), LONGEST_POOL_ID),
            ("callerContext.clientId", client, LONGEST_ID),
            ("request.userAttributes.sub", sub, LONGEST_ID),
        ] {
            if id.is_some_and(|id| id.len() > longest) {
                return Err(TriggerError::TooLong { path, longest });
            }
        }
        Ok(())
    }
}

fn required_text(event: &Map<String, Value>, path: &'static str) -> Result<String, TriggerError> {
    text(event.get(path), path)?.ok_or(TriggerError::Missing { path })
}

/// A map of plain values, all of them as text.
fn pairs(
    value: Option<&Value>,
    path: &'static str,
) -> Result<BTreeMap<String, String>, TriggerError> {
    let entries = object(value, path)?.into_iter().flatten();
    Ok(entries
        .filter_map(|(name, value)| Some((name.clone(), json::plain(value)?)))
        .collect())
}

/// A user's attributes. Empty for a user who is not known.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Attributes(BTreeMap<String, String>);

/// The attribute that says what became of a user's sign-up, such as `CONFIRMED`. Triggers have it among
/// the attributes, ListUsers beside them.
pub const USER_STATUS: &str = "cognito:user_status";

/// The identities that a user has with other identity providers: a JSON array in a string.
const IDENTITIES: &str = "identities";

impl FromIterator<(String, String)> for Attributes {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Attributes {
    /// The attributes of a trigger event.
    fn of(value: Option<&Value>) -> Result<Self, TriggerError> {
        let mut attributes = pairs(value, "request.userAttributes")?;
        let identities = value.and_then(|value| value.get(IDENTITIES));
        if let Some(bare) = identities.filter(|it| it.is_array() || it.is_object()) {
            attributes.insert(IDENTITIES.to_owned(), bare.to_string());
        }
        Ok(Self(attributes))
    }

    /// The user's `sub`.
    pub fn sub(&self) -> Option<Sub> {
        self.get("sub").filter(|sub| !sub.is_empty()).map(Sub::new)
    }

    /// Whether the user comes from another identity provider.
    pub fn is_federated(&self) -> bool {
        self.get(USER_STATUS) == Some("EXTERNAL_PROVIDER")
    }

    /// Whom the user signs in with. A native user signs in with the user pool, also where other identities are
    /// linked to them.
    pub fn provider(&self) -> Provider {
        if !self.is_federated() {
            return Provider::Cognito;
        }
        let identities = self.get(IDENTITIES);
        identities
            .and_then(identities::first_provider)
            .map_or(Provider::Unknown, Provider::Federated)
    }

    /// The email address, if Cognito holds it for verified.
    pub fn verified_email(&self) -> Option<&str> {
        self.verified("email", "email_verified")
    }

    /// The phone number, if Cognito holds it for verified.
    pub fn verified_phone_number(&self) -> Option<&str> {
        self.verified("phone_number", "phone_number_verified")
    }

    fn verified(&self, name: &str, flag: &str) -> Option<&str> {
        let verified = self
            .get(flag)
            .is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
        self.get(name).filter(|value| verified && !value.is_empty())
    }

    /// An attribute, such as `custom:tier`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl std::fmt::Debug for Attributes {
    /// Names only: the values are the user's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
