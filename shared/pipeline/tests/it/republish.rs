//! What is republished is what was sent first: the same events, with the same ids.

use std::collections::BTreeMap;

use ::config::Config;
use chrono::{DateTime, TimeDelta, Utc};
use domain::analytics_event::AnalyticsEvent;
use domain::auth_event::{AuthEvent, AuthEventKind, TokenOccasion};
use domain::contact::ContactDetails;
use domain::day::Day;
use domain::ids::{ClientId, DestinationName, EventId, ProjectId};
use domain::time_zone::TimeZone;
use pipeline::expire::expire;
use pipeline::ports::{EventLog, LogPlace, PortError};
use pipeline::publish::LogRecord;
use pipeline::republish::{Kept, Next, NotThen, Plan, Republish, Walk, Wanted, enqueue};
use proptest::prelude::*;

use crate::crash::block_on;
use crate::events::*;
use crate::world::{Call, World};

fn wanted(days: (Day, Day)) -> Wanted {
    Wanted {
        project: ProjectId::new("0".repeat(32)),
        zone: TimeZone::UTC,
        days,
        destination: DestinationName::pinpoint(),
        kept: Kept::Always,
    }
}

/// From day 0 until after all.
fn all_days() -> (Day, Day) {
    (day_of(epoch()), day_of(epoch() + days(300)))
}

/// A republish from a world to itself, page by page, until it is over or something fails. Where it has come to.
async fn go_on(
    world: &World,
    (wanted, config): (&Wanted, &Config),
    place: Option<LogPlace>,
) -> Result<Vec<Plan>, Option<LogPlace>> {
    let by = Republish {
        wanted,
        config,
        log: world,
        states: world,
        now: now(),
    };
    let mut walk = Walk::from(place.clone());
    let (mut done, mut plans) = (place, Vec::new());
    loop {
        let plan: Result<Plan, PortError> = by.plan(&mut walk).await;
        let plan = plan.map_err(|_| done.clone())?;
        enqueue(&plan, world).await.map_err(|_| done.clone())?;
        plans.push(plan.clone());
        match plan.place {
            Next::After(after) => done = after,
            Next::End => return Ok(plans),
        }
    }
}

async fn republished(world: &World, wanted: &Wanted, config: &Config) -> Vec<Plan> {
    go_on(world, (wanted, config), None).await.unwrap()
}

/// The analytics events that are enqueued after these, by id; of a device, nothing.
fn sent_after(world: &World, before: usize) -> BTreeMap<EventId, AnalyticsEvent> {
    let events = world.look(|memory| memory.analytics().skip(before).cloned().collect::<Vec<_>>());
    let events = events.into_iter().map(|event| AnalyticsEvent {
        device: None,
        ..event
    });
    events.map(|event| (event.id, event)).collect()
}

/// Captures events as they come, publishes each at once, and lets attempts expire.
#[derive(Default)]
struct Live {
    world: Option<World>,
    records: Vec<LogRecord>,
    captured: u8,
    expired: usize,
}

impl Live {
    fn world(&mut self) -> &World {
        self.world.get_or_insert_with(World::calm)
    }

    async fn capture(&mut self, event: AuthEvent) {
        self.captured += 1;
        let event = AuthEvent {
            id: event_id(self.captured),
            ..event
        };
        self.world().append(&event).await.unwrap();
        self.publish(event).await;
    }

    async fn publish(&mut self, event: AuthEvent) {
        let position = position(self.records.len() + 1);
        let record = LogRecord { position, event };
        self.records.push(record.clone());
        self.world().publish(vec![record]).await;
    }

    async fn expire(&mut self, at: TimeDelta) {
        let world = self.world();
        expire(epoch() + at, world, world, || true).await.unwrap();
        let is_expiry = |it: &&AuthEvent| matches!(it.kind, AuthEventKind::AttemptExpired(_));
        let expiries = self.world().look(|memory| {
            let expiries = memory.log.iter().filter(is_expiry);
            expiries.cloned().collect::<Vec<_>>()
        });
        let new = expiries.into_iter().skip(self.expired);
        for event in new.collect::<Vec<_>>() {
            self.expired += 1;
            self.publish(event).await;
        }
    }

    async fn tell(steps: &[Step]) -> (World, TimeDelta) {
        let mut live = Self::default();
        let mut at = days(0);
        let (mut came, mut signed_up) = (Vec::new(), Vec::new());
        for step in steps {
            // The log does not say what came first in one moment.
            at += seconds(step.gap_seconds) + TimeDelta::milliseconds(1);
            let user = step.user;
            // Nobody is active before they sign up, if they do.
            let kind = match step.kind {
                2 if came.contains(&user) && !signed_up.contains(&user) => 1,
                kind => kind,
            };
            match event_of(kind, USERS[user], at) {
                None => live.expire(at).await,
                Some(event) => {
                    came.push(user);
                    signed_up.extend((kind == 2).then_some(user));
                    let device = format!("device-{}", step.device);
                    let said: &[(&str, &str)] = match step.device {
                        0..20 => &[("analyticsEndpointId", &device), ("platform", "iOS")],
                        20 => &[("locale", "de")],
                        _ => &[],
                    };
                    live.capture(saying(event, said)).await;
                }
            }
        }
        at += days(2);
        live.expire(at).await;
        live.world();
        (live.world.unwrap(), at)
    }
}

const USERS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
struct Step {
    user: usize,
    kind: u8,
    gap_seconds: i64,
    device: u8,
}

fn event_of(kind: u8, user: &str, at: TimeDelta) -> Option<AuthEvent> {
    Some(match kind {
        0 => started(user, at),
        1 => signed_in(user, at),
        2 => signed_up(user, at),
        3 => {
            let contacts = ContactDetails::NotShared;
            let token = AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts);
            event(user, at, token)
        }
        4 => user_not_found(at),
        5 => token_issued(user, at),
        _ => return None,
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let gap = prop_oneof![2 => 0i64..120, 1 => 100i64..400, 1 => 0i64..90_000];
    let kind = prop_oneof![3 => Just(0u8), 1 => 0u8..7];
    let step = (0usize..3, kind, gap, 0u8..22);
    let step = step.prop_map(|(user, kind, gap_seconds, device)| Step {
        user,
        kind,
        gap_seconds,
        device,
    });
    prop::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn republished_events_are_those_that_were_sent(
        steps in steps(),
        page in 1usize..20,
        (from, length) in (0u32..6, 0u32..6),
    ) {
        let (world, _) = block_on(Live::tell(&steps));
        let first = day_of(epoch()).plus(from);
        let span = (first, first.plus(length));
        let mut sent = sent_after(&world, 0);
        sent.retain(|_, event| (span.0..=span.1).contains(&day_of(event.time)));
        world.change(|memory| {
            memory.log_page = Some(page);
            // As the log forgets them.
            memory.log.retain(|event| day_of(event.time) >= first.minus(1));
        });
        let before = world.look(|memory| memory.analytics().count());
        let kept = world.look(|memory| (memory.rows.clone(), memory.states.clone()));
        let wanted = Wanted {
            kept: Kept::Days(402 - from),
            ..wanted(span)
        };
        block_on(republished(&world, &wanted, &config()));
        prop_assert_eq!(sent_after(&world, before), sent);
        prop_assert_eq!(world.look(|memory| memory.contacts().count()), 0);
        prop_assert_eq!(world.look(|memory| (memory.rows.clone(), memory.states.clone())), kept);
    }
}

/// The numbers of the events that are republished, of a log of these that nobody has published, with what else came of it.
async fn numbers(
    log: Vec<AuthEvent>,
    change: impl FnOnce(&mut crate::world::Memory),
    config: &Config,
) -> (Vec<i16>, Plan) {
    let world = World::calm();
    world.change(|memory| {
        memory.log = records(log)
            .into_iter()
            .map(|record| record.event)
            .collect();
        change(memory);
    });
    let [plan] = republished(&world, &wanted(all_days()), config)
        .await
        .try_into()
        .unwrap();
    let ids = world.look(|memory| {
        memory
            .analytics()
            .map(|it| number(it.id))
            .collect::<Vec<_>>()
    });
    (
        ids,
        Plan {
            messages: Vec::new(),
            ..plan
        },
    )
}

#[tokio::test]
async fn what_is_older_than_its_users_tombstone_is_dropped() {
    let log = vec![
        signed_in("a", seconds(10)),
        signed_in("a", seconds(20)),
        signed_in("a", seconds(30)),
        signed_in("b", seconds(10)),
        user_not_found(seconds(10)),
    ];
    let forget = |memory: &mut crate::world::Memory| {
        let at = epoch() + seconds(20);
        memory.forgotten.insert(user("a"), at);
    };
    let (mut ids, plan) = numbers(log, forget, &config()).await;
    ids.sort_unstable();
    assert_eq!(ids, [3, 4, 5]);
    let expected = Plan {
        read: 5,
        sent: BTreeMap::from([("_userauth.auth_fail", 1), ("_userauth.sign_in", 2)]),
        forgotten: 2,
        ..Plan::default()
    };
    assert_eq!(plan, expected);
}

#[tokio::test]
async fn events_whose_clients_do_not_name_the_destination_are_not_sent() {
    let json = r#"{
        "Destinations": {"archive": {"Type": "firehose", "DeliveryStreamName": "archive"}},
        "Clients": {
            "app": {"ApplicationId": "00000000000000000000000000000000", "Destinations": ["pinpoint", "archive"]},
            "web": {"ApplicationId": "00000000000000000000000000000000", "Destinations": ["archive"]}
        }
    }"#;
    let config = Config::from_json(json).unwrap();
    let of_web = AuthEvent {
        client: Some(ClientId::new("web")),
        ..signed_in("b", seconds(10))
    };
    let log = vec![signed_in("a", seconds(10)), of_web];
    let (ids, plan) = numbers(log, |_| {}, &config).await;
    assert_eq!(ids, [1]);
    let expected = Plan {
        read: 2,
        sent: BTreeMap::from([("_userauth.sign_in", 1)]),
        not_wanted: 1,
        ..Plan::default()
    };
    assert_eq!(plan, expected);
}

#[tokio::test]
async fn a_redriven_event_takes_its_place_by_when_it_was_redriven() {
    let log = || {
        vec![
            started("a", seconds(10)),
            signed_in("a", seconds(20)),
            expired("a", seconds(300), 1),
        ]
    };
    let (ids, _) = numbers(log(), |_| {}, &config()).await;
    assert_eq!(ids, [2], "the sign-in closes the attempt");
    let redrive = |memory: &mut crate::world::Memory| {
        let at = epoch() + seconds(400);
        memory.redriven.insert(event_id(2), at);
    };
    let (ids, _) = numbers(log(), redrive, &config()).await;
    assert_eq!(ids, [1, 2], "the attempt had expired by then");
}

#[tokio::test]
async fn what_fails_half_way_goes_on_from_there_and_sends_every_id() {
    let log: Vec<AuthEvent> = (0i64..12)
        .map(|number| signed_in(USERS[usize::try_from(number / 4).unwrap()], seconds(number)))
        .collect();
    for (page, failing, left) in [
        (1, Call::Enqueue("b".into()), 8),
        (3, Call::Enqueue("b".into()), 8),
        (4, Call::Enqueue("b c".into()), 8),
        (5, Call::Enqueue("c".into()), 4),
        (100, Call::Enqueue("a b c".into()), 12),
        (100, Call::ReadLog, 12),
        (100, Call::Forgotten, 12),
        (100, Call::Load, 12),
    ] {
        let world = World::failing(failing.clone());
        world.change(|memory| {
            memory.log = records(log.clone())
                .into_iter()
                .map(|it| it.event)
                .collect();
            memory.log_page = Some(page);
        });
        let (wanted, config) = (wanted(all_days()), config());
        let place = go_on(&world, (&wanted, &config), None).await;
        let place = place.expect_err("it fails");
        let sent = world.look(|memory| memory.analytics().count());
        assert_eq!(sent, 12 - left, "{page} {failing:?}");
        world.calm_down();
        let again = go_on(&world, (&wanted, &config), place).await.unwrap();
        let again: u64 = again.iter().map(Plan::events).sum();
        assert_eq!(again, u64::try_from(left).unwrap(), "{page} {failing:?}");
        let ids = world.look(|memory| {
            let mut ids: Vec<i16> = memory.analytics().map(|it| number(it.id)).collect();
            ids.sort_unstable();
            ids
        });
        assert_eq!(ids, (1..=12).collect::<Vec<i16>>(), "{page} {failing:?}");
    }
}

#[tokio::test]
async fn a_sign_up_is_the_first_unless_the_log_may_have_forgotten_one() {
    for (kept, expected) in [
        (Kept::Always, vec![1, 2]),
        (Kept::Days(401), vec![1, 2]),
        (Kept::Days(400), vec![1]),
    ] {
        let world = World::calm();
        let log = records([signed_in("a", seconds(10)), signed_up("a", days(1))]);
        world.publish(log.clone()).await;
        let before = world.look(|memory| memory.analytics().count());
        world.change(|memory| memory.log = log.into_iter().map(|it| it.event).collect());
        let wanted = Wanted {
            kept,
            ..wanted(all_days())
        };
        republished(&world, &wanted, &config()).await;
        let sent = sent_after(&world, before);
        let ids: Vec<i16> = sent.into_keys().map(number).collect();
        assert_eq!(ids, expected, "{kept:?}");
    }
}

#[tokio::test]
async fn an_unreadable_state_holds_nothing_back() {
    let world = World::calm();
    let mut memory_log = records([signed_in("a", seconds(10))]);
    world.publish(memory_log.clone()).await;
    world.spoil("a", None);
    world.change(|memory| memory.log.push(memory_log.remove(0).event));
    republished(&world, &wanted(all_days()), &config()).await;
    let ids = world.look(|memory| {
        memory
            .analytics()
            .map(|it| number(it.id))
            .collect::<Vec<_>>()
    });
    assert_eq!(ids, [1, 1]);
}

#[test]
fn days_that_cannot_be_republished_are_refused() {
    let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
    let json = |seconds: u32| {
        let json = format!(
            r#"{{"Default": {{"ApplicationId": "00000000000000000000000000000000", "AttemptWindowSeconds": {seconds}}}}}"#
        );
        Config::from_json(&json).unwrap()
    };
    let day = |text: &str| Day::parse(text).unwrap();
    let kept = Kept::Days(35);
    for ((from, to), now, zone, window, kept, expected) in [
        (
            ("2026-03-10", "2026-03-10"),
            "2026-03-10T00:00:00Z",
            "UTC",
            210,
            kept,
            "",
        ),
        (
            ("2026-03-10", "2026-03-09"),
            "2026-03-10T00:00:00Z",
            "UTC",
            210,
            kept,
            "the last day, 2026-03-09, is before the first, 2026-03-10",
        ),
        (
            ("2026-03-10", "2026-03-11"),
            "2026-03-10T23:00:00Z",
            "UTC",
            210,
            kept,
            "2026-03-11 has not begun: today is 2026-03-10 in the project's time zone; ask for days up to then",
        ),
        (
            ("2026-03-10", "2026-03-11"),
            "2026-03-10T23:00:00Z",
            "Europe/Berlin",
            210,
            kept,
            "",
        ),
        (
            ("2026-02-03", "2026-03-01"),
            "2026-03-10T12:00:00Z",
            "UTC",
            210,
            kept,
            "the event log keeps events for 35 days, and no longer has all of 2026-02-03; the first day that can be \
             republished is 2026-02-04",
        ),
        (
            ("2026-02-04", "2026-03-01"),
            "2026-03-10T12:00:00Z",
            "UTC",
            210,
            kept,
            "",
        ),
        (
            ("2026-02-04", "2026-03-01"),
            "2026-03-10T12:00:00Z",
            "UTC",
            86_400,
            kept,
            "the event log keeps events for 35 days, and no longer has all of 2026-02-04; the first day that can be \
             republished is 2026-02-05",
        ),
        (
            ("1999-01-01", "2026-03-01"),
            "2026-03-10T12:00:00Z",
            "UTC",
            210,
            Kept::Always,
            "",
        ),
    ] {
        let wanted = Wanted {
            zone: zone.parse().unwrap(),
            kept,
            ..wanted((day(from), day(to)))
        };
        let checked = wanted.check(&json(window), at(now));
        let said = checked.err().as_ref().map(NotThen::to_string);
        assert_eq!(said.unwrap_or_default(), expected, "{from} {to} {now}");
    }
}
