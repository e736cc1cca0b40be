//! An installation in this process: the event log with its stream, the users, the metrics, and a
//! Pinpoint-compatible server, each behind a real SDK client.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use aws::event_log::{DynamoEventLog, random};
use aws::forgotten::DynamoForgotten;
use aws::metrics::DynamoMetrics;
use aws::sdk::{self, Patience};
use aws::tables::{TableNames, create_missing};
use aws::users::DynamoUserStates;
use chrono::{DateTime, TimeDelta, Utc};
use config::{Config, DestinationKind};
use destinations::directly::Directly;
use destinations::file;
use destinations::not_published::NotPublished;
use destinations::senders::Senders;
use domain::auth_event::AttemptWindow;
use domain::auth_event::AuthEvent;
use local::clock::{Clock, VirtualClock};
use local::dynamodb::Served;
use local::pinpoint::{AppCreation, EventMark, Store, serve};
use pipeline::capture::{End, Moment, capture};
use pipeline::ports::{Appended, EventLog};
use tokio::net::TcpListener;

use super::publisher::{BATCH, Publisher, Publishing};
use crate::APPEND_BUDGET;
use crate::Failure;
use crate::data_folder::embedded;
use crate::data_folder::{Checkpoint, NOT_PUBLISHED_FILE, lock, stores};
use crate::entries::Entry;
use crate::outcomes::Outcomes;

/// How much time may pass before attempts expire.
const LONGEST_UNEXPIRED: TimeDelta = TimeDelta::days(30);

/// What a spilled event comes to if it is in the log already.
pub const IN_LOG: &str = "already_in_log";

/// An installation in this process, to which events come.
pub struct Installation {
    config: Arc<Config>,
    clock: VirtualClock,
    log: DynamoEventLog,
    publishing: Publishing,
    unpublished: usize,
    /// Up to when attempts have expired.
    expired: Option<DateTime<Utc>>,
    outcomes: Outcomes,
    metrics: DynamoMetrics,
    pinpoint: Store,
    mark: EventMark,
    _server: Served,
    _lock: Option<File>,
}

/// Refuses files that nothing can be written to, before anything is captured: what is replayed is delivered at once.
fn check_files(config: &Config) -> Result<(), Failure> {
    for name in config.destinations_in_use() {
        let Some(DestinationKind::File { path }) =
            config.destinations().get(name).map(|it| &it.kind)
        else {
            continue;
        };
        file::open(path).map_err(|error| {
            let path = path.display();
            Failure::Usage(format!(
                "the destination {name} cannot be written to {path}: {error}; nothing was replayed"
            ))
        })?;
    }
    Ok(())
}

/// What an installation has come to.
pub struct Replayed {
    /// What became of each event.
    pub outcomes: Outcomes,
    /// The analytics events that came of them, by type.
    pub analytics: Outcomes,
    /// The daily rows.
    pub metrics: DynamoMetrics,
    /// What Pinpoint has.
    pub pinpoint: Store,
    /// Where this replay's events begin in it.
    pub mark: EventMark,
    _lock: Option<File>,
}

impl Installation {
    /// Opens the installation in this folder, or a new one in memory. What an interrupted replay left
    /// unpublished is published.
    pub async fn open(config: Config, folder: Option<&Path>) -> Result<Self, Failure> {
        let config = Arc::new(config.sending_to_pinpoint_and_files());
        check_files(&config)?;
        let clock = VirtualClock::new(DateTime::UNIX_EPOCH);
        let lock = folder.map(lock).transpose()?;
        let (store, pinpoint) = stores(folder)?;
        let client = sdk::dynamodb(&embedded(store.clone()));
        let tables = TableNames::default();
        create_missing(&client, &tables).await?;
        let server = serve_pinpoint(&pinpoint, &clock).await?;
        let sdk = sdk::on_loopback(&server.url(), Patience::BEHIND_THE_LOG);
        let senders = Senders::new(config.clone(), sdk, Some(server.url()));
        let checkpoint = folder.map(Checkpoint::kept_in);
        let log = DynamoEventLog::new(client.clone(), tables.event_log.clone(), APPEND_BUDGET);
        let metrics = DynamoMetrics::new(client.clone(), tables.metrics.clone());
        let forgotten = DynamoForgotten::new(client.clone(), tables.users.clone());
        let mut publisher = Publisher {
            config: config.clone(),
            log: log.clone(),
            stream: store.stream(&tables.event_log)?,
            states: DynamoUserStates::new(client, tables),
            outbox: Directly {
                destinations: senders,
                log: log.clone(),
                forgotten,
            },
            not_published: folder.map_or(NotPublished::Log, |folder| {
                NotPublished::File(folder.join(NOT_PUBLISHED_FILE))
            }),
            checkpoint: checkpoint.unwrap_or_default(),
            outcomes: Outcomes::default(),
            analytics: Outcomes::default(),
        };
        publisher.publish().await?;
        publisher.outcomes = Outcomes::default();
        publisher.analytics = Outcomes::default();
        Ok(Self {
            config,
            clock,
            log,
            publishing: Publishing::start(publisher),
            unpublished: 0,
            expired: None,
            outcomes: Outcomes::default(),
            metrics,
            mark: pinpoint.mark()?,
            pinpoint,
            _server: server,
            _lock: lock,
        })
    }

    /// Captures a trigger event, as the trigger functions do. One after another: which values of a dimension have a place is
    /// decided by the order of the log, and that is the order of time, whosever the events are.
    pub async fn capture(&mut self, entry: &Entry) -> Result<(), Failure> {
        self.pass_time(entry.time).await?;
        self.clock.set(entry.time);
        let moment = Moment {
            time: entry.time,
            random: random(),
        };
        let captured = capture(entry.event.as_bytes(), moment, &self.config, &self.log).await;
        for part in captured.left_out {
            self.outcomes.add(part.name());
        }
        match captured.end {
            End::Logged(_) => self.unpublished += 1,
            End::Ended(outcome) => self.outcomes.add(outcome.name()),
        }
        self.publish_if_many().await
    }

    /// Re-ingests an event that was spilled.
    pub async fn reingest(&mut self, event: &AuthEvent) -> Result<(), Failure> {
        self.pass_time(event.time).await?;
        self.clock.set(event.time);
        match self.log.append(event).await? {
            Appended::Now => self.unpublished += 1,
            Appended::Before => self.outcomes.add(IN_LOG),
        }
        self.publish_if_many().await
    }

    /// The time until `time` has passed. If that is long, all that came before is published, and what
    /// was due has expired, before anything else comes, as it would have in the meantime.
    async fn pass_time(&mut self, time: DateTime<Utc>) -> Result<(), Failure> {
        let is_long = |since| time - since > LONGEST_UNEXPIRED;
        if self.expired.is_some_and(is_long) {
            self.publishing.all(time).await?;
            self.unpublished = 0;
            self.expired = Some(time);
        }
        self.expired.get_or_insert(time);
        Ok(())
    }

    /// Publishes what is left, and lets the attempts that are still open expire.
    pub async fn finish(self) -> Result<Replayed, Failure> {
        let longest = TimeDelta::seconds(AttemptWindow::LONGEST.into());
        let end = self.clock.now().max(Utc::now()) + longest + TimeDelta::seconds(1);
        let mut publisher = self.publishing.end().await?;
        publisher.publish_until(end).await?;
        let mut outcomes = self.outcomes;
        outcomes.merge(&publisher.outcomes);
        Ok(Replayed {
            outcomes,
            analytics: publisher.analytics,
            metrics: self.metrics,
            pinpoint: self.pinpoint,
            mark: self.mark,
            _lock: self._lock,
        })
    }

    async fn publish_if_many(&mut self) -> Result<(), Failure> {
        if self.unpublished < BATCH {
            return Ok(());
        }
        self.unpublished = 0;
        self.publishing.full(self.clock.now()).await
    }
}

/// Serves what Pinpoint has in a folder, or in memory, to this process.
pub async fn serve_pinpoint(store: &Store, clock: &VirtualClock) -> Result<Served, Failure> {
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
