//! A world in memory behind all the ports. It remembers what was done to it, and does with each call
//! what it was told to: what is asked, or something worse.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future::pending;
use std::sync::Mutex;

use ::config::Config;
use chrono::{DateTime, Utc};
use domain::activity::{ActiveDays, Cohort, CohortRow, DayRow, Recency};
use domain::analytics_event::AnalyticsEvent;
use domain::auth_event::{AuthEvent, AuthEventKind, Position, UserKey};
use domain::counter::Counter;
use domain::counting::Counting;
use domain::day::Day;
use domain::dimension::Dimension;
use domain::endpoint::ContactUpdate;
use domain::history::HistoryId;
use domain::ids::{EventId, ProjectId};
use domain::segment::{KnownValues, Segment};
use domain::user_state::OpenAttempt;
use pipeline::outcome::NotPublished;
use pipeline::ports::{
    Appended, Captured, Commit, Due, DueAttempts, EventLog, ForgottenUsers, Ledger, LedgerPage,
    Loaded, LogPage, LogPlace, LoggedDays, LoggedEvent, LoggedEvents, NotCommitted,
    NotPublishedQueue, NotPublishedRecord, Outbox, PortError, Tombstones, Unreadable, UserStates,
    ValuesKept, VersionedState,
};
use pipeline::publish::{Judged, LogRecord, Publish, publish};
use pipeline::route::{Body, Message};
use tokio::sync::Notify;

use crate::events::{config, day_of, epoch, now, number, user_name};

/// DynamoDB's limit on the items of a transaction.
const MOST_ITEMS: usize = 100;

/// How many attempts a page of those that are due holds.
pub const DUE_PAGE: usize = 16;

/// Something that the world is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    Append(EventId),
    Load,
    Count,
    Keep,
    /// A message that tells of these users.
    Enqueue(String),
    Commit(String),
    Due,
    Move,
    Pages,
    Forgotten,
    ReadLog,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It does what is asked.
    Done,
    /// It fails, and nothing was done.
    Fails,
    /// It fails, and yet it was done.
    FailsWhenDone,
    /// Whoever called is gone, and nothing was done.
    Crashes,
    /// Whoever called is gone, but it was done.
    CrashesWhenDone,
}

impl Fate {
    fn is_done(self) -> bool {
        matches!(
            self,
            Self::Done | Self::FailsWhenDone | Self::CrashesWhenDone
        )
    }

    fn crashes(self) -> bool {
        matches!(self, Self::Crashes | Self::CrashesWhenDone)
    }

    fn fails(self) -> bool {
        matches!(self, Self::Fails | Self::FailsWhenDone)
    }
}

type Plan = Box<dyn FnMut(&Call) -> Fate + Send>;

/// Daily rows, added up.
pub type Rows = BTreeMap<(Segment, Day), DayRow>;

/// Cohorts, added up.
pub type Cohorts = BTreeMap<Cohort, CohortRow>;

/// The ledger of what was imported.
pub type Pages = HashMap<(UserKey, LedgerPage), BTreeSet<HistoryId>>;

/// The world.
pub struct World {
    plan: Mutex<Plan>,
    too_large: HashSet<String>,
    refused_states: HashSet<String>,
    crashed: Notify,
    memory: Mutex<Memory>,
}

/// What the world remembers.
#[derive(Default)]
pub struct Memory {
    /// The event log.
    pub log: Vec<AuthEvent>,
    /// When events of the log were redriven, that were.
    pub redriven: HashMap<EventId, DateTime<Utc>>,
    /// How many events a page of the log has, unless all.
    pub log_page: Option<usize>,
    /// Who was forgotten, and when.
    pub forgotten: BTreeMap<UserKey, DateTime<Utc>>,
    /// What was put aside, and why.
    pub spilled: Vec<(AuthEvent, String)>,
    /// The users' states.
    pub states: HashMap<UserKey, VersionedState>,
    /// The time of the first captured event.
    pub since: Option<DateTime<Utc>>,
    /// The daily rows of the one project.
    pub rows: Rows,
    /// The cohorts of the one project.
    pub cohorts: Cohorts,
    /// The ledger of what was imported.
    pub ledger: Pages,
    /// The values that are distinguished.
    pub known: KnownValues,
    /// The values that somebody else adds before these are kept.
    pub overtaking: Vec<(Dimension, &'static str)>,
    /// What was enqueued, in order.
    pub enqueued: Vec<Message>,
    /// The calls, in words.
    pub journal: Vec<String>,
    /// The names of users whose states are unreadable, and how far these had come, where that is not.
    pub unreadable: HashMap<String, Option<Position>>,
    /// What was moved out of the way, and why.
    pub moved: Vec<(NotPublished, String)>,
}

impl World {
    /// A world in which everything goes well.
    pub fn calm() -> Self {
        Self::planned(|_| Fate::Done)
    }

    /// A world that does with each call what the plan says.
    pub fn planned(plan: impl FnMut(&Call) -> Fate + Send + 'static) -> Self {
        Self {
            plan: Mutex::new(Box::new(plan)),
            too_large: HashSet::new(),
            refused_states: HashSet::new(),
            crashed: Notify::new(),
            memory: Mutex::default(),
        }
    }

    /// A world in which every such call fails, and nothing of it is done.
    pub fn failing(call: Call) -> Self {
        Self::planned(move |other| {
            if *other == call {
                Fate::Fails
            } else {
                Fate::Done
            }
        })
    }

    /// This world, in which this user's state is too large.
    pub fn with_large_state(mut self, user: &str) -> Self {
        self.too_large.insert(user.to_owned());
        self
    }

    /// This world, whose tables refuse this user's state.
    pub fn with_refused_state(mut self, user: &str) -> Self {
        self.refused_states.insert(user.to_owned());
        self
    }

    /// From now on everything goes well.
    pub fn calm_down(&self) {
        *self.plan.lock().unwrap() = Box::new(|_| Fate::Done);
    }

    /// What came of it, unless whoever did it crashed.
    pub async fn survive<T>(&self, doing: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = doing => Some(done),
            () = self.crashed.notified() => None,
        }
    }

    /// So many values of a dimension have a place from now on.
    pub fn fill(&self, dimension: &Dimension, count: usize) {
        let mut memory = self.memory.lock().unwrap();
        for number in 0..count {
            memory
                .known
                .admit(dimension, &format!("v{number}"))
                .unwrap();
        }
    }

    /// The user was active on these days too, whatever was counted.
    pub fn make_active(&self, user: &str, days: impl Iterator<Item = Day>) {
        let mut memory = self.memory.lock().unwrap();
        let mut states = memory.states.iter_mut();
        let (_, state) = states.find(|(key, _)| user_name(key) == user).unwrap();
        let whole = state.state.activity.get_mut(&Segment::Whole).unwrap();
        let all: BTreeSet<Day> = whole.as_slice().iter().copied().chain(days).collect();
        *whole = ActiveDays::from_ordered(all.into_iter().collect()).unwrap();
    }

    /// Before the next values are kept, somebody else adds this one.
    pub fn overtake(&self, dimension: Dimension, value: &'static str) {
        let mut memory = self.memory.lock().unwrap();
        memory.overtaking.push((dimension, value));
    }

    /// Publishes records to this world.
    pub async fn publish(&self, records: Vec<LogRecord>) -> Vec<Judged> {
        self.publish_by(&config(), records).await
    }

    /// The same by another configuration.
    pub async fn publish_by(&self, config: &Config, records: Vec<LogRecord>) -> Vec<Judged> {
        let by = Publish {
            config,
            states: self,
            outbox: self,
        };
        publish(records, now(), &by).await
    }

    /// Looks at what the world remembers.
    pub fn look<T>(&self, at: impl FnOnce(&Memory) -> T) -> T {
        at(&self.memory.lock().unwrap())
    }

    /// Changes what the world remembers.
    pub fn change<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(&mut self.memory.lock().unwrap())
    }

    /// From now on, this user's state is unreadable, but for how far it had come.
    pub fn spoil(&self, user: &str, position: Option<Position>) {
        let mut memory = self.memory.lock().unwrap();
        memory.unreadable.insert(user.to_owned(), position);
    }

    /// Every state can be read again.
    pub fn mend(&self) {
        self.memory.lock().unwrap().unreadable.clear();
    }

    /// Asks for something: it is done or not, as planned, and then fails or not.
    async fn ask<T>(&self, call: Call, act: impl FnOnce(&mut Memory) -> T) -> Result<T, PortError> {
        let fate = (self.plan.lock().unwrap())(&call);
        let done = fate
            .is_done()
            .then(|| act(&mut self.memory.lock().unwrap()));
        if fate.crashes() {
            self.crashed.notify_one();
            pending::<()>().await;
        }
        done.filter(|_| !fate.fails())
            .ok_or_else(|| error("as planned"))
    }
}

fn error(why: &str) -> PortError {
    PortError {
        operation: "Something",
        what: "the world".into(),
        source: why.into(),
    }
}

impl EventLog for World {
    async fn append(&self, event: &AuthEvent) -> Result<Appended, PortError> {
        self.ask(Call::Append(event.id), |memory| memory.append(event))
            .await
    }

    fn spill(&self, event: &AuthEvent, cause: &PortError) {
        let mut memory = self.memory.lock().unwrap();
        memory.spilled.push((event.clone(), cause.to_string()));
    }
}

impl LoggedEvents for World {
    async fn page(
        &self,
        wanted: &LoggedDays,
        after: Option<&LogPlace>,
    ) -> Result<LogPage, PortError> {
        self.ask(Call::ReadLog, |memory| memory.read_log(wanted, after))
            .await
    }
}

impl ForgottenUsers for World {
    async fn forgotten(&self, users: &[&UserKey]) -> Result<Tombstones, PortError> {
        let asked: BTreeSet<&UserKey> = users.iter().copied().collect();
        assert_eq!(asked.len(), users.len(), "each user is asked for once");
        self.ask(Call::Forgotten, |memory| {
            let forgotten = memory.forgotten.clone().into_iter();
            forgotten.filter(|(user, _)| asked.contains(user)).collect()
        })
        .await
    }
}

impl UserStates for World {
    async fn load(&self, users: &[UserKey]) -> Result<HashMap<UserKey, Loaded>, PortError> {
        self.ask(Call::Load, |memory| memory.load(users)).await
    }

    async fn counting(
        &self,
        project: &ProjectId,
        config: &Config,
        captured: Option<Captured>,
    ) -> Result<Counting, PortError> {
        self.ask(Call::Count, |memory| {
            memory.counting(project, config, captured)
        })
        .await
    }

    async fn counting_since(&self, _: &ProjectId) -> Result<Option<DateTime<Utc>>, PortError> {
        self.ask(Call::Count, |memory| memory.since).await
    }

    async fn keep_values(
        &self,
        _: &ProjectId,
        values: &KnownValues,
    ) -> Result<ValuesKept, PortError> {
        self.ask(Call::Keep, |memory| memory.keep(values)).await
    }

    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<(), NotCommitted>> {
        let mut results = Vec::new();
        for commit in commits {
            let name = user_name(&commit.user).to_owned();
            results.push(if self.too_large.contains(&name) {
                Err(NotCommitted::TooLarge(error("the state is too large")))
            } else if self.refused_states.contains(&name) {
                Err(NotCommitted::Refused(error("the state is refused")))
            } else {
                let call = Call::Commit(name);
                let committed = self.ask(call, |memory| memory.commit(commit)).await;
                committed.flatten().map_err(NotCommitted::Failed)
            });
        }
        results
    }
}

impl Ledger for World {
    async fn pages(&self, wanted: &[(UserKey, LedgerPage)]) -> Result<Pages, PortError> {
        self.ask(Call::Pages, |memory| memory.pages(wanted)).await
    }
}

impl Outbox for World {
    async fn enqueue(&self, messages: &[&Message]) -> Vec<Result<(), PortError>> {
        let mut results = Vec::new();
        for message in messages {
            let call = Call::Enqueue(names(message));
            let enqueued = self.ask(call, |memory| memory.enqueue(message)).await;
            results.push(enqueued);
        }
        results
    }
}

/// The names of the users of whom a message tells.
fn names(message: &Message) -> String {
    let users: BTreeSet<&UserKey> = match &message.body {
        Body::Events(events) => events.iter().map(|event| &event.user).collect(),
        Body::Endpoint(update) => BTreeSet::from([&update.user]),
    };
    let names: Vec<&str> = users.into_iter().map(user_name).collect();
    names.join(" ")
}

impl NotPublishedQueue for World {
    async fn put(&self, records: &[NotPublishedRecord<'_>]) -> Result<(), PortError> {
        let records = records.iter();
        let records = records.map(|moved| (moved.reason, moved.record.to_owned()));
        self.ask(Call::Move, |memory| memory.moved.extend(records))
            .await
    }
}

impl DueAttempts for World {
    /// How many attempts come before it.
    type Page = usize;

    async fn due(
        &self,
        moment: DateTime<Utc>,
        page: Option<usize>,
    ) -> Result<Due<usize>, PortError> {
        let all = self.ask(Call::Due, |memory| memory.due(moment)).await?;
        let (from, len) = (page.unwrap_or(0), all.len());
        let attempts = all.into_iter().skip(from).take(DUE_PAGE).collect();
        let next = Some(from + DUE_PAGE).filter(|next| *next < len);
        Ok(Due { attempts, next })
    }
}

impl Memory {
    fn append(&mut self, event: &AuthEvent) -> Appended {
        if self.log.iter().any(|other| other.id == event.id) {
            return Appended::Before;
        }
        self.log.push(event.clone());
        Appended::Now
    }

    /// Each user's events together, and the last one first. What is not wanted counts for a page's size.
    fn read_log(&self, wanted: &LoggedDays, after: Option<&LogPlace>) -> LogPage {
        let place = |event: &AuthEvent| LogPlace {
            user: event.user.clone(),
            event: event.id,
        };
        let mut all: Vec<&AuthEvent> = self.log.iter().collect();
        all.sort_by_key(|event| (&event.user, std::cmp::Reverse(event.id)));
        let begin = after.map_or(0, |after| {
            let read = all.iter().position(|event| place(event) == *after);
            read.unwrap() + 1
        });
        let rest = &all[begin..];
        let page = &rest[..rest.len().min(self.log_page.unwrap_or(usize::MAX))];
        let is_wanted = |event: &&&AuthEvent| {
            let days = wanted.first..=wanted.last;
            event.user.project == wanted.project
                && (days.contains(&day_of(event.time))
                    || matches!(
                        event.kind,
                        AuthEventKind::SignUpConfirmed(_) | AuthEventKind::AttemptExpired(_)
                    ))
        };
        let logged = |event: &&AuthEvent| LoggedEvent {
            event: (*event).clone(),
            redriven: self.redriven.get(&event.id).copied(),
        };
        LogPage {
            events: page.iter().filter(is_wanted).map(logged).collect(),
            read: u64::try_from(page.len()).unwrap(),
            unreadable: 0,
            next: (page.len() < rest.len()).then(|| place(page[page.len() - 1])),
        }
    }

    fn load(&mut self, users: &[UserKey]) -> HashMap<UserKey, Loaded> {
        let names: Vec<&str> = users.iter().map(user_name).collect();
        self.journal.push(format!("load {}", names.join(" ")));
        let known = users
            .iter()
            .filter_map(|user| self.states.get_key_value(user));
        known
            .map(|(user, state)| (user.clone(), self.readable(user, state)))
            .collect()
    }

    fn readable(&self, user: &UserKey, state: &VersionedState) -> Loaded {
        match self.unreadable.get(user_name(user)) {
            Some(position) => Err(Unreadable {
                position: position.clone(),
                source: error("the state is unreadable"),
            }),
            None => Ok(state.clone()),
        }
    }

    fn counting(
        &mut self,
        project: &ProjectId,
        config: &Config,
        captured: Option<Captured>,
    ) -> Counting {
        self.since = self.since.or(captured.map(|captured| captured.first));
        Counting {
            zone: config.time_zone(),
            since: self.since,
            dimensions: config.dimensions().to_vec(),
            values: self.known.clone(),
            recipients: config.recipients(project),
        }
    }

    fn keep(&mut self, values: &KnownValues) -> ValuesKept {
        let overtaking = std::mem::take(&mut self.overtaking);
        if !overtaking.is_empty() {
            self.journal.push("overtaken".to_owned());
            for (dimension, value) in overtaking {
                self.known.admit(&dimension, value);
            }
            return ValuesKept::Overtaken;
        }
        let words: Vec<String> = values
            .iter()
            .flat_map(|(_, values)| values)
            .map(ToString::to_string)
            .collect();
        self.journal.push(format!("keep {}", words.join(" ")));
        self.known = values.clone();
        ValuesKept::Now
    }

    fn commit(&mut self, commit: Commit) -> Result<(), PortError> {
        self.journal
            .push(format!("commit {}", user_name(&commit.user)));
        let items = 1 + commit.rows.len() + commit.cohorts.len() + commit.ledger.len();
        assert!(items <= MOST_ITEMS, "{items} items");
        let stored = self.states.entry(commit.user.clone()).or_default();
        if stored.version != commit.state.version {
            return Err(error("somebody else has written the state"));
        }
        *stored = commit.state;
        stored.version += 1;
        for ((day, segment), row) in commit.rows {
            assert!(!row.is_empty());
            self.rows.entry((segment, day)).or_default().add(&row);
        }
        for (cohort, row) in commit.cohorts {
            assert!(!row.is_empty());
            self.cohorts.entry(cohort).or_default().add(&row);
        }
        let pages = commit.ledger.into_iter();
        self.ledger
            .extend(pages.map(|(page, ids)| ((commit.user.clone(), page), ids)));
        Ok(())
    }

    fn pages(&self, wanted: &[(UserKey, LedgerPage)]) -> Pages {
        let kept = wanted
            .iter()
            .filter_map(|page| self.ledger.get_key_value(page));
        kept.map(|(page, ids)| (page.clone(), ids.clone()))
            .collect()
    }

    fn enqueue(&mut self, message: &Message) {
        let told = match &message.body {
            Body::Events(events) => {
                let ids = events.iter().map(|event| number(event.item.id));
                ids.map(|number| format!(" #{number}")).collect()
            }
            Body::Endpoint(update) => format!(" {}", update.item.change.channel().name()),
        };
        self.journal
            .push(format!("enqueue {}:{told}", names(message)));
        self.enqueued.push(message.clone());
    }

    /// The analytics events that were enqueued, in order.
    pub fn analytics(&self) -> impl Iterator<Item = &AnalyticsEvent> {
        let events = self
            .enqueued
            .iter()
            .flat_map(|message| match &message.body {
                Body::Events(events) => events.as_slice(),
                Body::Endpoint(_) => &[],
            });
        events.map(|event| &event.item)
    }

    /// The updates of contact endpoints that were enqueued, in order.
    pub fn contacts(&self) -> impl Iterator<Item = &ContactUpdate> {
        self.enqueued
            .iter()
            .filter_map(|message| match &message.body {
                Body::Endpoint(update) => Some(&update.item),
                Body::Events(_) => None,
            })
    }

    fn due(&self, moment: DateTime<Utc>) -> Vec<(UserKey, OpenAttempt)> {
        let all = self.states.iter().flat_map(|(user, state)| {
            let attempts = state.state.attempts.iter();
            attempts.map(|attempt| (user.clone(), attempt.clone()))
        });
        let mut due: Vec<_> = all
            .filter(|(_, attempt)| attempt.closes() < moment)
            .collect();
        due.sort_by_key(|(_, attempt)| (attempt.closes(), attempt.id));
        due
    }

    /// The whole project's days with anything in them, in words: sign-ups, sign-ins, failures, new
    /// users, users.
    pub fn counts(&self) -> Vec<String> {
        let whole = self
            .rows
            .iter()
            .filter(|((segment, _), _)| *segment == Segment::Whole);
        let days = whole.map(|((_, day), row)| {
            let number = day.days_since(day_of(epoch()));
            let new = row
                .recency()
                .find(|(recency, _)| *recency == Recency::NEVER);
            let new = new.map_or(0, |(_, users)| users);
            let users: i64 = row.recency().map(|(_, users)| users).sum();
            let [ups, ins, fails] = Counter::ALL.map(|counter| row.counted(counter));
            format!("day {number}: {ups} up, {ins} in, {fails} fail, {new} new of {users}")
        });
        days.collect()
    }
}
