//! Publish: auth events, in the order of the log, become analytics events, endpoint updates and daily
//! figures.
//!
//! What came of a user's events is delivered first and committed then. A crash in between delivers
//! again, with the same ids, and loses nothing; and since the state remembers how far in the log it
//! has come, and is written together with the rows, nothing is counted twice.

use std::collections::{BTreeMap, HashMap, VecDeque};

use domain::auth_event::{AuthEvent, AuthEventKind, Position, UserKey};
use domain::ids::{EventId, ProjectId};
use domain::segment::KnownValues;
use domain::user_state::{Applied, Effects};

use crate::outcome::{Ignored, Outcome, Rejected};
use crate::ports::{
    Commit, Delivered, Delivery, Destinations, PortError, UserStates, VersionedState,
};

/// Rows that one user's events may change in one transaction. A transaction holds 100 items, one is
/// the state, and the last event taken may add eight rows.
const MOST_ROWS: usize = 90;

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
    /// The verdict.
    pub verdict: Verdict,
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
    /// The record must be given again.
    Failed,
}

/// Publishes a batch of records, given in the order of the log. The verdicts are in that order too.
pub async fn publish(
    records: Vec<LogRecord>,
    states: &impl UserStates,
    destinations: &impl Destinations,
) -> Vec<Judged> {
    let mut judged: Vec<(usize, Judged)> = Vec::with_capacity(records.len());
    let mut waiting = by_user(records);
    while !waiting.is_empty() {
        let folds = match fold_round(&mut waiting, states).await {
            Ok((folds, unreadable)) => {
                judged.extend(unreadable);
                folds
            }
            Err(error) => {
                tracing::error!(%error, "the users' states cannot be had; the batch is to be given again");
                judged.extend(waiting.into_values().flatten().map(Waiting::failed));
                break;
            }
        };
        for (user, verdicts) in settle(folds, states, destinations).await {
            if verdicts
                .iter()
                .any(|(_, judged)| judged.verdict == Verdict::Failed)
            {
                judged.extend(
                    waiting
                        .remove(&user)
                        .into_iter()
                        .flatten()
                        .map(Waiting::failed),
                );
            }
            judged.extend(verdicts);
        }
    }
    judged.sort_by_key(|(index, _)| *index);
    judged.into_iter().map(|(_, judged)| judged).collect()
}

/// A record that is not folded yet, and its place in the batch.
struct Waiting {
    index: usize,
    record: LogRecord,
}

impl Waiting {
    fn judged(&self, verdict: Verdict) -> (usize, Judged) {
        let judged = Judged {
            sequence_number: self.record.position.sequence_number.clone(),
            event: self.record.event.id,
            verdict,
        };
        (self.index, judged)
    }

    fn failed(self) -> (usize, Judged) {
        self.judged(Verdict::Failed)
    }
}

/// What came of folding some of a user's records.
struct Fold {
    user: UserKey,
    state: VersionedState,
    effects: Effects,
    applied: Vec<(Waiting, Applied)>,
}

fn by_user(records: Vec<LogRecord>) -> BTreeMap<UserKey, VecDeque<Waiting>> {
    let mut users: BTreeMap<_, VecDeque<_>> = BTreeMap::new();
    for (index, record) in records.into_iter().enumerate() {
        users
            .entry(record.event.user.clone())
            .or_default()
            .push_back(Waiting { index, record });
    }
    users
}

/// Folds each user's records, as many as one transaction can hold; the others go on waiting. The
/// records of users whose states are unreadable fail.
async fn fold_round(
    waiting: &mut BTreeMap<UserKey, VecDeque<Waiting>>,
    states: &impl UserStates,
) -> Result<(Vec<Fold>, Vec<(usize, Judged)>), PortError> {
    let (mut loaded, unreadable) = load(waiting, states).await?;
    let known = known_values(waiting, &loaded, states).await?;
    let none = KnownValues::default();
    let users: Vec<UserKey> = waiting.keys().cloned().collect();
    let folds = users
        .into_iter()
        .map(|user| {
            let state = loaded.remove(&user).unwrap_or_default();
            let known = known.get(&user.project).unwrap_or(&none);
            fold(user, state, known, waiting)
        })
        .collect();
    waiting.retain(|_, records| !records.is_empty());
    Ok((folds, unreadable))
}

/// The states of those who wait, and the records of those whose states are unreadable, taken out.
async fn load(
    waiting: &mut BTreeMap<UserKey, VecDeque<Waiting>>,
    states: &impl UserStates,
) -> Result<(HashMap<UserKey, VersionedState>, Vec<(usize, Judged)>), PortError> {
    let users: Vec<UserKey> = waiting.keys().cloned().collect();
    let mut readable = HashMap::new();
    let mut unreadable = Vec::new();
    for (user, loaded) in states.load(&users).await? {
        match loaded {
            Ok(state) => drop(readable.insert(user, state)),
            Err(error) => {
                tracing::error!(%error, "a user's state is unreadable; his events are to be given again");
                let records = waiting.remove(&user).into_iter().flatten();
                unreadable.extend(records.map(Waiting::failed));
            }
        }
    }
    Ok((readable, unreadable))
}

fn fold(
    user: UserKey,
    mut state: VersionedState,
    known: &KnownValues,
    waiting: &mut BTreeMap<UserKey, VecDeque<Waiting>>,
) -> Fold {
    let mut effects = Effects::default();
    let mut applied = Vec::new();
    if let Some(records) = waiting.get_mut(&user) {
        while effects.rows.len() <= MOST_ROWS
            && let Some(next) = records.pop_front()
        {
            let LogRecord { position, event } = &next.record;
            let result = state.state.apply(event, position, known, &mut effects);
            applied.push((next, result));
        }
    }
    Fold {
        user,
        state,
        effects,
        applied,
    }
}

/// The segment values of each project, after those of the waiting events are admitted, and those of
/// the attempts that these may close or fail.
async fn known_values(
    waiting: &BTreeMap<UserKey, VecDeque<Waiting>>,
    loaded: &HashMap<UserKey, VersionedState>,
    states: &impl UserStates,
) -> Result<HashMap<ProjectId, KnownValues>, PortError> {
    let nothing = KnownValues::default();
    let mut wanted: HashMap<ProjectId, Vec<_>> = HashMap::new();
    for (user, records) in waiting {
        let values = wanted.entry(user.project.clone()).or_default();
        let attempts = loaded
            .get(user)
            .into_iter()
            .flat_map(|loaded| loaded.state.attempts.iter())
            .map(|attempt| &attempt.metadata);
        let events = records.iter().map(|waiting| &waiting.record.event.metadata);
        for metadata in attempts.chain(events) {
            values.extend(nothing.missing(&metadata.demographic));
        }
    }
    let mut known = HashMap::new();
    for (project, mut values) in wanted {
        values.sort();
        values.dedup();
        known.insert(
            project.clone(),
            states.admit_values(&project, &values).await?,
        );
    }
    Ok(known)
}

/// Delivers, then commits what was delivered.
async fn settle(
    folds: Vec<Fold>,
    states: &impl UserStates,
    destinations: &impl Destinations,
) -> Vec<(UserKey, Vec<(usize, Judged)>)> {
    let mut folds = folds;
    let deliveries: Vec<Delivery> = folds.iter_mut().map(take_delivery).collect();
    let delivered = destinations.deliver(&deliveries).await;
    let mut verdicts = Vec::new();
    let mut commits = Vec::new();
    let mut committing = Vec::new();
    for (mut fold, delivered) in folds.into_iter().zip(delivered) {
        match delivered {
            Delivered::Failed => verdicts.push((fold.user.clone(), fold.all_failed())),
            Delivered::Judged { .. } if fold.changed_nothing() => {
                verdicts.push((fold.user.clone(), fold.ended(&[])));
            }
            Delivered::Judged { refused } => {
                commits.push(fold.take_commit());
                committing.push((fold, refused));
            }
        }
    }
    let committed = states.commit(commits).await;
    for ((fold, refused), result) in committing.into_iter().zip(committed) {
        let judged = match result {
            Ok(()) => fold.ended(&refused),
            Err(error) => {
                tracing::warn!(%error, "a user's state was not committed; his events are to be given again");
                fold.all_failed()
            }
        };
        verdicts.push((fold.user, judged));
    }
    verdicts
}

fn take_delivery(fold: &mut Fold) -> Delivery {
    Delivery {
        user: fold.user.clone(),
        contacts: std::mem::take(&mut fold.effects.contacts),
        analytics: std::mem::take(&mut fold.effects.analytics),
    }
}

impl Fold {
    fn changed_nothing(&self) -> bool {
        self.applied
            .iter()
            .all(|(_, applied)| *applied == Applied::Repeated)
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

    fn all_failed(&self) -> Vec<(usize, Judged)> {
        self.applied
            .iter()
            .map(|(record, _)| record.judged(Verdict::Failed))
            .collect()
    }

    fn ended(&self, refused: &[EventId]) -> Vec<(usize, Judged)> {
        self.applied
            .iter()
            .map(|(record, applied)| {
                record.judged(verdict(&record.record.event, *applied, refused))
            })
            .collect()
    }
}

fn verdict(event: &AuthEvent, applied: Applied, refused: &[EventId]) -> Verdict {
    match (&event.kind, applied) {
        (AuthEventKind::AttemptExpired(_) | AuthEventKind::UserListed(_), _) => Verdict::Applied,
        (_, Applied::Repeated) => Verdict::Repeated,
        (_, Applied::AlreadySignedUp) => Verdict::Ended(Outcome::Ignored(Ignored::AlreadySignedUp)),
        (_, Applied::Counted | Applied::TooLate) if refused.contains(&event.id) => {
            Verdict::Ended(Outcome::Rejected(Rejected::ByDestination))
        }
        (_, Applied::Counted) => Verdict::Ended(Outcome::Published),
        (_, Applied::TooLate) => Verdict::Ended(Outcome::TooLate),
    }
}
