//! `cognito-pinpoint republish`: the analytics events of some days go to one destination once more.

mod place;
mod tally;
mod target;

use std::process::ExitCode;
use std::time::Duration;

use ::config::Config;
use chrono::Utc;
use pipeline::ports::{Outbox, PortError};
use pipeline::republish::{Next, Republish, Walk, Wanted, enqueue};
use tokio::time::{Instant, sleep_until};

use crate::Failure;
use crate::args::republish::RepublishArgs;
use crate::config;
use crate::progress::{Progress, paced};
use place::Place;
use tally::Tally;
use target::{Origin, from_folder, from_stack};

/// How many events a second go into a stack's queue, unless anything else is asked for: behind them wait those that happen
/// meanwhile.
const PACE_OF_STACK: u32 = 500;

/// Republishes, from where an interrupted run ended. Exit code 1 if something of the log could not be read.
pub async fn run(args: RepublishArgs) -> Result<ExitCode, Failure> {
    let config = config_of(&args)?;
    let tally = match args.data_dir.as_deref() {
        None => {
            let (origin, queue) = from_stack(config, &args).await?;
            through(&origin, &queue, &args).await?
        }
        Some(folder) => {
            let (origin, here) = from_folder(folder, config, &args).await?;
            through(&origin, &here.outbox, &args).await?
        }
    };
    tally.print(&args)?;
    Ok(ExitCode::from(u8::from(tally.unreadable > 0)))
}

/// The configuration, which says which clients send to the destination.
fn config_of(args: &RepublishArgs) -> Result<Config, Failure> {
    let config = match (&args.config, &args.data_dir) {
        (None, Some(_)) => Config::local_default().sending_to_pinpoint_and_files(),
        (file, _) => config::of_stack(file.as_deref())?,
    };
    let is_known = config.check_destination(&args.destination, args.project.as_ref());
    is_known.map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(config)
}

/// Walks through the log, page by page.
async fn through(
    origin: &Origin,
    outbox: &impl Outbox,
    args: &RepublishArgs,
) -> Result<Tally, Failure> {
    let wanted = &origin.wanted;
    let mut place = Place::of(wanted, args)?;
    let (first, last) = wanted.days;
    eprintln!("asked for: {first} to {last} of {}", words(wanted));
    let interrupted = |error| interrupted(error, wanted);
    let mut tally = place.tally().clone();
    let mut walk = Walk::from(place.log_place()?);
    let events = origin.log.about_events().await?;
    let progress = Progress::of_events("reading", usize::try_from(events).unwrap_or(usize::MAX));
    let by = Republish {
        wanted,
        config: &origin.config,
        log: &origin.log,
        states: &origin.states,
        now: Utc::now(),
    };
    loop {
        let plan = by.plan(&mut walk).await.map_err(interrupted)?;
        let next = Instant::now() + pace(plan.events(), args);
        if !args.dry_run {
            enqueue(&plan, outbox).await.map_err(interrupted)?;
        }
        tally.add(&plan);
        progress.set(tally.read, events.max(tally.read));
        match plan.place {
            Next::After(after) => place.move_to(after.as_ref(), &tally)?,
            Next::End => break,
        }
        sleep_until(next).await;
    }
    progress.finish();
    place.leave()?;
    Ok(tally)
}

/// Says that nothing has to be done over. Days are given by their dates: `yesterday` is another after midnight.
fn interrupted(error: PortError, wanted: &Wanted) -> Failure {
    let (first, last) = wanted.days;
    Failure::from(error).and(&format!(
        "run the same command again, with --from {first} --to {last}: it goes on where it was"
    ))
}

/// How long so many events take at least. A dry run is as fast as it can be.
fn pace(events: u64, args: &RepublishArgs) -> Duration {
    let of_stack = args.data_dir.is_none().then_some(PACE_OF_STACK);
    match args.events_per_second.or(of_stack) {
        Some(per_second) if !args.dry_run => paced(events, per_second),
        Some(_) | None => Duration::ZERO,
    }
}

/// What is asked for beside the days, in words.
fn words(wanted: &Wanted) -> String {
    let Wanted {
        project,
        destination,
        ..
    } = wanted;
    format!("the project {project}, to {destination}")
}
