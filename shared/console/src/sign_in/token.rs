//! Whose token it is, and whether it can be believed.

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, get_current_timestamp};
use serde::Deserialize;

use super::cookies::LONGEST_SESSION;
use super::denied::Denied;
use super::keys::Keys;
use super::pool::Pool;
use super::rs256::PROVIDER;
use super::settings::Settings;

/// What an ID token says that matters here.
#[derive(Deserialize, Debug)]
pub(super) struct Claims {
    token_use: String,
    pub exp: u64,
    iat: Option<u64>,
    pub nonce: Option<String>,
    #[serde(default, rename = "cognito:groups")]
    groups: Vec<String>,
}

impl Claims {
    /// Whether its user is in this group.
    pub(super) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|it| it == group)
    }

    /// Refuses a session that is over: somebody may have kept its cookie for longer than a browser does.
    pub(super) fn within_a_session(&self) -> Result<(), Denied> {
        let ends = self.iat.map(|begun| begun.saturating_add(LONGEST_SESSION));
        match ends {
            Some(ends) if ends > get_current_timestamp() => Ok(()),
            Some(_) | None => Err(refused(ErrorKind::ExpiredSignature)),
        }
    }
}

/// Says only which keys to look at. What it says is verified with them afterwards.
#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

/// The tokens of one pool's client.
#[derive(Debug)]
pub(super) struct Tokens {
    issuers: [(String, Keys); 2],
    validation: Validation,
}

impl Tokens {
    pub(super) fn new(settings: &Settings) -> Self {
        // Another one's, which was there before, would verify the same.
        let _ = PROVIDER.install_default();
        let issuers = settings.issuers();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        validation.set_audience(&[settings.client_id()]);
        validation.set_issuer(&issuers.each_ref().map(|(issuer, _)| issuer.as_str()));
        Self {
            issuers: issuers.map(|(issuer, keys)| (issuer, Keys::at(keys))),
            validation,
        }
    }

    /// What the token says, if it is an ID token of the pool's client, signed, and not expired.
    pub(super) async fn verified(&self, token: &str, pool: &Pool) -> Result<Claims, Denied> {
        let header = decode_header(token).map_err(Denied::Token)?;
        let issuer: Issuer = insecure_decode_claims(token).map_err(Denied::Token)?;
        let keys = self
            .keys_of(&issuer)
            .ok_or_else(|| refused(ErrorKind::InvalidIssuer))?;
        let id = header.kid.ok_or_else(|| refused(ErrorKind::InvalidToken))?;
        let key = keys.key(&id, pool).await?;
        let key = key.ok_or_else(|| refused(ErrorKind::InvalidSignature))?;
        let claims = decode::<Claims>(token, &key, &self.validation).map_err(Denied::Token)?;
        if claims.claims.token_use == "id" {
            return Ok(claims.claims);
        }
        Err(refused(ErrorKind::InvalidToken))
    }

    fn keys_of(&self, named: &Issuer) -> Option<&Keys> {
        let mut own = self
            .issuers
            .iter()
            .filter(|(issuer, _)| *issuer == named.iss);
        own.next().map(|(_, keys)| keys)
    }
}

fn refused(kind: ErrorKind) -> Denied {
    Denied::Token(Error::from(kind))
}
