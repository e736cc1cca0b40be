//! Authentications that begin, and how they end.

use super::*;
use crate::analytics_event::AnalyticsEventType;
use crate::metadata::AppMetadata;

#[test]
fn a_failure_is_no_activity() {
    check(
        &[started(seconds(0)), expired(seconds(240), 1)],
        &[
            "#1 auth_fail app-a 0s on own: u",
            "day 0, all unknown: 1 failure",
            "own device: as told",
        ],
    );
}

#[test]
fn a_failure_is_of_the_attempts_own_day() {
    let opened = days(1) - seconds(1);
    check(
        &[started(opened), expired(days(1) + seconds(240), 1)],
        &[
            "#1 auth_fail app-a 86399s on own: u",
            "day 0, all unknown: 1 failure",
            "own device: as told",
        ],
    );
}

/// All that a sign-in of a user tells who did nothing before on day 0.
const SIGNED_IN: [&str; 3] = [
    "day 0, all unknown: 1 sign-in, 1 user after never",
    "active: all unknown on 0",
    "own device: as told",
];

#[test]
fn a_sign_in_closes_an_attempt_within_its_window_and_at_its_very_end() {
    let short = AttemptWindow::from_seconds(10).unwrap();
    for (attempt, signed_in_at, open) in [
        (started(seconds(0)), seconds(0), None),
        (started(seconds(0)), seconds(1), None),
        (started(seconds(0)), seconds(210), None),
        (
            started(seconds(0)),
            TimeDelta::milliseconds(210_001),
            Some("open: #1 app-a 0s for 210s"),
        ),
        (
            started(seconds(1)),
            TimeDelta::milliseconds(999),
            Some("open: #1 app-a 1s for 210s"),
        ),
        (started_for(seconds(0), short), seconds(10), None),
        (
            started_for(seconds(0), short),
            seconds(11),
            Some("open: #1 app-a 0s for 10s"),
        ),
    ] {
        let sign_in = format!("#2 sign_in app-a {} on own: u", offset(signed_in_at));
        let [row, active, device] = SIGNED_IN;
        let expected = [Some(sign_in.as_str()), Some(row), Some(active), open];
        let expected: Vec<&str> = expected.into_iter().flatten().chain([device]).collect();
        check(&[attempt, signed_in(signed_in_at)], &expected);
    }
}

#[test]
fn a_sign_in_through_another_client_closes_nothing() {
    let [row, active, device] = SIGNED_IN;
    check(
        &[started(seconds(0)), signed_in(seconds(1)).through("app-b")],
        &[
            "#2 sign_in app-b 1s on own: u",
            row,
            active,
            "open: #1 app-a 0s for 210s",
            device,
        ],
    );
    check(
        &[started(seconds(0)).through_none(), signed_in(seconds(1))],
        &[
            "#2 sign_in app-a 1s on own: u",
            row,
            active,
            "open: #1 no client 0s for 210s",
            device,
        ],
    );
    check(
        &[
            started(seconds(0)).through_none(),
            signed_in(seconds(1)).through_none(),
        ],
        &["#2 sign_in no client 1s on own: u", row, active, device],
    );
}

/// Cognito issues the token before post-authentication, and a challenge takes its time.
#[test]
fn a_second_factor_within_the_window_closes_the_attempt() {
    let [row, active, device] = SIGNED_IN;
    check(
        &[
            started(seconds(0)),
            token_issued(seconds(179)),
            signed_in(seconds(180)),
            expired(seconds(240), 1),
        ],
        &[
            "#4 repeated",
            "#3 sign_in app-a 180s on own: u",
            row,
            active,
            device,
        ],
    );
}

#[test]
fn of_two_attempts_one_sign_in_closes_the_newer_and_the_older_fails() {
    check(
        &[
            started(seconds(0)),
            started(seconds(20)),
            signed_in(seconds(30)),
            expired(seconds(240), 1),
            expired(seconds(240), 2),
        ],
        &[
            "#5 repeated",
            "#3 sign_in app-a 30s on own: u",
            "#1 auth_fail app-a 0s on own",
            "day 0, all unknown: 1 sign-in, 1 failure, 1 user after never",
            "active: all unknown on 0",
            "own device: as told",
        ],
    );
}

#[test]
fn the_newest_attempt_is_the_newest_by_its_own_time_and_then_by_the_log() {
    let [row, active, device] = SIGNED_IN;
    for (first, second, open) in [
        (20, 0, "open: #2 app-a 0s for 210s"),
        (20, 20, "open: #1 app-a 20s for 210s"),
    ] {
        check(
            &[
                started(seconds(first)),
                started(seconds(second)),
                signed_in(seconds(30)),
            ],
            &["#3 sign_in app-a 30s on own: u", row, active, open, device],
        );
    }
}

#[test]
fn two_sign_ins_close_two_attempts() {
    check(
        &[
            started(seconds(0)),
            started(seconds(20)),
            signed_in(seconds(30)),
            signed_in(seconds(31)),
        ],
        &[
            "#3 sign_in app-a 30s on own: u",
            "#4 sign_in app-a 31s on own",
            "day 0, all unknown: 2 sign-ins, 1 user after never",
            "active: all unknown on 0",
            "own device: as told",
        ],
    );
}

#[test]
fn a_sign_in_that_comes_after_its_attempt_expired_is_still_a_sign_in() {
    for signed_in_at in [200, 400] {
        let sign_in = format!("#3 sign_in app-a {signed_in_at}s on own");
        check(
            &[
                started(seconds(0)),
                expired(seconds(240), 1),
                signed_in(seconds(signed_in_at)),
            ],
            &[
                "#1 auth_fail app-a 0s on own: u",
                &sign_in,
                "day 0, all unknown: 1 sign-in, 1 failure, 1 user after never",
                "active: all unknown on 0",
                "own device: as told",
            ],
        );
    }
}

#[test]
fn an_expiry_that_is_given_twice_or_of_nothing_fails_nothing_more() {
    check(
        &[
            started(seconds(0)),
            expired(seconds(240), 1),
            expired(seconds(300), 1),
            expired(seconds(300), 9),
        ],
        &[
            "#3 repeated",
            "#4 repeated",
            "#1 auth_fail app-a 0s on own: u",
            "day 0, all unknown: 1 failure",
            "own device: as told",
        ],
    );
}

#[test]
fn the_attempts_metadata_serves_the_sign_in_and_what_the_sign_in_brings_wins() {
    let from_attempt = [
        ("platform", "iOS"),
        ("locale", "de_DE"),
        ("analytics:plan", "free"),
        ("analytics:from", "mail"),
    ];
    let from_sign_in = [("platform", "Android"), ("analytics:plan", "pro")];
    check(
        &[
            started(seconds(0)).saying(&from_attempt),
            signed_in(seconds(1)).saying(&from_sign_in),
        ],
        &[
            "#2 sign_in app-a 1s on own: u, Android, de_DE {from=mail, plan=pro}",
            "day 0, whole, platform Android, appVersion unknown, locale de_DE: \
             1 sign-in, 1 user after never",
            "active: whole, platform Android, appVersion unknown, locale de_DE on 0",
            "own device: as told",
        ],
    );
}

#[test]
fn an_attempt_that_fails_is_told_and_counted_with_its_own_metadata() {
    check(
        &[
            started(seconds(0)).saying(&[("platform", "iOS"), ("analytics:plan", "free")]),
            expired(seconds(240), 1),
        ],
        &[
            "#1 auth_fail app-a 0s on own: u, iOS {plan=free}",
            "day 0, whole, platform iOS, appVersion unknown, locale unknown: 1 failure",
            "own device: as told",
        ],
    );
}

/// An attempt with this much text, whatever may be taken in: an older version may have taken more.
fn weighing(at: TimeDelta, bytes: usize) -> AuthEvent {
    let attributes = [("x".to_owned(), "x".repeat(bytes - 1))].into();
    AuthEvent {
        metadata: AppMetadata {
            attributes,
            ..AppMetadata::default()
        },
        ..started(at)
    }
}

/// An attempt with 20 KiB of text.
fn heavy(at: TimeDelta) -> AuthEvent {
    weighing(at, 20 * 1_024)
}

/// What fails, in order, and what is still open, when these attempts are made.
fn failed_and_open(events: &[AuthEvent]) -> (Vec<u8>, Vec<u8>) {
    let told = Told::of(events);
    let failed = told.effects.analytics.iter();
    let failed = failed.map(|event| {
        assert_eq!(event.event_type, AnalyticsEventType::AuthFail);
        number(event.id)
    });
    let open = told.state.attempts.iter().map(|attempt| number(attempt.id));
    (failed.collect(), open.collect())
}

#[test]
fn attempts_of_more_than_64_kib_end_from_the_oldest_on() {
    let attempts: Vec<AuthEvent> = (0..5).map(|number| heavy(seconds(number))).collect();
    assert_eq!(
        failed_and_open(&attempts[..3]),
        (vec![], vec![1, 2, 3]),
        "60 KiB and what they weigh themselves"
    );
    assert_eq!(
        failed_and_open(&attempts),
        (vec![1, 2], vec![3, 4, 5]),
        "the oldest two make room"
    );
}

/// An attempt with more text than can be held at all.
fn heaviest(at: TimeDelta) -> AuthEvent {
    weighing(at, 290 * 1_024)
}

/// One event's changes must fit one transaction, so not all of the old ones make room for it.
#[test]
fn an_attempt_for_which_the_oldest_makes_too_little_room_fails_itself() {
    let light = |number| started(seconds(number)).saying(&[("platform", "iOS")]);
    let mut attempts: Vec<AuthEvent> = (1..=100).map(light).collect();
    attempts.push(heaviest(seconds(101)));
    let (failed, open) = failed_and_open(&attempts);
    assert_eq!((failed, open.len()), (vec![1, 101], 99));
    assert_eq!(failed_and_open(&[heaviest(seconds(0))]), (vec![1], vec![]));
}

#[test]
fn daily_rows_tell_attempts_that_failed_before_their_time() {
    let told = Told::of(&[
        heavy(seconds(0)),
        heavy(seconds(1)),
        heavy(seconds(2)),
        heavy(days(1)),
    ]);
    let rows = told
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("day "));
    assert_eq!(rows.collect::<Vec<_>>(), ["day 0, all unknown: 1 failure"]);
}
