//! The `cognito-pinpoint` command.

#[cfg_attr(not(feature = "account"), path = "account_not_built.rs")]
mod account;
mod annotate;
mod args;
#[cfg(feature = "account")]
mod attach;
mod config;
#[cfg(feature = "account")]
mod confirm;
mod console;
mod data_folder;
#[cfg(feature = "account")]
mod doctor;
mod entries;
mod failure;
mod folders;
#[cfg(feature = "account")]
mod forget;
mod import;
#[cfg(feature = "account")]
mod local_parts;
mod metrics;
mod outcomes;
mod pinpoint_local;
mod progress;
#[cfg(feature = "account")]
mod progress_file;
#[cfg(feature = "account")]
mod redrive;
mod replay;
#[cfg(feature = "account")]
mod republish;
mod site;
mod spilled;
mod summary;
#[cfg(feature = "account")]
mod sync;
mod table;
mod text;
mod users;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use args::{AccountCommand, Args, Command};
use failure::Failure;

/// A replay is client and server in one process and allocates for both: this makes it a third faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is logged unless `RUST_LOG` says otherwise. Where credentials were looked for in vain is said in
/// one line at the end.
const LOGGED: &str = "warn,aws_config=off";

/// How long one append may take, where nobody waits for it.
const APPEND_BUDGET: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(tracing::Level::TRACE)
        .finish()
        .with(aws::telemetry::from_environment(LOGGED))
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
        Command::Import(args) => import::run(args).await,
        Command::Users(args) => users::run(args).await,
        Command::Annotate(args) => annotate::run(args).await,
        Command::Console(args) => console::run(args).await,
        Command::PinpointLocal(args) => pinpoint_local::run(args).await,
        Command::Config(command) => config::run(command).await,
        Command::Completions(args) => completions(args.shell),
        Command::OfAccount(command) => of_account(command).await,
    }
}

#[cfg(feature = "account")]
async fn of_account(command: AccountCommand) -> Result<ExitCode, Failure> {
    match command {
        AccountCommand::Local(args) => local_parts::run(&args).await,
        AccountCommand::Redrive(args) => redrive::run(&args).await,
        AccountCommand::Sync(args) => sync::run(args).await,
        AccountCommand::Republish(args) => republish::run(args).await,
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

/// Prints what completes the command's words in a shell.
fn completions(shell: Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "cognito-pinpoint", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Ends when somebody presses Ctrl+C: until then, what serves goes on.
async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "interrupts cannot be waited for");
    }
}

fn fail(problem: &str, code: u8) -> ExitCode {
    eprintln!("error: {problem}");
    ExitCode::from(code)
}
