//! The command line of `metrics`.

use std::path::PathBuf;

use clap::ValueEnum;
use domain::day::Interval;
use domain::dimension::Dimension;
use domain::ids::ProjectId;
use figures::dates::{Date, Last};
use figures::selection::{Condition, dimension};

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
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    pub from: Option<Date>,
    /// The last day [default: today].
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    pub to: Option<Date>,
    /// That many days, weeks or months up to --to, instead of --from: 30d, 12w, 6mo.
    #[arg(long, value_name = "PERIOD", value_parser = Last::parse, conflicts_with = "from")]
    pub last: Option<Last>,
    /// Break the figures down by one of the project's dimensions, such as client, platform or attribute:custom:tenant.
    #[arg(long, value_name = "DIMENSION", value_parser = dimension)]
    pub by: Option<Dimension>,
    /// Only the users and events with this value, such as platform=iOS. Twice, or with --by: where that pair is one of
    /// the project's dimensions.
    #[arg(long = "where", value_name = "DIMENSION=VALUE", value_parser = Condition::parse)]
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
