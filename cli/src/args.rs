//! The command line.

pub mod account;
pub mod annotate;
pub mod console;
mod examples;
pub mod import;
pub mod metrics;
pub mod republish;
pub mod users;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use domain::ids::UserPoolId;
use local::pinpoint::Origin;

pub use account::{AccountArgs, AccountCommand};
pub use import::ImportArgs;
pub use metrics::{MetricsArgs, MetricsFormat};

/// Sign-ups, sign-ins, failures and active users of Amazon Cognito user pools.
#[derive(Debug, Parser)]
#[command(name = "cognito-pinpoint", version, about, max_term_width = 100, after_help = examples::ALL)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Replay trigger events through the code of the deployed functions, on this machine alone.
    #[command(after_help = examples::REPLAY)]
    Replay(ReplayArgs),
    /// Print a project's sign-ups, sign-ins, failures and active users.
    #[command(after_help = examples::METRICS)]
    Metrics(MetricsArgs),
    /// Import what happened before, from what Pinpoint's event stream wrote.
    #[command(after_help = examples::IMPORT)]
    Import(ImportArgs),
    /// List users by when they were last active: who has not come back, who has, who is new.
    #[command(after_help = examples::USERS)]
    Users(users::UsersArgs),
    /// Note what happened on a day, such as a release: it is shown with the figures.
    #[command(after_help = examples::ANNOTATE)]
    Annotate(annotate::AnnotateArgs),
    /// Serve the console on this machine: the figures on a page, and the API that it reads.
    #[command(after_help = examples::CONSOLE)]
    Console(console::ConsoleArgs),
    /// Serve a Pinpoint-compatible API on this machine.
    #[command(after_help = examples::PINPOINT_LOCAL)]
    PinpointLocal(PinpointLocalArgs),
    /// Check a configuration, or import one from a user pool.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print what completes the command's words in a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    #[command(flatten)]
    OfAccount(AccountCommand),
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the configuration as the functions read it, or every fault in it.
    #[command(after_help = examples::CONFIG_CHECK)]
    Check(ConfigCheckArgs),
    /// Write a configuration from the AnalyticsConfiguration of a user pool's app clients.
    #[command(after_help = examples::CONFIG_IMPORT)]
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
    /// The configuration file; - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Also check that this user pool's Region can use the projects' Regions.
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
    /// The file to write; - for standard output.
    #[arg(long, value_name = "FILE", default_value = "analytics-config.json")]
    pub output: PathBuf,
    /// Overwrite the file if it exists.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub account: AccountArgs,
}

#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// The configuration of the app clients [default: one project, 00000000000000000000000000000000, with
    /// user data shared].
    #[arg(long, value_name = "FILE", conflicts_with = "stack")]
    pub config: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// In the table, print every day instead of a chart.
    #[arg(long)]
    pub days: bool,
    /// Keep the store in this folder, so that replays add up [default: in memory].
    #[arg(long, value_name = "DIR", conflicts_with = "stack")]
    pub data_dir: Option<PathBuf>,
    /// Write the analytics events that were sent, one JSON object a line, in Pinpoint's event-stream form.
    #[arg(long, value_name = "FILE", conflicts_with = "stack")]
    pub events_out: Option<PathBuf>,
    /// Write the endpoints as they are at the end, one JSON object a line.
    #[arg(long, value_name = "FILE", conflicts_with = "stack")]
    pub endpoints_out: Option<PathBuf>,
    /// Overwrite the files of --events-out and --endpoints-out if they are there.
    #[arg(long)]
    pub force: bool,
    /// The paths are logs: re-ingest the events that were spilled into them, each once. With --stack, they
    /// are appended to that stack's event log; without, they are replayed here. A folder stands for all files
    /// within it, at any depth, such as those of an export of CloudWatch Logs to S3.
    #[arg(long)]
    pub spilled: bool,
    #[command(flatten)]
    pub account: AccountArgs,
    /// Files, folders (their .json, .jsonl and .ndjson files, by name), or - for the standard input. Each
    /// may be compressed with gzip (.gz).
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Debug, clap::Args)]
pub struct PinpointLocalArgs {
    /// The port to listen on; 0 takes a free one and prints it.
    #[arg(long, value_name = "N")]
    pub port: u16,
    /// The interface to listen on.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Keep events and endpoints in this folder [default: in memory].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Let web pages of this origin call the server, such as http://localhost:5173 for a page under development.
    /// Can be given more than once. Without it, every page is refused.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<Origin>,
    /// Write every event to the end of this file once it is accepted, in the form of Pinpoint's event stream, one
    /// a line.
    #[arg(long, value_name = "FILE")]
    pub events_out: Option<PathBuf>,
}

fn user_pool_id(text: &str) -> Result<UserPoolId, String> {
    let id = UserPoolId::new(text);
    if id.region().is_empty() {
        return Err("a user pool's id looks like eu-west-1_AAAA11111".to_owned());
    }
    Ok(id)
}
