//! The command line of `import`.

use std::path::PathBuf;

use domain::day::Day;
use domain::ids::UserPoolId;

use super::{AccountArgs, Format, user_pool_id};

#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The user pool that the users are of.
    #[arg(long, value_name = "ID", value_parser = user_pool_id)]
    pub user_pool_id: UserPoolId,
    /// Import into the folder that replays keep their store in, instead of a deployed stack.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "region", "profile"])]
    pub data_dir: Option<PathBuf>,
    /// The configuration, whose projects' records are taken [default: with --data-dir, one project,
    /// 00000000000000000000000000000000; for a stack, that in ANALYTICS_CONFIG, or in the file that
    /// ANALYTICS_CONFIG_FILE names].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A list of endpoints that Pinpoint exported, which says whose an endpoint is where a record does not: JSON
    /// values, or CSV, with Id and User.UserId. Can be given more than once; the last to name an endpoint counts.
    #[arg(long, value_name = "FILE")]
    pub endpoints: Vec<PathBuf>,
    /// Take only what happened before this day, a date such as 2026-01-31 in the project's time zone
    /// [default: what happened before the project's events were captured].
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub before: Option<Day>,
    /// The most records to take in a second [default: 500 into a stack, as many as go into a folder].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub records_per_second: Option<u32>,
    /// Read everything, show what would be imported, and count nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    #[command(flatten)]
    pub account: AccountArgs,
    /// Files of Pinpoint's event-stream records, folders (all files within, at any depth, but hidden ones), or -
    /// for the standard input. Each may be compressed with gzip, whatever its name.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|error| format!("{error}; a date looks like 2026-01-31"))
}
