//! Counting active users: the days on which a user was active, and the recency histogram that one
//! additive write per user and active day keeps exact for every window.
//!
//! A day's row counts the users active that day by *recency*: the days since that user's previous
//! active day. A user counts in a window at their first active day inside it, which is the one whose
//! previous active day lies before the window. So the number of users active in a window is a sum
//! over its rows, and rows may be added up in any order and from any number of shards.

use std::collections::BTreeMap;

use ethnum::U256;

use crate::day::{Day, Month};

/// Activity later than this many days before the user's newest active day is not counted.
pub const LATEST_COUNTED_DAYS: u32 = 90;

/// Recencies up to this many days are distinguished.
const LONGEST_RECENCY_DAYS: u8 = 90;

/// Days from a user's previous active day to an active day.
///
/// Ordered by length: 1 to 90 days, then [`Recency::BEYOND`], then [`Recency::NEVER`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Recency(u8);

impl Recency {
    /// More than 90 days.
    pub const BEYOND: Self = Self(LONGEST_RECENCY_DAYS + 1);
    /// There was no active day before: the user is new.
    pub const NEVER: Self = Self(LONGEST_RECENCY_DAYS + 2);

    /// The recency of a day that is active `days` after the one before.
    pub fn of_days(days: u32) -> Self {
        u8::try_from(days).map_or(Self::BEYOND, |days| Self(days).min(Self::BEYOND))
    }

    /// 1 to 90 for days, 91 for [`Recency::BEYOND`], 92 for [`Recency::NEVER`].
    pub fn code(self) -> u8 {
        self.0
    }

    /// Reads what [`Recency::code`] gives; `None` for any other number.
    pub fn from_code(code: u8) -> Option<Self> {
        (1..=Self::NEVER.0).contains(&code).then_some(Self(code))
    }

    fn exceeds_days(self, days: u32) -> bool {
        u32::from(self.0) > days
    }
}

/// The days on which a user was active: the very first, the newest, and one bit for each of the 256
/// days that end with the newest.
///
/// 256 days are enough to know the previous active day of every day that may still be counted (90
/// days before the newest) as far back as recencies are distinguished (90 days more).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActiveDays {
    first: Day,
    newest: Day,
    /// Bit `i` is set if the user was active `i` days before `newest`. Bit 0 always is.
    bits: U256,
}

/// What a user's activity on a day changes in the histogram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activity {
    /// The user was known to be active on that day: nothing.
    Repeated,
    /// The day is too long before the user's newest active day to be counted: nothing.
    TooLate,
    /// The day's row gains one user of this recency, and a later day's entry may move.
    Added(Recency, Option<Moved>),
}

/// The entry of the user's next active day, which is now nearer to its previous one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The day whose row changes.
    pub day: Day,
    /// Where the user was counted so far.
    pub from: Recency,
    /// Where the user is counted from now on.
    pub to: Recency,
}

impl ActiveDays {
    /// A user whose first active day is `day`.
    pub fn starting(day: Day) -> Self {
        Self {
            first: day,
            newest: day,
            bits: U256::ONE,
        }
    }

    /// Reads what [`ActiveDays::to_parts`] gave; `None` if the parts contradict each other.
    pub fn from_parts(first: Day, newest: Day, bits: [u8; 32]) -> Option<Self> {
        let bits = U256::from_le_bytes(bits);
        (first <= newest && bits & 1 == 1).then_some(Self {
            first,
            newest,
            bits,
        })
    }

    /// The first and the newest active day, and the bits (little-endian, bit 0 the newest day).
    pub fn to_parts(self) -> (Day, Day, [u8; 32]) {
        (self.first, self.newest, self.bits.to_le_bytes())
    }

    /// The newest active day.
    pub fn newest(self) -> Day {
        self.newest
    }

    /// Whether activity on `day` would be [`Activity::TooLate`].
    pub fn is_too_late(self, day: Day) -> bool {
        self.newest.days_since(day) > LATEST_COUNTED_DAYS
    }

    /// Takes note that the user was active on `day`.
    pub fn record(&mut self, day: Day) -> Activity {
        if day > self.newest {
            self.record_newer(day)
        } else if self.is_too_late(day) {
            Activity::TooLate
        } else {
            self.record_earlier(day)
        }
    }

    fn record_newer(&mut self, day: Day) -> Activity {
        let gap = day.days_since(self.newest);
        self.bits = if gap < U256::BITS {
            self.bits << gap
        } else {
            U256::ZERO
        } | 1;
        self.newest = day;
        Activity::Added(Recency::of_days(gap), None)
    }

    fn record_earlier(&mut self, day: Day) -> Activity {
        let age = self.newest.days_since(day);
        let bit = U256::ONE << age;
        if self.bits & bit != 0 {
            return Activity::Repeated;
        }
        let next = self.next_after(age);
        let moved = Moved {
            day: next,
            from: self.recency_at(next, age),
            to: Recency::of_days(next.days_since(day)),
        };
        let added = Activity::Added(self.recency_at(day, age), Some(moved));
        self.bits |= bit;
        self.first = self.first.min(day);
        added
    }

    /// The earliest active day later than the one `age` days before the newest.
    fn next_after(&self, age: u32) -> Day {
        let later = self.bits & ((U256::ONE << age) - 1);
        self.newest.minus(U256::BITS - 1 - later.leading_zeros())
    }

    /// The recency of `day`, as seen from the last active day that is more than `age` days old.
    fn recency_at(&self, day: Day, age: u32) -> Recency {
        let older = (self.bits >> age) >> 1u32;
        if older != 0 {
            let previous = self.newest.minus(age + 1 + older.trailing_zeros());
            Recency::of_days(day.days_since(previous))
        } else if self.first < self.newest.minus(age) {
            Recency::BEYOND
        } else {
            Recency::NEVER
        }
    }
}

/// A day's counters, of the whole project or of one segment. Added up over shards.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DayRow {
    /// Confirmed sign-ups.
    pub sign_ups: i64,
    /// Sign-ins.
    pub sign_ins: i64,
    /// Failed authentications.
    pub auth_failures: i64,
    /// Users active on the day, by recency. As a change to a row, entries may be negative.
    pub recency: BTreeMap<Recency, i64>,
}

impl DayRow {
    /// Adds another row, or a change to one.
    pub fn add(&mut self, other: &Self) {
        self.sign_ups += other.sign_ups;
        self.sign_ins += other.sign_ins;
        self.auth_failures += other.auth_failures;
        for (recency, users) in &other.recency {
            self.add_users(*recency, *users);
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

    /// Whether the row says nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn users_longer_than(&self, days: u32) -> i64 {
        self.recency
            .iter()
            .filter(|(recency, _)| recency.exceeds_days(days))
            .map(|(_, n)| n)
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

    /// Adds a row, or a change to one.
    pub fn add(&mut self, day: Day, row: &DayRow) {
        self.0.entry(day).or_default().add(row);
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
    /// Exact if the rows reach back `window - 1` days, and `window` is at most 90.
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
            sign_ups: row.sign_ups,
            sign_ins: row.sign_ins,
            auth_failures: row.auth_failures,
            new_users: row.recency.get(&Recency::NEVER).copied().unwrap_or(0),
            dau: self.active(day, 1),
            wau: self.active(day, 7),
            mau: self.active(day, 30),
        }
    }
}

#[cfg(test)]
mod tests;
