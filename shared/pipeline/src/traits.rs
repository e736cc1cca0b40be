//! What is captured of a user for the sake of the dimensions that are configured, and nothing beside it. User data
//! need not be shared for it: that a dimension is configured is the team's own choice.

use std::sync::Arc;

use cognito::{Attributes, TriggerEvent};
use domain::dimension::{Dimension, Property};
use domain::traits::{Provider, Traits};

/// The longest value that is counted by name (bytes). A longer one counts as `other`.
const LONGEST_VALUE: usize = 100;

/// As many groups as Cognito lets a user be in.
const MOST_GROUPS: usize = 100;

/// The longest name that Cognito lets a group have (characters).
const LONGEST_GROUP: usize = 128;

/// The traits of the user whom the event is of.
pub fn traits(trigger: &TriggerEvent, dimensions: &[Dimension]) -> Traits {
    let mut traits = Traits {
        provider: provider(&trigger.attributes),
        ..Traits::default()
    };
    for property in dimensions.iter().flat_map(Dimension::properties) {
        match property {
            Property::Attribute(name) => {
                let value = trigger.attributes.get(name);
                let value = value.filter(|value| !value.is_empty());
                let entry = value.map(|value| (Arc::clone(name), bounded(value).to_owned()));
                traits.attributes.extend(entry);
            }
            Property::Group => traits.groups = groups(&trigger.groups),
            Property::Platform
            | Property::PlatformVersion
            | Property::AppVersion
            | Property::Locale
            | Property::Make
            | Property::Model
            | Property::Client
            | Property::Provider
            | Property::App(_) => {}
        }
    }
    traits
}

/// Those of an event that is of no user, whatever it carries.
pub fn traits_of_nobody() -> Traits {
    Traits {
        provider: Provider::Unknown,
        ..Traits::default()
    }
}

fn provider(attributes: &Attributes) -> Provider {
    match attributes.provider() {
        Provider::Federated(name) => Provider::Federated(bounded(&name).to_owned()),
        provider @ (Provider::Cognito | Provider::Unknown) => provider,
    }
}

fn groups(groups: &[String]) -> Vec<String> {
    let names = groups.iter().take(MOST_GROUPS);
    let names = names.map(|group| group.chars().take(LONGEST_GROUP).collect());
    names.collect()
}

/// The value, or so much of a long one that it is seen to be long: it counts as `other`, so the rest of it is
/// of no use.
fn bounded(value: &str) -> &str {
    let ends = value.char_indices().map(|(at, char)| at + char.len_utf8());
    let end = ends.into_iter().find(|end| *end > LONGEST_VALUE);
    end.and_then(|end| value.get(..end)).unwrap_or(value)
}
