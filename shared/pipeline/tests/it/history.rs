//! Seeds from a walk through the pool, imported history and captured events come to the same figures, in whatever order
//! and parts they come, whatever fails, and however often it is done again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey, Who};
use domain::contact::ContactDetails;
use domain::history::{HistoryEvent, HistoryId, HistoryKind};
use domain::metadata::Demographic;
use domain::user_state::UserState;
use pipeline::import::Import;
use pipeline::outcome::{Ignored, Outcome};
use pipeline::publish::{LogRecord, Verdict};
use proptest::prelude::*;
use proptest::sample::select;

use crate::crash::{block_on, fates, world_with};
use crate::events::*;
use crate::world::{Cohorts, Memory, Rows, World};

const USERS: [&str; 3] = ["a", "b", "c"];

/// Before and after the first captured event, at epoch.
#[derive(Clone, Debug)]
struct Story {
    /// The day on which Cognito made each user, before epoch; `None` of whom no walk finds.
    made: [Option<i64>; 3],
    history: Vec<HistoryEvent>,
    captured: Vec<AuthEvent>,
    /// In which order all of it comes, and in which parts.
    order: Vec<(u8, usize)>,
}

fn of_history(number: u8, (user, kind): (&UserKey, HistoryKind), at: TimeDelta) -> HistoryEvent {
    let id = HistoryId([number; 8]);
    HistoryEvent {
        id,
        user: user.clone(),
        without_list: None,
        time: epoch() - at,
        kind,
        demographic: Demographic {
            platform: Some("ios".into()),
            ..Demographic::default()
        },
    }
}

/// Whoever signed up first is the one that counts, so each user does it in one of the two parts at most.
fn history() -> impl Strategy<Value = Vec<HistoryEvent>> {
    let kind = select(vec![
        HistoryKind::SignIn,
        HistoryKind::SessionStart,
        HistoryKind::AuthFail,
    ]);
    let whom = prop_oneof![6 => select(USERS.to_vec()).prop_map(Some), 1 => Just(None)];
    let one = (whom, kind, 1i64..400 * 24);
    prop::collection::vec(one, 0..25).prop_map(|all| {
        let all = all.into_iter().zip(1u8..);
        let event = |((whom, kind, hours), number): ((Option<&str>, _, _), u8)| {
            let user = whom.map_or(nobody_of(number), user);
            of_history(number, (&user, kind), TimeDelta::hours(hours))
        };
        let sign_up = of_history(200, (&user("a"), HistoryKind::SignUp), days(123));
        all.map(event).chain([sign_up]).collect()
    })
}

fn nobody_of(number: u8) -> UserKey {
    UserKey {
        who: HistoryId([number; 8]).not_found(),
        ..user("")
    }
}

fn captured() -> impl Strategy<Value = Vec<AuthEvent>> {
    let what = (select(USERS.to_vec()), 0u8..3, 0i64..300 * 24);
    prop::collection::vec(what, 0..20).prop_map(|all| {
        let event = |(user, what, hours)| match what {
            0 => signed_in(user, TimeDelta::hours(hours)),
            1 => token_issued(user, TimeDelta::hours(hours)),
            _ => saying(
                signed_in(user, TimeDelta::hours(hours)),
                &[("platform", "iOS")],
            ),
        };
        let sign_up = signed_up("b", TimeDelta::hours(77));
        all.into_iter().map(event).chain([sign_up]).collect()
    })
}

fn story() -> impl Strategy<Value = Story> {
    let made = prop::array::uniform3(prop::option::weighted(0.7, 1i64..500));
    let order = prop::collection::vec((0u8..3, 1usize..12), 1..30);
    let all = (
        made,
        history().prop_shuffle(),
        captured().prop_shuffle(),
        order,
    );
    all.prop_map(|(made, history, captured, order)| Story {
        made,
        history,
        captured,
        order,
    })
}

impl Story {
    /// What a walk appends.
    fn seeds(&self) -> Vec<AuthEvent> {
        let made = USERS.iter().zip(self.made);
        let made = made.filter_map(|(user, made)| Some((user, made?)));
        made.map(|(user, made)| {
            let kind = AuthEventKind::UserListed {
                created: Some(epoch() - days(made)),
                contacts: ContactDetails::NotShared,
                anew: None,
            };
            event(user, days(350), kind)
        })
        .collect()
    }
}

/// The parts of a story, each with as much of it as has come.
struct Telling<'a> {
    world: &'a World,
    history: &'a [HistoryEvent],
    log: Vec<LogRecord>,
    /// Events that are not in the log yet: the captured ones, and the seeds.
    waiting: [Vec<AuthEvent>; 2],
}

impl Telling<'_> {
    async fn tell(&mut self, order: &[(u8, usize)]) {
        for (what, count) in order {
            match what {
                0 => {
                    let count = (*count).min(self.history.len());
                    let (now, later) = self.history.split_at(count);
                    self.history = later;
                    self.import(now).await;
                }
                1 => self.publish(0, *count).await,
                _ => self.publish(1, *count).await,
            }
        }
        self.publish(0, usize::MAX).await;
        self.publish(1, usize::MAX).await;
        self.import(self.history).await;
    }

    /// Imports these, again and again until it is done.
    async fn import(&self, events: &[HistoryEvent]) -> Vec<Outcome> {
        let config = config();
        loop {
            let import = Import {
                config: &config,
                states: self.world,
                before: None,
                now: now(),
            };
            let imported = self.world.survive(import.import(events)).await;
            if let Some(Ok(outcomes)) = imported {
                assert_eq!(outcomes.len(), events.len());
                return outcomes;
            }
        }
    }

    /// Appends so many, and publishes all that is in the log, from the lowest failed record on.
    async fn publish(&mut self, which: usize, count: usize) {
        let waiting = &mut self.waiting[which];
        let mut done = self.log.len();
        for event in waiting.drain(..count.min(waiting.len())) {
            let number = self.log.len() + 1;
            let event = AuthEvent {
                id: event_id(u8::try_from(number).unwrap()),
                ..event
            };
            let position = position(number);
            self.log.push(LogRecord { position, event });
        }
        while done < self.log.len() {
            let publishing = self.world.publish(self.log[done..].to_vec());
            let Some(judged) = self.world.survive(publishing).await else {
                continue;
            };
            let failed = judged.iter();
            let mut failed = failed.map(|judged| judged.verdict == Verdict::Failed);
            done += failed.position(|failed| failed).unwrap_or(judged.len());
        }
    }
}

/// All that is left: rows and cohorts that are something, and the states.
#[derive(PartialEq, Debug)]
struct Left(Rows, Cohorts, BTreeMap<UserKey, UserState>);

fn left(memory: &Memory) -> Left {
    let (mut rows, mut cohorts) = (memory.rows.clone(), memory.cohorts.clone());
    rows.retain(|_, row| !row.is_empty());
    cohorts.retain(|_, row| !row.is_empty());
    let states = memory.states.iter();
    let states = states.map(|(user, versioned)| {
        let mut state = versioned.state.clone();
        state.position = None;
        (user.clone(), state)
    });
    Left(rows, cohorts, states.collect())
}

fn told(world: &World, story: &Story, order: &[(u8, usize)]) -> Left {
    let mut telling = Telling {
        world,
        history: &story.history,
        log: Vec::new(),
        waiting: [story.captured.clone(), story.seeds()],
    };
    block_on(telling.tell(order));
    let repeated = block_on(telling.import(&story.history));
    let repeated = repeated.into_iter();
    let known = [
        Outcome::Ignored(Ignored::AlreadyImported),
        Outcome::Ignored(Ignored::AlreadyCaptured),
        Outcome::Ignored(Ignored::NoUser),
    ];
    assert!({ repeated }.all(|outcome| known.contains(&outcome)));
    world.look(left)
}

proptest! {
    #[test]
    fn seeds_history_and_events_come_to_the_same_in_any_order(story in story(), fates in fates()) {
        let calm = told(&World::calm(), &story, &[]);
        let troubled = told(&world_with(fates), &story, &story.order);
        prop_assert_eq!(troubled, calm);
    }
}

/// Imports each of these by itself, and gives the outcomes.
fn imported(world: &World, events: &[HistoryEvent]) -> Vec<&'static str> {
    let telling = Telling {
        world,
        history: &[],
        log: Vec::new(),
        waiting: [Vec::new(), Vec::new()],
    };
    let each = events.iter();
    let outcomes = each.flat_map(|event| block_on(telling.import(std::slice::from_ref(event))));
    outcomes.map(Outcome::name).collect()
}

#[test]
fn a_record_that_was_nobodys_counts_once_when_a_list_says_whose_it_is() {
    let nobodys = of_history(7, (&nobody_of(7), HistoryKind::SignIn), days(3));
    let listed = HistoryEvent {
        user: user("a"),
        without_list: Some(nobodys.user.clone()),
        ..nobodys.clone()
    };
    let once = "ignored:already_imported";
    for (events, expected) in [
        ([nobodys.clone(), listed.clone()], ["published", once]),
        ([listed.clone(), listed], ["published", once]),
        ([nobodys.clone(), nobodys], ["published", once]),
    ] {
        assert_eq!(imported(&World::calm(), &events), expected);
    }
}

#[test]
fn nobodys_users_are_no_users() {
    let world = World::calm();
    imported(
        &world,
        &[of_history(
            7,
            (&nobody_of(7), HistoryKind::SessionStart),
            days(3),
        )],
    );
    let users = world.look(|memory| memory.states.keys().cloned().collect::<Vec<_>>());
    assert!(
        users
            .iter()
            .all(|user| matches!(user.who, Who::NotFound(..)))
    );
    assert!(world.look(|memory| memory.cohorts.is_empty() && memory.rows.is_empty()));
}

#[test]
fn what_is_older_than_its_users_tombstone_is_not_imported() {
    let world = World::calm();
    world.change(|memory| memory.forgotten.insert(user("a"), epoch() - days(3)));
    let events = [("a", 4), ("a", 3), ("a", 2), ("b", 4)]
        .into_iter()
        .zip(1u8..);
    let events = events.map(|((name, before), number)| {
        of_history(number, (&user(name), HistoryKind::SignIn), days(before))
    });
    let outcomes = imported(&world, &events.collect::<Vec<_>>());
    let forgotten = "ignored:forgotten";
    assert_eq!(outcomes, [forgotten, forgotten, "published", "published"]);
    let ids = world.look(|memory| memory.ledger.values().map(BTreeSet::len).sum::<usize>());
    assert_eq!(ids, 2);
}
