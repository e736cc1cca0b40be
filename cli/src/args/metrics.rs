//! The command line of `metrics`.

use std::path::PathBuf;

use clap::ValueEnum;
use domain::day::{Day, Interval};
use domain::dimension::{Dimension, DimensionError, Property};
use domain::ids::ProjectId;

use super::AccountArgs;

/// How figures are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum MetricsFormat {
    /// For people.
    Table,
    /// For programs: one array.
    Json,
    /// For spreadsheets.
    Csv,
}

#[derive(Debug, clap::Args)]
pub struct MetricsArgs {
    /// Read the folder that replays kept their store in, instead of a deployed stack.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "region", "profile"])]
    pub data_dir: Option<PathBuf>,
    /// The project, by its Pinpoint application id [default: the only one there is].
    #[arg(long, value_name = "ID", value_parser = ::config::application_id)]
    pub project: Option<ProjectId>,
    /// The first day: a date such as 2026-01-31, today or yesterday, in the project's time zone [default: 29 days before
    /// --to].
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<Date>,
    /// The last day [default: today].
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub to: Option<Date>,
    /// That many days, weeks or months up to --to, instead of --from: 30d, 12w, 6mo.
    #[arg(long, value_name = "PERIOD", value_parser = last, conflicts_with = "from")]
    pub last: Option<Last>,
    /// Break the figures down by one of the project's dimensions, such as client, platform or attribute:custom:tenant.
    #[arg(long, value_name = "DIMENSION", value_parser = dimension)]
    pub by: Option<Dimension>,
    /// Only the users and events with this value, such as platform=iOS. Twice, or with --by: where that pair is one of
    /// the project's dimensions.
    #[arg(long = "where", value_name = "DIMENSION=VALUE", value_parser = condition)]
    pub conditions: Vec<Condition>,
    /// Print the active users of each calendar month that the days touch, instead of each day's figures.
    #[arg(long, conflicts_with_all = ["by", "conditions"])]
    pub months: bool,
    /// Print who came for the first time in each week (from Monday on) or month, and how many of them came back in each
    /// one after, instead of each day's figures.
    #[arg(long, value_enum, value_name = "INTERVAL", conflicts_with_all = ["by", "conditions", "months"])]
    pub retention: Option<RetentionInterval>,
    /// Draw one figure's days as a chart, with the annotations, instead of printing them all; without a word, the users
    /// active each day. With --by, each segment has a small one anyway.
    #[arg(long, value_enum, value_name = "FIGURE", num_args = 0..=1, default_missing_value = "dau",
        conflicts_with_all = ["by", "months", "retention"])]
    pub chart: Option<ChartFigure>,
    /// How to print them.
    #[arg(long, value_enum, default_value = "table")]
    pub format: MetricsFormat,
    #[command(flatten)]
    pub account: AccountArgs,
}

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

/// A value that the figures are of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// What has the value.
    pub property: Property,
    /// The value.
    pub value: String,
}

/// By what users are gathered into cohorts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum RetentionInterval {
    /// By weeks, from Monday on.
    Week,
    /// By calendar months.
    Month,
}

/// What a chart is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ChartFigure {
    /// Users active on the day.
    Dau,
    /// Users active on the 7 days that end with it.
    Wau,
    /// Users active on the 30 days that end with it.
    Mau,
    /// Users who are new on the day.
    NewUsers,
    /// Confirmed sign-ups.
    SignUps,
    /// Sign-ins.
    SignIns,
    /// Failed authentications.
    Failures,
}

impl From<RetentionInterval> for Interval {
    fn from(interval: RetentionInterval) -> Self {
        match interval {
            RetentionInterval::Week => Self::Week,
            RetentionInterval::Month => Self::Month,
        }
    }
}

/// No longer period is asked for (days): somebody mistyped.
const LONGEST_DAYS: u32 = 36_600;

pub(super) fn date(text: &str) -> Result<Date, String> {
    match text {
        "today" => Ok(Date::Today),
        "yesterday" => Ok(Date::Yesterday),
        text => Day::parse(text).map(Date::Of).map_err(|error| {
            format!("{error}; a date looks like 2026-01-31, or is today or yesterday")
        }),
    }
}

pub(super) fn last(text: &str) -> Result<Last, String> {
    let malformed =
        || "a period looks like 30d, 12w or 6mo, and is not longer than 100 years".to_owned();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = text.strip_suffix(unit).unwrap_or_default();
    let number: u32 = number.parse().map_err(|_| malformed())?;
    let days = |each: u32| {
        number
            .checked_mul(each)
            .filter(|days| (1..=LONGEST_DAYS).contains(days))
    };
    match unit {
        "d" => days(1).map(Last::Days),
        "w" => days(7).map(Last::Days),
        "mo" => days(30).map(|_| Last::Months(number)),
        _ => None,
    }
    .ok_or_else(malformed)
}

fn dimension(text: &str) -> Result<Dimension, String> {
    Dimension::parse(text).map_err(|error| {
        let names = match error {
            DimensionError::Unknown(_) => format!("; there are {}", Property::NAMES.join(", ")),
            DimensionError::Personal(_)
            | DimensionError::Reserved(_)
            | DimensionError::Length(_)
            | DimensionError::PairWithGroup
            | DimensionError::PairOfOne
            | DimensionError::MoreThanTwo => String::new(),
        };
        format!("{text:?} {error}{names}")
    })
}

fn condition(text: &str) -> Result<Condition, String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("a condition looks like platform=iOS")?;
    match dimension(name)? {
        Dimension::Of(property) => Ok(Condition {
            property,
            value: value.to_owned(),
        }),
        Dimension::Pair(first, second) => Err(format!(
            "give both values of a pair: --where {first}=… --where {second}=…"
        )),
    }
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
            assert_eq!(last(text).ok(), expected, "{text}");
        }
    }
}
