//! What an app says of itself and its device along with a Cognito request.

use std::collections::BTreeMap;

/// Names of an event's own attributes begin so in Cognito's metadata.
const ATTRIBUTE_PREFIX: &str = "analytics:";

/// Pinpoint's bounds on an event's attributes (in characters, and in number), and on what is known of
/// an endpoint: "Amazon Pinpoint quotas", events and endpoints. What is over them is not taken in.
pub const LONGEST_NAME: usize = 50;
/// See [`LONGEST_NAME`].
pub const LONGEST_VALUE: usize = 200;
/// See [`LONGEST_NAME`].
pub const MOST_ATTRIBUTES: usize = 40;
/// See [`LONGEST_NAME`].
pub const LONGEST_FIELD: usize = 100;

/// What all of an event's metadata may hold together (bytes of text). Anybody can send it who knows a
/// name, and its price is ours.
const MOST_BYTES: usize = 8 * 1024;

/// What an app passed as Cognito's `ClientMetadata` (which pre-authentication knows as
/// `validationData`). All of it is optional, and none of it is checked by Cognito.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AppMetadata {
    /// `analyticsEndpointId`: the app's own id of the device's endpoint.
    pub endpoint_id: Option<String>,
    /// What the device is.
    pub demographic: Demographic,
    /// `analytics:<name>`: the event's own attributes, without the prefix.
    pub attributes: BTreeMap<String, String>,
}

/// A device's demographic, in Pinpoint's terms.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Demographic {
    /// `platform`, such as `iOS`.
    pub platform: Option<String>,
    /// `platformVersion`, such as `18.1`.
    pub platform_version: Option<String>,
    /// `appVersion`, such as `2.4.0`.
    pub app_version: Option<String>,
    /// `locale`, such as `en_US`.
    pub locale: Option<String>,
    /// `make`, such as `Apple`.
    pub make: Option<String>,
    /// `model`, such as `iPhone`.
    pub model: Option<String>,
    /// `timezone`, such as `Europe/Berlin`.
    pub timezone: Option<String>,
}

impl AppMetadata {
    /// Takes the keys that mean something here; all others are the app's own business.
    ///
    /// Gives also the names of the keys whose name or value is too long to be taken in (50 and 200
    /// characters of an attribute, 100 of all else), or that are too many (40 attributes, 8 KB in all).
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> (Self, Vec<String>) {
        let mut metadata = Self::default();
        let mut dropped = Vec::new();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            if !metadata.take(name, value) {
                dropped.push(name.chars().take(LONGEST_NAME).collect());
            }
        }
        (metadata, dropped)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// This metadata, and where it is silent the other's, as far as there is room for attributes.
    pub fn or(mut self, other: Self) -> Self {
        self.endpoint_id = self.endpoint_id.or(other.endpoint_id);
        for (own, others) in self
            .demographic
            .fields_mut()
            .into_iter()
            .zip(other.demographic.into_fields())
        {
            if own.is_none() {
                *own = others;
            }
        }
        for (name, value) in other.attributes {
            if self.attributes.len() < MOST_ATTRIBUTES {
                self.attributes.entry(name).or_insert(value);
            }
        }
        self
    }

    /// How many bytes of text it holds.
    pub fn text_bytes(&self) -> usize {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, value)| name.len() + value.len());
        let fields = self
            .demographic
            .fields()
            .into_iter()
            .flatten()
            .map(str::len);
        attributes.chain(fields).sum::<usize>() + self.endpoint_id.as_ref().map_or(0, String::len)
    }

    /// Takes one pair; `false` if it means something here but is over the bounds.
    fn take(&mut self, name: &str, value: &str) -> bool {
        if let Some(attribute) = name.strip_prefix(ATTRIBUTE_PREFIX) {
            return self.take_attribute(attribute, value);
        }
        let bytes = self.text_bytes();
        let Some(field) = self.field_mut(name) else {
            return true;
        };
        let fits = value.chars().count() <= LONGEST_FIELD && bytes + value.len() <= MOST_BYTES;
        if fits {
            *field = Some(value.to_owned());
        }
        fits
    }

    fn take_attribute(&mut self, name: &str, value: &str) -> bool {
        let fits = !name.is_empty()
            && name.chars().count() <= LONGEST_NAME
            && value.chars().count() <= LONGEST_VALUE
            && self.attributes.len() < MOST_ATTRIBUTES
            && self.text_bytes() + name.len() + value.len() <= MOST_BYTES;
        if fits {
            self.attributes.insert(name.to_owned(), value.to_owned());
        }
        fits
    }

    fn field_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
        let demographic = &mut self.demographic;
        match name {
            "analyticsEndpointId" => Some(&mut self.endpoint_id),
            "platform" => Some(&mut demographic.platform),
            "platformVersion" => Some(&mut demographic.platform_version),
            "appVersion" => Some(&mut demographic.app_version),
            "locale" => Some(&mut demographic.locale),
            "make" => Some(&mut demographic.make),
            "model" => Some(&mut demographic.model),
            "timezone" => Some(&mut demographic.timezone),
            _ => None,
        }
    }
}

impl Demographic {
    /// Whether nothing is known of the device.
    pub fn is_empty(&self) -> bool {
        self.fields().iter().all(Option::is_none)
    }

    /// What the fields are called by apps, and in events, in the order of [`Demographic::fields`].
    pub const NAMES: [&str; 7] = [
        "platform",
        "platformVersion",
        "appVersion",
        "locale",
        "make",
        "model",
        "timezone",
    ];

    /// The fields in the order of their declaration.
    pub fn fields(&self) -> [Option<&str>; 7] {
        [
            self.platform.as_deref(),
            self.platform_version.as_deref(),
            self.app_version.as_deref(),
            self.locale.as_deref(),
            self.make.as_deref(),
            self.model.as_deref(),
            self.timezone.as_deref(),
        ]
    }

    fn fields_mut(&mut self) -> [&mut Option<String>; 7] {
        [
            &mut self.platform,
            &mut self.platform_version,
            &mut self.app_version,
            &mut self.locale,
            &mut self.make,
            &mut self.model,
            &mut self.timezone,
        ]
    }

    fn into_fields(self) -> [Option<String>; 7] {
        [
            self.platform,
            self.platform_version,
            self.app_version,
            self.locale,
            self.make,
            self.model,
            self.timezone,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sign_in_brings_wins_over_what_the_attempt_brought() {
        let (sign_in, _) =
            AppMetadata::from_pairs([("platform", "Android"), ("analytics:plan", "pro")]);
        let (attempt, _) = AppMetadata::from_pairs([
            ("platform", "iOS"),
            ("locale", "de_DE"),
            ("analytics:plan", "free"),
            ("analytics:from", "mail"),
        ]);
        let both = sign_in.or(attempt);
        let (expected, _) = AppMetadata::from_pairs([
            ("platform", "Android"),
            ("locale", "de_DE"),
            ("analytics:plan", "pro"),
            ("analytics:from", "mail"),
        ]);
        assert_eq!(both, expected);
    }

    #[test]
    fn what_is_over_the_bounds_is_named_and_the_rest_is_kept() {
        let long_value = "v".repeat(101);
        let longer_value = "v".repeat(201);
        let long_name = format!("analytics:{}", "n".repeat(51));
        let (metadata, dropped) = AppMetadata::from_pairs([
            ("platform", "iOS"),
            ("model", &long_value),
            (&long_name, "1"),
            ("analytics:", "no name"),
            ("analytics:plan", &longer_value),
            ("analytics:from", &long_value),
            ("theAppsOwn", &long_value),
        ]);
        assert_eq!(metadata.demographic.platform.as_deref(), Some("iOS"));
        assert_eq!(metadata.demographic.model, None);
        assert_eq!(metadata.attributes.keys().collect::<Vec<_>>(), ["from"]);
        assert_eq!(
            dropped,
            ["model", &long_name[..50], "analytics:", "analytics:plan"]
        );
    }
}
