//! A batch on its way: load, fold, keep the values, route, enqueue, commit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey};
use domain::counting::Counting;
use domain::ids::ProjectId;
use domain::user_state::Applied;

use super::folded::{FoldedRecord, FoldedUser, Part, fold, out_of_time};
use super::{Judged, LogRecord, Publish, Verdict};
use crate::outcome::{Ignored, NotPublished, Outcome, Rejected};
use crate::ports::{
    Captured, NotCommitted, Outbox, PortError, Unreadable, UserStates, ValuesKept, VersionedState,
};
use crate::route::{Delivery, Routed, route};

/// How many times somebody else may be faster with a project's segment values.
const TRIES: usize = 5;

/// A batch, as far as it has come.
pub struct Batch {
    now: DateTime<Utc>,
    records: Vec<LogRecord>,
    /// The verdict of each record that has one, in the order of the records.
    judged: Vec<Option<Judged>>,
}

/// A user's part on its way, and what is left of the user.
struct Underway {
    folded: FoldedUser,
    part: Part,
}

impl Batch {
    pub fn new(records: Vec<LogRecord>, now: DateTime<Utc>) -> Self {
        let judged = records.iter().map(|_| None).collect();
        Self {
            now,
            records,
            judged,
        }
    }

    /// Reads what the records need and folds them, again if somebody else has added segment values meanwhile.
    ///
    /// # Errors
    ///
    /// If states or values cannot be had: then nobody's records can be published.
    pub async fn fold<S: UserStates, D>(
        &mut self,
        by: &Publish<'_, S, D>,
    ) -> Result<Vec<FoldedUser>, PortError> {
        if self.records.is_empty() {
            return Ok(Vec::new());
        }
        for _ in 0..TRIES {
            let states = self.load(by.states).await?;
            let before = self.countings(by).await?;
            let mut after = before.clone();
            let folded = fold(&self.waiting(), states, &mut after, self.now);
            if kept(by.states, &before, &after).await? == ValuesKept::Now {
                return Ok(folded);
            }
        }
        Err(PortError {
            operation: "PutItem",
            what: "segment values".to_owned(),
            source: "other writers were always faster".into(),
        })
    }

    /// Enqueues and commits part by part: a user's next one only when the one before is committed.
    pub async fn enqueue_and_commit<S: UserStates, O: Outbox>(
        &mut self,
        mut folded: Vec<FoldedUser>,
        by: &Publish<'_, S, O>,
    ) {
        while !folded.is_empty() {
            let underway = folded.into_iter().filter_map(Underway::next).collect();
            let enqueued = self.enqueue(underway, by).await;
            folded = self.commit(enqueued, by.states).await;
        }
    }

    /// Every record that has no verdict yet has failed.
    pub fn fail(&mut self, error: &PortError) {
        tracing::error!(%error, "the states, or how their projects are counted, are not available; the batch is retried");
    }

    /// The verdicts, in the order of the records.
    pub fn verdicts(self) -> Vec<Judged> {
        let records = self.records.iter().zip(self.judged);
        records
            .map(|(record, judged)| judged.unwrap_or_else(|| judgement(record, Verdict::Failed)))
            .collect()
    }

    /// The records that have no verdict, with their places.
    fn waiting(&self) -> Vec<(usize, &LogRecord)> {
        let records = self.records.iter().zip(&self.judged).enumerate();
        records
            .filter(|(_, (_, judged))| judged.is_none())
            .map(|(place, (record, _))| (place, record))
            .collect()
    }

    /// The states of those who wait. Who has an unreadable one no longer waits.
    async fn load(
        &mut self,
        states: &impl UserStates,
    ) -> Result<HashMap<UserKey, VersionedState>, PortError> {
        let waiting = self.waiting();
        let users: BTreeSet<&UserKey> = waiting
            .iter()
            .map(|(_, record)| &record.event.user)
            .collect();
        let users: Vec<UserKey> = users.into_iter().cloned().collect();
        let mut readable = HashMap::with_capacity(users.len());
        for (user, loaded) in states.load(&users).await? {
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
        for (record, judged) in self.records.iter().zip(&mut self.judged) {
            if record.event.user == *user {
                let verdict = if seen.is_some_and(|seen| seen.covers(&record.position)) {
                    Verdict::Repeated
                } else {
                    Verdict::Unpublishable(NotPublished::StateUnreadable)
                };
                *judged = Some(judgement(record, verdict));
            }
        }
    }

    /// How each project of those who wait is counted.
    async fn countings<S: UserStates, D>(
        &self,
        by: &Publish<'_, S, D>,
    ) -> Result<HashMap<ProjectId, Counting>, PortError> {
        let mut captured: BTreeMap<&ProjectId, Option<Captured>> = BTreeMap::new();
        for (_, LogRecord { event, .. }) in self.waiting() {
            let of_project = captured.entry(&event.user.project).or_default();
            if self.is_captured(event) {
                let before = of_project.unwrap_or(Captured::at(event.time));
                *of_project = Some(before.and(event.time));
            }
        }
        let mut countings = HashMap::new();
        for (project, captured) in captured {
            let counting = by.states.counting(project, by.config, captured).await?;
            countings.insert(project.clone(), counting);
        }
        Ok(countings)
    }

    /// Whether a trigger has captured the event, and it counts.
    fn is_captured(&self, event: &AuthEvent) -> bool {
        match event.kind {
            AuthEventKind::AttemptExpired(_)
            | AuthEventKind::UserListed { .. }
            | AuthEventKind::EndpointRefused(_) => false,
            AuthEventKind::AuthenticationStarted { .. }
            | AuthEventKind::UserNotFound
            | AuthEventKind::SignedIn(_)
            | AuthEventKind::SignUpConfirmed(_)
            | AuthEventKind::PasswordResetConfirmed(_)
            | AuthEventKind::TokenIssued(..) => out_of_time(event, self.now).is_none(),
        }
    }

    /// Enqueues what came of the records, and gives those that can be committed now.
    async fn enqueue<S, O: Outbox>(
        &mut self,
        mut underway: Vec<Underway>,
        by: &Publish<'_, S, O>,
    ) -> Vec<Underway> {
        let deliveries = underway.iter_mut().map(Underway::take_delivery).collect();
        let failed = enqueue(&route(deliveries, by.config), by.outbox).await;
        let mut to_commit = Vec::with_capacity(underway.len());
        for (place, user) in underway.into_iter().enumerate() {
            if failed.contains(&place) {
                self.give_up(user, Verdict::Failed);
            } else {
                to_commit.push(user);
            }
        }
        to_commit
    }

    /// Commits what changes anything, and gives the users of whom more is left.
    async fn commit(
        &mut self,
        underway: Vec<Underway>,
        states: &impl UserStates,
    ) -> Vec<FoldedUser> {
        let (unchanged, mut changed): (Vec<_>, Vec<_>) = underway
            .into_iter()
            .partition(|user| user.part.changes_nothing());
        let commits = changed.iter_mut().map(Underway::take_commit).collect();
        let committed = states.commit(commits).await;
        let unchanged = unchanged.into_iter().map(|user| (user, Ok(())));
        let mut left = Vec::new();
        for (user, committed) in changed.into_iter().zip(committed).chain(unchanged) {
            match committed {
                Ok(()) => left.extend(self.end(user)),
                Err(error) => {
                    tracing::warn!(%error, "a user's state was not committed");
                    self.give_up(user, verdict_without_commit(&error));
                }
            }
        }
        left
    }

    /// The records of the part have come to their ends.
    fn end(&mut self, user: Underway) -> Option<FoldedUser> {
        for record in user.part.records {
            let event = self.records.get(record.place).map(|record| &record.event);
            let Some(event) = event else { continue };
            let verdict = verdict(event, (record.applied, self.now));
            self.judge(record.place, verdict, record.analytics);
        }
        (!user.folded.parts.is_empty()).then_some(user.folded)
    }

    /// Judges the records, and all that are left of the same user: they may be published only in
    /// their order. What was applied before has come to its end, whatever becomes of the others.
    fn give_up(&mut self, user: Underway, verdict: Verdict) {
        let left = user.folded.parts.into_iter().flat_map(|part| part.records);
        for record in user.part.records.into_iter().chain(left) {
            let verdict = if self.was_applied_before(&record) {
                Verdict::Repeated
            } else {
                verdict
            };
            self.judge(record.place, verdict, Vec::new());
        }
    }

    /// Whether the state had seen it. An expiry is repeated also where its attempt was closed just now.
    fn was_applied_before(&self, record: &FoldedRecord) -> bool {
        let event = self.records.get(record.place).map(|record| &record.event);
        let expiry =
            event.is_some_and(|event| matches!(event.kind, AuthEventKind::AttemptExpired(_)));
        record.applied == Applied::Repeated && !expiry
    }

    fn judge(
        &mut self,
        place: usize,
        verdict: Verdict,
        analytics: Vec<domain::analytics_event::AnalyticsEventType>,
    ) {
        if let (Some(record), Some(judged)) = (self.records.get(place), self.judged.get_mut(place))
        {
            *judged = Some(Judged {
                analytics,
                ..judgement(record, verdict)
            });
        }
    }
}

impl Underway {
    /// The user's next part.
    fn next(mut folded: FoldedUser) -> Option<Self> {
        let part = folded.parts.pop_front()?;
        Some(Self { folded, part })
    }

    fn take_delivery(&mut self) -> Delivery {
        self.part.take_delivery(&self.folded.user)
    }

    fn take_commit(&mut self) -> crate::ports::Commit {
        self.part.take_commit(&self.folded.user)
    }
}

/// Enqueues messages, and gives the places of the deliveries of which something is not.
async fn enqueue(messages: &[Routed], outbox: &impl Outbox) -> BTreeSet<usize> {
    let bodies: Vec<_> = messages.iter().map(|routed| &routed.message).collect();
    if bodies.is_empty() {
        return BTreeSet::new();
    }
    let enqueued = outbox.enqueue(&bodies).await;
    let mut failed = BTreeSet::new();
    for (routed, enqueued) in messages.iter().zip(enqueued) {
        if let Err(error) = enqueued {
            tracing::warn!(%error, "a message was not enqueued: what it came of is retried");
            failed.extend(&routed.places);
        }
    }
    failed
}

/// Keeps the segment values that were added.
pub async fn kept(
    states: &impl UserStates,
    before: &HashMap<ProjectId, Counting>,
    after: &HashMap<ProjectId, Counting>,
) -> Result<ValuesKept, PortError> {
    for (project, counting) in after {
        let known = before.get(project).map_or(0, |before| before.values.len());
        if counting.values.len() > known
            && states.keep_values(project, &counting.values).await? == ValuesKept::Overtaken
        {
            return Ok(ValuesKept::Overtaken);
        }
    }
    Ok(ValuesKept::Now)
}

fn judgement(record: &LogRecord, verdict: Verdict) -> Judged {
    Judged {
        sequence_number: record.position.sequence_number.clone(),
        event: record.event.id,
        project: record.event.user.project.clone(),
        time: record.event.time,
        verdict,
        analytics: Vec::new(),
    }
}

fn verdict(event: &AuthEvent, (applied, now): (Applied, DateTime<Utc>)) -> Verdict {
    match (&event.kind, applied) {
        (
            AuthEventKind::AttemptExpired(_)
            | AuthEventKind::UserListed { .. }
            | AuthEventKind::EndpointRefused(_),
            _,
        ) => Verdict::Applied,
        (_, Applied::Repeated) => Verdict::Repeated,
        (_, Applied::AlreadySignedUp) => Verdict::Ended(Outcome::Ignored(Ignored::AlreadySignedUp)),
        (_, Applied::PassedOver) => {
            let rejected = out_of_time(event, now).unwrap_or(Rejected::InTheFuture);
            Verdict::Ended(Outcome::Rejected(rejected))
        }
        (_, Applied::Counted) => Verdict::Ended(Outcome::Published),
    }
}

fn verdict_without_commit(error: &NotCommitted) -> Verdict {
    match error {
        NotCommitted::Failed(_) => Verdict::Failed,
        NotCommitted::TooLarge(_) => Verdict::Unpublishable(NotPublished::StateTooLarge),
        NotCommitted::Refused(_) => Verdict::Unpublishable(NotPublished::Refused),
    }
}
