//! Calendar days, weeks and months, the units in which users are counted. They are those of the project's time zone: see
//! [`crate::time_zone`].

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};

/// A calendar day.
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

    /// The day of this date.
    pub(crate) fn from_date(date: NaiveDate) -> Self {
        Self(date)
    }

    /// Its number: 1 for the first of January of the year 1, and one more with each day.
    pub fn number(self) -> i32 {
        self.0.num_days_from_ce()
    }

    /// Reads what [`Day::number`] gives; `None` if there is no such day.
    pub fn from_number(number: i32) -> Option<Self> {
        NaiveDate::from_num_days_from_ce_opt(number).map(Self)
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

    /// The year, the month from 1 on, and the day of the month.
    pub fn parts(self) -> (i32, u32, u32) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// Days since the Monday of its week.
    pub fn weekday(self) -> u32 {
        self.0.weekday().num_days_from_monday()
    }

    /// The Monday of the week that this day is in.
    fn monday(self) -> Self {
        self.minus(self.weekday())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%d").fmt(f)
    }
}

/// A calendar month.
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

/// The calendar intervals by which users come back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Interval {
    /// From Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl Interval {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Week, Self::Month];

    /// The name in keys, on the command line and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the interval that this day is in.
    pub fn start(self, day: Day) -> Day {
        match self {
            Self::Week => day.monday(),
            Self::Month => day.month().first_day(),
        }
    }

    /// How many intervals the one with `day` comes after the one with `first`; 0 if it comes before it.
    pub fn age(self, first: Day, day: Day) -> u32 {
        match self {
            Self::Week => day.monday().days_since(first.monday()) / 7,
            Self::Month => {
                let months =
                    |day: Day| day.0.year() * 12 + i32::try_from(day.0.month0()).unwrap_or(0);
                u32::try_from(months(day) - months(first)).unwrap_or(0)
            }
        }
    }

    /// The first days of every interval from the one with `first` to the one with `last`.
    pub fn through(self, first: Day, last: Day) -> impl Iterator<Item = Day> {
        std::iter::successors(Some(self.start(first)), move |start| {
            Some(self.next(*start))
        })
        .take_while(move |start| *start <= last)
    }

    fn next(self, start: Day) -> Day {
        match self {
            Self::Week => start.plus(7),
            Self::Month => start.month().next().first_day(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_a_day_is_counted_in_whole_intervals() {
        for (interval, first, day, start, age) in [
            (Interval::Week, "2026-03-02", "2026-03-02", "2026-03-02", 0),
            (Interval::Week, "2026-03-08", "2026-03-02", "2026-03-02", 0),
            (Interval::Week, "2026-03-08", "2026-03-09", "2026-03-02", 1),
            (Interval::Week, "2025-12-31", "2026-01-01", "2025-12-29", 0),
            (Interval::Month, "2026-01-31", "2026-02-01", "2026-01-01", 1),
            (
                Interval::Month,
                "2025-12-31",
                "2027-01-01",
                "2025-12-01",
                13,
            ),
            (Interval::Month, "2026-02-01", "2026-01-31", "2026-02-01", 0),
        ] {
            let (first, day) = (Day::parse(first).unwrap(), Day::parse(day).unwrap());
            let found = (interval.start(first).to_string(), interval.age(first, day));
            assert_eq!(found, (start.to_owned(), age), "{interval:?} {first} {day}");
        }
    }
}
