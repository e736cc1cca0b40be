//! Time zones: what makes a moment belong to a calendar day.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::day::Day;

/// A time zone of the IANA database. Where clocks are changed, a day has 23 or 25 hours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TimeZone(Tz);

/// No time zone has this name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no time zone of the IANA database has this name")]
pub struct UnknownTimeZone;

impl TimeZone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The calendar day that `time` falls on here.
    pub fn day_of(self, time: DateTime<Utc>) -> Day {
        if self == Self::UTC {
            return Day::from_date(time.date_naive());
        }
        Day::from_date(time.with_timezone(&self.0).date_naive())
    }

    /// What clocks show here at `time`.
    pub fn clock(self, time: DateTime<Utc>) -> NaiveTime {
        time.with_timezone(&self.0).time()
    }

    /// Its name in the database, such as `Europe/Berlin`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The names of all there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TZ_VARIANTS.iter().map(|zone| zone.name())
    }
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(name: &str) -> Result<Self, UnknownTimeZone> {
        name.parse().map(Self).map_err(|_| UnknownTimeZone)
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_falls_on_the_day_that_its_zone_has_then() {
        for (zone, time, expected) in [
            ("UTC", "2026-03-01T23:59:59Z", "2026-03-01"),
            ("Europe/Berlin", "2026-03-01T22:59:59Z", "2026-03-01"),
            ("Europe/Berlin", "2026-03-01T23:00:00Z", "2026-03-02"),
            // The day on which clocks go forward has 23 hours, and the one on which they go back 25.
            ("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29"),
            ("Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29"),
            ("Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-30"),
            ("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25"),
            ("Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-26"),
            ("America/Los_Angeles", "2026-03-02T07:59:59Z", "2026-03-01"),
            ("Asia/Kathmandu", "2026-03-01T18:15:00Z", "2026-03-02"),
            // A whole day was left out here.
            ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"),
        ] {
            let zone: TimeZone = zone.parse().unwrap();
            let day = zone.day_of(time.parse().unwrap());
            assert_eq!(day.to_string(), expected, "{zone} {time}");
        }
        assert_eq!("Europe/Berlim".parse::<TimeZone>(), Err(UnknownTimeZone));
    }
}
