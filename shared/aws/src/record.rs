//! Records that more than one table holds: a user's key as text, and an app's metadata.

use std::collections::BTreeMap;

use domain::auth_event::{UserKey, Who};
use domain::ids::{ClientId, ProjectId, Sub, UserPoolId};
use domain::metadata::{AppMetadata, Demographic};
use serde::{Deserialize, Serialize};

/// Why something stored cannot be taken back.
#[derive(Debug, thiserror::Error)]
#[error("{field} of the record is not what was written: {problem}")]
pub struct RecordError {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it. Never its value.
    pub problem: String,
}

impl RecordError {
    pub(crate) fn new(field: &'static str, problem: impl ToString) -> Self {
        Self {
            field,
            problem: problem.to_string(),
        }
    }
}

/// `<project>#<pool>#sub#<sub>`, or `<project>#<pool>#client#<client>` for nobody in particular.
pub fn user_key_text(user: &UserKey) -> String {
    let (kind, who) = match &user.who {
        Who::User(sub) => ("sub", sub.as_str()),
        Who::Nobody(client) => ("client", client.as_ref().map_or("", ClientId::as_str)),
    };
    format!("{}#{}#{kind}#{who}", user.project, user.pool)
}

/// Takes back what [`user_key_text`] gave.
pub fn parse_user_key(text: &str) -> Result<UserKey, RecordError> {
    let malformed = || RecordError::new("user", "it is no user's key");
    let mut parts = text.splitn(4, '#');
    let mut part = || parts.next().ok_or_else(malformed);
    let (project, pool, kind, who) = (part()?, part()?, part()?, part()?);
    let who = match kind {
        "sub" => Who::User(Sub::new(who)),
        "client" => Who::Nobody(Some(who).filter(|who| !who.is_empty()).map(ClientId::new)),
        _ => return Err(malformed()),
    };
    Ok(UserKey {
        project: ProjectId::new(project),
        pool: UserPoolId::new(pool),
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
