//! What comes of folding a batch's records, user by user, in parts that fit a transaction each.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};
use domain::analytics_event::AnalyticsEventType;
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey};
use domain::counting::Counting;
use domain::ids::ProjectId;
use domain::user_state::{Applied, Effects};

use super::LogRecord;
use crate::capture::{EARLIEST, FURTHEST_AHEAD};
use crate::outcome::Rejected;
use crate::ports::{Commit, VersionedState};
use crate::route::Delivery;

/// Items of the metrics table that one transaction may change. A transaction has 100 items: these, the user's state, and
/// as many pages as an import's ledger may have.
pub const MOST_ITEMS: usize = 100 - 1 - MOST_PAGES;

/// Pages of the ledger that one transaction may write.
pub const MOST_PAGES: usize = 11;

/// A user's records, folded: one part after another, each of which can be committed by itself.
pub struct FoldedUser {
    /// Whose.
    pub user: UserKey,
    /// The parts, in order.
    pub parts: VecDeque<Part>,
}

/// What came of some of a user's records.
pub struct Part {
    /// The state after them, with the version that is written before.
    pub state: VersionedState,
    /// What they change.
    pub effects: Effects,
    /// The records.
    pub records: Vec<FoldedRecord>,
}

/// A record that was folded.
pub struct FoldedRecord {
    /// Its place in the batch.
    pub place: usize,
    /// What became of it.
    pub applied: Applied,
    /// The analytics events that came of it.
    pub analytics: Vec<AnalyticsEventType>,
}

/// Folds records in their order. Users who have no state have none yet; the records of those in no project that has
/// rules are left out.
pub fn fold(
    records: &[(usize, &LogRecord)],
    mut states: HashMap<UserKey, VersionedState>,
    countings: &mut HashMap<ProjectId, Counting>,
    now: DateTime<Utc>,
) -> Vec<FoldedUser> {
    let mut places: HashMap<&UserKey, usize> = HashMap::new();
    let mut users: Vec<FoldedUser> = Vec::new();
    for (place, record) in records {
        let user = &record.event.user;
        let Some(counting) = countings.get_mut(&user.project) else {
            continue;
        };
        let index = *places.entry(user).or_insert_with(|| {
            users.push(FoldedUser::new(user.clone(), states.remove(user)));
            users.len() - 1
        });
        if let Some(folded) = users.get_mut(index) {
            folded.fold((*place, record), counting, now);
        }
    }
    users.sort_by(|one, other| one.user.cmp(&other.user));
    users
}

/// Why an event's time makes it impossible. The time of an expiry says nothing: what it ends has the attempt's.
pub fn out_of_time(event: &AuthEvent, now: DateTime<Utc>) -> Option<Rejected> {
    match event.kind {
        AuthEventKind::AttemptExpired(_) | AuthEventKind::EndpointRefused(_) => None,
        AuthEventKind::AuthenticationStarted { .. }
        | AuthEventKind::UserNotFound
        | AuthEventKind::SignedIn(_)
        | AuthEventKind::SignUpConfirmed(_)
        | AuthEventKind::PasswordResetConfirmed(_)
        | AuthEventKind::TokenIssued(..)
        | AuthEventKind::UserListed { .. } => {
            if event.time - now > FURTHEST_AHEAD {
                Some(Rejected::InTheFuture)
            } else {
                (event.time < EARLIEST).then_some(Rejected::InThePast)
            }
        }
    }
}

impl FoldedUser {
    fn new(user: UserKey, state: Option<VersionedState>) -> Self {
        let first = Part::after(state.unwrap_or_default());
        Self {
            user,
            parts: VecDeque::from([first]),
        }
    }

    fn fold(&mut self, record: (usize, &LogRecord), counting: &mut Counting, now: DateTime<Utc>) {
        let next = self.parts.back();
        let next = next.and_then(|part| part.next_if_full(&record.1.event, counting));
        self.parts.extend(next);
        if let Some(part) = self.parts.back_mut() {
            part.fold(record, counting, now);
        }
    }
}

impl Part {
    fn after(state: VersionedState) -> Self {
        Self {
            state,
            effects: Effects::default(),
            records: Vec::new(),
        }
    }

    /// The next part, if what an event changes at most does not fit this one.
    fn next_if_full(&self, event: &AuthEvent, counting: &Counting) -> Option<Self> {
        let most = self.state.state.most_items(event, counting);
        // A part that changes nothing is not committed: the next one would be written over a version that never was.
        let items = self.effects.items();
        let full = items > 0 && items + most > MOST_ITEMS;
        full.then(|| {
            Self::after(VersionedState {
                version: self.state.version + 1,
                state: self.state.state.clone(),
            })
        })
    }

    fn fold(
        &mut self,
        (place, record): (usize, &LogRecord),
        counting: &mut Counting,
        now: DateTime<Utc>,
    ) {
        let LogRecord { position, event } = record;
        let before = self.effects.analytics.len();
        let state = &mut self.state.state;
        let applied = if out_of_time(event, now).is_some() {
            state.pass_over(position)
        } else {
            state.apply(event, position, counting, &mut self.effects)
        };
        let analytics = self.effects.analytics.iter().skip(before);
        let analytics = analytics.map(|event| event.event_type).collect();
        self.records.push(FoldedRecord {
            place,
            applied,
            analytics,
        });
    }

    /// What is to be delivered.
    pub fn take_delivery(&mut self, user: &UserKey) -> Delivery {
        Delivery {
            user: user.clone(),
            contacts: std::mem::take(&mut self.effects.contacts),
            analytics: std::mem::take(&mut self.effects.analytics),
        }
    }

    /// What is to be committed.
    pub fn take_commit(&mut self, user: &UserKey) -> Commit {
        let effects = std::mem::take(&mut self.effects);
        Commit::of(user.clone(), std::mem::take(&mut self.state), effects)
    }

    /// Whether all of its records had been applied before.
    pub fn changes_nothing(&self) -> bool {
        let mut records = self.records.iter();
        records.all(|record| record.applied == Applied::Repeated)
    }
}
