//! Which pool signs in whom.

use std::fmt;
use std::time::Duration;

use super::query_of;

/// The variables that say so.
const USER_POOL_ID: &str = "CONSOLE_USER_POOL_ID";
const CLIENT_ID: &str = "CONSOLE_CLIENT_ID";
const DOMAIN: &str = "CONSOLE_DOMAIN";
const GROUP: &str = "CONSOLE_GROUP";
/// Another server than AWS's, as the SDKs have it.
const ENDPOINTS: [&str; 2] = [
    "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    "AWS_ENDPOINT_URL",
];

/// The pool, its client without a secret, its domain, and the group that may look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    user_pool_id: String,
    client_id: String,
    domain: String,
    group: String,
    endpoint: Option<String>,
}

/// All that is wrong with the settings, each with its variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingsFaults(Vec<String>);

impl fmt::Display for SettingsFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for SettingsFaults {}

impl Settings {
    /// How long a call to the pool may take: a request makes one at most before it reads figures, for the pool's keys.
    pub const LONGEST_CALL: Duration = Duration::from_secs(5);

    /// What these environment variables say.
    ///
    /// # Errors
    ///
    /// If one is missing, or is not what it has to be.
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsFaults> {
        let mut faults = Vec::new();
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut required = |name: &str, is_right: fn(&str) -> bool, form: &str| {
            let value = set(name).unwrap_or_default();
            if !is_right(&value) {
                faults.push(format!("{name} is {value:?}; it is {form}"));
            }
            value
        };
        let settings = Self {
            user_pool_id: required(
                USER_POOL_ID,
                is_pool,
                "a user pool's id, such as eu-west-1_AAAA11111",
            ),
            client_id: required(CLIENT_ID, is_client, "the id of an app client"),
            domain: required(
                DOMAIN,
                is_domain,
                "the pool's domain, such as https://team.auth.eu-west-1.amazoncognito.com",
            ),
            group: required(GROUP, |it| !it.is_empty(), "the group that may look"),
            endpoint: ENDPOINTS.into_iter().find_map(set),
        };
        if faults.is_empty() {
            return Ok(settings);
        }
        Err(SettingsFaults(faults))
    }

    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The origin of the pool's pages and of its token endpoint.
    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    /// Where the pool ends its session, and sends a browser on from.
    pub(super) fn logout_url(&self, back: &str) -> String {
        let query = query_of(&[("client_id", &self.client_id), ("logout_uri", back)]);
        format!("{}/logout?{query}", self.domain)
    }

    pub(super) fn group(&self) -> &str {
        &self.group
    }

    /// What the pool's tokens may name as their issuer: the original form, and the updated one, each with the
    /// address of its keys. The Region is the pool's primary one, which its id begins with.
    pub(super) fn issuers(&self) -> [(String, String); 2] {
        let pool = &self.user_pool_id;
        let region = pool.split_once('_').map_or("", |(region, _)| region);
        ["cognito-idp", "issuer-cognito-idp"].map(|host| {
            let host = format!("https://{host}.{region}.amazonaws.com");
            let keys_at = self.endpoint.as_ref().unwrap_or(&host);
            let keys = format!("{keys_at}/{pool}/.well-known/jwks.json");
            (format!("{host}/{pool}"), keys)
        })
    }
}

fn is_pool(id: &str) -> bool {
    let is_region = |text: &str| is_made_of(text, |it| it.is_ascii_alphanumeric() || it == b'-');
    let is_rest = |text: &str| is_made_of(text, |it| it.is_ascii_alphanumeric());
    id.split_once('_')
        .is_some_and(|(region, rest)| is_region(region) && is_rest(rest))
}

fn is_client(id: &str) -> bool {
    is_made_of(id, |it| it.is_ascii_alphanumeric() || b"_+".contains(&it))
}

/// Whether it is an origin: without TLS on the loopback interface alone, where emulators are.
fn is_domain(origin: &str) -> bool {
    let is_host = |text: &str| {
        is_made_of(text, |it| {
            it.is_ascii_alphanumeric() || b"-.:".contains(&it)
        })
    };
    match origin.split_once("://") {
        Some(("https", host)) => is_host(host),
        Some(("http", host)) => is_host(host) && host.split(':').next() == Some("127.0.0.1"),
        _ => false,
    }
}

fn is_made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests;
