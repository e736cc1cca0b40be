//! The daily rows, and the figures that are worked out from them.

use std::collections::BTreeMap;

use super::Recency;
use crate::counter::Counter;
use crate::day::{Day, Month};

/// A day's counters and its histogram, of the whole project or of one segment. Added up over shards.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DayRow {
    /// In the order of [`Counter::ALL`].
    counters: [i64; Counter::ALL.len()],
    /// Users active on the day, by recency. As a change to a row, entries may be negative.
    recency: BTreeMap<Recency, i64>,
}

impl DayRow {
    /// Adds another row, or a change to one.
    pub fn add(&mut self, other: &Self) {
        for (counter, count) in other.counters() {
            self.count(counter, count);
        }
        for (recency, users) in &other.recency {
            self.add_users(*recency, *users);
        }
    }

    /// Adds to a counter.
    pub fn count(&mut self, counter: Counter, count: i64) {
        if let Some(own) = self.counters.get_mut(counter as usize) {
            *own += count;
        }
    }

    /// Adds users of one recency; an entry that comes to nothing is removed.
    pub fn add_users(&mut self, recency: Recency, users: i64) {
        let entry = self.recency.entry(recency).or_default();
        *entry += users;
        if *entry == 0 {
            self.recency.remove(&recency);
        }
    }

    /// The counters, also those that are nothing.
    pub fn counters(&self) -> impl Iterator<Item = (Counter, i64)> {
        Counter::ALL.into_iter().zip(self.counters)
    }

    /// One counter.
    pub fn counted(&self, counter: Counter) -> i64 {
        self.counters
            .get(counter as usize)
            .copied()
            .unwrap_or_default()
    }

    /// The histogram: the entries that are something, by recency.
    pub fn recency(&self) -> impl Iterator<Item = (Recency, i64)> {
        self.recency
            .iter()
            .map(|(recency, users)| (*recency, *users))
    }

    /// Whether the row says nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn users_longer_than(&self, days: u32) -> i64 {
        self.recency()
            .filter(|(recency, _)| recency.exceeds_days(days))
            .map(|(_, users)| users)
            .sum()
    }
}

/// The rows of one project, or of one segment of it, by day.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DayRows(BTreeMap<Day, DayRow>);

/// One day's figures, worked out from the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayFigures {
    /// The day.
    pub day: Day,
    /// Confirmed sign-ups.
    pub sign_ups: i64,
    /// Sign-ins.
    pub sign_ins: i64,
    /// Failed authentications.
    pub auth_failures: i64,
    /// Users whose first active day of all is this one.
    pub new_users: i64,
    /// Users active on the day.
    pub dau: i64,
    /// Users active on at least one of the 7 days that end with this one.
    pub wau: i64,
    /// Users active on at least one of the 30 days that end with this one.
    pub mau: i64,
}

impl DayRows {
    /// How many days before the first day asked for the rows must reach for its figures to be
    /// exact: a 30-day window, less the day itself.
    pub const LOOK_BACK_DAYS: u32 = 29;

    /// The longest window that users can be told apart over: a histogram's recencies reach back no further.
    pub const LONGEST_WINDOW_DAYS: u32 = 91;

    /// Adds a row, or a change to one.
    pub fn add(&mut self, day: Day, row: &DayRow) {
        self.0.entry(day).or_default().add(row);
    }

    /// Adds the rows of other days.
    pub fn merge(&mut self, rows: Self) {
        for (day, row) in rows.0 {
            self.add(day, &row);
        }
    }

    /// The first and the last day with any activity or count.
    pub fn span(&self) -> Option<(Day, Day)> {
        let mut days = self
            .0
            .iter()
            .filter(|(_, row)| !row.is_empty())
            .map(|(day, _)| *day);
        let first = days.next()?;
        Some((first, days.next_back().unwrap_or(first)))
    }

    /// Users active on at least one of the `window` days that end with `last`.
    ///
    /// Exact if the rows reach back `window - 1` days, and `window` is at most [`DayRows::LONGEST_WINDOW_DAYS`].
    pub fn active(&self, last: Day, window: u32) -> i64 {
        let first = last.minus(window.saturating_sub(1));
        self.0
            .range(first..=last)
            .map(|(day, row)| row.users_longer_than(day.days_since(first)))
            .sum()
    }

    /// Users active on at least one day of `month`.
    pub fn calendar_mau(&self, month: Month) -> i64 {
        let last = month.last_day();
        self.active(last, last.days_since(month.first_day()) + 1)
    }

    /// The figures of one day.
    pub fn figures(&self, day: Day) -> DayFigures {
        let empty = DayRow::default();
        let row = self.0.get(&day).unwrap_or(&empty);
        DayFigures {
            day,
            sign_ups: row.counted(Counter::SignUps),
            sign_ins: row.counted(Counter::SignIns),
            auth_failures: row.counted(Counter::AuthFailures),
            new_users: row.recency.get(&Recency::NEVER).copied().unwrap_or(0),
            dau: self.active(day, 1),
            wau: self.active(day, 7),
            mau: self.active(day, 30),
        }
    }
}
