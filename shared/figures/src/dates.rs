//! Which days figures are of.

use domain::day::Day;

/// How many days unless anything else is asked for.
pub const DEFAULT_DAYS: u32 = 30;

/// A day, by its date or by how it lies to this one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Date {
    /// This date.
    Of(Day),
    /// The day that it is.
    Today,
    /// The day before.
    Yesterday,
}

impl Date {
    /// Reads `2026-01-31`, `today` or `yesterday`.
    ///
    /// # Errors
    ///
    /// If it is none of these, or there is no such day.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        match text {
            "today" => Ok(Self::Today),
            "yesterday" => Ok(Self::Yesterday),
            text => match Day::parse(text) {
                Ok(day) if (Day::FIRST..=Day::LAST).contains(&day) => Ok(Self::Of(day)),
                Ok(_) => Err(DateError::NoDate(
                    "its year has more than four digits".to_owned(),
                )),
                Err(error) => Err(DateError::NoDate(error.to_string())),
            },
        }
    }

    /// The day, where today is this one.
    pub fn on(self, today: Day) -> Day {
        match self {
            Self::Of(day) => day,
            Self::Today => today,
            Self::Yesterday => today.minus(1),
        }
    }
}

/// How long back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Last {
    /// So many days.
    Days(u32),
    /// So many calendar months.
    Months(u32),
}

/// No longer period is asked for (days): somebody mistyped.
const LONGEST_DAYS: u32 = 36_600;

impl Last {
    /// Reads `30d`, `12w` or `6mo`.
    ///
    /// # Errors
    ///
    /// If it is none of these, nothing, or longer than a century.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = text.strip_suffix(unit).unwrap_or_default();
        let number: u32 = number.parse().map_err(|_| DateError::NoPeriod)?;
        let days = |each: u32| {
            let days = number.checked_mul(each);
            days.filter(|days| (1..=LONGEST_DAYS).contains(days))
        };
        match unit {
            "d" => days(1).map(Self::Days),
            "w" => days(7).map(Self::Days),
            "mo" => days(30).map(|_| Self::Months(number)),
            _ => None,
        }
        .ok_or(DateError::NoPeriod)
    }

    /// The day that lies so far back.
    pub fn before(self, today: Day) -> Day {
        match self {
            Self::Days(days) => today.minus(days),
            Self::Months(months) => today.minus_months(months),
        }
    }
}

/// Why some days cannot be meant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DateError {
    /// A text is no date.
    #[error("{0}; a date looks like 2026-01-31, or is today or yesterday")]
    NoDate(String),
    /// A text is no period.
    #[error("a period looks like 30d, 12w or 6mo, and is not longer than 100 years")]
    NoPeriod,
    /// The last day is before the first.
    #[error("the last day, {to}, is before the first, {from}")]
    WrongWayRound {
        /// The first.
        from: Day,
        /// The last.
        to: Day,
    },
}

/// The first and the last day asked for, up to today: the last thirty where nothing is said. `None` if none of them has
/// begun.
///
/// # Errors
///
/// If the last is before the first.
pub fn span(
    from: Option<Day>,
    to: Option<Day>,
    today: Day,
) -> Result<Option<(Day, Day)>, DateError> {
    let last = to.unwrap_or(today);
    let from = from.unwrap_or_else(|| last.minus(DEFAULT_DAYS - 1));
    if to.is_some() && last < from {
        return Err(DateError::WrongWayRound { from, to: last });
    }
    let to = last.min(today);
    Ok((from <= to).then_some((from, to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read() {
        for (text, expected) in [
            ("30d", Some(Last::Days(30))),
            ("12w", Some(Last::Days(84))),
            ("6mo", Some(Last::Months(6))),
            ("0d", None),
            ("30", None),
            ("d", None),
            ("6m", None),
            ("-3d", None),
            ("99999999999w", None),
            ("4000000w", None),
        ] {
            assert_eq!(Last::parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_date_is_a_day_that_there_is() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "+12026-01-01",
            "-0001-01-01",
            "2026",
            "",
            "tomorrow",
        ] {
            assert!(Date::parse(text).is_err(), "{text}");
        }
        assert_eq!(Date::parse("yesterday"), Ok(Date::Yesterday));
        let leap = Day::parse("2028-02-29").unwrap();
        assert_eq!(Date::parse("2028-02-29"), Ok(Date::Of(leap)));
    }
}
