//! `cognito-pinpoint replay`: trigger events through the code of the deployed functions, on a store
//! and a Pinpoint-compatible server in this process, with a clock that the events move.

mod installation;
mod outcomes;
mod output;
mod publisher;
mod report;
mod take_back;
mod together;

use std::process::ExitCode;

use ::config::Config;
use chrono::Utc;
use cognito::Parsed;

use crate::Failure;
use crate::args::ReplayArgs;
use crate::config;
use crate::entries::{Entries, Entry, Rejected};
use crate::progress::Progress;
use crate::spilled::Spilled;
use installation::Installation;
use output::Outputs;
use report::Report;
use together::Together;

/// Replays, and prints what came of it. Exit code 1 if anything was rejected.
pub async fn run(args: ReplayArgs) -> Result<ExitCode, Failure> {
    if is_to_a_stack(&args)? {
        let report = take_back::append_to(&args.account, &args.paths).await?;
        return report.print(args.format);
    }
    let config = args.config.as_deref().map(config::read).transpose()?;
    let outputs = Outputs::create(&args)?;
    let (taken, installation) = if args.spilled {
        spilled(&args, config).await?
    } else {
        entries(&args, config.unwrap_or_else(Config::local_default)).await?
    };
    if taken.replayed == 0 && taken.rejected.is_empty() {
        eprintln!(
            "there was nothing to replay: {}",
            if args.spilled {
                "no log line holds a spilled event"
            } else {
                "of a folder, only its own .json and .jsonl files are"
            }
        );
    }
    let replayed = installation.finish().await?;
    outputs.write(&replayed)?;
    Report::of(taken, &replayed).await?.print(args.format)
}

/// Whether the events are for a deployed stack.
fn is_to_a_stack(args: &ReplayArgs) -> Result<bool, Failure> {
    let account = &args.account;
    match &account.stack {
        Some(_) if args.spilled => Ok(true),
        Some(_) => Err(Failure::Usage(
            "--stack appends spilled events to a deployed stack's event log: it needs --spilled"
                .to_owned(),
        )),
        None if account.region.is_some() || account.profile.is_some() => Err(Failure::Usage(
            "--region and --profile need --stack: without it, everything is replayed here"
                .to_owned(),
        )),
        None => Ok(false),
    }
}

/// What was taken in, and what was not.
#[derive(Default)]
pub struct Taken {
    /// How many events were taken in.
    pub replayed: u64,
    /// What could not be.
    pub rejected: Vec<Rejected>,
}

async fn entries(args: &ReplayArgs, config: Config) -> Result<(Taken, Installation), Failure> {
    let mut installation = Installation::open(config, args.data_dir.as_deref()).await?;
    let reading = Progress::of_bytes("reading");
    let (mut entries, rejected) = Entries::index(&args.paths, Utc::now(), &mut |done, total| {
        reading.set(done, total)
    });
    reading.finish();
    let mut taken = Taken {
        replayed: 0,
        rejected,
    };
    let replaying = Progress::of_events("replaying", entries.len());
    let mut together = Together::default();
    for entry in entries.read() {
        replaying.advance();
        match entry.and_then(parsed) {
            Err(rejected) => taken.rejected.push(rejected),
            Ok((entry, parsed)) => {
                if installation.is_long_until(entry.time) {
                    installation.capture(together.take()).await?;
                }
                installation.pass_time(entry.time).await?;
                together.push(entry, &parsed);
                taken.replayed += 1;
                if together.is_full() {
                    installation.capture(together.take()).await?;
                }
            }
        }
    }
    installation.capture(together.take()).await?;
    replaying.finish();
    taken.rejected.sort();
    Ok((taken, installation))
}

fn parsed(entry: Entry) -> Result<(Entry, Parsed), Rejected> {
    match cognito::parse(entry.event.as_bytes()) {
        Ok(parsed) => Ok((entry, parsed)),
        Err(error) => Err(entry.source.rejected(error)),
    }
}

/// Without a configuration, the projects are those that the events name.
async fn spilled(
    args: &ReplayArgs,
    config: Option<Config>,
) -> Result<(Taken, Installation), Failure> {
    let mut spilled = Spilled::new(args.paths.clone());
    let (events, rejected) = take_back::events(&mut spilled, None);
    let projects = events.iter().map(|event| event.user.project.clone());
    let config = config.unwrap_or_else(|| Config::of_projects(projects));
    let mut installation = Installation::open(config, args.data_dir.as_deref()).await?;
    let mut taken = Taken {
        replayed: 0,
        rejected,
    };
    for event in events {
        installation.take_back(&event).await?;
        taken.replayed += 1;
    }
    Ok((taken, installation))
}
