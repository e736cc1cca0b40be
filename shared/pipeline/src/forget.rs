//! Forget: what is kept of one user is erased. The daily figures, which name nobody, stay.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::auth_event::UserKey;
use domain::endpoint::OwnedEndpoint;

use crate::ports::{EndpointErased, EndpointErasure, PortError, StateErased, UserErasure};

/// How often it begins anew when something new is published of the user meanwhile.
const TRIES: u32 = 5;

/// What becomes of a state that knows of endpoints which cannot be emptied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeftEndpoints {
    /// It stays, with the events, until they can be: only it knows of them.
    KeepState,
    /// It goes: somebody else sees to them.
    LetGo,
}

/// What is kept of a user in one project.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Kept {
    /// How many endpoints the state knows of.
    pub endpoints: usize,
    /// How many events the log holds.
    pub events: u64,
    /// Whether there is a state.
    pub state: bool,
}

impl Kept {
    /// Whether that is nothing at all.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Looks at what is kept of a user, and changes nothing.
///
/// # Errors
///
/// If it cannot be looked at.
pub async fn kept(user: &UserKey, store: &impl UserErasure) -> Result<Kept, PortError> {
    let known = store.state(user).await?;
    let endpoints = known
        .as_ref()
        .map(|known| known.state.endpoints(user).len());
    Ok(Kept {
        endpoints: endpoints.unwrap_or(0),
        events: store.count_events(user).await?,
        state: known.is_some(),
    })
}

/// What was erased of a user in one project.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Forgotten {
    /// How many endpoints were opted out and emptied.
    pub endpoints: u64,
    /// The endpoints that could not be, and why.
    pub left: Vec<(OwnedEndpoint, String)>,
    /// How many events were deleted from the log.
    pub events: u64,
    /// If there was a state.
    pub state: bool,
}

/// For how long what was being delivered when a user was buried may still arrive: as long as deliver-events may take.
pub const UNDER_WAY: Duration = Duration::from_secs(20);

/// A user of whom nothing is delivered any more that happened before.
#[derive(Debug)]
pub struct Buried<'a>(&'a UserKey);

impl Buried<'_> {
    /// Who.
    pub fn user(&self) -> &UserKey {
        self.0
    }
}

/// Writes down that a user is forgotten, so that nothing is delivered any more that waits for a destination.
///
/// # Errors
///
/// If it could not be written.
pub async fn bury<'a>(
    user: &'a UserKey,
    at: DateTime<Utc>,
    store: &impl UserErasure,
) -> Result<Buried<'a>, PortError> {
    store.bury(user, at).await?;
    Ok(Buried(user))
}

/// Forgets a user, [`UNDER_WAY`] after the burial, or what was under way then may fill an endpoint again. First come the
/// endpoints, and the state, which knows of them, last: what fails half way is done again from the beginning. What the
/// log's stream holds already is published all the same, and makes a new state.
///
/// # Errors
///
/// If something could not be erased, or the user is busy all the time.
pub async fn forget(
    Buried(user): Buried<'_>,
    left: LeftEndpoints,
    store: &impl UserErasure,
    destinations: &impl EndpointErasure,
) -> Result<Forgotten, PortError> {
    let mut events = 0;
    for _ in 0..TRIES {
        let known = store.state(user).await?;
        let endpoints = known.as_ref().map(|known| known.state.endpoints(user));
        let mut forgotten =
            erase_endpoints(user, &endpoints.unwrap_or_default(), destinations).await?;
        if left == LeftEndpoints::KeepState && !forgotten.left.is_empty() {
            return Ok(forgotten);
        }
        events += store.erase_events(user).await?;
        forgotten.events = events;
        let Some(known) = known else {
            return Ok(forgotten);
        };
        forgotten.state = true;
        match store.erase_state(user, known.version).await? {
            StateErased::Done => return Ok(forgotten),
            StateErased::WrittenSince => {}
        }
    }
    Err(PortError {
        operation: "DeleteItem",
        what: "the user's state".to_owned(),
        source: "the user is active all the time: delete the user from the pool first".into(),
    })
}

async fn erase_endpoints(
    user: &UserKey,
    endpoints: &[OwnedEndpoint],
    destinations: &impl EndpointErasure,
) -> Result<Forgotten, PortError> {
    let mut forgotten = Forgotten::default();
    for endpoint in endpoints {
        match destinations.erase_endpoint(user, endpoint).await? {
            EndpointErased::Done => forgotten.endpoints += 1,
            EndpointErased::Nothing => {}
            EndpointErased::Left(why) => forgotten.left.push((endpoint.clone(), why)),
        }
    }
    Ok(forgotten)
}
