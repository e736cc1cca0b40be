//! An event's traits as they are stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::traits::{Provider, Traits};
use serde::{Deserialize, Serialize};

/// What nobody says is stored as the empty text, which is no provider's name.
const UNKNOWN: &str = "";

/// [`Traits`], less all that is as it mostly is.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraitsRecord {
    /// Absent: Cognito.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
}

impl TraitsRecord {
    /// `None` for a native user of whom nothing else is known.
    pub fn of(traits: &Traits) -> Option<Self> {
        (*traits != Traits::default()).then(|| Self {
            provider: provider_text(&traits.provider).map(str::to_owned),
            attributes: traits
                .attributes
                .iter()
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
            groups: traits.groups.clone(),
        })
    }
}

fn provider_text(provider: &Provider) -> Option<&str> {
    match provider {
        Provider::Cognito => None,
        Provider::Federated(name) => Some(name),
        Provider::Unknown => Some(UNKNOWN),
    }
}

impl From<TraitsRecord> for Traits {
    fn from(record: TraitsRecord) -> Self {
        let attributes = record.attributes.into_iter();
        Self {
            provider: match record.provider {
                None => Provider::Cognito,
                Some(name) if name == UNKNOWN => Provider::Unknown,
                Some(name) => Provider::Federated(name),
            },
            attributes: attributes
                .map(|(name, value)| (Arc::from(name), value))
                .collect(),
            groups: record.groups,
        }
    }
}
