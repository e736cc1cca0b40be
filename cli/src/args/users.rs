//! The command line of `users`.

use std::path::PathBuf;

use domain::ids::ProjectId;
use figures::dates::{Date, Last};

use super::{AccountArgs, MetricsFormat};

#[derive(Debug, clap::Args)]
pub struct UsersArgs {
    /// Read the folder that replays kept their store in, instead of a deployed stack.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "region", "profile"])]
    pub data_dir: Option<PathBuf>,
    /// The project, by its Pinpoint application id [default: the only one there is].
    #[arg(long, value_name = "ID", value_parser = ::config::application_id)]
    pub project: Option<ProjectId>,
    #[command(flatten)]
    pub wanted: WantedArgs,
    /// How to print them.
    #[arg(long, value_enum, default_value = "table")]
    pub format: MetricsFormat,
    #[command(flatten)]
    pub account: AccountArgs,
}

/// Which users: exactly one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct WantedArgs {
    /// Those whose last active day is at least so long ago: 90d, 12w, 6mo. First of all those who were there before
    /// counting began (as sync finds them) and were never active since.
    #[arg(long, value_name = "PERIOD", value_parser = Last::parse)]
    pub inactive_for: Option<Last>,
    /// Those who were active on this day or later: a date such as 2026-01-31, today or yesterday.
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    pub active_since: Option<Date>,
    /// Those whose first active day is this one or later.
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    pub new_since: Option<Date>,
    /// Those who were active on one day only.
    #[arg(long)]
    pub never_returned: bool,
}
