//! The command line of `republish`.

use std::path::PathBuf;

use domain::ids::{DestinationName, ProjectId};
use figures::dates::Date;

use super::{AccountArgs, Format};

#[derive(Debug, clap::Args)]
pub struct RepublishArgs {
    /// The first day: a date such as 2026-01-31, today or yesterday, in the project's time zone.
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    pub from: Date,
    /// The last day.
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    pub to: Date,
    /// The destination: one that a client of the project names.
    #[arg(long, value_name = "NAME", value_parser = destination)]
    pub destination: DestinationName,
    /// The project, by its Pinpoint application id [default: the only one there is].
    #[arg(long, value_name = "ID", value_parser = ::config::application_id)]
    pub project: Option<ProjectId>,
    /// Republish from the folder that replays keep their store in, instead of a deployed stack: to pinpoint (the
    /// folder's own) or a file.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "region", "profile"])]
    pub data_dir: Option<PathBuf>,
    /// The configuration that the stack was deployed with [default: that in ANALYTICS_CONFIG, or in the file
    /// that ANALYTICS_CONFIG_FILE names; with --data-dir, one project, 00000000000000000000000000000000].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Show what would be sent, and send nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The most events to enqueue in a second: what happens meanwhile is sent behind them [default: 500 from a stack,
    /// as many as go from a folder].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub events_per_second: Option<u32>,
    /// Where the progress of an interrupted run is kept [default: cognito-pinpoint-republish-STACK-NAME.json; with
    /// --data-dir, republish-NAME.json in there].
    #[arg(long, value_name = "FILE")]
    pub progress_file: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    #[command(flatten)]
    pub account: AccountArgs,
}

/// A name that a destination can have.
pub fn destination(text: &str) -> Result<DestinationName, String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    match !text.is_empty() && text.chars().all(allowed) {
        true => Ok(DestinationName::new(text)),
        false => Err("a destination's name has letters, digits, - and _".to_owned()),
    }
}
