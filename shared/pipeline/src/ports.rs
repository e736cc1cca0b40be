//! What the use cases need of the world.

pub mod figures;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;

use ::config::Config;
use chrono::{DateTime, Utc};
use domain::activity::{Cohort, CohortRow, DayRow};
use domain::auth_event::{AuthEvent, Position, UserKey};
use domain::counting::Counting;
use domain::day::Day;
use domain::endpoint::OwnedEndpoint;
use domain::history::HistoryId;
use domain::ids::{EventId, ProjectId};
use domain::segment::{KnownValues, Segment};
use domain::user_state::{Effects, OpenAttempt, UserState};

use crate::outcome::NotPublished;
use crate::route::Message;

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

/// The log of auth events.
pub trait EventLog {
    /// Appends the event, unless one with its id is there.
    fn append(&self, event: &AuthEvent)
    -> impl Future<Output = Result<Appended, PortError>> + Send;

    /// Puts the event where it can be re-ingested from later.
    fn spill(&self, event: &AuthEvent, cause: &PortError);
}

/// What came of appending an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Appended {
    /// It is in the log now.
    Now,
    /// It was there already.
    Before,
}

/// The log, read from its beginning to its end, as long as it keeps events: each user's together, and a user's in no order
/// that means anything.
pub trait LoggedEvents: Sync {
    /// Some of what follows upon this place, or of what comes first.
    fn page(
        &self,
        wanted: &LoggedDays,
        after: Option<&LogPlace>,
    ) -> impl Future<Output = Result<LogPage, PortError>> + Send;
}

/// Which of the log's events: those of a project that happened on these days (UTC, both included), and whenever they happened,
/// confirmed sign-ups and expiries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedDays {
    /// The project.
    pub project: ProjectId,
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
}

/// An event's place in the log, as it is read; not in the order in which it is published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogPlace {
    /// Whose event.
    pub user: UserKey,
    /// Which.
    pub event: EventId,
}

/// A page of the log.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct LogPage {
    /// The events that were wanted.
    pub events: Vec<LoggedEvent>,
    /// How many there were, wanted or not.
    pub read: u64,
    /// How many of them hold no auth event.
    pub unreadable: u64,
    /// Where the next page begins after, if there is one.
    pub next: Option<LogPlace>,
}

/// An event of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedEvent {
    /// The event.
    pub event: AuthEvent,
    /// When it was put into the log once more, if it was.
    pub redriven: Option<DateTime<Utc>>,
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

/// Who was forgotten.
pub trait ForgottenUsers: Sync {
    /// The tombstones of these users.
    fn forgotten(
        &self,
        users: &[&UserKey],
    ) -> impl Future<Output = Result<Tombstones, PortError>> + Send;
}

/// When users were forgotten.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tombstones(BTreeMap<UserKey, DateTime<Utc>>);

impl Tombstones {
    /// Whether what happened to the user at this time is of before they were forgotten. What happened later is of a user who
    /// came again.
    pub fn cover(&self, user: &UserKey, time: DateTime<Utc>) -> bool {
        self.0.get(user).is_some_and(|since| time <= *since)
    }
}

impl FromIterator<(UserKey, DateTime<Utc>)> for Tombstones {
    fn from_iter<I: IntoIterator<Item = (UserKey, DateTime<Utc>)>>(tombstones: I) -> Self {
        Self(tombstones.into_iter().collect())
    }
}

/// What is kept of a user here, as far as it can be erased.
pub trait UserErasure {
    /// Writes down, without telling who it was, that the user was forgotten at that time.
    fn bury(
        &self,
        user: &UserKey,
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The user's state; `None` if there is none.
    fn state(
        &self,
        user: &UserKey,
    ) -> impl Future<Output = Result<Option<VersionedState>, PortError>> + Send;

    /// How many of the user's events the log holds.
    fn count_events(&self, user: &UserKey) -> impl Future<Output = Result<u64, PortError>> + Send;

    /// Deletes the user's events from the log, and gives their number.
    fn erase_events(&self, user: &UserKey) -> impl Future<Output = Result<u64, PortError>> + Send;

    /// Deletes the user's state, if it is the one that was read.
    fn erase_state(
        &self,
        user: &UserKey,
        version: u64,
    ) -> impl Future<Output = Result<StateErased, PortError>> + Send;
}

/// What destinations keep of a user, as far as it can be erased.
pub trait EndpointErasure {
    /// Opts an endpoint out and empties it, if it is the user's still.
    fn erase_endpoint(
        &self,
        user: &UserKey,
        endpoint: &OwnedEndpoint,
    ) -> impl Future<Output = Result<EndpointErased, PortError>> + Send;
}

/// What came of emptying an endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EndpointErased {
    /// It is empty.
    Done,
    /// There was nothing to empty: it is not there, or another user's.
    Nothing,
    /// It cannot be emptied, now or ever, and why. Somebody must see to it.
    Left(String),
}

/// What came of deleting a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StateErased {
    /// It is gone.
    Done,
    /// It is there: publish has written it meanwhile.
    WrittenSince,
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
