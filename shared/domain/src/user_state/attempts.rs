//! Open attempts: authentications that have begun and neither succeeded nor expired.

use chrono::{DateTime, Utc};

use crate::auth_event::AttemptWindow;
use crate::auth_event::AuthEvent;
use crate::ids::{ClientId, EventId};
use crate::metadata::AppMetadata;

/// What an attempt weighs beside its metadata's text (bytes, with room to spare).
const ATTEMPT_BYTES: usize = 320;

/// What all open attempts of one user may weigh together: a DynamoDB item holds 400 KB, and a
/// window holds as many attempts as somebody cares to make.
const MOST_BYTES: usize = 200 * 1024;

/// An authentication that has begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenAttempt {
    /// The id of the event that opened it.
    pub id: EventId,
    /// The app client.
    pub client: Option<ClientId>,
    /// When it began.
    pub opened: DateTime<Utc>,
    /// How long it stays open.
    pub window: AttemptWindow,
    /// What the app said; it serves the sign-in that closes the attempt.
    pub metadata: AppMetadata,
}

impl OpenAttempt {
    /// The attempt that this event opens.
    pub fn of(event: &AuthEvent, window: AttemptWindow) -> Self {
        Self {
            id: event.id,
            client: event.client.clone(),
            opened: event.time,
            window,
            metadata: event.metadata.clone(),
        }
    }

    /// The last moment at which a sign-in closes it.
    pub fn closes(&self) -> DateTime<Utc> {
        self.opened + self.window.as_delta()
    }

    fn bytes(&self) -> usize {
        let client = self.client.as_ref().map_or(0, |id| id.as_str().len());
        ATTEMPT_BYTES + client + self.metadata.text_bytes()
    }
}

/// A user's open attempts, in the order of the log.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct OpenAttempts(Vec<OpenAttempt>);

impl OpenAttempts {
    /// Reads what [`OpenAttempts::iter`] gave.
    pub fn new(attempts: Vec<OpenAttempt>) -> Self {
        Self(attempts)
    }

    /// The attempts, in the order of the log.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &OpenAttempt> {
        self.0.iter()
    }

    /// When the first of them stops being open.
    pub fn first_due(&self) -> Option<DateTime<Utc>> {
        self.0.iter().map(OpenAttempt::closes).min()
    }

    /// Opens an attempt, and takes those that cannot be held any longer: the oldest, and if that
    /// makes too little room, the new one itself. Never more than two, since each of them changes
    /// daily rows, and all the rows that one event changes must fit one transaction.
    pub(super) fn open(&mut self, attempt: OpenAttempt) -> [Option<OpenAttempt>; 2] {
        self.0.push(attempt);
        let oldest = self.is_beyond_bounds().then(|| self.0.remove(0));
        let newest = self.is_beyond_bounds().then(|| self.0.pop()).flatten();
        [oldest, newest]
    }

    /// Takes the newest attempt of this app client that is open at the time of the sign-in.
    pub(super) fn close(
        &mut self,
        client: Option<&ClientId>,
        signed_in: DateTime<Utc>,
    ) -> Option<OpenAttempt> {
        let closable = |attempt: &OpenAttempt| {
            attempt.client.as_ref() == client
                && (attempt.opened..=attempt.closes()).contains(&signed_in)
        };
        let candidates = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, attempt)| closable(attempt));
        let (newest, _) = candidates.max_by_key(|(_, attempt)| attempt.opened)?;
        Some(self.0.remove(newest))
    }

    pub(super) fn take(&mut self, id: EventId) -> Option<OpenAttempt> {
        let index = self.0.iter().position(|attempt| attempt.id == id)?;
        Some(self.0.remove(index))
    }

    fn is_beyond_bounds(&self) -> bool {
        self.0.iter().map(OpenAttempt::bytes).sum::<usize>() > MOST_BYTES
    }
}
