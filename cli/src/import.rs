//! `cognito-pinpoint import`: history, from the records that Pinpoint's event stream wrote.

mod endpoints;
mod files;
mod reading;
mod record;
mod report;

use std::fs::File;
use std::process::ExitCode;
use std::time::Duration;

use ::config::Config;
use aws::sdk;
use aws::tables::{TableNames, create_missing};
use aws::users::DynamoUserStates;
use chrono::Utc;
use domain::auth_event::Who;
use domain::day::Day;
use domain::history::HistoryEvent;
use pipeline::import::Import;
use pipeline::outcome::Outcome;
use tokio::time::{Instant, sleep_until};

use crate::Failure;
use crate::account::account_of;
use crate::args::ImportArgs;
use crate::config;
use crate::data_folder::{embedded, lock, stores};
use crate::entries::{Rejected, Source};
use crate::outcomes::Outcomes;
use crate::progress::paced;
use endpoints::Endpoints;
use reading::{Batch, Reading};
use report::Report;

/// How many events are taken at once.
const BATCH: u32 = 5_000;

/// How many records a second a deployed stack takes, unless anything else is asked for.
const PACE_OF_STACK: u32 = 500;

/// What becomes of a record of another event type.
const OTHER_TYPE: &str = "ignored:event_type";
/// What becomes of a record of a time when events were captured.
const ALREADY_CAPTURED: &str = "ignored:already_captured";
/// What would become of a record, if this were no dry run.
const TO_BE_COUNTED: &str = "to_be_counted";
/// The same of one of which it is not known whose it is: only the counters know of it.
const WITHOUT_USER: &str = "to_be_counted:without_user";

/// What becomes of a record that counts now.
const IMPORTED: &str = "imported";

/// Imports, and prints what came of it. Exit code 1 if anything was rejected, or nothing was read.
pub async fn run(args: ImportArgs) -> Result<ExitCode, Failure> {
    let config = config_of(&args)?;
    let (endpoints, mut rejected) = Endpoints::read(&args.endpoints);
    let target = match args.dry_run {
        true => None,
        false => Some(Target::open(&args).await?),
    };
    let (mut batches, reading) = Reading {
        paths: args.paths.clone(),
        pool: args.user_pool_id.clone(),
        projects: config.projects(),
        endpoints,
        batch: batch_size(&args),
    }
    .start();
    let mut outcomes = Outcomes::default();
    while let Some(batch) = batches.recv().await {
        let next = Instant::now() + pace(batch.len(), &args);
        let taken = match &target {
            None => looked_at(batch, &config, args.before),
            Some(target) => target.take(batch, &config, args.before).await?,
        };
        outcomes.merge(&taken.outcomes);
        rejected.extend(taken.rejected);
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

/// What came of a batch.
#[derive(Default)]
struct Taken {
    outcomes: Outcomes,
    rejected: Vec<Rejected>,
}

/// Where history is counted.
struct Target {
    states: DynamoUserStates,
    _lock: Option<File>,
}

impl Target {
    async fn open(args: &ImportArgs) -> Result<Self, Failure> {
        let Some(folder) = args.data_dir.as_deref() else {
            let config = account_of(&args.account, &args.user_pool_id).await?;
            let states = DynamoUserStates::new(sdk::dynamodb(&config), args.account.tables());
            return Ok(Self {
                states,
                _lock: None,
            });
        };
        let lock = lock(folder)?;
        let (store, _) = stores(Some(folder))?;
        let client = sdk::dynamodb(&embedded(store));
        let tables = TableNames::default();
        create_missing(&client, &tables).await?;
        Ok(Self {
            states: DynamoUserStates::new(client, tables),
            _lock: Some(lock),
        })
    }

    /// Imports a batch. An error ends the import; what was imported before stays, and is known the next time.
    async fn take(
        &self,
        batch: Batch,
        config: &Config,
        before: Option<Day>,
    ) -> Result<Taken, Failure> {
        let import = Import {
            config,
            states: &self.states,
            before,
            now: Utc::now(),
        };
        let (events, sources): (Vec<HistoryEvent>, Vec<Source>) = batch.into_iter().unzip();
        let imported = import.import(&events).await;
        let ended = imported.map_err(|error| {
            Failure::Outside(format!(
                "{error}; run the same command again: it goes on where it was, and counts nothing twice"
            ))
        })?;
        let mut taken = Taken::default();
        for (outcome, source) in ended.into_iter().zip(sources) {
            match outcome {
                Outcome::Published => taken.outcomes.add(IMPORTED),
                Outcome::Rejected(_) | Outcome::NotPublished(_) => {
                    taken.rejected.push(source.rejected(outcome));
                }
                Outcome::Ignored(_) | Outcome::Spilled => taken.outcomes.add(outcome.name()),
            }
        }
        Ok(taken)
    }
}

/// What would become of a batch, as far as can be said without looking at what was counted.
fn looked_at(batch: Batch, config: &Config, before: Option<Day>) -> Taken {
    let mut taken = Taken::default();
    for (event, _) in &batch {
        let day = config.time_zone().day_of(event.time);
        taken.outcomes.add(match &event.user.who {
            _ if before.is_some_and(|before| day >= before) => ALREADY_CAPTURED,
            Who::User(_) => TO_BE_COUNTED,
            Who::Nobody(_) | Who::NotFound(..) => WITHOUT_USER,
        });
    }
    taken
}

/// The configuration, whose projects' records are taken.
fn config_of(args: &ImportArgs) -> Result<Config, Failure> {
    Ok(match (&args.config, &args.data_dir) {
        (None, Some(_)) => Config::local_default(),
        (file, _) => config::of_stack(file.as_deref())?,
    })
}

/// At a pace, batches are no larger than what a second takes.
fn batch_size(args: &ImportArgs) -> usize {
    let size = per_second(args).unwrap_or(BATCH).min(BATCH);
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// How many records are taken in a second at most: a stack counts what happens meanwhile.
fn per_second(args: &ImportArgs) -> Option<u32> {
    let of_stack = args.data_dir.is_none().then_some(PACE_OF_STACK);
    args.records_per_second.or(of_stack)
}

/// How long so many events take at least. A dry run is as fast as it can be.
fn pace(events: usize, args: &ImportArgs) -> Duration {
    match per_second(args) {
        Some(per_second) if !args.dry_run => {
            paced(u64::try_from(events).unwrap_or(u64::MAX), per_second)
        }
        Some(_) | None => Duration::ZERO,
    }
}
