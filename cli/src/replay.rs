//! `cognito-pinpoint replay`: trigger events through the code of the deployed functions, on a store
//! and a Pinpoint-compatible server in this process, with a clock that the events move.

mod for_people;
mod installation;
mod output;
mod publisher;
mod reingest;
mod report;

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
#[cfg(feature = "account")]
pub use installation::serve_pinpoint;
use output::Outputs;
use report::Report;

/// Replays, and prints what came of it. Exit code 1 if anything was rejected, or there was nothing.
pub async fn run(args: ReplayArgs) -> Result<ExitCode, Failure> {
    let report = if is_to_a_stack(&args)? {
        reingest::append_to(&args.account, &args.paths).await?
    } else {
        replay(&args).await?
    };
    if report.is_of_nothing() {
        eprintln!("error: there was nothing to replay: {}", nothing(&args));
    }
    report.print(&args)
}

async fn replay(args: &ReplayArgs) -> Result<Report, Failure> {
    let config = args.config.as_deref().map(config::read).transpose()?;
    let outputs = Outputs::create(args)?;
    let (taken, installation) = if args.spilled {
        spilled(args, config).await?
    } else {
        entries(args, config.unwrap_or_else(Config::local_default)).await?
    };
    let replayed = installation.finish().await?;
    outputs.write(&replayed)?;
    Report::of(taken, &replayed).await
}

fn nothing(args: &ReplayArgs) -> &'static str {
    if args.spilled {
        "no log line holds a spilled event"
    } else {
        "give files that hold trigger events; of a folder, its own .json, .jsonl and .ndjson files are \
         taken (each also .gz)"
    }
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
    for entry in entries.read() {
        replaying.advance();
        match entry.and_then(checked) {
            Err(rejected) => taken.rejected.push(rejected),
            Ok(entry) => {
                installation.capture(&entry).await?;
                taken.replayed += 1;
            }
        }
    }
    replaying.finish();
    taken.rejected.sort();
    Ok((taken, installation))
}

fn checked(entry: Entry) -> Result<Entry, Rejected> {
    let parsed = cognito::parse(entry.event.as_bytes()).and_then(|parsed| {
        if let Parsed::Known(trigger) = &parsed {
            trigger.check_lengths()?;
        }
        Ok(())
    });
    match parsed {
        Ok(()) => Ok(entry),
        Err(error) => Err(entry.source.rejected(error)),
    }
}

/// Without a configuration, the projects are those that the events name.
async fn spilled(
    args: &ReplayArgs,
    config: Option<Config>,
) -> Result<(Taken, Installation), Failure> {
    let mut spilled = Spilled::new(&args.paths);
    let (events, rejected) = reingest::events(&mut spilled, None);
    let projects = events.iter().map(|event| event.user.project.clone());
    let config = config.unwrap_or_else(|| Config::of_projects(projects));
    let mut installation = Installation::open(config, args.data_dir.as_deref()).await?;
    let mut taken = Taken {
        replayed: 0,
        rejected,
    };
    for event in events {
        installation.reingest(&event).await?;
        taken.replayed += 1;
    }
    Ok((taken, installation))
}
