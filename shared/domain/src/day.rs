//! UTC calendar days and months, the units in which users are counted.

use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

/// A UTC calendar day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(NaiveDate);

impl Day {
    /// The first day whose text has four digits for its year.
    pub const FIRST: Self = match NaiveDate::from_ymd_opt(0, 1, 1) {
        Some(date) => Self(date),
        None => Self(NaiveDate::MIN),
    };
    /// The last one.
    pub const LAST: Self = match NaiveDate::from_ymd_opt(9999, 12, 31) {
        Some(date) => Self(date),
        None => Self(NaiveDate::MAX),
    };

    /// The UTC day that `time` falls on.
    pub fn of(time: DateTime<Utc>) -> Self {
        Self(time.date_naive())
    }

    /// Reads `2026-01-31`.
    ///
    /// # Errors
    ///
    /// If the text is no such date.
    pub fn parse(text: &str) -> Result<Self, chrono::ParseError> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self)
    }

    /// The day `days` later; the last day there is, if there is none so late.
    pub fn plus(self, days: u32) -> Self {
        Self(
            self.0
                .checked_add_days(Days::new(days.into()))
                .unwrap_or(NaiveDate::MAX),
        )
    }

    /// The day `days` earlier; the first day there is, if there is none so early.
    pub fn minus(self, days: u32) -> Self {
        Self(
            self.0
                .checked_sub_days(Days::new(days.into()))
                .unwrap_or(NaiveDate::MIN),
        )
    }

    /// The same day of the month `months` earlier, or that month's last if it is shorter; the first day there is, if
    /// there is none so early.
    pub fn minus_months(self, months: u32) -> Self {
        Self(
            self.0
                .checked_sub_months(Months::new(months))
                .unwrap_or(NaiveDate::MIN),
        )
    }

    /// Whole days from `earlier` to this day; 0 if it is not earlier.
    pub fn days_since(self, earlier: Self) -> u32 {
        u32::try_from((self.0 - earlier.0).num_days()).unwrap_or(0)
    }

    /// Every day from this one to `last`, both included.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        self.0
            .iter_days()
            .take_while(move |date| *date <= last.0)
            .map(Self)
    }

    /// The month that this day is in.
    pub fn month(self) -> Month {
        Month(self.0.with_day(1).unwrap_or(self.0))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%d").fmt(f)
    }
}

/// A UTC calendar month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month(NaiveDate);

impl Month {
    /// The month's first day.
    pub fn first_day(self) -> Day {
        Day(self.0)
    }

    /// The month's last day.
    pub fn last_day(self) -> Day {
        self.next().first_day().minus(1)
    }

    /// The month after this one.
    pub fn next(self) -> Self {
        Self(
            self.0
                .checked_add_months(Months::new(1))
                .unwrap_or(NaiveDate::MAX),
        )
    }

    /// Every month from this one to `last`, both included.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| Some(month.next()))
            .take_while(move |month| *month <= last)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m").fmt(f)
    }
}
