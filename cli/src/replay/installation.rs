//! An installation in this process: the event log with its stream, the users, the metrics, and a
//! Pinpoint-compatible server, each behind a real SDK client.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws::event_log::DynamoEventLog;
use aws::metrics::DynamoMetrics;
use aws::pinpoint::{PinpointDestination, Routes};
use aws::sdk::{self, Patience};
use aws::stream::publish_batch;
use aws::tables::{TableNames, create_missing};
use aws::users::DynamoUserStates;
use aws_lambda_events::dynamodb::Event;
use chrono::{DateTime, TimeDelta, Utc};
use domain::auth_event::AuthEvent;
use domain::config::{AttemptWindow, Config};
use local::clock::{Clock, VirtualClock};
use local::dynamodb::{DynamoDbStore, Served, TableStream};
use local::pinpoint::{AppCreation, EventMark, Store, serve};
use pipeline::capture::{Captured, Moment, capture};
use pipeline::expire::expire;
use pipeline::outcome::Outcome;
use pipeline::ports::{Appended, EventLog};
use pipeline::publish::{Judged, Verdict};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Failure;
use crate::entries::Entry;

/// The file of a data folder that holds the tables.
pub const DYNAMODB_FILE: &str = "dynamodb.sqlite";
/// The file of a data folder that holds Pinpoint's events and endpoints.
pub const PINPOINT_FILE: &str = "pinpoint.sqlite";
/// The file of a data folder that says how far the log has been published.
const CHECKPOINT_FILE: &str = "published-up-to";
/// The file of a data folder that one replay at a time holds.
const LOCK_FILE: &str = "lock";

/// How many events are captured before they are published, and how many are published at a time. The
/// more, the fewer times a user's state is read and written.
const BATCH: usize = 5_000;

/// How many times a batch that does not move on is given again.
const TRIES: u32 = 5;

/// How long an append may take here, where nobody waits for it.
const APPEND_BUDGET: Duration = Duration::from_secs(10);

/// What a spilled event comes to if it is in the log already.
const IN_LOG: &str = "already_in_log";

/// An installation in this process.
pub struct Installation {
    config: Arc<Config>,
    clock: VirtualClock,
    log: DynamoEventLog,
    states: DynamoUserStates,
    destination: PinpointDestination,
    metrics: DynamoMetrics,
    stream: TableStream,
    published_up_to: Option<String>,
    checkpoint: Option<PathBuf>,
    unpublished: usize,
    outcomes: BTreeMap<&'static str, u64>,
    pinpoint: Store,
    mark: EventMark,
    _server: Served,
    _lock: Option<File>,
}

impl Installation {
    /// Opens the installation in this folder, or a new one in memory. What an interrupted replay left
    /// unpublished is published.
    pub async fn open(config: Config, folder: Option<&Path>) -> Result<Self, Failure> {
        let config = Arc::new(config);
        let clock = VirtualClock::new(DateTime::UNIX_EPOCH);
        let lock = folder.map(lock).transpose()?;
        let (store, pinpoint) = stores(folder)?;
        let answering = store.clone();
        let answer = move |target: &str, body: &[u8]| answering.answer(target, body);
        let client = sdk::dynamodb(&sdk::in_process(answer, Patience::BEHIND_THE_LOG));
        let tables = TableNames::default();
        create_missing(&client, &tables).await?;
        let server = serve_pinpoint(&pinpoint, &clock).await?;
        let sdk = sdk::on_loopback(&server.url(), Patience::BEHIND_THE_LOG);
        let routes = Routes::new(config.clone(), sdk, Some(server.url()));
        let checkpoint = folder.map(|folder| folder.join(CHECKPOINT_FILE));
        let mut installation = Self {
            config,
            clock,
            log: DynamoEventLog::new(client.clone(), tables.event_log.clone(), APPEND_BUDGET),
            metrics: DynamoMetrics::new(client.clone(), tables.metrics.clone()),
            stream: store.stream(&tables.event_log)?,
            states: DynamoUserStates::new(client, tables),
            destination: PinpointDestination::new(routes),
            published_up_to: checkpoint.as_deref().and_then(read_checkpoint),
            checkpoint,
            unpublished: 0,
            outcomes: BTreeMap::new(),
            mark: pinpoint.mark()?,
            pinpoint,
            _server: server,
            _lock: lock,
        };
        installation.publish().await?;
        installation.outcomes.clear();
        installation.mark = installation.pinpoint.mark()?;
        Ok(installation)
    }

    /// Captures trigger events, as the trigger functions do: all of them at a time, so no two may be
    /// of one user.
    pub async fn capture(&mut self, entries: Vec<Entry>) -> Result<(), Failure> {
        for entry in &entries {
            self.clock.set(entry.time);
        }
        let mut captures = JoinSet::new();
        for entry in entries {
            let (config, log) = (self.config.clone(), self.log.clone());
            captures.spawn(async move {
                let moment = Moment {
                    time: entry.time,
                    random: rand::random(),
                };
                capture(entry.event.as_bytes(), moment, &config, &log).await
            });
        }
        for captured in captures.join_all().await {
            match captured {
                Captured::Logged(_) => self.unpublished += 1,
                Captured::Ended(outcome) => self.tally(outcome),
            }
        }
        self.publish_if_many().await
    }

    /// Takes back an event that was spilled.
    pub async fn take_back(&mut self, event: &AuthEvent) -> Result<(), Failure> {
        self.clock.set(event.time);
        match self.log.append(event).await? {
            Appended::Now => {
                self.unpublished += 1;
                self.publish_if_many().await
            }
            Appended::Before => {
                *self.outcomes.entry(IN_LOG).or_default() += 1;
                Ok(())
            }
        }
    }

    /// Publishes what is left, and lets the attempts that are still open expire.
    pub async fn finish(&mut self) -> Result<(), Failure> {
        self.publish().await?;
        let longest = TimeDelta::seconds(AttemptWindow::LONGEST.into());
        self.expire(self.clock.now().max(Utc::now()) + longest + TimeDelta::seconds(1))
            .await
    }

    /// What became of each captured event.
    pub fn outcomes(&self) -> &BTreeMap<&'static str, u64> {
        &self.outcomes
    }

    /// What Pinpoint has, and where this replay's events begin.
    pub fn pinpoint(&self) -> (&Store, EventMark) {
        (&self.pinpoint, self.mark)
    }

    /// The daily rows.
    pub fn metrics(&self) -> &DynamoMetrics {
        &self.metrics
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    async fn publish_if_many(&mut self) -> Result<(), Failure> {
        if self.unpublished < BATCH {
            return Ok(());
        }
        self.publish().await?;
        self.expire(self.clock.now()).await
    }

    /// Expires the attempts that are due, as many as there are.
    async fn expire(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        loop {
            let expired = expire(now, &self.states, &self.log).await?;
            if expired.failed > 0 {
                return Err(Failure::Outside(format!(
                    "{} attempts did not expire",
                    expired.failed
                )));
            }
            if expired.appended == 0 {
                return Ok(());
            }
            self.publish().await?;
        }
    }

    /// Publishes all that is in the log, as the event source mapping has it done.
    async fn publish(&mut self) -> Result<(), Failure> {
        let mut tries = 0;
        loop {
            let records = self
                .stream
                .records_after(self.published_up_to.as_deref(), BATCH)?;
            let batch: Event = serde_json::from_str(&records)?;
            let Some(last) = batch.records.last() else {
                break;
            };
            let last = last.change.sequence_number.clone();
            if self.publish_batch(batch).await {
                self.published_up_to = last;
                tries = 0;
            } else if tries == TRIES {
                return Err(Failure::Outside(
                    "events were not published: see the log".to_owned(),
                ));
            } else {
                tries += 1;
            }
        }
        self.unpublished = 0;
        self.keep_checkpoint()
    }

    /// `false` if some records must be given again.
    async fn publish_batch(&mut self, batch: Event) -> bool {
        let published = publish_batch(batch, &self.states, &self.destination).await;
        for judged in &published.judged {
            self.tally_verdict(judged);
        }
        published.response.batch_item_failures.is_empty()
    }

    fn tally_verdict(&mut self, judged: &Judged) {
        match judged.verdict {
            Verdict::Ended(outcome) => self.tally(outcome),
            Verdict::ExpiryApplied | Verdict::Repeated | Verdict::Failed => {}
        }
    }

    fn tally(&mut self, outcome: Outcome) {
        *self.outcomes.entry(outcome.name()).or_default() += 1;
    }

    /// If this is not the newest when the process ends, some records are given again: the users'
    /// states know them.
    fn keep_checkpoint(&self) -> Result<(), Failure> {
        if let (Some(file), Some(number)) = (&self.checkpoint, &self.published_up_to) {
            let new = file.with_extension("new");
            std::fs::write(&new, number)?;
            std::fs::rename(&new, file)?;
        }
        Ok(())
    }
}

fn read_checkpoint(file: &Path) -> Option<String> {
    let number = std::fs::read_to_string(file).ok()?;
    Some(number).filter(|number| !number.is_empty())
}

fn lock(folder: &Path) -> Result<File, Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::Usage(format!(
            "the data folder {} cannot be used: {error}",
            folder.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(|error| cannot(&error))?;
    let file = File::create(folder.join(LOCK_FILE)).map_err(|error| cannot(&error))?;
    file.try_lock()
        .map_err(|_| cannot(&"another replay is using it; wait for it to end"))?;
    Ok(file)
}

fn stores(folder: Option<&Path>) -> Result<(DynamoDbStore, Store), Failure> {
    Ok(match folder {
        Some(folder) => (
            DynamoDbStore::open(&folder.join(DYNAMODB_FILE))?,
            Store::open(&folder.join(PINPOINT_FILE))?,
        ),
        None => (DynamoDbStore::in_memory()?, Store::in_memory()?),
    })
}

async fn serve_pinpoint(store: &Store, clock: &VirtualClock) -> Result<Served, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let clock = Arc::new(clock.clone());
    let never = std::future::pending();
    let server = serve(
        listener,
        store.clone(),
        clock,
        AppCreation::OnFirstUse,
        never,
    );
    Ok(Served::new(address, server))
}
