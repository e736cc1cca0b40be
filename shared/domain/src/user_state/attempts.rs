//! Open attempts: authentications that have begun and neither succeeded nor expired.

use chrono::{DateTime, Utc};

use crate::auth_event::AttemptWindow;
use crate::auth_event::AuthEvent;
use crate::ids::{ClientId, EventId};
use crate::metadata::AppMetadata;
use crate::traits::Traits;

/// What an attempt weighs beside its metadata's text (bytes, with room to spare).
const ATTEMPT_BYTES: usize = 320;

/// What all open attempts of one user may weigh together: a DynamoDB item holds 400 KB, and a
/// window holds as many attempts as somebody cares to make.
const MOST_BYTES: usize = 64 * 1024;

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
    /// What Cognito said of the user.
    pub traits: Traits,
    /// When the first token was issued that proves it: then it has not failed, whatever comes.
    pub proved: Option<DateTime<Utc>>,
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
            traits: event.traits.clone(),
            proved: None,
        }
    }

    /// The last moment at which a sign-in closes it.
    pub fn closes(&self) -> DateTime<Utc> {
        self.opened + self.window.as_delta()
    }

    fn bytes(&self) -> usize {
        let client = self.client.as_ref().map_or(0, |id| id.as_str().len());
        let attributes = self.traits.attributes.iter();
        let attributes = attributes.map(|(name, value)| name.len() + value.len());
        ATTEMPT_BYTES + client + self.metadata.text_bytes() + attributes.sum::<usize>()
    }

    /// Whether something through this app client at this time may close or prove it.
    fn is_open_to(&self, client: Option<&ClientId>, time: DateTime<Utc>) -> bool {
        self.client.as_ref() == client && (self.opened..=self.closes()).contains(&time)
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

    /// Takes the newest attempt of this app client that is open at the time of the sign-in, a proved one before any
    /// other.
    pub(super) fn close(
        &mut self,
        client: Option<&ClientId>,
        signed_in: DateTime<Utc>,
    ) -> Option<OpenAttempt> {
        let open = self.0.iter().enumerate();
        let open = open.filter(|(_, attempt)| attempt.is_open_to(client, signed_in));
        let (place, _) =
            open.max_by_key(|(_, attempt)| (attempt.proved.is_some(), attempt.opened))?;
        Some(self.0.remove(place))
    }

    /// Takes note that a token came of the newest attempt of this app client that is open at that time.
    pub(super) fn prove(&mut self, client: Option<&ClientId>, issued: DateTime<Utc>) {
        let open = self.0.iter_mut();
        let open = open.filter(|attempt| attempt.is_open_to(client, issued));
        if let Some(newest) = open.max_by_key(|attempt| attempt.opened) {
            newest.proved.get_or_insert(issued);
        }
    }

    pub(super) fn take(&mut self, id: EventId) -> Option<OpenAttempt> {
        let index = self.0.iter().position(|attempt| attempt.id == id)?;
        Some(self.0.remove(index))
    }

    fn is_beyond_bounds(&self) -> bool {
        self.0.iter().map(OpenAttempt::bytes).sum::<usize>() > MOST_BYTES
    }
}
