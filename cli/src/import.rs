//! `cognito-pinpoint import`: history, from the records that Pinpoint's event stream wrote.

mod endpoints;
mod files;
mod reading;
mod record;
mod report;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use ::config::Config;
use aws::configuration::ConfigurationSource;
use domain::auth_event::Who;
use domain::day::Day;
use domain::history::HistoryEvent;
use domain::ids::ProjectId;
use tokio::time::{Instant, sleep_until};

use crate::Failure;
use crate::args::ImportArgs;
use crate::config;
use crate::outcomes::Outcomes;
use endpoints::Endpoints;
use reading::{Batch, Reading};
use report::Report;

/// How many events are taken at once.
const BATCH: u32 = 5_000;

/// What becomes of a record of another event type.
const OTHER_TYPE: &str = "ignored:event_type";
/// What becomes of a record of a time when events were captured.
const ALREADY_CAPTURED: &str = "ignored:already_captured";
/// What would become of a record, if this were no dry run.
const TO_BE_COUNTED: &str = "to_be_counted";
/// The same of one of which it is not known whose it is: only the counters know of it.
const WITHOUT_USER: &str = "to_be_counted:without_user";

/// Imports, and prints what came of it. Exit code 1 if anything was rejected, or nothing was read.
pub async fn run(args: ImportArgs) -> Result<ExitCode, Failure> {
    let projects = projects(&args)?;
    let (endpoints, mut rejected) = Endpoints::read(&args.endpoints);
    let (mut batches, reading) = Reading {
        paths: args.paths.clone(),
        pool: args.user_pool_id.clone(),
        projects,
        endpoints,
        batch: batch_size(&args),
    }
    .start();
    let mut outcomes = Outcomes::default();
    while let Some(batch) = batches.recv().await {
        let next = Instant::now() + pace(batch.len(), &args);
        outcomes.merge(&take(batch, &args).await?);
        sleep_until(next).await;
    }
    let tally = reading.join();
    let tally = tally.map_err(|_| Failure::Outside("the files could not be read on".to_owned()))?;
    outcomes.add_many(OTHER_TYPE, tally.other_types);
    rejected.extend(tally.rejected);
    let report = Report {
        read: tally.read,
        outcomes,
        rejected,
    };
    report.print(&args)
}

/// Takes a batch, in the order of reading, and says what became of each event of it. **The seam**: all that is known of
/// where events are counted is behind this function; an error ends the import, and what was taken before stays.
async fn take(batch: Batch, args: &ImportArgs) -> Result<Outcomes, Failure> {
    if !args.dry_run {
        return Err(Failure::Usage(
            "this version counts no history yet: give --dry-run, to see what there is".to_owned(),
        ));
    }
    let mut outcomes = Outcomes::default();
    for (event, _) in &batch {
        outcomes.add(outcome(event, args.before));
    }
    Ok(outcomes)
}

fn outcome(event: &HistoryEvent, before: Option<Day>) -> &'static str {
    match &event.user.who {
        _ if before.is_some_and(|before| Day::of(event.time) >= before) => ALREADY_CAPTURED,
        Who::User(_) => TO_BE_COUNTED,
        Who::Nobody(_) | Who::NotFound(..) => WITHOUT_USER,
    }
}

/// The projects whose records are taken.
fn projects(args: &ImportArgs) -> Result<BTreeSet<ProjectId>, Failure> {
    let config = match (&args.config, &args.data_dir) {
        (Some(file), _) => config::read(file)?,
        (None, Some(_)) => Config::local_default(),
        (None, None) => ConfigurationSource::from_environment()
            .read()
            .map_err(|error| Failure::Usage(format!("{error}; or give --config FILE")))?,
    };
    Ok(config.projects())
}

/// At a pace, batches are no larger than what a second takes.
fn batch_size(args: &ImportArgs) -> usize {
    let size = args.records_per_second.unwrap_or(BATCH).min(BATCH);
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// How long so many events take at least. A dry run is as fast as it can be.
fn pace(events: usize, args: &ImportArgs) -> Duration {
    match args.records_per_second {
        Some(per_second) if !args.dry_run => {
            Duration::from_secs(1) * u32::try_from(events).unwrap_or(u32::MAX) / per_second.max(1)
        }
        Some(_) | None => Duration::ZERO,
    }
}
