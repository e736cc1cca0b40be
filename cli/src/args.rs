//! The command line.

pub mod account;
pub mod redrive;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use ::config;
use clap::{Parser, Subcommand, ValueEnum};
use domain::day::Day;
use domain::ids::{ProjectId, UserPoolId};
use domain::segment::Dimension;

pub use account::AccountCommand;

/// Sign-ups, sign-ins, failures and active users of Amazon Cognito user pools.
#[derive(Debug, Parser)]
#[command(name = "cognito-pinpoint", version, about)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Replay trigger events through the code of the deployed functions, all of it in this process.
    Replay(ReplayArgs),
    /// Print the daily figures of a project.
    Metrics(MetricsArgs),
    /// Serve a Pinpoint-compatible API on the loopback interface.
    PinpointLocal(PinpointLocalArgs),
    /// Check a configuration, or import one from a user pool.
    #[command(subcommand)]
    Config(ConfigCommand),
    #[command(flatten)]
    OfAccount(AccountCommand),
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print what a configuration comes to, or every fault of it.
    Check(ConfigCheckArgs),
    /// Write the AnalyticsConfiguration of a user pool's app clients, as this service reads it.
    Import(ConfigImportArgs),
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

#[derive(Debug, clap::Args)]
pub struct ConfigCheckArgs {
    /// The configuration; - for the standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Check the Regions against this user pool's, by Cognito's table.
    #[arg(long, value_name = "ID", value_parser = user_pool_id)]
    pub user_pool_id: Option<UserPoolId>,
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct ConfigImportArgs {
    /// The user pool.
    #[arg(long, value_name = "ID", value_parser = user_pool_id)]
    pub user_pool_id: UserPoolId,
    /// The file to write; - for the standard output.
    #[arg(long, value_name = "FILE", default_value = "analytics-config.json")]
    pub output: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// The configuration of the app clients. Without one, every client belongs to one project,
    /// 00000000000000000000000000000000, and shares user data.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// Keep the store here, so that replays add up. Without it, the store is in memory.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Write the analytics events that Pinpoint accepted, in its event-stream form, one a line.
    #[arg(long, value_name = "FILE")]
    pub events_out: Option<PathBuf>,
    /// Write Pinpoint's endpoints as they are at the end, one a line.
    #[arg(long, value_name = "FILE")]
    pub endpoints_out: Option<PathBuf>,
    /// The paths are logs: take back the events that were spilled into them, each once.
    #[arg(long)]
    pub spilled: bool,
    /// With --spilled: append the events to this event log in AWS, instead of replaying them here.
    #[arg(long, value_name = "NAME", requires = "spilled",
          conflicts_with_all = ["data_dir", "config", "events_out", "endpoints_out"])]
    pub table: Option<String>,
    /// Files, folders (their .json and .jsonl files, by name), or - for the standard input.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// How daily figures are printed.
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
#[command(group = clap::ArgGroup::new("source").required(true).args(["data_dir", "table"]))]
pub struct MetricsArgs {
    /// The folder that replays kept their store in.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The name of the metrics table in AWS.
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// The Pinpoint application id.
    #[arg(long, value_name = "ID", value_parser = config::application_id)]
    pub project: ProjectId,
    /// The first day, such as 2026-01-01 (UTC).
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub from: Day,
    /// The last day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub to: Day,
    /// One row for each value of this attribute: platform, appVersion or locale.
    #[arg(long, value_name = "ATTRIBUTE", value_parser = dimension)]
    pub by: Option<Dimension>,
    #[arg(long, value_enum, default_value = "table")]
    pub format: MetricsFormat,
    /// Print the users of each calendar month, instead of each day's figures.
    #[arg(long)]
    pub months: bool,
}

#[derive(Debug, clap::Args)]
pub struct PinpointLocalArgs {
    /// The port; 0 takes a free one and prints it.
    #[arg(long, value_name = "N")]
    pub port: u16,
    /// The interface to listen on.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Keep events and endpoints here. Without it, they end with the server.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

fn user_pool_id(text: &str) -> Result<UserPoolId, String> {
    let id = UserPoolId::new(text);
    if id.region().is_empty() {
        return Err("a user pool's id looks like eu-west-1_AAAA11111".to_owned());
    }
    Ok(id)
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|error| format!("{error}; a date looks like 2026-01-31"))
}

fn dimension(text: &str) -> Result<Dimension, String> {
    Dimension::from_name(text).ok_or_else(|| {
        let names = Dimension::ALL.map(Dimension::name).join(", ");
        format!("figures are kept by {names}")
    })
}
