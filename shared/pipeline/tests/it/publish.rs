//! Publish: what is enqueued and committed for whom, in what order, and what each record's end is.

use ::config::Config;
use domain::analytics_event::AnalyticsEventType;
use domain::auth_event::AuthEvent;
use domain::counter::Counter;
use domain::dimension::{Dimension, Property};
use domain::ids::DestinationName;
use domain::segment::{MOST_VALUES, Segment, SegmentValue};
use pipeline::outcome::{NotPublished, Outcome};
use pipeline::publish::{Judged, LogRecord, Verdict, move_unpublishable};

use crate::events::*;
use crate::world::{Call, Fate, World};

/// Verdicts in words, in their order.
fn words(judged: &[Judged]) -> Vec<String> {
    let words = judged
        .iter()
        .map(|judged| format!("{} {}", judged.sequence_number, judged.verdict.name()));
    words.collect()
}

/// What became of the records, after what is unpublishable was moved. A record's JSON is its number here.
async fn published(world: &World, records: &[LogRecord]) -> Vec<String> {
    let judged = world.publish(records.to_vec()).await;
    let numbers: Vec<&str> = records
        .iter()
        .map(|record| record.position.sequence_number.as_str())
        .collect();
    let record = |number: &str| numbers.iter().copied().find(|other| *other == number);
    words(&move_unpublishable(judged, record, world).await)
}

async fn check(world: &World, events: Vec<AuthEvent>, verdicts: &[&str], counts: &[&str]) {
    assert_eq!(published(world, &records(events)).await, verdicts);
    world.look(|memory| assert_eq!(memory.counts(), counts));
}

/// Two sign-ins of each of three users, in turns.
fn three_users() -> Vec<LogRecord> {
    let order = ["c", "a", "b", "a", "c", "b"];
    records(order.into_iter().map(|name| signed_in(name, seconds(1))))
}

#[tokio::test]
async fn verdicts_are_in_the_order_of_the_records() {
    let judged = World::calm().publish(three_users()).await;
    let records = three_users();
    assert_eq!(judged.len(), records.len());
    for (judged, record) in judged.into_iter().zip(records) {
        let expected = Judged {
            sequence_number: record.position.sequence_number,
            event: record.event.id,
            project: record.event.user.project,
            time: record.event.time,
            verdict: Verdict::Ended(Outcome::Published),
            analytics: vec![AnalyticsEventType::SignIn],
        };
        assert_eq!(judged, expected);
    }
}

#[tokio::test]
async fn a_batch_is_loaded_once_and_enqueued_before_it_is_committed() {
    let world = World::calm();
    published(&world, &three_users()).await;
    world.look(|memory| {
        assert_eq!(
            memory.journal,
            [
                "load a b c",
                "enqueue a b c: #2 #4 #3 #6 #1 #5",
                "commit a",
                "commit b",
                "commit c",
            ]
        );
        assert_eq!(memory.counts(), ["day 0: 0 up, 6 in, 0 fail, 3 new of 3"]);
    });
}

/// The three users' second batch: two more sign-ins of each.
fn six_more() -> Vec<LogRecord> {
    let order = ["c", "a", "b", "a", "c", "b"];
    let events = order
        .into_iter()
        .zip(7u8..)
        .map(|(name, number)| LogRecord {
            position: position(usize::from(number)),
            event: AuthEvent {
                id: event_id(number),
                ..signed_in(name, seconds(1))
            },
        });
    events.collect()
}

const OTHERS_GO_ON: [&str; 4] = ["7 published", "8 published", "10 published", "11 published"];

/// The second batch's verdicts but for those of b, whose two records come to this.
fn with_bs(verdict: &str) -> Vec<String> {
    let mut all: Vec<String> = OTHERS_GO_ON.map(str::to_owned).into();
    all.insert(2, format!("9 {verdict}"));
    all.push(format!("12 {verdict}"));
    all
}

#[tokio::test]
async fn what_fails_for_a_reason_of_its_own_users_is_moved_whole_and_the_others_are_counted() {
    let spoilt = World::calm();
    published(&spoilt, &three_users()).await;
    spoilt.spoil("b", None);
    for (world, reason) in [
        (spoilt, NotPublished::StateUnreadable),
        (
            World::calm().with_large_state("b"),
            NotPublished::StateTooLarge,
        ),
        (World::calm().with_refused_state("b"), NotPublished::Refused),
    ] {
        assert_eq!(published(&world, &six_more()).await, with_bs(reason.name()));
        let moved = [(reason, "9".to_owned()), (reason, "12".to_owned())];
        world.look(|memory| assert_eq!(memory.moved, moved));
    }
}

#[tokio::test]
async fn what_an_unreadable_state_had_seen_is_not_moved() {
    for (position, expected) in [
        (
            Some(position(9)),
            ["9 repeated", "12 not_published:state_unreadable"],
        ),
        (Some(position(12)), ["9 repeated", "12 repeated"]),
        (
            None,
            [
                "9 not_published:state_unreadable",
                "12 not_published:state_unreadable",
            ],
        ),
    ] {
        let world = World::calm();
        published(&world, &three_users()).await;
        world.spoil("b", position);
        let verdicts = published(&world, &six_more()).await;
        assert_eq!([&verdicts[2], &verdicts[5]], expected);
    }
}

#[tokio::test]
async fn what_was_applied_before_is_not_moved_with_what_makes_the_state_too_large() {
    let world = World::calm();
    published(&world, &three_users()).await;
    let world = world.with_large_state("b");
    let batch = [three_users(), six_more()].concat();
    let verdicts = published(&world, &batch).await;
    let of_b = [2, 5, 8, 11].map(|place: usize| verdicts[place].as_str());
    let moved = ["9", "12"].map(|number| format!("{number} not_published:state_too_large"));
    assert_eq!(of_b, ["3 repeated", "6 repeated", &moved[0], &moved[1]]);
}

#[tokio::test]
async fn nothing_is_moved_that_lambda_gives_again_anyway() {
    let world = World::failing(Call::Commit("a".into())).with_large_state("b");
    assert_eq!(
        published(&world, &three_users()).await,
        [
            "1 published",
            "2 failed",
            "3 failed",
            "4 failed",
            "5 published",
            "6 failed"
        ]
    );
    world.look(|memory| assert_eq!(memory.moved, []));
    world.calm_down();
    let moved = NotPublished::StateTooLarge.name();
    assert_eq!(
        published(&world, &three_users()).await,
        [
            "1 repeated",
            "2 published",
            &format!("3 {moved}"),
            "4 published",
            "5 repeated",
            &format!("6 {moved}"),
        ]
    );
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_retried() {
    let world = World::failing(Call::Move).with_refused_state("b");
    let failed = [
        "1 published",
        "2 published",
        "3 failed",
        "4 published",
        "5 published",
        "6 failed",
    ];
    assert_eq!(published(&world, &three_users()).await, failed);
    world.look(|memory| assert_eq!(memory.moved, []));
}

#[tokio::test]
async fn what_was_moved_counts_once_when_it_comes_again_from_further_on() {
    let world = World::calm();
    world.spoil("b", None);
    published(&world, &three_users()).await;
    world.look(|memory| assert_eq!(memory.counts(), ["day 0: 0 up, 6 in, 0 fail, 3 new of 3"]));
    published(&world, &six_more()).await;
    world.mend();
    let redriven: Vec<LogRecord> = [9, 12]
        .into_iter()
        .zip(13..)
        .map(|(number, place)| LogRecord {
            position: position(place),
            event: AuthEvent {
                id: event_id(number),
                ..signed_in("b", seconds(1))
            },
        })
        .collect();
    for verdict in ["published", "repeated"] {
        let expected = [format!("13 {verdict}"), format!("14 {verdict}")];
        assert_eq!(published(&world, &redriven).await, expected);
        let all = "day 0: 0 up, 12 in, 0 fail, 3 new of 3";
        world.look(|memory| assert_eq!(memory.counts(), [all]));
    }
}

#[tokio::test]
async fn an_event_far_ahead_of_the_wall_clock_is_rejected_once_and_counted_nowhere() {
    let ahead = now() - epoch() + days(1);
    let world = World::calm();
    let log = records([
        saying(signed_in("a", ahead + seconds(1)), &[("platform", "iOS")]),
        started("a", ahead + seconds(1)),
        signed_in("a", ahead),
        expired("a", ahead + days(1), 2),
        signed_in("a", seconds(1)),
    ]);
    let verdicts = published(&world, &log).await;
    assert_eq!(
        verdicts,
        [
            "1 rejected:in_the_future",
            "2 rejected:in_the_future",
            "3 published",
            "4 applied",
            "5 published",
        ]
    );
    world.look(|memory| assert!(memory.known.is_empty()));
    assert_eq!(
        published(&world, &log).await[..2],
        ["1 repeated", "2 repeated"]
    );
}

/// Each of the user's sign-ins, with this address, is published by its own configuration, and enqueues so many updates.
async fn check_updates(world: &World, steps: &[(&Config, usize)]) {
    let events = (0..).map(|at| signed_in_sharing("a", seconds(at), "ada@example.test"));
    let records = records(events.take(steps.len()));
    for (record, (config, enqueued)) in records.into_iter().zip(steps) {
        let before = world.look(|memory| memory.contacts().count());
        world.publish_by(config, vec![record.clone()]).await;
        let after = world.look(|memory| memory.contacts().count());
        let number = record.position.sequence_number;
        assert_eq!(after - before, *enqueued, "{number}");
    }
}

#[tokio::test]
async fn an_address_that_goes_nowhere_is_sent_with_the_next_event_once_there_is_a_destination() {
    let nowhere = r#"{"Default": {"ApplicationId": "00000000000000000000000000000000"}}"#;
    let nowhere = Config::from_json(nowhere).unwrap();
    let to_pinpoint = config();
    let steps = [
        (&nowhere, 0),
        (&nowhere, 0),
        (&to_pinpoint, 1),
        (&to_pinpoint, 0),
    ];
    check_updates(&World::calm(), &steps).await;
}

#[tokio::test]
async fn an_address_that_was_refused_is_sent_with_the_next_event() {
    let world = World::calm();
    let event = |at| signed_in_sharing("a", seconds(at), "ada@example.test");
    let mut log = records([event(0)]);
    world.publish(log.clone()).await;
    let refusal = world.look(|memory| {
        let sent = memory.contacts().last().unwrap();
        sent.refusal(&user("a"), &DestinationName::pinpoint())
    });
    for (event, verdict, enqueued) in [
        (refusal.clone(), "applied", 1),
        (event(2), "published", 2),
        // What was refused is not what is there now.
        (
            signed_in_sharing("a", seconds(3), "ada@new.test"),
            "published",
            3,
        ),
        (refusal, "applied", 3),
        (
            signed_in_sharing("a", seconds(4), "ada@new.test"),
            "published",
            3,
        ),
    ] {
        let position = position(log.len() + 1);
        log.push(LogRecord { position, event });
        let number = log.len();
        assert_eq!(
            published(&world, &log[number - 1..]).await,
            [format!("{number} {verdict}")]
        );
        world.look(|memory| assert_eq!(memory.contacts().count(), enqueued, "{number}"));
    }
}

#[tokio::test]
async fn a_repeated_sign_up_is_ignored_whatever_batch_it_is_in() {
    let world = World::calm();
    let log = records([
        signed_up("a", seconds(1)),
        signed_up("a", seconds(2)),
        signed_up("b", seconds(3)),
        signed_up("a", seconds(4)),
    ]);
    for (batch, expected) in [
        (
            &log[..3],
            vec!["1 published", "2 ignored:already_signed_up", "3 published"],
        ),
        (
            &log[1..],
            vec!["2 repeated", "3 repeated", "4 ignored:already_signed_up"],
        ),
    ] {
        assert_eq!(published(&world, batch).await, expected);
    }
    world.look(|memory| assert_eq!(memory.counts(), ["day 0: 2 up, 0 in, 0 fail, 2 new of 2"]));
}

#[tokio::test]
async fn the_analytics_events_of_a_record_are_told_when_it_is_counted() {
    let world = World::calm();
    let log = records([
        signed_up("a", seconds(1)),
        started("a", seconds(2)),
        expired("a", seconds(300), 2),
        token_issued("a", seconds(4)),
        signed_in("a", seconds(5)),
        signed_up("a", seconds(6)),
    ]);
    let told = async || {
        let judged = world.publish(log.clone()).await;
        let analytics = judged.into_iter().map(|judged| judged.analytics);
        analytics.collect::<Vec<_>>()
    };
    let [up, fail, signed_in] = [
        AnalyticsEventType::SignUp,
        AnalyticsEventType::AuthFail,
        AnalyticsEventType::SignIn,
    ]
    .map(|of| vec![of]);
    assert_eq!(told().await, [up, vec![], fail, vec![], signed_in, vec![]]);
    assert_eq!(told().await, vec![vec![]; 6]);
}

#[tokio::test]
async fn an_empty_batch_asks_for_nothing() {
    let world = World::planned(|call| panic!("{call:?}"));
    assert_eq!(published(&world, &[]).await, [""; 0]);
}

#[tokio::test]
async fn every_kind_of_event_has_its_end() {
    check(
        &World::calm(),
        vec![
            signed_up("a", days(91)),
            token_issued("a", days(91)),
            signed_in("a", seconds(0)),
            started("b", seconds(0)),
            expired("b", seconds(240), 4),
            expired("b", seconds(300), 4),
            user_not_found(seconds(0)),
        ],
        &[
            "1 published",
            "2 published",
            "3 published",
            "4 published",
            "5 applied",
            "6 applied",
            "7 published",
        ],
        &[
            "day 0: 0 up, 1 in, 2 fail, 1 new of 1",
            "day 91: 1 up, 0 in, 0 fail, 0 new of 1",
        ],
    )
    .await;
}

#[tokio::test]
async fn values_of_events_that_count_are_kept_once_and_tell_segments_apart() {
    let ios = [("platform", "iOS"), ("locale", "de_DE")];
    let world = World::calm();
    let events = [
        saying(signed_in("a", seconds(0)), &ios),
        saying(signed_in("b", seconds(0)), &ios),
        saying(signed_in("b", seconds(0)), &[("platform", "Android")]),
    ];
    published(&world, &records(events)).await;
    world.look(|memory| {
        assert_eq!(memory.journal[1], "keep Android iOS de_DE");
        let segments = memory.rows.iter().map(|((segment, _), row)| {
            let users: i64 = row.recency().map(|(_, users)| users).sum();
            (format!("{segment:?}"), row.counted(Counter::SignIns), users)
        });
        let of =
            |dimension: &str, value: &str| format!("Of(Of({dimension}), SegmentValue({value:?}))");
        assert_eq!(
            segments.collect::<Vec<_>>(),
            [
                ("Whole".to_owned(), 3, 2),
                (of("Platform", "Android"), 1, 1),
                (of("Platform", "iOS"), 2, 2),
                (of("AppVersion", "unknown"), 3, 2),
                (of("Locale", "de_DE"), 2, 2),
                (of("Locale", "unknown"), 1, 1),
            ]
        );
    });
}

/// How many users each platform has.
fn platforms(world: &World) -> Vec<String> {
    world.look(|memory| {
        let rows = memory.rows.iter();
        let rows = rows.filter_map(|((segment, _), row)| match segment {
            Segment::Of(Dimension::Of(Property::Platform), value) => {
                let users: i64 = row.recency().map(|(_, users)| users).sum();
                Some(format!("{value}: {users}"))
            }
            Segment::Whole | Segment::Of(..) => None,
        });
        rows.collect()
    })
}

/// The places of a dimension, all but so many.
fn with_places_left(left: usize) -> World {
    let world = World::calm();
    world.fill(&Dimension::Of(Property::Platform), MOST_VALUES - left);
    world
}

#[tokio::test]
async fn values_take_their_places_in_the_order_of_the_log_when_their_events_count() {
    let on = |platform: &str, event: AuthEvent| saying(event, &[("platform", platform)]);
    let world = with_places_left(2);
    let first = on("taken by a", signed_up("a", seconds(0)));
    assert_eq!(published(&world, &records([first])).await, ["1 published"]);
    let events = [
        on("nobody counts", signed_up("a", seconds(1))),
        on("z", signed_in("z", seconds(1))),
        on("b", signed_in("b", seconds(1))),
        on("z", signed_in("a", seconds(1))),
    ];
    let later = events
        .into_iter()
        .zip(11u8..)
        .map(|(event, number)| LogRecord {
            position: position(usize::from(number)),
            event: AuthEvent {
                id: event_id(number),
                ..event
            },
        });
    published(&world, &later.collect::<Vec<_>>()).await;
    assert_eq!(platforms(&world), ["other: 1", "taken by a: 1", "z: 2"]);
}

#[tokio::test]
async fn values_that_somebody_else_has_added_meanwhile_come_first() {
    let world = with_places_left(1);
    world.overtake(Dimension::Of(Property::Platform), "theirs");
    let event = saying(signed_in("a", seconds(0)), &[("platform", "ours")]);
    assert_eq!(published(&world, &records([event])).await, ["1 published"]);
    assert_eq!(platforms(&world), ["other: 1"]);
    world.look(|memory| {
        let journal = ["load a", "overtaken", "load a", "enqueue a: #1", "commit a"];
        assert_eq!(memory.journal, journal);
    });
}

#[tokio::test]
async fn an_event_of_before_2014_is_rejected_and_takes_nothing_along() {
    let world = World::calm();
    let log = records([
        saying(signed_in("a", days(-365 * 13)), &[("platform", "iOS")]),
        signed_in("a", days(-365 * 12)),
    ]);
    assert_eq!(
        published(&world, &log).await,
        ["1 rejected:in_the_past", "2 published"]
    );
    world.look(|memory| {
        assert!(memory.known.is_empty());
        assert_eq!(memory.since, Some(epoch() + days(-365 * 12)));
    });
}

#[tokio::test]
async fn what_ends_an_attempt_is_counted_in_the_attempts_segments() {
    for (end, sign_ins, failures) in [
        (signed_in("a", seconds(60)), 1, 0),
        (expired("a", seconds(240), 1), 0, 1),
    ] {
        let world = World::calm();
        let begin = saying(started("a", seconds(0)), &[("platform", "iOS")]);
        for record in records([begin, end]) {
            published(&world, &[record]).await;
        }
        world.look(|memory| {
            let ios = Segment::Of(Dimension::Of(Property::Platform), SegmentValue::new("iOS"));
            let row = &memory.rows[&(ios, day_of(epoch()))];
            let counted = (
                row.counted(Counter::SignIns),
                row.counted(Counter::AuthFailures),
            );
            assert_eq!(counted, (sign_ins, failures));
        });
    }
}

const AFTER_THREE_USERS: &str = "day 0: 0 up, 6 in, 0 fail, 3 new of 3";
const WITHOUT_ONE_OF_THEM: &str = "day 0: 0 up, 4 in, 0 fail, 2 new of 2";

/// The three users' batch in a bad world, and then once more in a calm one.
async fn check_twice(world: World, verdicts: [&[&str]; 2], counts: [&[&str]; 2]) -> World {
    for (verdicts, counts) in verdicts.into_iter().zip(counts) {
        assert_eq!(published(&world, &three_users()).await, verdicts);
        world.look(|memory| assert_eq!(memory.counts(), counts));
        world.calm_down();
    }
    world
}

#[tokio::test]
async fn a_message_that_is_not_enqueued_fails_the_records_that_it_came_of_and_no_others() {
    for fate in [Fate::Fails, Fate::FailsWhenDone] {
        let world = World::planned(move |call| match call {
            Call::Enqueue(users) if users == "a" => fate,
            _ => Fate::Done,
        });
        let log = records([
            signed_in_sharing("a", seconds(0), "ada@example.test"),
            signed_in("b", seconds(1)),
            signed_in("a", seconds(2)),
        ]);
        assert_eq!(
            published(&world, &log).await,
            ["1 failed", "2 published", "3 failed"]
        );
        world.calm_down();
        assert_eq!(
            published(&world, &log).await,
            ["1 published", "2 repeated", "3 published"]
        );
        world.look(|memory| {
            assert_eq!(memory.counts(), ["day 0: 0 up, 3 in, 0 fail, 2 new of 2"]);
        });
    }
}

#[tokio::test]
async fn events_that_are_not_enqueued_fail_all_whose_they_are() {
    let all = |verdict: &'static str| (1..=6).map(move |number| format!("{number} {verdict}"));
    let world = World::failing(Call::Enqueue("a b c".to_owned()));
    let failed: Vec<String> = all("failed").collect();
    assert_eq!(published(&world, &three_users()).await, failed);
    world.calm_down();
    let done: Vec<String> = all("published").collect();
    assert_eq!(published(&world, &three_users()).await, done);
    world.look(|memory| assert_eq!(memory.counts(), [AFTER_THREE_USERS]));
}

#[tokio::test]
async fn a_state_that_is_not_committed_fails_that_users_records_and_no_others() {
    check_twice(
        World::failing(Call::Commit("c".into())),
        [
            &[
                "1 failed",
                "2 published",
                "3 published",
                "4 published",
                "5 failed",
                "6 published",
            ],
            &[
                "1 published",
                "2 repeated",
                "3 repeated",
                "4 repeated",
                "5 published",
                "6 repeated",
            ],
        ],
        [&[WITHOUT_ONE_OF_THEM], &[AFTER_THREE_USERS]],
    )
    .await;
}

#[tokio::test]
async fn a_commit_that_was_done_though_it_seemed_to_fail_counts_once() {
    let world = World::planned(|call| match call {
        Call::Commit(user) if user == "c" => Fate::FailsWhenDone,
        _ => Fate::Done,
    });
    check_twice(
        world,
        [
            &[
                "1 failed",
                "2 published",
                "3 published",
                "4 published",
                "5 failed",
                "6 published",
            ],
            &[
                "1 repeated",
                "2 repeated",
                "3 repeated",
                "4 repeated",
                "5 repeated",
                "6 repeated",
            ],
        ],
        [&[AFTER_THREE_USERS], &[AFTER_THREE_USERS]],
    )
    .await;
}

#[tokio::test]
async fn states_or_values_that_cannot_be_had_fail_everything() {
    let all_failed = [
        "1 failed", "2 failed", "3 failed", "4 failed", "5 failed", "6 failed",
    ];
    let all_published = [
        "1 published",
        "2 published",
        "3 published",
        "4 published",
        "5 published",
        "6 published",
    ];
    for call in [Call::Load, Call::Count] {
        let world = check_twice(
            World::failing(call),
            [&all_failed, &all_published],
            [&[], &[AFTER_THREE_USERS]],
        )
        .await;
        world.look(|memory| assert_eq!(memory.enqueued.len(), 1));
    }
}

#[tokio::test]
async fn a_batch_that_is_given_twice_is_enqueued_and_counted_once() {
    let all = |verdict: &str| -> Vec<String> {
        (1..=6)
            .map(|number| format!("{number} {verdict}"))
            .collect()
    };
    let world = World::calm();
    assert_eq!(published(&world, &three_users()).await, all("published"));
    let (rows, states) = world.look(|memory| (memory.rows.clone(), memory.states.clone()));
    assert_eq!(published(&world, &three_users()).await, all("repeated"));
    world.look(|memory| {
        assert_eq!((&memory.rows, &memory.states), (&rows, &states));
        assert_eq!(memory.analytics().count(), 6);
    });
}

#[tokio::test]
async fn a_record_that_is_twice_in_a_batch_counts_once() {
    let [record] = &records([signed_in("a", seconds(0))])[..] else {
        panic!("one event makes one record")
    };
    let world = World::calm();
    let batch = [record.clone(), record.clone()];
    assert_eq!(
        published(&world, &batch).await,
        ["1 published", "1 repeated"]
    );
    world.look(|memory| assert_eq!(memory.counts(), ["day 0: 0 up, 1 in, 0 fail, 1 new of 1"]));
}

#[tokio::test]
async fn what_was_enqueued_before_a_crash_is_enqueued_again_with_the_same_ids() {
    let world = World::planned(|call| match call {
        Call::Commit(_) => Fate::Crashes,
        _ => Fate::Done,
    });
    let events = [
        signed_in_sharing("a", seconds(0), "ada@example.test"),
        signed_in("a", seconds(1)),
    ];
    let records = records(events);
    let judged = world.survive(world.publish(records.clone())).await;
    assert_eq!(judged, None);
    world.look(|memory| assert_eq!(memory.counts(), [""; 0]));
    world.calm_down();
    assert_eq!(
        published(&world, &records).await,
        ["1 published", "2 published"]
    );
    world.look(|memory| {
        let (first, second) = memory.enqueued.split_at(memory.enqueued.len() / 2);
        assert_eq!(first, second);
        assert_eq!(
            (memory.analytics().count(), memory.contacts().count()),
            (4, 2)
        );
        assert_eq!(memory.counts(), ["day 0: 0 up, 2 in, 0 fail, 1 new of 1"]);
    });
}

/// Active on days 0 to 9 and on day 100, and then on all the days between, from the last to the
/// first: each moves the day after it.
fn a_hundred_and_one_days() -> Vec<LogRecord> {
    let days_in_order = (0..10).chain([100]).chain((10..100).rev());
    records(days_in_order.map(|day| signed_in("a", days(day))))
}

#[tokio::test]
async fn what_one_transaction_cannot_hold_is_committed_in_rounds() {
    let world = World::calm();
    let records = a_hundred_and_one_days();
    let verdicts = published(&world, &records).await;
    let expected: Vec<String> = (1..=101)
        .map(|number| format!("{number} published"))
        .collect();
    assert_eq!(verdicts, expected);
    world.look(|memory| {
        let commits = memory.journal.iter().filter(|line| *line == "commit a");
        assert_eq!(commits.count(), 6);
        let expected = (0..=100).map(|day| {
            let new = i32::from(day == 0);
            format!("day {day}: 0 up, 1 in, 0 fail, {new} new of 1")
        });
        assert_eq!(memory.counts(), expected.collect::<Vec<_>>());
    });
}

#[tokio::test]
async fn rounds_after_a_failed_one_fail_and_those_before_it_stand() {
    let mut commits = 0;
    let world = World::planned(move |call| match call {
        Call::Commit(user) if user == "a" => {
            commits += 1;
            if commits == 2 {
                Fate::Fails
            } else {
                Fate::Done
            }
        }
        _ => Fate::Done,
    });
    let mut batch = a_hundred_and_one_days();
    let mut other = signed_in("b", seconds(0));
    other.id = event_id(102);
    batch.push(LogRecord {
        position: position(102),
        event: other,
    });
    let verdicts = published(&world, &batch).await;
    let failed = verdicts
        .iter()
        .position(|verdict| verdict.ends_with("failed"))
        .unwrap();
    assert!(
        verdicts[..failed]
            .iter()
            .all(|verdict| verdict.ends_with("published"))
    );
    assert!(
        verdicts[failed..101]
            .iter()
            .all(|verdict| verdict.ends_with("failed"))
    );
    assert_eq!(verdicts[101], "102 published");
    let again = published(&world, &batch[failed..]).await;
    assert!(
        again[..101 - failed]
            .iter()
            .all(|verdict| verdict.ends_with("published"))
    );
    world.look(|memory| {
        assert_eq!(memory.counts().len(), 101);
        assert_eq!(memory.counts()[0], "day 0: 0 up, 2 in, 0 fail, 2 new of 2");
    });
}

/// An event of a user with years of history may change so much that nothing else fits its transaction.
#[tokio::test]
async fn a_record_applied_before_takes_no_version_from_the_next() {
    let world = World::calm();
    let years = records((0..250).map(|day| signed_in("a", days(day))));
    assert_eq!(published(&world, &years).await.len(), 250);
    world.make_active(
        "a",
        (0..1_500).map(|day| day_of(epoch() + days(day - 2_000))),
    );
    let repeated = years[249].clone();
    let begin = LogRecord {
        position: position(1_000),
        event: started("a", days(250)),
    };
    assert_eq!(
        published(&world, &[repeated, begin]).await,
        ["250 repeated", "1000 published"]
    );
}
