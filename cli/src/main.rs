//! The `cognito-pinpoint` command.

#[cfg_attr(not(feature = "account"), path = "account_not_built.rs")]
mod account;
mod args;
#[cfg(feature = "account")]
mod attach;
mod config;
mod data_folder;
#[cfg(feature = "account")]
mod doctor;
mod entries;
#[cfg(feature = "account")]
mod forget;
#[cfg(feature = "account")]
mod local_parts;
mod metrics;
mod pinpoint_local;
mod progress;
#[cfg(feature = "account")]
mod redrive;
mod replay;
mod spilled;
#[cfg(feature = "account")]
mod sync;
mod table;
mod text;

use std::fmt;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use args::{AccountCommand, Args, Command};

/// A replay is client and server in one process and allocates for both: this makes it a third faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is logged unless `RUST_LOG` says otherwise. Where credentials were looked for in vain is told in
/// one line at the end.
const LOGGED: &str = "warn,aws_config=off";

/// How long one append may take, where nobody waits for it.
const APPEND_BUDGET: Duration = Duration::from_secs(10);

/// How a command that did not succeed ends.
#[derive(Debug)]
enum Failure {
    /// It was asked for something that cannot be: exit code 2, nothing done.
    Usage(String),
    /// Something outside failed: exit code 1.
    Outside(String),
    /// Whoever reads the output has enough of it.
    NobodyReads,
}

#[cfg(feature = "account")]
impl Failure {
    /// The same, and something more to be told.
    fn and(self, more: &str) -> Self {
        match self {
            Self::Usage(problem) => Self::Usage(format!("{problem}; {more}")),
            Self::Outside(problem) => Self::Outside(format!("{problem}; {more}")),
            Self::NobodyReads => Self::NobodyReads,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(problem) | Self::Outside(problem) => f.write_str(problem),
            Self::NobodyReads => Ok(()),
        }
    }
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let error: &(dyn std::error::Error + 'static) = &error;
        match error.downcast_ref::<io::Error>() {
            Some(closed) if closed.kind() == io::ErrorKind::BrokenPipe => Self::NobodyReads,
            Some(_) | None => Self::Outside(with_advice(with_causes(error))),
        }
    }
}

/// The error and its causes, as far as it does not tell them itself.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// What AWS says where a right is missing.
const NO_RIGHT: [&str; 2] = ["not authorized to perform", "AccessDenied"];

fn with_advice(problem: String) -> String {
    if NO_RIGHT.iter().any(|says| problem.contains(says)) {
        format!(
            "{problem}: these credentials may not do this; the README lists what each command needs"
        )
    } else {
        problem
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(filter)
        .init();
    match run(args.command).await {
        Ok(code) => code,
        Err(Failure::Usage(problem)) => fail(&problem, 2),
        Err(Failure::Outside(problem)) => fail(&problem, 1),
        Err(Failure::NobodyReads) => ExitCode::SUCCESS,
    }
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Replay(args) => replay::run(args).await,
        Command::Metrics(args) => metrics::run(args).await,
        Command::PinpointLocal(args) => pinpoint_local::run(args).await,
        Command::Config(command) => config::run(command).await,
        Command::OfAccount(command) => of_account(command).await,
    }
}

#[cfg(feature = "account")]
async fn of_account(command: AccountCommand) -> Result<ExitCode, Failure> {
    match command {
        AccountCommand::Local(args) => local_parts::run(&args).await,
        AccountCommand::Redrive(args) => redrive::run(&args).await,
        AccountCommand::Sync(args) => sync::run(args).await,
        AccountCommand::Attach(args) => attach::attach(&args).await,
        AccountCommand::Detach(args) => attach::detach(&args).await,
        AccountCommand::Doctor(args) => doctor::run(&args).await,
        AccountCommand::Forget(args) => forget::run(args).await,
    }
}

#[cfg(not(feature = "account"))]
async fn of_account(_: AccountCommand) -> Result<ExitCode, Failure> {
    Err(account::not_built())
}

fn fail(problem: &str, code: u8) -> ExitCode {
    eprintln!("error: {problem}");
    ExitCode::from(code)
}
