//! The command line of what works on an AWS account, or stands for one.
#![cfg_attr(
    not(feature = "account"),
    expect(
        dead_code,
        reason = "such a build refuses these commands, whatever they say"
    )
)]

use std::ffi::OsString;
use std::path::PathBuf;

use aws::tables::TableNames;
use clap::Subcommand;
use cognito::user_pool::Trigger;
use domain::ids::{ProjectId, Sub, UserPoolId};

use super::redrive::RedriveArgs;
use super::{Format, user_pool_id};

/// What works on an AWS account, or stands for one around the functions.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Serve what functions need that run here, and hand the event log's stream to publish-events.
    Local(LocalArgs),
    /// Attach the stack's functions to a user pool's triggers, and change nothing else of the pool.
    Attach(AttachArgs),
    /// Take the stack's functions off a user pool's triggers, and change nothing else of the pool.
    Detach(DetachArgs),
    /// Tell what is wrong with a deployed stack and its user pool, and how to mend it.
    Doctor(DoctorArgs),
    /// Fold again what could not be published, once its reason is mended.
    Redrive(RedriveArgs),
    /// Walk a user pool, and bring the email and phone endpoints of all its users into step.
    Sync(SyncArgs),
    /// Erase what is kept of one user. The daily figures, which name nobody, stay.
    Forget(ForgetArgs),
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
    #[arg(long = "project", value_name = "ID", value_parser = ::config::application_id)]
    pub projects: Vec<ProjectId>,
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

fn sub(text: &str) -> Result<Sub, String> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err("a sub looks like 7c0d2f3e-0000-4000-8000-000000000001".to_owned());
    }
    Ok(Sub::new(text))
}
