//! The `cognito-pinpoint` command.

mod args;
mod days;
mod entries;
mod metrics;
mod pinpoint_local;
mod replay;
mod spilled;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use args::{Args, Command};

/// A replay is client and server in one process and allocates for both: this makes it a third faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command that did not succeed ends.
#[derive(Debug)]
enum Failure {
    /// It was asked for something that cannot be: exit code 2, nothing done.
    Usage(String),
    /// Something outside failed: exit code 1.
    Outside(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        let causes = causes.map(|cause| format!(": {cause}"));
        Self::Outside(std::iter::once(error.to_string()).chain(causes).collect())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .init();
    let result = match args.command {
        Command::Replay(args) => replay::run(args).await,
        Command::Metrics(args) => metrics::run(args).await,
        Command::PinpointLocal(args) => pinpoint_local::run(args).await,
    };
    match result {
        Ok(code) => code,
        Err(Failure::Usage(problem)) => fail(&problem, 2),
        Err(Failure::Outside(problem)) => fail(&problem, 1),
    }
}

fn fail(problem: &str, code: u8) -> ExitCode {
    eprintln!("error: {problem}");
    ExitCode::from(code)
}
