//! How events ended, counted by name.

use std::collections::BTreeMap;

use serde::Serialize;

/// How many events came to each outcome.
#[derive(Clone, Default, Debug, Serialize)]
#[serde(transparent)]
pub struct Outcomes(BTreeMap<&'static str, u64>);

impl Outcomes {
    /// Counts one more.
    pub fn add(&mut self, name: &'static str) {
        *self.0.entry(name).or_default() += 1;
    }

    /// Counts so many more.
    pub fn add_many(&mut self, name: &'static str, many: u64) {
        if many > 0 {
            *self.0.entry(name).or_default() += many;
        }
    }

    /// Adds another count to this.
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            *self.0.entry(name).or_default() += count;
        }
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The counts by name.
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.0
    }
}
