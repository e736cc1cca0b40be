//! Segments: the parts of a project that are counted by themselves.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::metadata::Demographic;

/// Values distinguished in one dimension of one project; all further ones are `other`.
pub const MOST_VALUES: usize = 100;

/// A longer value is `other` (bytes).
const LONGEST_VALUE: usize = 100;

/// What segments are cut by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// By `platform`.
    Platform,
    /// By `appVersion`.
    AppVersion,
    /// By `locale`.
    Locale,
}

impl Dimension {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Platform, Self::AppVersion, Self::Locale];

    /// The name in keys, on the command line and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::AppVersion => "appVersion",
            Self::Locale => "locale",
        }
    }

    /// Reads what [`Dimension::name`] gives.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.name() == name)
    }

    fn value_in(self, demographic: &Demographic) -> Option<&str> {
        match self {
            Self::Platform => demographic.platform.as_deref(),
            Self::AppVersion => demographic.app_version.as_deref(),
            Self::Locale => demographic.locale.as_deref(),
        }
    }
}

/// The whole project, or one value of one dimension of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Segment {
    /// The whole project.
    Whole,
    /// Those with this value.
    Of(Dimension, SegmentValue),
}

/// A dimension's value: what the app said, or `unknown`, or `other`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentValue(Arc<str>);

impl SegmentValue {
    /// What the app said, or one of the two words.
    pub fn new(value: &str) -> Self {
        Self(Arc::from(value))
    }

    /// The app said nothing.
    pub fn unknown() -> Self {
        Self::new("unknown")
    }

    /// The app said something new when there were values enough.
    pub fn other() -> Self {
        Self::new("other")
    }

    /// The value's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
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

/// The values of one project's dimensions that are distinguished. It only grows, so a value once
/// counted by name is always counted by name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KnownValues(BTreeMap<Dimension, BTreeSet<SegmentValue>>);

impl KnownValues {
    /// Admits the value if there is room for it, or it is there.
    pub fn admit(&mut self, dimension: Dimension, value: &SegmentValue) -> bool {
        let values = self.0.entry(dimension).or_default();
        values.contains(value) || (values.len() < MOST_VALUES && values.insert(value.clone()))
    }

    /// Whether the value is distinguished.
    pub fn contains(&self, dimension: Dimension, value: &SegmentValue) -> bool {
        self.0
            .get(&dimension)
            .is_some_and(|values| values.contains(value))
    }

    /// The values of a dimension.
    pub fn of(&self, dimension: Dimension) -> impl Iterator<Item = &SegmentValue> {
        self.0.get(&dimension).into_iter().flatten()
    }

    /// The values that this demographic would add.
    pub fn missing(&self, demographic: &Demographic) -> Vec<(Dimension, SegmentValue)> {
        Dimension::ALL
            .into_iter()
            .filter_map(|dimension| Some((dimension, dimension.value_in(demographic)?)))
            .filter(|(_, value)| can_be_told(value))
            .filter(|(dimension, value)| self.find(*dimension, value).is_none())
            .map(|(dimension, value)| (dimension, SegmentValue::new(value)))
            .collect()
    }

    /// The segments that an event with this demographic counts in: the whole, and one of each
    /// dimension.
    pub fn segments(&self, demographic: &Demographic) -> [Segment; 4] {
        let of = |dimension: Dimension| {
            let value = match dimension.value_in(demographic) {
                None => SegmentValue::unknown(),
                Some(value) => self
                    .find(dimension, value)
                    .unwrap_or_else(SegmentValue::other),
            };
            Segment::Of(dimension, value)
        };
        let [first, second, third] = Dimension::ALL.map(of);
        [Segment::Whole, first, second, third]
    }

    fn find(&self, dimension: Dimension, value: &str) -> Option<SegmentValue> {
        self.0.get(&dimension)?.get(value).cloned()
    }
}

/// A value that is neither too long for a key nor a trick played on the terminal that shows it.
fn can_be_told(value: &str) -> bool {
    value.len() <= LONGEST_VALUE && !value.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundred_and_first_value_is_other_and_the_first_hundred_stay() {
        let mut known = KnownValues::default();
        for number in 0..101 {
            let value = SegmentValue::new(&number.to_string());
            assert_eq!(known.admit(Dimension::AppVersion, &value), number < 100);
        }
        let version = |text: &str| Demographic {
            app_version: Some(text.into()),
            ..Demographic::default()
        };
        let segment = |value| Segment::Of(Dimension::AppVersion, value);
        assert_eq!(
            known.segments(&version("99"))[2],
            segment(SegmentValue::new("99"))
        );
        assert_eq!(
            known.segments(&version("100"))[2],
            segment(SegmentValue::other())
        );
        assert_eq!(
            known.segments(&Demographic::default())[2],
            segment(SegmentValue::unknown())
        );
    }
}
