//! Segments: the parts of a project that are counted by themselves.

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::dimension::{Dimension, Property};
use crate::ids::{ClientId, Sub};
use crate::metadata::AppMetadata;
use crate::traits::Traits;

/// Values distinguished in one dimension of one project; all further ones are `other`.
pub const MOST_VALUES: usize = 100;

/// Values distinguished in one dimension of one user; all further ones are `other`.
pub const MOST_VALUES_OF_USER: usize = 20;

/// A longer value is `other` (bytes).
const LONGEST_VALUE: usize = 100;

/// Stands between the two values of a pair. No value has a control character.
const PAIR: char = '\u{1f}';

const UNKNOWN: &str = "unknown";
const OTHER: &str = "other";

/// The whole project, or one value of one dimension of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Segment {
    /// The whole project.
    Whole,
    /// Those with this value.
    Of(Dimension, SegmentValue),
}

/// A dimension's value: what an event says, or `unknown`, or `other`. That of a pair is both values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentValue(Arc<str>);

impl SegmentValue {
    /// What an event says, or one of the two words; or what [`SegmentValue::as_str`] gave.
    pub fn new(value: &str) -> Self {
        Self(Arc::from(value))
    }

    /// Both values of a pair.
    pub fn pair(first: &str, second: &str) -> Self {
        Self::new(&format!("{first}{PAIR}{second}"))
    }

    /// The event says nothing.
    pub fn unknown(dimension: &Dimension) -> Self {
        static OF_ONE: LazyLock<SegmentValue> = LazyLock::new(|| SegmentValue::new(UNKNOWN));
        match dimension {
            Dimension::Of(_) => OF_ONE.clone(),
            Dimension::Pair(..) => Self::pair(UNKNOWN, UNKNOWN),
        }
    }

    /// The event says something new when there were values enough, or what no figures can be kept by.
    pub fn other(dimension: &Dimension) -> Self {
        static OF_ONE: LazyLock<SegmentValue> = LazyLock::new(|| SegmentValue::new(OTHER));
        match dimension {
            Dimension::Of(_) => OF_ONE.clone(),
            Dimension::Pair(..) => Self::pair(OTHER, OTHER),
        }
    }

    /// The value's text. That of a pair is both, with a unit separator between.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of each of the dimension's properties: one, or two of a pair.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split(PAIR)
    }
}

/// Whether a value takes one of the places that there are for values: `unknown` and `other` take none.
pub(crate) fn takes_place(value: &str) -> bool {
    let mut parts = value.split(PAIR);
    !parts.all(|part| [UNKNOWN, OTHER].contains(&part))
}

impl Borrow<str> for SegmentValue {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SegmentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an event says of itself, as far as figures can be broken down by it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Whose it is; nobody has no provider.
    pub sub: Option<&'a Sub>,
    /// The app client.
    pub client: Option<&'a ClientId>,
    /// What the app says.
    pub metadata: &'a AppMetadata,
    /// What Cognito says of the user.
    pub traits: &'a Traits,
}

/// A value before it is known whether there is a place for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SaidValue<'a> {
    /// Nothing is said.
    Unknown,
    /// What no figures can be kept by, such as text that is too long.
    Other,
    /// This is said.
    Named(Cow<'a, str>),
}

impl<'a> SaidValue<'a> {
    fn of(text: Option<&'a str>) -> Self {
        match text.filter(|text| !text.is_empty()) {
            None | Some(UNKNOWN) => Self::Unknown,
            Some(OTHER) => Self::Other,
            Some(text) if can_be_kept(text) => Self::Named(Cow::Borrowed(text)),
            Some(_) => Self::Other,
        }
    }

    fn pair(first: &Self, second: &Self) -> Self {
        match (first, second) {
            (Self::Unknown, Self::Unknown) => Self::Unknown,
            (Self::Other, Self::Other) => Self::Other,
            _ => Self::Named(Cow::Owned(format!(
                "{}{PAIR}{}",
                first.text(),
                second.text()
            ))),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Unknown => UNKNOWN,
            Self::Other => OTHER,
            Self::Named(text) => text,
        }
    }
}

/// Whether a value is neither too long for a key nor a trick played on the terminal that shows it.
fn can_be_kept(value: &str) -> bool {
    value.len() <= LONGEST_VALUE && !value.chars().any(is_invisible)
}

/// Whether a character is not seen itself, but changes what is seen of others: controls, and marks of direction and width.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl<'a> Said<'a> {
    /// The values that the event has in a dimension: one, but of several groups each.
    pub fn values(&self, dimension: &Dimension) -> impl Iterator<Item = SaidValue<'a>> + use<'a> {
        let (one, groups) = match dimension {
            Dimension::Of(Property::Group) if !self.traits.groups.is_empty() => {
                (None, self.traits.groups.as_slice())
            }
            Dimension::Of(property) => (Some(self.value(property)), [].as_slice()),
            Dimension::Pair(first, second) => {
                let pair = SaidValue::pair(&self.value(first), &self.value(second));
                (Some(pair), [].as_slice())
            }
        };
        let groups = groups.iter().map(|group| SaidValue::of(Some(group)));
        one.into_iter().chain(groups)
    }

    fn value(&self, property: &Property) -> SaidValue<'a> {
        let demographic = &self.metadata.demographic;
        SaidValue::of(match property {
            Property::Platform => demographic.platform.as_deref(),
            Property::PlatformVersion => demographic.platform_version.as_deref(),
            Property::AppVersion => demographic.app_version.as_deref(),
            Property::Locale => demographic.locale.as_deref(),
            Property::Make => demographic.make.as_deref(),
            Property::Model => demographic.model.as_deref(),
            Property::Client => self.client.map(ClientId::as_str),
            Property::Provider => self.sub.and_then(|_| self.traits.provider.name()),
            Property::Attribute(name) => self.traits.attributes.get(name).map(String::as_str),
            Property::App(name) => self.metadata.attributes.get(&**name).map(String::as_str),
            Property::Group => None,
        })
    }
}

/// The values of one project's dimensions that are distinguished. It only grows, so a value once
/// counted by name is always counted by name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KnownValues(BTreeMap<Dimension, BTreeSet<SegmentValue>>);

impl KnownValues {
    /// The value, if it is there or there is room for it: then it takes a place.
    pub fn admit(&mut self, dimension: &Dimension, value: &str) -> Option<SegmentValue> {
        if let Some(known) = self.find(dimension, value) {
            return Some(known);
        }
        let takes_place = takes_place(value);
        let value = SegmentValue::new(value);
        if !takes_place {
            return Some(value);
        }
        let values = self.0.entry(dimension.clone()).or_default();
        (values.len() < MOST_VALUES && values.insert(value.clone())).then_some(value)
    }

    /// The value, if it is distinguished.
    pub fn find(&self, dimension: &Dimension, value: &str) -> Option<SegmentValue> {
        self.0.get(dimension)?.get(value).cloned()
    }

    /// Whether all of the other's values are among these.
    pub fn includes(&self, other: &Self) -> bool {
        let mut others = other.iter();
        others.all(|(dimension, values)| {
            let own = self.0.get(dimension);
            own.is_some_and(|own| own.is_superset(values))
        })
    }

    /// The dimensions with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&Dimension, &BTreeSet<SegmentValue>)> {
        self.0.iter()
    }

    /// How many values there are. It only grows.
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::Provider;

    #[test]
    fn the_hundred_and_first_value_has_no_place_and_the_first_hundred_stay() {
        let mut known = KnownValues::default();
        let dimension = Dimension::parse("appVersion").unwrap();
        for number in 0..101 {
            let admitted = known.admit(&dimension, &number.to_string());
            assert_eq!(admitted.is_some(), number < 100, "{number}");
        }
        for (value, expected) in [
            ("99", true),
            ("100", false),
            ("unknown", true),
            ("other", true),
        ] {
            let admitted = known.admit(&dimension, value).is_some();
            assert_eq!(admitted, expected, "{value}");
        }
        assert_eq!(known.len(), 100);
    }

    #[test]
    fn an_event_has_a_value_in_each_dimension_and_one_for_each_of_its_groups() {
        let pairs = [
            ("platform", "iOS"),
            ("locale", "other"),
            ("analytics:plan", "pro"),
        ];
        let (metadata, _) = AppMetadata::from_pairs(pairs);
        let long = "x".repeat(101);
        let tenant = |value: &str| Traits {
            provider: Provider::Federated("Google".into()),
            attributes: BTreeMap::from([("custom:tenant".into(), value.to_owned())]),
            groups: vec!["admins".into(), "unknown".into(), "a\u{7}b".into()],
        };
        let (acme, too_long) = (tenant("acme"), tenant(&long));
        let (sub, client) = (Sub::new("u"), ClientId::new("web"));
        let of = |sub, traits| Said {
            sub,
            client: Some(&client),
            metadata: &metadata,
            traits,
        };
        let ada = of(Some(&sub), &acme);
        let nobody = of(None, &acme);
        let wordy = of(Some(&sub), &too_long);
        for (said, dimension, expected) in [
            (ada, "platform", "iOS"),
            (ada, "appVersion", "?"),
            (ada, "locale", "…"),
            (ada, "client", "web"),
            (ada, "provider", "Google"),
            (nobody, "provider", "?"),
            (ada, "app:plan", "pro"),
            (ada, "app:entry", "?"),
            (ada, "attribute:custom:tenant", "acme"),
            (wordy, "attribute:custom:tenant", "…"),
            (ada, "group", "admins ? …"),
            (ada, "client+platform", "web|iOS"),
            (ada, "platform+appVersion", "iOS|unknown"),
            (ada, "appVersion+make", "?"),
            (wordy, "attribute:custom:tenant+locale", "…"),
        ] {
            let values = said.values(&Dimension::parse(dimension).unwrap());
            let values: Vec<String> = values
                .map(|value| match value {
                    SaidValue::Unknown => "?".to_owned(),
                    SaidValue::Other => "…".to_owned(),
                    SaidValue::Named(text) => text.replace(PAIR, "|"),
                })
                .collect();
            assert_eq!(values.join(" "), expected, "{dimension}");
        }
    }
}
