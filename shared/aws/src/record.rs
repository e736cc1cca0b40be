//! Records that more than one table holds: a user's key as text, an app's metadata, and a user's traits.

mod traits;

use std::collections::BTreeMap;

use domain::auth_event::{Lane, UserKey, Who};
use domain::ids::{ClientId, ProjectId, Sub, UserPoolId};
use domain::metadata::{AppMetadata, Demographic};
use serde::{Deserialize, Serialize};

pub use traits::TraitsRecord;

/// Why something stored cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("{field} of the record is not what was written: {problem}")]
pub struct RecordError {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it. Never its value.
    pub problem: String,
}

impl RecordError {
    /// Says that of a field.
    pub fn new(field: &'static str, problem: impl ToString) -> Self {
        Self {
            field,
            problem: problem.to_string(),
        }
    }
}

/// The longest key that a table's partition can have (bytes; DynamoDB's limit).
pub const LONGEST_KEY: usize = 2_048;

const SUB: &str = "sub";
const CLIENT: &str = "client";

/// Text as it stands in a key, before another part: `#` separates the parts, and `%` escapes it.
pub fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('#', "%23")
}

fn unescaped(text: &str) -> String {
    text.replace("%23", "#").replace("%25", "%")
}

/// `<project>#<pool>#sub#<sub>`; `<project>#<pool>#client#<client>` for nobody in particular, and
/// `<project>#<pool>#client-<lane>#<client>` for those whom nobody knows. The last part is as it came, the first two are
/// escaped.
pub fn user_key_text(user: &UserKey) -> String {
    let client = |id: &Option<ClientId>| id.as_ref().map_or("", ClientId::as_str).to_owned();
    let (kind, who) = match &user.who {
        Who::User(sub) => (SUB.to_owned(), sub.to_string()),
        Who::Nobody(id) => (CLIENT.to_owned(), client(id)),
        Who::NotFound(id, lane) => (format!("{CLIENT}-{}", lane.number()), client(id)),
    };
    let project = escaped(user.project.as_str());
    let pool = escaped(user.pool.as_str());
    format!("{project}#{pool}#{kind}#{who}")
}

/// Reads what [`user_key_text`] gave.
pub fn parse_user_key(text: &str) -> Result<UserKey, RecordError> {
    let malformed = || RecordError::new("user", "it is no user's key");
    let mut parts = text.splitn(4, '#');
    let mut part = || parts.next().ok_or_else(malformed);
    let (project, pool, kind, who) = (part()?, part()?, part()?, part()?);
    let client = || Some(who).filter(|who| !who.is_empty()).map(ClientId::new);
    let who = match kind.split_once('-') {
        None if kind == SUB => Who::User(Sub::new(who)),
        None if kind == CLIENT => Who::Nobody(client()),
        Some((CLIENT, lane)) => {
            let lane = lane.parse().ok().and_then(Lane::new);
            Who::NotFound(client(), lane.ok_or_else(malformed)?)
        }
        Some(_) | None => return Err(malformed()),
    };
    Ok(UserKey {
        project: ProjectId::new(unescaped(project)),
        pool: UserPoolId::new(unescaped(pool)),
        who,
    })
}

/// [`AppMetadata`] as it is stored.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetadataRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    analytics_endpoint_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

impl MetadataRecord {
    /// `None` for metadata that says nothing.
    pub fn of(metadata: &AppMetadata) -> Option<Self> {
        (!metadata.is_empty()).then(|| metadata.clone().into())
    }
}

impl From<AppMetadata> for MetadataRecord {
    fn from(metadata: AppMetadata) -> Self {
        let AppMetadata {
            endpoint_id,
            demographic,
            attributes,
        } = metadata;
        Self {
            analytics_endpoint_id: endpoint_id,
            platform: demographic.platform,
            platform_version: demographic.platform_version,
            app_version: demographic.app_version,
            locale: demographic.locale,
            make: demographic.make,
            model: demographic.model,
            timezone: demographic.timezone,
            attributes,
        }
    }
}

impl From<MetadataRecord> for AppMetadata {
    fn from(record: MetadataRecord) -> Self {
        Self {
            endpoint_id: record.analytics_endpoint_id,
            demographic: Demographic {
                platform: record.platform,
                platform_version: record.platform_version,
                app_version: record.app_version,
                locale: record.locale,
                make: record.make,
                model: record.model,
                timezone: record.timezone,
            },
            attributes: record.attributes,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[a#%2350\\u{0}]{0,12}"]
    }

    fn any_user() -> impl Strategy<Value = UserKey> {
        let client = || {
            let text = any_text().prop_filter("no client", |text| !text.is_empty());
            prop::option::of(text.prop_map(ClientId::new))
        };
        let lane = (0..Lane::COUNT).prop_map(|number| Lane::new(number).unwrap());
        let who = prop_oneof![
            any_text().prop_map(|sub| Who::User(Sub::new(sub))),
            client().prop_map(Who::Nobody),
            (client(), lane).prop_map(|(client, lane)| Who::NotFound(client, lane)),
        ];
        (any_text(), any_text(), who).prop_map(|(project, pool, who)| UserKey {
            project: ProjectId::new(project),
            pool: UserPoolId::new(pool),
            who,
        })
    }

    proptest! {
        #[test]
        fn any_users_key_reads_back(user in any_user()) {
            let text = user_key_text(&user);
            prop_assert_eq!(parse_user_key(&text).unwrap(), user);
        }
    }

    #[test]
    fn an_ordinary_users_key_is_plain() {
        let user = UserKey {
            project: ProjectId::new("0123456789abcdef0123456789abcdef"),
            pool: UserPoolId::new("eu-west-1_AAAA11111"),
            who: Who::User(Sub::new("7c0d2f3e-0000-4000-8000-000000000001")),
        };
        let expected = "0123456789abcdef0123456789abcdef#eu-west-1_AAAA11111#sub#\
                        7c0d2f3e-0000-4000-8000-000000000001";
        assert_eq!(user_key_text(&user), expected);
    }
}
