//! A batch on its way, in rounds: read the states, fold, deliver, commit.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, Utc};
use domain::analytics_event::AnalyticsEventType;
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey};
use domain::ids::{EndpointId, EventId, ProjectId};
use domain::segment::KnownValues;
use domain::user_state::{Applied, Effects};

use super::{Judged, LogRecord, Verdict};
use crate::capture::FURTHEST_AHEAD;
use crate::outcome::{Ignored, NotPublished, Outcome, Rejected};
use crate::ports::{
    Commit, Delivered, Delivery, Destinations, NotCommitted, PortError, Unreadable, UserStates,
    VersionedState,
};

/// Rows that one user's events may change in one transaction. A transaction holds 100 items, one is
/// the state, and the last event taken may add eight rows.
const MOST_ROWS: usize = 90;

/// A batch, as far as it has come.
pub struct Batch<'a, S, D> {
    now: DateTime<Utc>,
    states: &'a S,
    destinations: &'a D,
    /// What is not folded yet, by user.
    waiting: BTreeMap<UserKey, VecDeque<Waiting>>,
    /// The verdicts, each with its record's place in the batch.
    judged: Vec<(usize, Judged)>,
}

/// A record that is not folded yet, and its place in the batch.
struct Waiting {
    place: usize,
    record: LogRecord,
}

/// What came of folding some of a user's records.
struct Folded {
    user: UserKey,
    state: VersionedState,
    effects: Effects,
    records: Vec<FoldedRecord>,
    /// The analytics events that a destination refused.
    refused: Vec<EventId>,
}

struct FoldedRecord {
    waiting: Waiting,
    applied: Applied,
    analytics: Vec<AnalyticsEventType>,
}

/// What folding takes beside the records.
struct Read {
    states: HashMap<UserKey, VersionedState>,
    known: HashMap<ProjectId, KnownValues>,
}

impl<'a, S: UserStates, D: Destinations> Batch<'a, S, D> {
    pub fn new(
        records: Vec<LogRecord>,
        now: DateTime<Utc>,
        states: &'a S,
        destinations: &'a D,
    ) -> Self {
        let judged = Vec::with_capacity(records.len());
        let mut waiting: BTreeMap<_, VecDeque<_>> = BTreeMap::new();
        for (place, record) in records.into_iter().enumerate() {
            let of_user = waiting.entry(record.event.user.clone()).or_default();
            of_user.push_back(Waiting { place, record });
        }
        Self {
            now,
            states,
            destinations,
            waiting,
            judged,
        }
    }

    /// Publishes in as many rounds as it takes: one transaction cannot hold everything of a user.
    pub async fn publish(mut self) -> Vec<Judged> {
        while !self.waiting.is_empty() {
            match self.read().await {
                Ok(read) => {
                    let folded = self.fold(read);
                    let delivered = self.deliver(folded).await;
                    self.commit(delivered).await;
                }
                Err(error) => {
                    tracing::error!(%error, "the users' states cannot be had; the batch is retried");
                    self.fail_all();
                }
            }
        }
        self.judged.sort_by_key(|(place, _)| *place);
        self.judged.into_iter().map(|(_, judged)| judged).collect()
    }

    async fn read(&mut self) -> Result<Read, PortError> {
        let states = self.load().await?;
        let known = self.known_values(&states).await?;
        Ok(Read { states, known })
    }

    /// The states of those who wait. Who has an unreadable one no longer waits.
    async fn load(&mut self) -> Result<HashMap<UserKey, VersionedState>, PortError> {
        let users: Vec<UserKey> = self.waiting.keys().cloned().collect();
        let mut readable = HashMap::new();
        for (user, loaded) in self.states.load(&users).await? {
            match loaded {
                Ok(state) => drop(readable.insert(user, state)),
                Err(unreadable) => self.judge_unreadable(&user, &unreadable),
            }
        }
        Ok(readable)
    }

    /// What the state had seen before it became unreadable was counted, and must not be counted again.
    fn judge_unreadable(&mut self, user: &UserKey, unreadable: &Unreadable) {
        let error = &unreadable.source;
        tracing::error!(%error, "a user's state is unreadable");
        let seen = unreadable.position.as_ref();
        for waiting in self.waiting.remove(user).into_iter().flatten() {
            let verdict = if seen.is_some_and(|seen| seen.covers(&waiting.record.position)) {
                Verdict::Repeated
            } else {
                Verdict::Unpublishable(NotPublished::StateUnreadable)
            };
            self.judged.push(waiting.judged(verdict));
        }
    }

    /// The segment values of each project, after those of the waiting events are admitted, and those of
    /// the attempts that these may close or fail.
    async fn known_values(
        &self,
        states: &HashMap<UserKey, VersionedState>,
    ) -> Result<HashMap<ProjectId, KnownValues>, PortError> {
        let nothing = KnownValues::default();
        let mut wanted: HashMap<ProjectId, Vec<_>> = HashMap::new();
        for (user, records) in &self.waiting {
            let values = wanted.entry(user.project.clone()).or_default();
            let attempts = states
                .get(user)
                .into_iter()
                .flat_map(|loaded| loaded.state.attempts.iter())
                .map(|attempt| &attempt.metadata);
            let events = records.iter().map(|waiting| &waiting.record.event);
            let events = events.filter(|event| !is_in_the_future(event, self.now));
            for metadata in attempts.chain(events.map(|event| &event.metadata)) {
                values.extend(nothing.missing(&metadata.demographic));
            }
        }
        let mut known = HashMap::new();
        for (project, mut values) in wanted {
            values.sort();
            values.dedup();
            let admitted = self.states.admit_values(&project, &values).await?;
            known.insert(project, admitted);
        }
        Ok(known)
    }

    /// Folds each user's records, as many as one transaction can hold; the others go on waiting.
    fn fold(&mut self, mut read: Read) -> Vec<Folded> {
        let none = KnownValues::default();
        let now = self.now;
        let folded = self.waiting.iter_mut().map(|(user, records)| {
            let state = read.states.remove(user).unwrap_or_default();
            let known = read.known.get(&user.project).unwrap_or(&none);
            let mut folded = Folded::new(user.clone(), state);
            while folded.effects.rows.len() <= MOST_ROWS
                && let Some(next) = records.pop_front()
            {
                folded.fold(next, known, now);
            }
            folded
        });
        let folded = folded.collect();
        self.waiting.retain(|_, records| !records.is_empty());
        folded
    }

    /// Delivers what came of the records, and gives those that can be committed now.
    async fn deliver(&mut self, mut folded: Vec<Folded>) -> Vec<Folded> {
        let deliveries: Vec<Delivery> = folded.iter_mut().map(Folded::take_delivery).collect();
        let delivered = self.destinations.deliver(&deliveries).await;
        let mut to_commit = Vec::with_capacity(folded.len());
        for ((mut folded, delivery), delivered) in
            folded.into_iter().zip(&deliveries).zip(delivered)
        {
            match delivered {
                Delivered::Failed => self.give_up(folded, Verdict::Failed),
                Delivered::Judged { .. } if folded.changed_nothing() => {
                    self.judged.extend(folded.ended());
                }
                Delivered::Judged { refused, not_sent } => {
                    folded.refused = refused;
                    let last = |endpoint: &EndpointId| {
                        let mut updates = delivery.contacts.iter().rev();
                        updates.find(|update| update.endpoint == *endpoint)
                    };
                    for update in not_sent.iter().filter_map(last) {
                        folded.state.state.contacts.not_sent(update);
                    }
                    to_commit.push(folded);
                }
            }
        }
        to_commit
    }

    async fn commit(&mut self, mut folded: Vec<Folded>) {
        let commits = folded.iter_mut().map(Folded::take_commit).collect();
        let committed = self.states.commit(commits).await;
        for (folded, committed) in folded.into_iter().zip(committed) {
            match committed {
                Ok(()) => self.judged.extend(folded.ended()),
                Err(error) => {
                    tracing::warn!(%error, "a user's state was not committed");
                    self.give_up(folded, verdict_without_commit(&error));
                }
            }
        }
    }

    /// Judges the records, and all that are waiting of the same user: they may be published only in
    /// their order. What was applied before has come to its end, whatever becomes of the others.
    fn give_up(&mut self, folded: Folded, verdict: Verdict) {
        for record in folded.records {
            let verdict = if record.was_applied_before() {
                Verdict::Repeated
            } else {
                verdict
            };
            self.judged.push(record.waiting.judged(verdict));
        }
        let waiting = self.waiting.remove(&folded.user);
        for waiting in waiting.into_iter().flatten() {
            self.judged.push(waiting.judged(verdict));
        }
    }

    fn fail_all(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let all = waiting.into_values().flatten();
        self.judged
            .extend(all.map(|waiting| waiting.judged(Verdict::Failed)));
    }
}

impl Waiting {
    fn judged(self, verdict: Verdict) -> (usize, Judged) {
        let judged = Judged {
            sequence_number: self.record.position.sequence_number,
            event: self.record.event.id,
            verdict,
            analytics: Vec::new(),
        };
        (self.place, judged)
    }
}

impl FoldedRecord {
    /// Whether the state had seen it. An expiry is repeated also where its attempt was closed just now.
    fn was_applied_before(&self) -> bool {
        let expiry = matches!(
            self.waiting.record.event.kind,
            AuthEventKind::AttemptExpired(_)
        );
        self.applied == Applied::Repeated && !expiry
    }
}

impl Folded {
    fn new(user: UserKey, state: VersionedState) -> Self {
        Self {
            user,
            state,
            effects: Effects::default(),
            records: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn fold(&mut self, waiting: Waiting, known: &KnownValues, now: DateTime<Utc>) {
        let LogRecord { position, event } = &waiting.record;
        let before = self.effects.analytics.len();
        let state = &mut self.state.state;
        let applied = if is_in_the_future(event, now) {
            state.pass_over(position)
        } else {
            state.apply(event, position, known, &mut self.effects)
        };
        let analytics = self.effects.analytics.iter().skip(before);
        let analytics = analytics.map(|event| event.event_type).collect();
        self.records.push(FoldedRecord {
            waiting,
            applied,
            analytics,
        });
    }

    fn take_delivery(&mut self) -> Delivery {
        Delivery {
            user: self.user.clone(),
            contacts: std::mem::take(&mut self.effects.contacts),
            analytics: std::mem::take(&mut self.effects.analytics),
        }
    }

    fn take_commit(&mut self) -> Commit {
        let mut rows = std::mem::take(&mut self.effects.rows);
        rows.retain(|_, row| !row.is_empty());
        Commit {
            user: self.user.clone(),
            state: std::mem::take(&mut self.state),
            rows,
        }
    }

    fn changed_nothing(&self) -> bool {
        self.records
            .iter()
            .all(|record| record.applied == Applied::Repeated)
    }

    fn ended(self) -> impl Iterator<Item = (usize, Judged)> {
        let Self {
            records, refused, ..
        } = self;
        records.into_iter().map(move |record| {
            let verdict = verdict(&record.waiting.record.event, record.applied, &refused);
            let (place, judged) = record.waiting.judged(verdict);
            let analytics = record.analytics;
            (
                place,
                Judged {
                    analytics,
                    ..judged
                },
            )
        })
    }
}

/// Whether the event's time is further ahead of the wall clock than any clock can be wrong. The time of
/// an expiry says nothing: the failure has the attempt's.
fn is_in_the_future(event: &AuthEvent, now: DateTime<Utc>) -> bool {
    match event.kind {
        AuthEventKind::AttemptExpired(_) => false,
        AuthEventKind::AuthenticationStarted { .. }
        | AuthEventKind::UserNotFound
        | AuthEventKind::SignedIn(_)
        | AuthEventKind::SignUpConfirmed(_)
        | AuthEventKind::PasswordResetConfirmed(_)
        | AuthEventKind::TokenIssued(..)
        | AuthEventKind::UserListed { .. } => event.time - now > FURTHEST_AHEAD,
    }
}

fn verdict(event: &AuthEvent, applied: Applied, refused: &[EventId]) -> Verdict {
    match (&event.kind, applied) {
        (AuthEventKind::AttemptExpired(_) | AuthEventKind::UserListed { .. }, _) => {
            Verdict::Applied
        }
        (_, Applied::Repeated) => Verdict::Repeated,
        (_, Applied::AlreadySignedUp) => Verdict::Ended(Outcome::Ignored(Ignored::AlreadySignedUp)),
        (_, Applied::PassedOver) => Verdict::Ended(Outcome::Rejected(Rejected::InTheFuture)),
        (_, Applied::Counted | Applied::TooLate) if refused.contains(&event.id) => {
            Verdict::Ended(Outcome::Rejected(Rejected::ByDestination))
        }
        (_, Applied::Counted) => Verdict::Ended(Outcome::Published),
        (_, Applied::TooLate) => Verdict::Ended(Outcome::TooLate),
    }
}

fn verdict_without_commit(error: &NotCommitted) -> Verdict {
    match error {
        NotCommitted::Failed(_) => Verdict::Failed,
        NotCommitted::TooLarge(_) => Verdict::Unpublishable(NotPublished::StateTooLarge),
        NotCommitted::Refused(_) => Verdict::Unpublishable(NotPublished::Refused),
    }
}
