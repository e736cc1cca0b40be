//! The attribute `identities` of a federated user.

use serde_json::Value;

/// The name of the first identity provider; `None` if none can be read.
pub fn first_provider(identities: &str) -> Option<String> {
    let identities: Value = serde_json::from_str(identities).ok()?;
    match &identities {
        Value::Array(identities) => identities.iter().find_map(provider),
        Value::Object(_) => provider(&identities),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn provider(identity: &Value) -> Option<String> {
    let name = identity.get("providerName")?.as_str()?;
    (!name.is_empty()).then(|| name.to_owned())
}
