//! The log of auth events, and what is read of it.

use std::future::Future;

use chrono::{DateTime, Utc};
use domain::auth_event::{AuthEvent, UserKey};
use domain::day::Day;
use domain::ids::{EventId, ProjectId};

use super::PortError;

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
