//! What the use cases need of the world.

pub mod figures;
mod forgetting;
mod log;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;

use ::config::Config;
use chrono::{DateTime, Utc};
use domain::activity::{Cohort, CohortRow, DayRow};
use domain::auth_event::{Position, UserKey};
use domain::counting::Counting;
use domain::day::Day;
use domain::history::HistoryId;
use domain::ids::ProjectId;
use domain::segment::{KnownValues, Segment};
use domain::user_state::{Effects, OpenAttempt, UserState};

use crate::outcome::NotPublished;
use crate::route::Message;

pub use forgetting::{
    EndpointErased, EndpointErasure, ForgottenUsers, StateErased, Tombstones, UserErasure,
};
pub use log::{Appended, EventLog, LogPage, LogPlace, LoggedDays, LoggedEvent, LoggedEvents};

/// Something outside did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{operation} on {what}: {source}")]
pub struct PortError {
    /// The operation, such as `PutItem`.
    pub operation: &'static str,
    /// What it was done to, such as a table's name. Never a user.
    pub what: String,
    /// What went wrong.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl PortError {
    /// The same, for another of those that it concerns. Of its causes, the text stays.
    pub fn copy(&self) -> Self {
        Self {
            operation: self.operation,
            what: self.what.clone(),
            source: self.source.to_string().into(),
        }
    }
}

/// The users' states, and the rows that follow from them.
pub trait UserStates {
    /// Reads states, each of which may be unreadable by itself. A user with no state yet is not among
    /// them.
    fn load(
        &self,
        users: &[UserKey],
    ) -> impl Future<Output = Result<HashMap<UserKey, Loaded>, PortError>> + Send;

    /// How the project is counted: in the time zone that was written down when it was first counted, and by the
    /// dimensions that are configured. Whoever comes first writes that down; `captured` is when the events at hand
    /// happened that triggers have captured.
    fn counting(
        &self,
        project: &ProjectId,
        config: &Config,
        captured: Option<Captured>,
    ) -> impl Future<Output = Result<Counting, PortError>> + Send;

    /// Since when the project's events are captured; `None` if none was yet. Writes nothing down.
    fn counting_since(
        &self,
        project: &ProjectId,
    ) -> impl Future<Output = Result<Option<DateTime<Utc>>, PortError>> + Send;

    /// Keeps the segment values of a project, to which a fold has added, unless somebody else has added to them since
    /// [`UserStates::counting`] gave them.
    fn keep_values(
        &self,
        project: &ProjectId,
        values: &KnownValues,
    ) -> impl Future<Output = Result<ValuesKept, PortError>> + Send;

    /// Writes each state together with its changes to the rows, or neither. The results are in
    /// the order of the commits.
    fn commit(
        &self,
        commits: Vec<Commit>,
    ) -> impl Future<Output = Vec<Result<(), NotCommitted>>> + Send;
}

/// When some captured events happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Captured {
    /// The first of them.
    pub first: DateTime<Utc>,
    /// The last of them.
    pub last: DateTime<Utc>,
}

impl Captured {
    /// That of one event.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self {
            first: time,
            last: time,
        }
    }

    /// With one event more.
    pub fn and(self, time: DateTime<Utc>) -> Self {
        Self {
            first: self.first.min(time),
            last: self.last.max(time),
        }
    }
}

/// Whether segment values were kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValuesKept {
    /// They were.
    Now,
    /// Somebody else was faster: their values come first.
    Overtaken,
}

/// A state as it was read, or why it cannot be.
pub type Loaded = Result<VersionedState, Unreadable>;

/// A state that is there and makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct Unreadable {
    /// How far in the log it had come, if at least that can be read.
    pub position: Option<Position>,
    /// What is wrong with it.
    pub source: PortError,
}

/// Why a state was not committed.
#[derive(Debug, thiserror::Error)]
pub enum NotCommitted {
    /// It may be committed later. Whether it was is not known.
    #[error("{0}")]
    Failed(PortError),
    /// It is larger than a table can hold.
    #[error("{0}")]
    TooLarge(PortError),
    /// It is refused for what is in it, now and ever.
    #[error("{0}")]
    Refused(PortError),
}

/// Where records go that cannot be published for a reason of their own user's.
pub trait NotPublishedQueue: Sync {
    /// Puts all of them there. On an error, some may be there.
    fn put(
        &self,
        records: &[NotPublishedRecord<'_>],
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A record of the log's stream that cannot be published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotPublishedRecord<'a> {
    /// Why.
    pub reason: NotPublished,
    /// The whole record: the JSON that Lambda gave.
    pub record: &'a str,
}

/// A state, and which writing of it this is.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct VersionedState {
    /// How many times it was written: 0 if there is none yet.
    pub version: u64,
    /// The state.
    pub state: UserState,
}

/// A state to write, if nobody else has written it since.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commit {
    /// Whose state.
    pub user: UserKey,
    /// The state, with the version that was read.
    pub state: VersionedState,
    /// What to add to the project's daily rows.
    pub rows: BTreeMap<(Day, Segment), DayRow>,
    /// What to add to the project's cohorts.
    pub cohorts: BTreeMap<Cohort, CohortRow>,
    /// The pages of the import's ledger to write with it.
    pub ledger: BTreeMap<LedgerPage, BTreeSet<HistoryId>>,
}

impl Commit {
    /// What came of folding a user's events, without the rows that come to nothing.
    pub fn of(user: UserKey, state: VersionedState, effects: Effects) -> Self {
        let Effects { rows, cohorts, .. } = effects;
        let rows = rows.into_iter().filter(|(_, row)| !row.is_empty());
        let cohorts = cohorts.into_iter().filter(|(_, row)| !row.is_empty());
        Self {
            user,
            state,
            rows: rows.collect(),
            cohorts: cohorts.collect(),
            ledger: BTreeMap::new(),
        }
    }
}

/// A page of the ledger of what was imported: of one user and month, or of nobody and one day. Such as `2026-03`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LedgerPage(pub String);

/// The ledger of what was imported, whose pages are written together with the counts.
pub trait Ledger {
    /// The ids on these pages of these users; of an empty page, nothing.
    fn pages(
        &self,
        wanted: &[(UserKey, LedgerPage)],
    ) -> impl Future<Output = Result<HashMap<(UserKey, LedgerPage), BTreeSet<HistoryId>>, PortError>>
    + Send;
}

/// The queues between counting and destinations.
pub trait Outbox: Sync {
    /// Enqueues messages, those of one order in their order. Each that is not, may be: it is enqueued again. The results are
    /// in the order of the messages.
    fn enqueue(
        &self,
        messages: &[&Message],
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;
}

/// The attempts whose time is over.
pub trait DueAttempts {
    /// Where a page begins.
    type Page: Send;

    /// Some attempts whose window was over at `moment`: the first, about the oldest, or those that
    /// follow upon others.
    fn due(
        &self,
        moment: DateTime<Utc>,
        page: Option<Self::Page>,
    ) -> impl Future<Output = Result<Due<Self::Page>, PortError>> + Send;
}

/// A page of attempts whose time is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due<P> {
    /// The attempts, and whose they are.
    pub attempts: Vec<(UserKey, OpenAttempt)>,
    /// Where the next page begins, if there is one.
    pub next: Option<P>,
}
