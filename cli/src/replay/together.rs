//! Events that may be captured at the same time: those of different users, whose order in the log
//! means nothing.

use std::collections::HashSet;

use cognito::Parsed;
use domain::ids::Sub;

use crate::entries::Entry;

/// How many captures are under way at most.
const MOST: usize = 32;

/// Entries in order of time, no two of one user.
#[derive(Default)]
pub struct Together {
    entries: Vec<Entry>,
    users: HashSet<Option<Sub>>,
}

impl Together {
    /// If one more may be captured at the same time.
    pub fn takes(&self, parsed: &Parsed) -> bool {
        self.entries.len() < MOST && !self.users.contains(&user(parsed))
    }

    /// Adds one.
    pub fn push(&mut self, entry: Entry, parsed: &Parsed) {
        self.users.insert(user(parsed));
        self.entries.push(entry);
    }

    /// Takes all.
    pub fn take(&mut self) -> Vec<Entry> {
        self.users.clear();
        std::mem::take(&mut self.entries)
    }
}

/// Whoever has no `sub` is one user here, and what is captured for nobody too.
fn user(parsed: &Parsed) -> Option<Sub> {
    match parsed {
        Parsed::Known(event) => event.attributes.sub(),
        Parsed::OtherSource(_) => None,
    }
}
