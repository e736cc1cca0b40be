//! Forgetting users: their tombstones, and what is erased.

use std::collections::BTreeMap;
use std::future::Future;

use chrono::{DateTime, Utc};
use domain::auth_event::UserKey;
use domain::endpoint::OwnedEndpoint;

use super::{PortError, VersionedState};

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
