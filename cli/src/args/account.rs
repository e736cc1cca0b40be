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

use super::republish::destination;
use ::config::region::Region;
use aws::tables::TableNames;
use clap::Subcommand;
use cognito::user_pool::Trigger;
use domain::ids::{DestinationName, ProjectId, Sub, UserPoolId};
use pipeline::forget::UNDER_WAY;

use super::republish::RepublishArgs;
use super::{Format, examples, user_pool_id};

/// What works on an AWS account, or stands for one around the functions.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Serve what functions that run on this machine need: the tables, their stream, and a Pinpoint-compatible API.
    #[command(after_help = examples::LOCAL)]
    Local(LocalArgs),
    /// Attach the stack's functions to a user pool's triggers, and change nothing else of the pool.
    #[command(after_help = examples::ATTACH)]
    Attach(AttachArgs),
    /// Detach the stack's functions from a user pool's triggers, and change nothing else of the pool.
    #[command(after_help = examples::DETACH)]
    Detach(DetachArgs),
    /// Check a deployed stack and its user pool, and say how to fix what is wrong.
    #[command(after_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    /// Fold again what could not be published, once its reason is mended.
    #[command(after_help = examples::REDRIVE)]
    Redrive(RedriveArgs),
    /// Synchronise the email and phone endpoints of all users of a user pool, and mark who was there before counting
    /// began, so that they do not count as new.
    #[command(after_help = examples::SYNC)]
    Sync(SyncArgs),
    /// Send the analytics events of some days to one destination once more, with the same ids. No figure changes, and no
    /// endpoint.
    #[command(after_help = examples::REPUBLISH)]
    Republish(RepublishArgs),
    /// Delete what is kept of one user. The daily figures, which name nobody, stay.
    #[command(after_help = examples::FORGET)]
    Forget(ForgetArgs),
}

/// What a stack is called unless `--stack` says otherwise.
const STACK: &str = "cognito-pinpoint";

/// Which deployment: every command names it in this way.
#[derive(Debug, clap::Args)]
pub struct AccountArgs {
    /// The deployed stack; its functions and tables are called after it [default: cognito-pinpoint].
    #[arg(long, value_name = "NAME", value_parser = stack, help_heading = DEPLOYMENT)]
    pub stack: Option<String>,
    /// The AWS Region [default: AWS_REGION, or the profile's].
    #[arg(long, value_name = "REGION", value_parser = Region::parse, help_heading = DEPLOYMENT)]
    pub region: Option<Region>,
    /// The profile of ~/.aws/config whose credentials are used [default: AWS_PROFILE, or the environment's].
    #[arg(long, value_name = "NAME", help_heading = DEPLOYMENT)]
    pub profile: Option<String>,
}

const DEPLOYMENT: &str = "Deployment";

impl AccountArgs {
    /// The stack's name.
    pub fn stack(&self) -> &str {
        self.stack.as_deref().unwrap_or(STACK)
    }

    /// What the stack's tables are called.
    pub fn tables(&self) -> TableNames {
        TableNames::with_prefix(self.stack())
    }
}

/// Which installation, and which user pool of it.
#[derive(Debug, clap::Args)]
pub struct InstallationArgs {
    /// The user pool.
    #[arg(long, value_name = "ID", value_parser = user_pool_id)]
    pub user_pool_id: UserPoolId,
    /// The configuration that the stack was deployed with [default: that in ANALYTICS_CONFIG, or in the file
    /// that ANALYTICS_CONFIG_FILE names].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub account: AccountArgs,
}

/// Which deployed stack, and which user pool.
#[derive(Debug, clap::Args)]
pub struct StackArgs {
    /// The user pool. The stack is in its account and Region; of a replicated pool, in that of --region.
    #[arg(long, value_name = "ID", value_parser = user_pool_id)]
    pub user_pool_id: UserPoolId,
    #[command(flatten)]
    pub account: AccountArgs,
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
    /// Also where a trigger has somebody else's function, which it loses. Without it, such a trigger is left
    /// as it is, and what is free is attached.
    #[arg(long)]
    pub replace: bool,
    /// Show what would be changed, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// What becomes of a trigger that has somebody else's function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// They keep it.
    Left,
    /// They lose it.
    Replaced,
}

impl AttachArgs {
    /// What becomes of triggers that are somebody else's.
    pub fn taken(&self) -> Taken {
        if self.replace {
            Taken::Replaced
        } else {
            Taken::Left
        }
    }

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
    /// Send every shared user's endpoints to this destination, even if it was sent them before [default: what each lacks].
    #[arg(long, value_name = "NAME", value_parser = destination)]
    pub destination: Option<DestinationName>,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The most users to list in a second. Cognito's ListUsers returns 60 at a time, and by default takes 30
    /// requests a second, from all callers together.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub users_per_second: u32,
    /// The most endpoint updates to append in a second: no more than the destinations take.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub endpoints_per_second: u32,
    /// Where the progress of an interrupted run is kept [default: cognito-pinpoint-sync-STACK-ID.json].
    #[arg(long, value_name = "FILE")]
    pub progress_file: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct RedriveArgs {
    #[command(flatten)]
    pub account: AccountArgs,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub struct ForgetArgs {
    #[command(flatten)]
    pub of: InstallationArgs,
    /// The user's sub. Delete the user from the pool first: who signs in again is kept again.
    #[arg(long, value_name = "SUB", value_parser = sub)]
    pub sub: Sub,
    /// Show what is kept, and delete nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Delete without asking. Needed where there is no terminal to ask at.
    #[arg(long)]
    pub yes: bool,
    /// How long what is being delivered may still arrive: deliver-events' time-out. Endpoints are emptied after it.
    #[arg(long, value_name = "N", default_value_t = UNDER_WAY.as_secs())]
    pub wait_seconds: u64,
    /// Delete the state and the events even if some endpoints cannot be emptied.
    #[arg(long)]
    pub leave_endpoints: bool,
    /// Also forget the user in this project, which is no longer configured. Can be repeated.
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
    /// Keep everything here, but for what waits for a destination: that ends with the command, as all does without.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The functions' configuration [default: that in ANALYTICS_CONFIG, or in the file that ANALYTICS_CONFIG_FILE names,
    /// or one project, 00000000000000000000000000000000, that shares user data and sends to pinpoint].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What runs the functions, such as `cargo lambda watch`: it is started with the environment that they
    /// need, and one ends with the other.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

fn stack(text: &str) -> Result<String, String> {
    let is_name = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a stack's name is letters, digits and hyphens, and begins with a letter".to_owned())
    }
}

fn sub(text: &str) -> Result<Sub, String> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err("a sub looks like 7c0d2f3e-0000-4000-8000-000000000001".to_owned());
    }
    Ok(Sub::new(text))
}
