//! The secret that a webhook's requests are signed with, from Secrets Manager.

use std::time::{Duration, Instant};

use aws::sdk::{SdkConfig, describe, endpoint_from_environment};
use aws_sdk_secretsmanager::Client;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use pipeline::deliver::Sent;
use sha2::Sha256;
use tokio::sync::Mutex;

/// What a secret is shown with.
const PREFIX: &str = "whsec_";

/// For how long a secret is kept: a rotation is seen so much later.
const KEPT: Duration = Duration::from_secs(300);

/// The keys that requests are signed with: during a rotation two.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<Vec<u8>>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl Secret {
    /// Reads one secret or several, with white space between them: `whsec_` and base64.
    pub fn parse(text: &str) -> Option<Self> {
        let keys = text.split_whitespace().map(|secret| {
            let encoded = secret.strip_prefix(PREFIX)?;
            BASE64_STANDARD
                .decode(encoded)
                .ok()
                .filter(|key| !key.is_empty())
        });
        let keys: Vec<Vec<u8>> = keys.collect::<Option<_>>()?;
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// `v1,` and the signature of each key, in base64.
    pub fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        let signatures = self.0.iter().filter_map(|key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
            mac.update(signed.as_bytes());
            let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
            Some(format!("v1,{signature}"))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

/// The secret of one name.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    name: String,
    kept: Mutex<Option<(Instant, Secret)>>,
}

impl Secrets {
    /// That of this name or ARN.
    pub fn new(sdk: &SdkConfig, name: &str) -> Self {
        let mut config = aws_sdk_secretsmanager::config::Builder::from(sdk);
        if sdk.endpoint_url().is_none() {
            config.set_endpoint_url(endpoint_from_environment("SECRETS_MANAGER"));
        }
        Self {
            client: Client::from_conf(config.build()),
            name: name.to_owned(),
            kept: Mutex::default(),
        }
    }

    /// One that is not read.
    #[cfg(test)]
    pub fn known(sdk: &SdkConfig, secret: Secret) -> Self {
        Self {
            kept: Mutex::new(Some((Instant::now(), secret))),
            ..Self::new(sdk, "known")
        }
    }

    /// The secret; or what that makes of what was to be sent.
    pub async fn get(&self) -> Result<Secret, Sent> {
        let mut kept = self.kept.lock().await;
        if let Some((_, secret)) = kept.as_ref().filter(|(read, _)| read.elapsed() < KEPT) {
            return Ok(secret.clone());
        }
        let secret = self.read().await?;
        *kept = Some((Instant::now(), secret.clone()));
        Ok(secret)
    }

    async fn read(&self) -> Result<Secret, Sent> {
        let got = self
            .client
            .get_secret_value()
            .secret_id(&self.name)
            .send()
            .await;
        let got = got.map_err(|error| {
            let status = error
                .raw_response()
                .map(|response| response.status().as_u16());
            let error = describe(&error);
            tracing::error!(
                secret = self.name,
                error,
                "a webhook's secret cannot be had"
            );
            // 400 is all that the caller has done wrong, throttling aside.
            match status {
                Some(400..=499) if !error.to_string().contains("Throttling") => Sent::Misconfigured,
                Some(_) | None => Sent::Later,
            }
        })?;
        got.secret_string().and_then(Secret::parse).ok_or_else(|| {
            tracing::error!(
                secret = self.name,
                "a webhook's secret is none: it is whsec_ and base64, as Standard Webhooks has it"
            );
            Sent::Misconfigured
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_and_signs_as_the_standard_has_it() {
        // The example of the reference implementation.
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.signature(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let two = Secret::parse(" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_AAAA ").unwrap();
        assert_eq!(two.signature("a", 1, "b").matches("v1,").count(), 2);
        for none in [
            "",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_",
            "whsec_%",
            "whsec_AAAA x",
        ] {
            assert_eq!(Secret::parse(none), None, "{none}");
        }
    }
}
