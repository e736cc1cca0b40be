//! Forget: what is kept of one user is erased. The daily figures, which name nobody, stay.

use domain::auth_event::UserKey;
use domain::endpoint::OwnedEndpoint;

use crate::ports::{Erasure, PortError, StateErased};

/// How often it begins anew when something new is published of the user meanwhile.
const TRIES: u32 = 5;

/// What was erased of a user in one project.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Forgotten {
    /// The endpoints that were opted out and emptied.
    pub endpoints: Vec<OwnedEndpoint>,
    /// How many events were deleted from the log.
    pub events: u64,
    /// If there was a state.
    pub state: bool,
}

/// Forgets a user. The endpoints come first and the state, which knows of them, last: what fails half
/// way is done again from the beginning.
///
/// # Errors
///
/// If something could not be erased, or the user is busy all the time.
pub async fn forget(user: &UserKey, erasure: &impl Erasure) -> Result<Forgotten, PortError> {
    let mut forgotten = Forgotten::default();
    for _ in 0..TRIES {
        let known = erasure.state(user).await?;
        if let Some(known) = &known {
            let endpoints = known.state.endpoints(user);
            erasure.erase_endpoints(user, &endpoints).await?;
            forgotten.endpoints = endpoints;
            forgotten.state = true;
        }
        forgotten.events += erasure.erase_events(user).await?;
        let Some(known) = known else {
            return Ok(forgotten);
        };
        match erasure.erase_state(user, known.version).await? {
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
