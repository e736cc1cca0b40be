//! Cohorts: the users whose first active day lies in one week or month, and in how many of the weeks or months after
//! they were active again.

use std::collections::BTreeMap;

use super::{ActiveDays, Recency};
use crate::day::{Day, Interval};

/// The users whose first active day lies in one interval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cohort {
    /// Whether it is a week's or a month's.
    pub interval: Interval,
    /// The interval's first day.
    pub start: Day,
}

/// A change to the users of one cohort who were active in one interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CohortChange {
    /// The cohort.
    pub cohort: Cohort,
    /// How many intervals after the cohort's own.
    pub age: u32,
    /// How many users more; negative for fewer.
    pub users: i64,
}

/// The users of one cohort by age: how many were active in the interval that comes so many after the cohort's own. Added
/// up over shards. As a change, entries may be negative.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CohortRow(BTreeMap<u32, i64>);

impl CohortRow {
    /// Adds users of one age; an entry that comes to nothing is removed.
    pub fn add_users(&mut self, age: u32, users: i64) {
        let entry = self.0.entry(age).or_default();
        *entry += users;
        if *entry == 0 {
            self.0.remove(&age);
        }
    }

    /// Adds another row, or a change to one.
    pub fn add(&mut self, other: &Self) {
        for (age, users) in &other.0 {
            self.add_users(*age, *users);
        }
    }

    /// The entries that are something, by age.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, i64)> {
        self.0.iter().map(|(age, users)| (*age, *users))
    }

    /// Whether the row says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many users were active in each interval, from the cohort's own to the one that comes `last` after it.
    pub fn active(&self, last: u32) -> Vec<i64> {
        let users = |age: u32| self.0.get(&age).copied().unwrap_or(0);
        (0..=last).map(users).collect()
    }
}

/// What changes in the cohorts when a user's days and seed were the first, and are the second: the difference of what
/// they contribute.
pub fn cohort_changes(
    before: (&[Day], Option<Day>),
    after: (&[Day], Option<Day>),
) -> Vec<CohortChange> {
    let mut changes = Vec::new();
    for interval in Interval::ALL {
        let mut rows: BTreeMap<Cohort, CohortRow> = BTreeMap::new();
        for ((days, seed), users) in [(before, -1), (after, 1)] {
            contribute(interval, days, seed, |cohort, age| {
                rows.entry(cohort).or_default().add_users(age, users);
            });
        }
        for (cohort, row) in rows {
            changes.extend(
                row.iter()
                    .map(|(age, users)| CohortChange { cohort, age, users }),
            );
        }
    }
    changes
}

/// What changes in the cohorts now that `day` is one of the user's days: nothing, or one user more in its week and month;
/// only a new first day moves all that the user contributes.
pub fn cohort_changes_of(days: &[Day], day: Day, seed: Option<Day>) -> Vec<CohortChange> {
    let Some((first, later)) = days.split_first() else {
        return Vec::new();
    };
    if *first == day {
        return cohort_changes((later, seed), (days, seed));
    }
    if ActiveDays::recency_of_first(*first, seed) != Recency::NEVER {
        return Vec::new();
    }
    let place = days.binary_search(&day).unwrap_or_else(|place| place);
    let neighbours = [place.checked_sub(1), place.checked_add(1)];
    let neighbours = neighbours.map(|place| days.get(place?).copied());
    let new = |interval: &Interval| {
        let start = interval.start(day);
        let mut neighbours = neighbours.iter().flatten();
        !neighbours.any(|neighbour| interval.start(*neighbour) == start)
    };
    let change = |interval: Interval| CohortChange {
        cohort: Cohort {
            interval,
            start: interval.start(*first),
        },
        age: interval.age(*first, day),
        users: 1,
    };
    Interval::ALL.into_iter().filter(new).map(change).collect()
}

/// What a user with these days contributes: nothing if they were there before anything was counted, and else one to each
/// age of their cohort at which they were active.
fn contribute(
    interval: Interval,
    days: &[Day],
    seed: Option<Day>,
    mut one: impl FnMut(Cohort, u32),
) {
    let Some(first) = days.first().copied() else {
        return;
    };
    if ActiveDays::recency_of_first(first, seed) != Recency::NEVER {
        return;
    }
    let start = interval.start(first);
    let mut last = None;
    for day in days {
        let age = interval.age(first, *day);
        if last != Some(age) {
            one(Cohort { interval, start }, age);
            last = Some(age);
        }
    }
}
