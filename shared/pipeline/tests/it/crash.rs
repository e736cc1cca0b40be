//! Whatever fails, whoever crashes, and wherever: records are retried from the lowest failed one
//! on, as an event source mapping does that was told of batch item failures, and in the end all is as
//! if nothing had happened.

use std::collections::{BTreeMap, BTreeSet};

use domain::analytics_event::AnalyticsEvent;
use domain::auth_event::AuthEvent;
use domain::endpoint::ContactChange;
use domain::ids::{EndpointId, EventId};
use domain::user_state::UserState;
use pipeline::expire::expire;
use pipeline::publish::{LogRecord, Verdict};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::events::*;
use crate::world::{Fate, Rows, World};

const USERS: [&str; 4] = ["a", "b", "c", "d"];

/// What happens in a trace, and to whom; when is for the trace to say.
#[derive(Clone, Debug)]
enum Step {
    Started,
    SignedIn,
    SignedInSharing(&'static str),
    SignedUp,
    TokenIssued,
    NotFound,
    /// The expiry of one of the attempts before.
    Expired(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Started),
        4 => Just(Step::SignedIn),
        1 => select(vec!["ada@example.test", "ada@new.test"]).prop_map(Step::SignedInSharing),
        1 => Just(Step::SignedUp),
        2 => Just(Step::TokenIssued),
        1 => Just(Step::NotFound),
        3 => any::<Index>().prop_map(Step::Expired),
    ]
}

fn said() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    select(vec![
        vec![],
        vec![("platform", "iOS"), ("locale", "de_DE")],
        vec![("platform", "Android"), ("analyticsEndpointId", "device-1")],
        vec![("appVersion", "2.0"), ("analytics:plan", "pro")],
    ])
}

/// A log: events of a few users, some minutes apart, some of them days early or late.
pub fn log() -> impl Strategy<Value = Vec<LogRecord>> {
    let late = prop_oneof![6 => Just(0i64), 1 => -100i64..0];
    let entry = (step(), select(USERS.to_vec()), said(), 0i64..120, late);
    prop::collection::vec(entry, 1..60).prop_map(|entries| {
        let mut clock = days(120);
        let mut log: Vec<AuthEvent> = Vec::new();
        for (step, user, said, gap, late) in entries {
            clock += seconds(gap);
            if let Some(event) = event_of(&step, user, clock + days(late), &log) {
                log.push(saying(event, &said));
            }
        }
        records(log)
    })
}

fn event_of(
    step: &Step,
    user: &str,
    at: chrono::TimeDelta,
    log: &[AuthEvent],
) -> Option<AuthEvent> {
    Some(match step {
        Step::Started => started(user, at),
        Step::SignedIn => signed_in(user, at),
        Step::SignedInSharing(email) => signed_in_sharing(user, at, email),
        Step::SignedUp => signed_up(user, at),
        Step::TokenIssued => token_issued(user, at),
        Step::NotFound => user_not_found(at),
        Step::Expired(_) if log.is_empty() => return None,
        Step::Expired(index) => {
            let index = index.index(log.len());
            let number = u8::try_from(index + 1).unwrap();
            expired(log[index].user.sub()?.as_str(), at, number)
        }
    })
}

pub fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        12 => Just(Fate::Done),
        1 => Just(Fate::Fails),
        1 => Just(Fate::FailsWhenDone),
        1 => Just(Fate::Crashes),
        1 => Just(Fate::CrashesWhenDone),
    ];
    prop::collection::vec(fate, 0..200)
}

/// A world that has these fates in store for the calls to come, and then none but good ones.
pub fn world_with(fates: Vec<Fate>) -> World {
    let mut fates = fates.into_iter();
    World::planned(move |_| fates.next().unwrap_or(Fate::Done))
}

/// The function behind the log's stream.
pub struct Publisher<'a> {
    world: &'a World,
    batch_sizes: Box<dyn Iterator<Item = usize> + 'a>,
    /// How many records need not be retried.
    done: usize,
    /// How often each record came to its end.
    ends: BTreeMap<String, u32>,
}

impl<'a> Publisher<'a> {
    pub fn new(world: &'a World, batch_sizes: &'a [usize]) -> Self {
        Self {
            world,
            batch_sizes: Box::new(batch_sizes.iter().copied().cycle()),
            done: 0,
            ends: BTreeMap::new(),
        }
    }

    /// One invocation.
    pub async fn invoke(&mut self, log: &[LogRecord]) {
        let size = self.batch_sizes.next().unwrap();
        let batch = &log[self.done..log.len().min(self.done + size)];
        let publishing = self.world.publish(batch.to_vec());
        let Some(judged) = self.world.survive(publishing).await else {
            return;
        };
        let numbers = judged.iter().map(|judged| &judged.sequence_number);
        assert!(numbers.eq(batch.iter().map(|record| &record.position.sequence_number)));
        for judged in &judged {
            if matches!(judged.verdict, Verdict::Ended(_)) {
                *self.ends.entry(judged.sequence_number.clone()).or_default() += 1;
            }
        }
        let failed = judged
            .iter()
            .position(|judged| judged.verdict == Verdict::Failed);
        self.done += failed.unwrap_or(judged.len());
    }

    pub fn is_done(&self, log: &[LogRecord]) -> bool {
        self.done >= log.len()
    }

    async fn drain(&mut self, log: &[LogRecord]) {
        while !self.is_done(log) {
            self.invoke(log).await;
        }
    }
}

/// All that is left when the log has been published.
#[derive(PartialEq, Debug)]
struct Left {
    rows: Rows,
    /// The states, but for how far they have come: a record that changes nothing need not move it.
    states: BTreeMap<String, UserState>,
    /// The analytics events by id.
    analytics: BTreeMap<EventId, AnalyticsEvent>,
    /// What was told last of each contact endpoint.
    contacts: BTreeMap<EndpointId, ContactChange>,
}

impl Left {
    /// # Panics
    ///
    /// If an event was enqueued as two different ones.
    fn in_world(world: &World) -> Self {
        world.look(|memory| {
            let mut left = Self {
                rows: memory.rows.clone(),
                states: BTreeMap::new(),
                analytics: BTreeMap::new(),
                contacts: BTreeMap::new(),
            };
            for (user, versioned) in &memory.states {
                let mut state = versioned.state.clone();
                state.position = None;
                left.states.insert(user_name(user).to_owned(), state);
            }
            for event in memory.analytics() {
                let before = left.analytics.insert(event.id, event.clone());
                assert!(before.is_none_or(|before| before == *event));
            }
            for update in memory.contacts() {
                left.contacts
                    .insert(update.endpoint.clone(), update.change.clone());
            }
            left
        })
    }
}

pub fn block_on<T>(doing: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(doing)
}

fn published(world: &World, log: &[LogRecord], batch_sizes: &[usize]) -> Left {
    let mut publisher = Publisher::new(world, batch_sizes);
    block_on(publisher.drain(log));
    assert!(publisher.ends.values().all(|ends| *ends == 1));
    Left::in_world(world)
}

/// What the triggers and the schedule do, and how often publish is invoked in between.
#[derive(Clone, Debug)]
struct Turn {
    captured: (Step, &'static str, Vec<(&'static str, &'static str)>),
    gap_seconds: i64,
    invocations: usize,
    expires: bool,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let captured = (step(), select(USERS.to_vec()), said());
    let turn = (captured, 0i64..400, 0usize..3, any::<bool>());
    let turn = turn.prop_map(|(captured, gap_seconds, invocations, expires)| Turn {
        captured,
        gap_seconds,
        invocations,
        expires,
    });
    prop::collection::vec(turn, 1..40)
}

/// The log of a world in which attempts expire, in the order in which events came to it.
struct Running<'a> {
    world: &'a World,
    publisher: Publisher<'a>,
    log: Vec<LogRecord>,
    /// How many of the expiries in the world's log are in this one.
    expired: usize,
}

impl Running<'_> {
    async fn run(&mut self, turns: &[Turn]) {
        let mut now = days(0);
        for (turn, number) in turns.iter().zip(1..) {
            now += seconds(turn.gap_seconds);
            let (step, user, said) = &turn.captured;
            if let Some(event) = event_of(step, user, now, &[]) {
                let event = AuthEvent {
                    id: event_id(number),
                    ..event
                };
                self.append(saying(event, said));
            }
            for _ in 0..turn.invocations.min(self.log.len() - self.publisher.done) {
                self.publisher.invoke(&self.log).await;
            }
            if turn.expires {
                self.expire(now).await;
            }
        }
        self.publisher.drain(&self.log).await;
        self.world.calm_down();
        self.expire(now + days(1)).await;
        self.publisher.drain(&self.log).await;
    }

    fn append(&mut self, event: AuthEvent) {
        let position = position(self.log.len() + 1);
        self.log.push(LogRecord { position, event });
    }

    async fn expire(&mut self, now: chrono::TimeDelta) {
        let expiring = expire(epoch() + now, self.world, self.world, || true);
        let _ = self.world.survive(expiring).await;
        let expiries = self
            .world
            .look(|memory| memory.log[self.expired..].to_vec());
        self.expired += expiries.len();
        expiries.into_iter().for_each(|event| self.append(event));
    }
}

/// The rows, and which analytics events there were, when all is over.
fn ran(world: &World, turns: &[Turn], batch_sizes: &[usize]) -> (Rows, BTreeSet<EventId>) {
    let mut running = Running {
        world,
        publisher: Publisher::new(world, batch_sizes),
        log: Vec::new(),
        expired: 0,
    };
    block_on(running.run(turns));
    let left = Left::in_world(world);
    let open = left
        .states
        .values()
        .map(|state| state.attempts.iter().len());
    assert_eq!(open.sum::<usize>(), 0);
    (left.rows, left.analytics.into_keys().collect())
}

proptest! {
    #[test]
    fn failures_and_crashes_of_publish_leave_no_trace(
        log in log(),
        fates in fates(),
        batch_sizes in prop::collection::vec(1usize..25, 1..8),
    ) {
        let calm = published(&World::calm(), &log, &[log.len()]);
        let troubled = published(&world_with(fates), &log, &batch_sizes);
        prop_assert_eq!(troubled, calm);
    }

    #[test]
    fn attempts_end_the_same_whenever_publish_and_expire_come_to_them(
        turns in turns(),
        fates in fates(),
        batch_sizes in prop::collection::vec(1usize..25, 1..8),
    ) {
        let calm = ran(&World::calm(), &turns, &[1_000]);
        let troubled = ran(&world_with(fates), &turns, &batch_sizes);
        prop_assert_eq!(troubled, calm);
    }
}
