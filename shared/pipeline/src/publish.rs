//! Publish: auth events, in the order of the log, become analytics events, endpoint updates and daily
//! figures.
//!
//! A batch goes through these stages: the users' states and the rules of their projects are loaded; the records are
//! folded, in the order of the log; the segment values that they have added are kept; what came of each user's events is
//! routed to destinations, enqueued for them, and then committed.
//!
//! What came of a user's events is enqueued first and committed then. A crash in between enqueues it
//! again, with the same ids, and loses nothing; and since the state remembers how far in the log it
//! has come, and is written together with the rows, nothing is counted twice. Nothing waits for a destination: see
//! [`deliver`](crate::deliver).
//!
//! What cannot be published for a reason of its own user's hinders nobody else: see
//! [`move_unpublishable`].

mod batch;
mod folded;
mod moving;

use ::config::Config;
use chrono::{DateTime, Utc};
use domain::analytics_event::AnalyticsEventType;
use domain::auth_event::{AuthEvent, Position};
use domain::ids::{EventId, ProjectId};

use crate::outcome::{NotPublished, Outcome};
use crate::ports::{Outbox, UserStates};
use batch::Batch;

pub(crate) use batch::kept;
pub(crate) use folded::out_of_time;
pub use folded::{MOST_ITEMS, MOST_PAGES};
pub use moving::move_unpublishable;

/// An event as the log's stream gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRecord {
    /// Where in the log.
    pub position: Position,
    /// What.
    pub event: AuthEvent,
}

/// What became of one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// The record's sequence number.
    pub sequence_number: String,
    /// The event's id.
    pub event: EventId,
    /// The project that it counts for.
    pub project: ProjectId,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The verdict.
    pub verdict: Verdict,
    /// The analytics events that came of it and were counted, whatever destinations made of them.
    pub analytics: Vec<AnalyticsEventType>,
}

/// A record's end, or the lack of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// A captured event came to its outcome.
    Ended(Outcome),
    /// An event of this service's own was applied, which no trigger captured: the expiry of an attempt,
    /// or what walking the user pool found.
    Applied,
    /// The record had been applied before.
    Repeated,
    /// The record must be retried, for a reason that concerns everybody.
    Failed,
    /// The record cannot be published for a reason of its own user's: it is to be moved out of the way.
    Unpublishable(NotPublished),
}

impl Verdict {
    /// The stable name: that of the outcome, if it is one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended(outcome) => outcome.name(),
            Self::Applied => "applied",
            Self::Repeated => "repeated",
            Self::Failed | Self::Unpublishable(_) => "failed",
        }
    }
}

/// What a batch is published by and to.
#[derive(Debug)]
pub struct Publish<'a, S, O> {
    /// What figures are broken down by, in whose days, and where what comes of events goes.
    pub config: &'a Config,
    /// The users' states and the rows.
    pub states: &'a S,
    /// The queues of the destinations.
    pub outbox: &'a O,
}

/// Publishes a batch of records, given in the order of the log. The verdicts are in that order too.
/// `now` is the wall clock's time: what is far ahead of it is rejected.
pub async fn publish<S: UserStates, O: Outbox>(
    records: Vec<LogRecord>,
    now: DateTime<Utc>,
    by: &Publish<'_, S, O>,
) -> Vec<Judged> {
    let mut batch = Batch::new(records, now);
    match batch.fold(by).await {
        Ok(folded) => batch.enqueue_and_commit(folded, by).await,
        Err(error) => batch.fail(&error),
    }
    batch.verdicts()
}
