//! Pinpoint's limits, kept before anything is sent: what is over them costs Pinpoint the whole event.
//!
//! From "Amazon Pinpoint quotas", events and endpoints.

use std::collections::BTreeMap;

use domain::metadata::{LONGEST_FIELD, LONGEST_NAME, LONGEST_VALUE, MOST_ATTRIBUTES};

/// Events in one PutEvents request.
pub const MOST_EVENTS: usize = 100;
/// Bytes of one PutEvents request: 4 MB, less room for what surrounds the events.
pub const MOST_REQUEST_BYTES: usize = 3_500_000;

/// The event attributes that Pinpoint takes, and the names of those that it does not.
pub fn event_attributes(
    attributes: &BTreeMap<String, String>,
) -> (BTreeMap<&str, &str>, Vec<&str>) {
    let mut taken = BTreeMap::new();
    let mut left_out = Vec::new();
    for (name, value) in attributes {
        let fits = name.chars().count() <= LONGEST_NAME && value.chars().count() <= LONGEST_VALUE;
        if fits && taken.len() < MOST_ATTRIBUTES {
            taken.insert(name.as_str(), value.as_str());
        } else {
            left_out.push(name.as_str());
        }
    }
    (taken, left_out)
}

/// A demographic's value, if it is short enough to be taken.
pub fn demographic(value: Option<&String>) -> Option<String> {
    value
        .filter(|value| value.chars().count() <= LONGEST_FIELD)
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_over_a_limit_are_named_and_the_others_are_taken() {
        let mut attributes: BTreeMap<String, String> = (0..41)
            .map(|n| (format!("n{n:02}"), "1".to_owned()))
            .collect();
        attributes.insert("a".repeat(51), "1".into());
        attributes.insert("b".into(), "v".repeat(201));
        let (taken, left_out) = event_attributes(&attributes);
        assert_eq!(taken.len(), 40);
        assert_eq!(left_out, ["a".repeat(51).as_str(), "b", "n40"]);
    }
}
