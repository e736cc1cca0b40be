//! A sign-in that has begun: what the pool's answer is held against.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use super::denied::Denied;
use super::settings::Settings;
use super::{is_local, query_of};

/// It is in a cookie of the browser that began it, and nowhere else.
#[derive(Serialize, Deserialize, PartialEq, Eq, Debug)]
pub(super) struct Pending {
    state: String,
    pub nonce: String,
    pub verifier: String,
    path: String,
}

impl Pending {
    /// One that is to end at this path.
    pub(super) fn new(path: &str) -> Result<Self, Denied> {
        let random = SystemRandom::new();
        let secret = || {
            let mut bytes = [0; 32];
            random.fill(&mut bytes).map_err(|_| Denied::Random)?;
            Ok::<_, Denied>(BASE64.encode(bytes))
        };
        Ok(Self {
            state: secret()?,
            nonce: secret()?,
            verifier: secret()?,
            path: path.to_owned(),
        })
    }

    /// What a cookie holds of it.
    pub(super) fn encoded(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        BASE64.encode(json)
    }

    /// The one that a cookie holds, if it is the one of this state.
    pub(super) fn decoded(text: &str, state: &str) -> Option<Self> {
        let json = BASE64.decode(text).ok()?;
        let pending: Self = serde_json::from_slice(&json).ok()?;
        (pending.state == state).then_some(pending)
    }

    /// The path that was asked for, on this origin whatever the cookie holds.
    pub(super) fn path(&self) -> &str {
        if is_local(&self.path) {
            &self.path
        } else {
            "/"
        }
    }

    /// Where the pool signs in.
    pub(super) fn authorize_url(&self, settings: &Settings, callback: &str) -> String {
        let challenge = BASE64.encode(digest(&SHA256, self.verifier.as_bytes()));
        let query = query_of(&[
            ("response_type", "code"),
            ("client_id", settings.client_id()),
            ("redirect_uri", callback),
            ("scope", "openid"),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        format!("{}/oauth2/authorize?{query}", settings.domain())
    }
}
