//! Events that are captured at the same time: those of different users, whose order in the log means
//! nothing. A user's own are captured one after another.

use std::collections::HashMap;

use cognito::Parsed;
use domain::ids::Sub;

use crate::entries::Entry;

/// How many entries a batch has at most.
const MOST: usize = 256;

/// Entries in order of time, by user.
#[derive(Default)]
pub struct CaptureBatch {
    by_user: HashMap<Option<Sub>, Vec<Entry>>,
    entries: usize,
}

impl CaptureBatch {
    /// Whether it holds as many as it may.
    pub fn is_full(&self) -> bool {
        self.entries == MOST
    }

    /// Adds one.
    pub fn push(&mut self, entry: Entry, parsed: &Parsed) {
        self.by_user.entry(user(parsed)).or_default().push(entry);
        self.entries += 1;
    }

    /// Takes all: each user's, in order of time.
    pub fn take(&mut self) -> Vec<Vec<Entry>> {
        std::mem::take(self).by_user.into_values().collect()
    }
}

/// Whoever has no `sub` is one user here, and what is captured for nobody too.
fn user(parsed: &Parsed) -> Option<Sub> {
    match parsed {
        Parsed::Known(event) => event.attributes.sub(),
        Parsed::OtherSource(_) => None,
    }
}
