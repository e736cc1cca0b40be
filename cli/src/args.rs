//! The command line.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use aws::tables::TableNames;
use clap::{Parser, Subcommand, ValueEnum};
use cognito::user_pool::Trigger;
use domain::config;
use domain::day::Day;
use domain::ids::{ProjectId, Sub, UserPoolId};
use domain::segment::Dimension;
use local::pinpoint::Origin;

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
    /// Serve what functions need that run here, and hand the event log's stream to publish-events.
    Local(LocalArgs),
    /// Serve a Pinpoint-compatible API on the loopback interface.
    PinpointLocal(PinpointLocalArgs),
    /// Check a configuration, or import one from a user pool.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Attach the stack's functions to a user pool's triggers, and change nothing else of the pool.
    Attach(AttachArgs),
    /// Take the stack's functions off a user pool's triggers, and change nothing else of the pool.
    Detach(DetachArgs),
    /// Tell what is wrong with a deployed stack and its user pool, and how to mend it.
    Doctor(DoctorArgs),
    /// Walk a user pool, and bring the email and phone endpoints of all its users into step.
    Sync(SyncArgs),
    /// Erase what is kept of one user. The daily figures, which name nobody, stay.
    Forget(ForgetArgs),
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

/// Which installation, and which user pool of it.
#[derive(Debug, clap::Args)]
pub struct InstallationArgs {
    /// The user pool.
    #[arg(long, value_name = "ID", value_parser = user_pool_id)]
    pub user_pool_id: UserPoolId,
    /// The configuration that the functions have. Without it, it comes from where theirs does:
    /// ANALYTICS_CONFIG, ANALYTICS_CONFIG_FILE or ANALYTICS_CONFIG_PARAMETER.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The name of the event log in AWS.
    #[arg(long, value_name = "NAME", default_value_t = TableNames::from_environment().event_log)]
    pub event_log_table: String,
    /// The name of the users table in AWS.
    #[arg(long, value_name = "NAME", default_value_t = TableNames::from_environment().users)]
    pub users_table: String,
}

impl InstallationArgs {
    /// The tables' names.
    pub fn tables(&self) -> TableNames {
        TableNames {
            event_log: self.event_log_table.clone(),
            users: self.users_table.clone(),
            ..TableNames::from_environment()
        }
    }
}

/// Which deployed stack, and which user pool.
#[derive(Debug, clap::Args)]
pub struct StackArgs {
    /// The user pool. The stack is in its account and Region.
    #[arg(long, value_name = "ID", value_parser = user_pool_id)]
    pub user_pool_id: UserPoolId,
    /// The stack's name, which the names of its functions begin with.
    #[arg(long, value_name = "NAME", default_value = "cognito-pinpoint")]
    pub stack: String,
}

#[derive(Debug, clap::Args)]
pub struct AttachArgs {
    #[command(flatten)]
    pub of: StackArgs,
    /// Also the trigger before a token is issued: who refreshes tokens is active, signed in or not.
    #[arg(long)]
    pub pre_token_generation: bool,
    /// Not the trigger before a password is checked: failures are not counted.
    #[arg(long)]
    pub no_pre_authentication: bool,
    /// Also where a trigger has somebody else's function, which it loses.
    #[arg(long)]
    pub replace: bool,
    /// Show what would be changed, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl AttachArgs {
    /// The triggers to attach to.
    pub fn triggers(&self) -> Vec<Trigger> {
        let wanted = |trigger: &Trigger| match trigger {
            Trigger::PreAuthentication => !self.no_pre_authentication,
            Trigger::PreTokenGeneration => self.pre_token_generation,
            Trigger::PostAuthentication | Trigger::PostConfirmation => true,
        };
        Trigger::ALL.into_iter().filter(wanted).collect()
    }
}

#[derive(Debug, clap::Args)]
pub struct DetachArgs {
    #[command(flatten)]
    pub of: StackArgs,
    /// Show what would be changed, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub of: StackArgs,
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct SyncArgs {
    #[command(flatten)]
    pub of: InstallationArgs,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How many users to list in a second, at most. Cognito's ListUsers gives 60 at a time, and by
    /// default takes 30 requests a second, of all who ask.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub users_per_second: u32,
    /// How many changes of endpoints to append in a second, at most: what publish-events can send. By
    /// default, Pinpoint takes 10 UpdateEndpoint a second.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub endpoints_per_second: u32,
    /// Where an interrupted walk is remembered: cognito-pinpoint-sync-ID.json here, unless given.
    #[arg(long, value_name = "FILE")]
    pub progress_file: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct ForgetArgs {
    #[command(flatten)]
    pub of: InstallationArgs,
    /// The user's sub. Delete the user from the pool first: who signs in again is kept again.
    #[arg(long, value_name = "SUB", value_parser = sub)]
    pub sub: Sub,
    /// Delete the state and the events also where endpoints are left that cannot be emptied.
    #[arg(long)]
    pub leave_endpoints: bool,
    /// Forget the user in this project too, which is configured no longer. May be given again.
    #[arg(long = "project", value_name = "ID", value_parser = config::application_id)]
    pub projects: Vec<ProjectId>,
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
    /// Let web pages of this origin call the server, such as http://localhost:5173 for a page under development.
    /// Can be given more than once. Without it, every page is refused.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<Origin>,
    /// Write every event to the end of this file once it is accepted, in the form of Pinpoint's event stream, one
    /// a line.
    #[arg(long, value_name = "FILE")]
    pub events_out: Option<PathBuf>,
}

/// All of it listens on the loopback interface.
#[derive(Debug, clap::Args)]
pub struct LocalArgs {
    /// The port of the DynamoDB-compatible store, which has the tables.
    #[arg(long, value_name = "N", default_value_t = 8000)]
    pub dynamodb_port: u16,
    /// The port of the Pinpoint-compatible server.
    #[arg(long, value_name = "N", default_value_t = 8888)]
    pub pinpoint_port: u16,
    /// Where the functions can be invoked: `cargo lambda watch`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
    pub functions: String,
    /// Keep everything here. Without it, all ends with the command.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// What runs the functions, such as `cargo lambda watch`: it is started with the environment that they
    /// need, and one ends with the other. Without ANALYTICS_CONFIG, every client belongs to one project,
    /// 00000000000000000000000000000000, and shares user data.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

fn user_pool_id(text: &str) -> Result<UserPoolId, String> {
    let id = UserPoolId::new(text);
    if id.region().is_empty() {
        return Err("a user pool's id looks like eu-west-1_AAAA11111".to_owned());
    }
    Ok(id)
}

fn sub(text: &str) -> Result<Sub, String> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err("a sub looks like 7c0d2f3e-0000-4000-8000-000000000001".to_owned());
    }
    Ok(Sub::new(text))
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
