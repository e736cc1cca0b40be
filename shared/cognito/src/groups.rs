//! The groups that pre-token-generation tells.

use std::collections::BTreeSet;

use serde_json::Value;

/// The groups of a `groupConfiguration`, each once, in Cognito's order. What is no list has none, and what is no
/// text in it is no group: figures want no more than what can be read.
pub fn of(configuration: Option<&Value>) -> Vec<String> {
    let listed = configuration.and_then(|it| it.get("groupsToOverride"));
    let listed = listed.and_then(Value::as_array).into_iter().flatten();
    let mut seen = BTreeSet::new();
    listed
        .filter_map(Value::as_str)
        .filter(|group| !group.is_empty() && seen.insert(*group))
        .map(str::to_owned)
        .collect()
}
