//! Import: a history that Pinpoint has kept is counted like events, straight in the users' states. Nothing of it goes
//! through the log, and nothing is delivered.
//!
//! Each record's id stands in a ledger, whose pages are written in the same transaction as the counts: however often a
//! record is imported, it counts once. Nobody's live events are lost meanwhile: a state that publish has written since it
//! was read is read again. What is of a user who was forgotten since is dropped.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ::config::Config;
use chrono::{DateTime, Utc};
use domain::auth_event::UserKey;
use domain::counting::Counting;
use domain::day::Day;
use domain::history::{HistoryEvent, HistoryId, HistoryKind};
use domain::ids::ProjectId;
use domain::user_state::{Applied, Effects};

use crate::capture::{EARLIEST, FURTHEST_AHEAD};
use crate::outcome::{Ignored, NotPublished, Outcome, Rejected};
use crate::ports::{
    Commit, ForgottenUsers, Ledger, LedgerPage, NotCommitted, PortError, Tombstones, UserStates,
    ValuesKept, VersionedState,
};
use crate::publish::{MOST_ITEMS, MOST_PAGES, kept};

/// Ids on the pages of one transaction, after which no further page is begun: it holds 4 MB.
const MOST_IDS: usize = 200_000;

/// How many times others may be faster with a user's state or a project's segment values.
const TRIES: usize = 8;

/// What history is imported by, and where to.
#[derive(Debug)]
pub struct Import<'a, S> {
    /// What figures are broken down by, and in whose days.
    pub config: &'a Config,
    /// The users' states, the rows, the ledger, and who was forgotten.
    pub states: &'a S,
    /// The first day that is not taken, instead of the moment since which events are captured.
    pub before: Option<Day>,
    /// The wall clock's time.
    pub now: DateTime<Utc>,
}

/// Why an event of history was not imported, though it could be later.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    /// Something outside did not do what it was asked.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Others were always faster.
    #[error("other writers were always faster with a user's state; run the import again")]
    Overtaken,
}

/// An event under way: its place, the page of the ledger that it belongs to, and the one that it may stand on besides.
struct Waiting<'e> {
    place: usize,
    event: &'e HistoryEvent,
    page: LedgerPage,
    nobodys: Option<(UserKey, LedgerPage)>,
}

/// What came of one try with all that waits.
#[derive(Default)]
struct Round {
    done: Vec<(usize, Outcome)>,
    /// Why some were not committed, or one of the reasons: they are folded again.
    failure: Option<PortError>,
}

/// What came of some of a user's events.
struct Folded {
    commit: Commit,
    outcomes: Vec<(usize, Outcome)>,
}

impl Waiting<'_> {
    /// Whether it was counted as nobody's.
    fn was_nobodys(&self, pages: &Pages) -> bool {
        let page = self.nobodys.as_ref().and_then(|page| pages.get(page));
        page.is_some_and(|page| page.contains(&self.event.id))
    }
}

type Pages = HashMap<(UserKey, LedgerPage), BTreeSet<HistoryId>>;

impl<S: UserStates + Ledger + ForgottenUsers> Import<'_, S> {
    /// Imports these events, and gives the outcome of each, in their order: `published` if it counts now.
    ///
    /// # Errors
    ///
    /// If some cannot be imported now. Others may be: done again, it goes on where it was.
    pub async fn import(&self, events: &[HistoryEvent]) -> Result<Vec<Outcome>, NotImported> {
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut waiting = self.taken(events, &mut outcomes).await?;
        let mut in_vain = 0;
        while !waiting.is_empty() {
            let Round { done, failure } = self.fold_and_commit(&waiting).await?;
            in_vain = if done.is_empty() { in_vain + 1 } else { 0 };
            if in_vain == TRIES {
                return Err(failure.map_or(NotImported::Overtaken, NotImported::Port));
            }
            outcomes.extend(done);
            waiting.retain(|event| !outcomes.contains_key(&event.place));
        }
        Ok(outcomes.into_values().collect())
    }

    /// The events to be counted; the others have come to their outcome.
    async fn taken<'e>(
        &self,
        events: &'e [HistoryEvent],
        outcomes: &mut BTreeMap<usize, Outcome>,
    ) -> Result<Vec<Waiting<'e>>, PortError> {
        let countings = self.countings(events.iter()).await?;
        let mut waiting = Vec::with_capacity(events.len());
        for (place, event) in events.iter().enumerate() {
            let Some(counting) = countings.get(&event.user.project) else {
                continue;
            };
            match self.left_out(event, counting) {
                Some(outcome) => drop(outcomes.insert(place, outcome)),
                None => waiting.push(Waiting {
                    place,
                    event,
                    page: page(&event.user, event, counting),
                    nobodys: nobodys_page(event, counting),
                }),
            }
        }
        Ok(waiting)
    }

    /// Why the event is not counted, whatever was imported before.
    fn left_out(&self, event: &HistoryEvent, counting: &Counting) -> Option<Outcome> {
        let captured = match self.before {
            Some(before) => counting.zone.day_of(event.time) >= before,
            None => counting.since.is_some_and(|since| event.time >= since),
        };
        if event.kind == HistoryKind::SessionStart && event.user.sub().is_none() {
            Some(Outcome::Ignored(Ignored::NoUser))
        } else if event.time - self.now > FURTHEST_AHEAD {
            Some(Outcome::Rejected(Rejected::InTheFuture))
        } else if event.time < EARLIEST {
            Some(Outcome::Rejected(Rejected::InThePast))
        } else {
            captured.then_some(Outcome::Ignored(Ignored::AlreadyCaptured))
        }
    }

    async fn countings(
        &self,
        events: impl Iterator<Item = &HistoryEvent>,
    ) -> Result<HashMap<ProjectId, Counting>, PortError> {
        let projects: BTreeSet<&ProjectId> = events.map(|event| &event.user.project).collect();
        let mut countings = HashMap::new();
        for project in projects {
            let counting = self.states.counting(project, self.config, None).await?;
            countings.insert(project.clone(), counting);
        }
        Ok(countings)
    }

    /// Counts as many as can be counted now, and gives their outcomes.
    async fn fold_and_commit(&self, waiting: &[Waiting<'_>]) -> Result<Round, PortError> {
        let (states, unreadable) = self.load(waiting).await?;
        // After the states: a state that is deleted later is not written, and all this is done again.
        let forgotten = self.forgotten(waiting).await?;
        let is_forgotten = |it: &&Waiting<'_>| forgotten.cover(&it.event.user, it.event.time);
        let (forgotten, kept_of): (Vec<_>, Vec<_>) = waiting.iter().partition(is_forgotten);
        let (readable, unreadable): (Vec<_>, Vec<_>) = kept_of
            .into_iter()
            .partition(|it| !unreadable.contains(&it.event.user));
        let pages = self.pages(waiting).await?;
        let before = self.countings(waiting.iter().map(|it| it.event)).await?;
        let mut after = before.clone();
        let folded = fold(&readable, (states, &pages), &mut after);
        if kept(self.states, &before, &after).await? == ValuesKept::Overtaken {
            return Ok(Round::default());
        }
        let mut round = self.commit(folded).await;
        let reason = Outcome::NotPublished(NotPublished::StateUnreadable);
        let unreadable = unreadable.into_iter();
        round.done.extend(unreadable.map(|it| (it.place, reason)));
        let reason = Outcome::Ignored(Ignored::Forgotten);
        let forgotten = forgotten.into_iter();
        round.done.extend(forgotten.map(|it| (it.place, reason)));
        Ok(round)
    }

    /// The tombstones of those whose events wait.
    async fn forgotten(&self, waiting: &[Waiting<'_>]) -> Result<Tombstones, PortError> {
        let users = waiting.iter().map(|it| &it.event.user);
        let users: BTreeSet<&UserKey> = users.filter(|user| user.sub().is_some()).collect();
        let users: Vec<&UserKey> = users.into_iter().collect();
        self.states.forgotten(&users).await
    }

    /// The users' states, and whose are unreadable.
    async fn load(
        &self,
        waiting: &[Waiting<'_>],
    ) -> Result<(HashMap<UserKey, VersionedState>, BTreeSet<UserKey>), PortError> {
        let users: BTreeSet<&UserKey> = waiting.iter().map(|it| &it.event.user).collect();
        let users: Vec<UserKey> = users.into_iter().cloned().collect();
        let mut states = HashMap::with_capacity(users.len());
        let mut unreadable = BTreeSet::new();
        for (user, loaded) in self.states.load(&users).await? {
            match loaded {
                Ok(state) => drop(states.insert(user, state)),
                Err(error) => {
                    tracing::error!(%error, "a user's state is unreadable: nothing is imported for them");
                    unreadable.insert(user);
                }
            }
        }
        Ok((states, unreadable))
    }

    async fn pages(&self, waiting: &[Waiting<'_>]) -> Result<Pages, PortError> {
        let own = waiting.iter();
        let own = own.map(|it| (it.event.user.clone(), it.page.clone()));
        let nobodys = waiting.iter().filter_map(|it| it.nobodys.clone());
        let wanted: BTreeSet<(UserKey, LedgerPage)> = own.chain(nobodys).collect();
        self.states
            .pages(&wanted.into_iter().collect::<Vec<_>>())
            .await
    }

    /// Whose state was written meanwhile goes on waiting.
    async fn commit(&self, folded: Vec<Folded>) -> Round {
        let (commits, outcomes): (Vec<_>, Vec<_>) = folded
            .into_iter()
            .map(|folded| (folded.commit, folded.outcomes))
            .unzip();
        let (changed, unchanged): (Vec<_>, Vec<_>) = commits
            .into_iter()
            .zip(outcomes)
            .partition(|(commit, _)| !commit.ledger.is_empty());
        let mut done: Vec<_> = unchanged
            .into_iter()
            .flat_map(|(_, outcomes)| outcomes)
            .collect();
        let mut failure = None;
        let (commits, outcomes): (Vec<_>, Vec<_>) = changed.into_iter().unzip();
        let committed = self.states.commit(commits).await;
        for (outcomes, committed) in outcomes.into_iter().zip(committed) {
            match committed {
                Ok(()) => done.extend(outcomes),
                Err(NotCommitted::Failed(error)) => failure = Some(error),
                Err(NotCommitted::TooLarge(_)) => {
                    done.extend(not_committed(outcomes, NotPublished::StateTooLarge));
                }
                Err(NotCommitted::Refused(_)) => {
                    done.extend(not_committed(outcomes, NotPublished::Refused));
                }
            }
        }
        Round { done, failure }
    }
}

fn not_committed(
    outcomes: Vec<(usize, Outcome)>,
    reason: NotPublished,
) -> impl Iterator<Item = (usize, Outcome)> {
    let outcomes = outcomes.into_iter();
    outcomes.map(move |(place, _)| (place, Outcome::NotPublished(reason)))
}

/// The page of the ledger that an event's id stands on: what nobody in particular did is too much for a month's.
fn page(user: &UserKey, event: &HistoryEvent, counting: &Counting) -> LedgerPage {
    let day = counting.zone.day_of(event.time);
    LedgerPage(match user.sub() {
        Some(_) => day.month().to_string(),
        None => day.to_string(),
    })
}

/// The page that the event's id stands on if it was imported before anybody knew whose it is.
fn nobodys_page(event: &HistoryEvent, counting: &Counting) -> Option<(UserKey, LedgerPage)> {
    let nobody = event.without_list.clone()?;
    let page = page(&nobody, event, counting);
    Some((nobody, page))
}

/// Folds each user's events in their order, as many as fit a transaction.
fn fold(
    waiting: &[&Waiting<'_>],
    (mut states, pages): (HashMap<UserKey, VersionedState>, &Pages),
    countings: &mut HashMap<ProjectId, Counting>,
) -> Vec<Folded> {
    let mut by_user: BTreeMap<&UserKey, Vec<&Waiting<'_>>> = BTreeMap::new();
    for event in waiting {
        by_user.entry(&event.event.user).or_default().push(event);
    }
    let mut all = Vec::with_capacity(by_user.len());
    for (user, events) in by_user {
        let Some(counting) = countings.get_mut(&user.project) else {
            continue;
        };
        let state = states.remove(user).unwrap_or_default();
        all.push(fold_user((user, state), &events, pages, counting));
    }
    all
}

fn fold_user(
    (user, mut state): (&UserKey, VersionedState),
    events: &[&Waiting<'_>],
    pages: &Pages,
    counting: &mut Counting,
) -> Folded {
    let mut effects = Effects::default();
    let mut ledger: BTreeMap<LedgerPage, BTreeSet<HistoryId>> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(events.len());
    for waiting in events {
        let Waiting {
            place, event, page, ..
        } = waiting;
        let new_page = !ledger.contains_key(page);
        let most = state.state.most_items_of(1, counting);
        let ids: usize = ledger.values().map(BTreeSet::len).sum();
        let full = effects.items() + most > MOST_ITEMS
            || (new_page && (ledger.len() == MOST_PAGES || ids > MOST_IDS));
        if full {
            break;
        }
        let kept = pages.get(&(user.clone(), page.clone()));
        let known = ledger.get(page).or(kept);
        let known = known.is_some_and(|page| page.contains(&event.id));
        if known || waiting.was_nobodys(pages) {
            outcomes.push((*place, Outcome::Ignored(Ignored::AlreadyImported)));
            continue;
        }
        let page = ledger
            .entry(page.clone())
            .or_insert_with(|| kept.cloned().unwrap_or_default());
        page.insert(event.id);
        let applied = state.state.apply_history(event, counting, &mut effects);
        outcomes.push((*place, outcome(applied)));
    }
    Folded {
        commit: Commit {
            ledger,
            ..Commit::of(user.clone(), state, effects)
        },
        outcomes,
    }
}

fn outcome(applied: Applied) -> Outcome {
    match applied {
        Applied::Counted | Applied::PassedOver | Applied::Repeated => Outcome::Published,
        Applied::AlreadySignedUp => Outcome::Ignored(Ignored::AlreadySignedUp),
    }
}
