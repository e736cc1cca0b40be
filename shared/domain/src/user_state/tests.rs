//! What each kind of event makes of a state. A case is a trace of events and all that came of it, in
//! lines: which events were not simply counted, what was sent of endpoints and events,
//! the daily rows, and what is remembered.

mod counting;
mod notation;
mod properties;

use chrono::TimeDelta;
use notation::*;

use super::*;
use crate::auth_event::{AttemptWindow, Who};

use crate::ids::Sub;
use crate::recipients::{Addresses, Sends};

/// Folds the events, and compares everything that came of them.
fn check(events: &[AuthEvent], expected: &[&str]) {
    let lines = Told::of(events).lines();
    assert_eq!(lines, expected, "\n{}", lines.join("\n"));
}

fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

fn days(days: i64) -> TimeDelta {
    TimeDelta::days(days)
}

#[test]
fn an_authentication_that_begins_is_an_open_attempt_and_nothing_else() {
    check(&[started(seconds(5))], &["open: #1 app-a 5s for 210s"]);
}

#[test]
fn a_name_that_no_user_has_fails_at_once() {
    check(
        &[user_not_found(seconds(5))],
        &[
            "#1 auth_fail app-a 5s on anonymous of app-a",
            "day 0, all unknown: 1 failure",
        ],
    );
}

#[test]
fn a_sign_in_is_an_event_and_activity() {
    check(
        &[signed_in(seconds(5))],
        &[
            "#1 sign_in app-a 5s on own: u",
            "day 0, all unknown: 1 sign-in, 1 user after never",
            "active: all unknown on 0",
            "own device: as told",
        ],
    );
}

#[test]
fn a_confirmed_sign_up_is_an_event_and_activity() {
    check(
        &[signed_up(seconds(5))],
        &[
            "#1 sign_up app-a 5s on own: u",
            "day 0, all unknown: 1 sign-up, 1 user after never",
            "active: all unknown on 0",
            "own device: as told",
        ],
    );
}

#[test]
fn a_second_sign_up_of_a_user_is_nothing_at_all_whichever_comes_first() {
    check(
        &[
            signed_up(days(3)),
            signed_up(days(2)).sharing(Some(ADA), None),
            signed_up(days(4)).through("app-b"),
        ],
        &[
            "#2 already signed up",
            "#3 already signed up",
            "#1 sign_up app-a 3d on own: u",
            "day 3, all unknown: 1 sign-up, 1 user after never",
            "active: all unknown on 3",
            "own device: as told",
        ],
    );
}

#[test]
fn sign_ups_of_nobody_in_particular_are_not_one_users() {
    check(
        &[
            signed_up(seconds(1)).of_nobody(),
            signed_up(seconds(2)).of_nobody(),
        ],
        &[
            "#1 sign_up app-a 1s on anonymous of app-a",
            "#2 sign_up app-a 2s on anonymous of app-a",
            "day 0, all unknown: 2 sign-ups",
        ],
    );
}

#[test]
fn a_reset_password_is_neither_event_nor_activity_but_contacts_are_brought_into_step() {
    check(&[password_reset(seconds(5))], &[]);
    check(
        &[password_reset(seconds(5)).sharing(Some(ADA), None)],
        &[
            "email app-a 5s: ada@example.test",
            "as of: 5s",
            "email: as told, of app-a",
        ],
    );
}

#[test]
fn a_user_who_is_listed_has_done_nothing_but_contacts_are_brought_into_step() {
    check(&[listed(seconds(5))], &[]);
    check(
        &[listed(seconds(5)).sharing(Some(ADA), None)],
        &[
            "email app-a 5s: ada@example.test",
            "as of: 5s",
            "email: as told, of app-a",
        ],
    );
}

#[test]
fn what_events_would_tell_is_what_they_tell() {
    let before = [signed_in(seconds(1)).sharing(Some(ADA), Some(PHONE))];
    for events in [
        vec![listed(seconds(2)).sharing(Some(ADA), Some(PHONE))],
        vec![listed(seconds(2)).sharing(Some("ada@new.test"), None)],
        vec![listed(seconds(2))],
        vec![listed(seconds(0)).sharing(None, None)],
        vec![
            listed(seconds(2))
                .through("app-b")
                .sharing(Some(ADA), Some(PHONE)),
            listed(seconds(2)),
        ],
    ] {
        let would = Told::of(&before)
            .state
            .contact_updates(&events, &recipients());
        let all = Told::of(&[before.to_vec(), events].concat())
            .effects
            .contacts;
        assert_eq!(would, all[2..]);
    }
}

#[test]
fn all_endpoints_that_were_ever_told_of_are_known_and_no_others() {
    let app = [("analyticsEndpointId", "phone")];
    let (email, sms) = (
        OwnedKind::Contact(Channel::Email),
        OwnedKind::Contact(Channel::Sms),
    );
    for (events, known) in [
        (vec![token_issued(seconds(1))], vec![]),
        (vec![signed_in(seconds(1))], vec![OwnedKind::Device]),
        (
            vec![token_issued(seconds(1)).sharing(Some(ADA), None)],
            vec![email, sms],
        ),
        (
            vec![signed_in(seconds(1)).saying(&app)],
            vec![OwnedKind::AppDevice],
        ),
        (
            vec![
                signed_in(seconds(1))
                    .sharing(Some(ADA), Some(PHONE))
                    .saying(&app),
                signed_in(seconds(2)).sharing(None, None),
            ],
            vec![email, sms, OwnedKind::Device, OwnedKind::AppDevice],
        ),
    ] {
        let told = Told::of(&events);
        let endpoints = told.state.endpoints(&events[0].user);
        let contacts = told
            .effects
            .contacts
            .iter()
            .map(|(_, update)| &update.endpoint);
        let events = told.effects.analytics.iter().map(|event| &event.endpoint);
        for sent in contacts.chain(events) {
            assert!(endpoints.iter().any(|owned| owned.id == *sent), "{sent}");
        }
        let kinds: Vec<OwnedKind> = endpoints.iter().map(|owned| owned.kind).collect();
        assert_eq!(kinds, known);
    }
}

#[test]
fn a_token_is_activity_and_no_event() {
    check(
        &[token_issued(seconds(5))],
        &[
            "day 0, all unknown: 1 user after never",
            "active: all unknown on 0",
        ],
    );
}

#[test]
fn a_day_of_activity_counts_its_user_once_and_its_events_each() {
    check(
        &[
            signed_up(seconds(5)),
            token_issued(seconds(6)),
            signed_in(seconds(7)),
            signed_in(seconds(8)),
            token_issued(days(3)),
        ],
        &[
            "#1 sign_up app-a 5s on own: u",
            "#3 sign_in app-a 7s on own",
            "#4 sign_in app-a 8s on own",
            "day 0, all unknown: 1 sign-up, 2 sign-ins, 1 user after never",
            "day 3, all unknown: 1 user after 3",
            "active: all unknown on 0, 3",
            "own device: as told",
        ],
    );
}

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

/// Whoever fails may not be the user: no device of theirs becomes the user's, nor takes a place.
#[test]
fn a_failure_tells_nothing_of_an_endpoint_that_an_app_chose() {
    let said = [
        ("analyticsEndpointId", "somebodys-phone"),
        ("platform", "iOS"),
    ];
    let told = Told::of(&[started(seconds(0)).saying(&said), expired(seconds(240), 1)]);
    let [failure] = &told.effects.analytics[..] else {
        panic!("{:?}", told.effects.analytics)
    };
    assert_eq!(failure.endpoint.as_str(), "somebodys-phone");
    assert_eq!(failure.device, None);
    assert_eq!(told.state.devices, KnownDevices::default());
}

#[test]
fn nobody_in_particular_shares_one_endpoint_and_tells_nothing_of_it() {
    let said = [
        ("platform", "iOS"),
        ("analyticsEndpointId", "the-devices-own"),
    ];
    check(
        &[
            user_not_found(seconds(0)).saying(&said),
            user_not_found(seconds(1)),
        ],
        &[
            "#1 auth_fail app-a 0s on anonymous of app-a",
            "#2 auth_fail app-a 1s on anonymous of app-a",
            "day 0, whole, appVersion unknown, locale unknown: 2 failures",
            "day 0, platform iOS, platform unknown: 1 failure",
        ],
    );
}

#[test]
fn nobody_in_particular_is_never_active_and_has_no_contacts() {
    check(
        &[
            started(seconds(0)).of_nobody(),
            signed_in(seconds(1))
                .of_nobody()
                .sharing(Some(ADA), Some(PHONE)),
            signed_up(seconds(2)).of_nobody().sharing(Some(ADA), None),
            started(seconds(3)).of_nobody(),
            expired(seconds(240), 4).of_nobody(),
        ],
        &[
            "#2 sign_in app-a 1s on anonymous of app-a",
            "#3 sign_up app-a 2s on anonymous of app-a",
            "#4 auth_fail app-a 3s on anonymous of app-a",
            "day 0, all unknown: 1 sign-up, 1 sign-in, 1 failure",
        ],
    );
}

#[test]
fn what_is_years_late_is_counted_and_moves_the_day_that_it_precedes() {
    check(
        &[
            token_issued(days(800)),
            signed_in(seconds(1)),
            started(seconds(4)),
            expired(days(90), 3),
        ],
        &[
            "#2 sign_in app-a 1s on own: u",
            "#3 auth_fail app-a 4s on own",
            "day 0, all unknown: 1 sign-in, 1 failure, 1 user after never",
            "day 800, all unknown: 1 user after beyond",
            "active: all unknown on 0, 800",
            "own device: as told",
        ],
    );
}

#[test]
fn failures_of_someone_who_was_never_active_count_on_their_days() {
    check(
        &[user_not_found(days(200)), user_not_found(seconds(0))],
        &[
            "#1 auth_fail app-a 200d on anonymous of app-a",
            "#2 auth_fail app-a 0s on anonymous of app-a",
            "day 0, all unknown: 1 failure",
            "day 200, all unknown: 1 failure",
        ],
    );
}

#[test]
fn the_users_own_device_is_told_once_and_again_when_it_changes() {
    let ios = [("platform", "iOS"), ("platformVersion", "18.1")];
    let newer = [("platform", "iOS"), ("platformVersion", "18.2")];
    let told = Told::of(&[
        signed_in(seconds(1)),
        signed_in(seconds(2)),
        signed_in(seconds(3)).saying(&ios),
        signed_in(seconds(4)).saying(&ios),
        signed_in(seconds(5)),
        signed_in(seconds(6)).saying(&newer),
        signed_in(seconds(7)).saying(&ios),
    ]);
    assert_eq!(
        told.analytics(),
        [
            "#1 sign_in app-a 1s on own: u",
            "#2 sign_in app-a 2s on own",
            "#3 sign_in app-a 3s on own: u, iOS, 18.1",
            "#4 sign_in app-a 4s on own",
            "#5 sign_in app-a 5s on own",
            "#6 sign_in app-a 6s on own: u, iOS, 18.2",
            "#7 sign_in app-a 7s on own: u, iOS, 18.1",
        ]
    );
}

#[test]
fn an_apps_own_device_is_told_every_time() {
    let said = [("analyticsEndpointId", "Device-1"), ("platform", "iOS")];
    check(
        &[
            signed_in(seconds(1)).saying(&said),
            signed_in(seconds(2)).saying(&said),
        ],
        &[
            "#1 sign_in app-a 1s on device-1: u, iOS",
            "#2 sign_in app-a 2s on device-1: u, iOS",
            "day 0, whole, platform iOS, appVersion unknown, locale unknown: \
             2 sign-ins, 1 user after never",
            "active: whole, platform iOS, appVersion unknown, locale unknown on 0",
            "device: device-1",
        ],
    );
}

#[test]
fn an_id_that_no_endpoint_can_have_means_the_users_own_device() {
    let told = Told::of(&[signed_in(seconds(1)).saying(&[("analyticsEndpointId", "${id}")])]);
    assert_eq!(told.analytics(), ["#1 sign_in app-a 1s on own: u"]);
}

#[test]
fn twelve_devices_of_apps_are_known_and_all_further_ones_are_the_users_own() {
    let on = |at: i64, id: i64| {
        let id = format!("device-{id}");
        signed_in(seconds(at)).saying(&[("analyticsEndpointId", &id)])
    };
    let mut events: Vec<AuthEvent> = (1..=13).map(|number| on(number, number)).collect();
    events.push(on(14, 12));
    events.push(on(15, 14));
    let analytics = Told::of(&events).analytics();
    assert_eq!(
        analytics[11..],
        [
            "#12 sign_in app-a 12s on device-12: u",
            "#13 sign_in app-a 13s on own: u",
            "#14 sign_in app-a 14s on device-12: u",
            "#15 sign_in app-a 15s on own",
        ]
    );
}

/// What is sent of contact endpoints, and what is remembered of them.
fn check_contacts(events: &[AuthEvent], told: &[&str], remembered: &[&str]) {
    let result = Told::of(events);
    assert_eq!(result.contacts(), told);
    assert_eq!(result.remembered_contacts(), remembered);
}

#[test]
fn verified_addresses_are_told_once_by_whatever_event_brings_them() {
    let none = seconds(0);
    for first in [
        signed_in(none),
        signed_up(none),
        password_reset(none),
        token_issued(none),
    ] {
        check_contacts(
            &[
                first.sharing(Some(ADA), Some(PHONE)),
                signed_in(seconds(1)).sharing(Some(ADA), Some(PHONE)),
                token_issued(seconds(2)).sharing(Some(ADA), Some(PHONE)),
            ],
            &[
                "email app-a 0s: ada@example.test",
                "sms app-a 0s: +12065550100",
            ],
            &[
                "as of: 2s",
                "email: as told, of app-a",
                "sms: as told, of app-a",
            ],
        );
    }
}

#[test]
fn a_changed_address_is_told_of_the_same_endpoint() {
    let events = [
        signed_in(seconds(1)).sharing(Some(ADA), Some(PHONE)),
        signed_in(seconds(2)).sharing(Some("ada@new.test"), Some(PHONE)),
    ];
    check_contacts(
        &events,
        &[
            "email app-a 1s: ada@example.test",
            "sms app-a 1s: +12065550100",
            "email app-a 2s: ada@new.test",
        ],
        &[
            "as of: 2s",
            "email: as told, of app-a",
            "sms: as told, of app-a",
        ],
    );
    let ids: Vec<_> = Told::of(&events)
        .effects
        .contacts
        .into_iter()
        .map(|(_, update)| update.endpoint)
        .collect();
    assert_eq!(ids[0], ids[2]);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn an_address_no_longer_verified_is_retired_once_and_made_anew_when_it_is_again() {
    check_contacts(
        &[
            signed_in(seconds(1)).sharing(Some(ADA), Some(PHONE)),
            signed_in(seconds(2)).sharing(None, Some(PHONE)),
            signed_in(seconds(3)).sharing(None, None),
            signed_in(seconds(4)).sharing(None, None),
            signed_in(seconds(5)).sharing(Some(ADA), None),
        ],
        &[
            "email app-a 1s: ada@example.test",
            "sms app-a 1s: +12065550100",
            "email app-a 2s: retired",
            "sms app-a 3s: retired",
            "email app-a 5s: ada@example.test",
        ],
        &["as of: 5s", "email: as told, of app-a"],
    );
}

#[test]
fn a_user_without_verified_addresses_has_nothing_to_retire() {
    check_contacts(
        &[signed_in(seconds(1)).sharing(None, None)],
        &[],
        &["as of: 1s"],
    );
}

#[test]
fn a_client_that_stops_sharing_retires_what_it_alone_made() {
    check_contacts(
        &[
            signed_in(seconds(1)).sharing(Some(ADA), Some(PHONE)),
            signed_in(seconds(2)),
            signed_in(seconds(3)),
        ],
        &[
            "email app-a 1s: ada@example.test",
            "sms app-a 1s: +12065550100",
            "email app-a 2s: retired",
            "sms app-a 2s: retired",
        ],
        &["as of: 1s"],
    );
}

#[test]
fn a_client_that_does_not_share_says_nothing_of_what_others_made() {
    check_contacts(
        &[
            signed_in(seconds(1)).sharing(Some(ADA), None),
            signed_in(seconds(2)).through("app-b"),
            signed_in(seconds(3)).through_none(),
        ],
        &["email app-a 1s: ada@example.test"],
        &["as of: 1s", "email: as told, of app-a"],
    );
}

#[test]
fn what_two_clients_share_is_retired_when_neither_does() {
    check_contacts(
        &[
            signed_in(seconds(1)).sharing(Some(ADA), None),
            signed_in(seconds(2))
                .sharing(Some(ADA), None)
                .through("app-b"),
            signed_in(seconds(3)),
        ],
        &["email app-a 1s: ada@example.test"],
        &["as of: 2s", "email: as told, of app-b"],
    );
    check_contacts(
        &[
            signed_in(seconds(1)).sharing(Some(ADA), None),
            signed_in(seconds(2))
                .sharing(Some(ADA), None)
                .through("app-b"),
            signed_in(seconds(3)),
            signed_in(seconds(4)).through("app-b"),
        ],
        &[
            "email app-a 1s: ada@example.test",
            "email app-b 4s: retired",
        ],
        &["as of: 2s"],
    );
}

#[test]
fn an_older_event_that_comes_late_is_not_believed() {
    check_contacts(
        &[
            signed_in(seconds(10)).sharing(Some(ADA), None),
            signed_in(seconds(9)).sharing(Some("ada@old.test"), Some(PHONE)),
            signed_in(seconds(8)).sharing(None, None),
            signed_in(seconds(7)),
            signed_in(seconds(10)).sharing(Some("ada@new.test"), None),
        ],
        &[
            "email app-a 10s: ada@example.test",
            "email app-a 10s: ada@new.test",
        ],
        &["as of: 10s", "email: as told, of app-a"],
    );
}

#[test]
fn every_segment_counts_its_own_days_and_new_users() {
    let ios = [
        ("platform", "iOS"),
        ("appVersion", "1.0"),
        ("locale", "de_DE"),
    ];
    let android = [
        ("platform", "Android"),
        ("appVersion", "1.0"),
        ("locale", "xx"),
    ];
    check(
        &[
            token_issued(days(0)).saying(&ios),
            token_issued(days(2)).saying(&android),
            token_issued(days(2)).saying(&ios),
            token_issued(days(5)),
        ],
        &[
            "day 0, whole, platform iOS, appVersion 1.0, locale de_DE: 1 user after never",
            "day 2, whole, platform iOS, appVersion 1.0, locale de_DE: 1 user after 2",
            "day 2, platform Android, locale other: 1 user after never",
            "day 5, whole: 1 user after 3",
            "day 5, platform unknown, appVersion unknown, locale unknown: 1 user after never",
            "active: whole on 0, 2, 5",
            "active: platform Android, locale other on 2",
            "active: platform iOS, appVersion 1.0, locale de_DE on 0, 2",
            "active: platform unknown, appVersion unknown, locale unknown on 5",
        ],
    );
}

#[test]
fn a_record_of_an_older_position_is_repeated_and_of_another_stream_is_not() {
    let event = signed_in(seconds(1));
    let mut state = UserState::default();
    let mut apply = |stream: &str, sequence_number: &str| {
        let position = Position {
            stream: stream.into(),
            sequence_number: sequence_number.into(),
        };
        state.apply(&event, &position, &mut counting(), &mut Effects::default())
    };
    for (stream, sequence_number, applied) in [
        ("a", "10", Applied::Counted),
        ("a", "10", Applied::Repeated),
        ("a", "9", Applied::Repeated),
        ("a", "11", Applied::Counted),
        ("b", "1", Applied::Counted),
    ] {
        assert_eq!(apply(stream, sequence_number), applied);
    }
}

#[test]
fn what_is_passed_over_moves_the_position_and_nothing_else() {
    let position = |number: &str| Position {
        stream: "a".into(),
        sequence_number: number.into(),
    };
    let mut state = UserState::default();
    assert_eq!(state.pass_over(&position("10")), Applied::PassedOver);
    assert_eq!(state.pass_over(&position("10")), Applied::Repeated);
    let expected = UserState {
        position: Some(position("10")),
        ..UserState::default()
    };
    assert_eq!(state, expected);
}

/// The state after `before`, of which every destination refused everything; and what `after` sends then.
fn sent_after_all_was_refused(before: &[AuthEvent], after: AuthEvent) -> Vec<String> {
    let told = Told::of(before);
    let sent = told.effects.contacts.iter();
    let refusals = sent.map(|(to, update)| update.refusal(&user_key_of_u(), to));
    let refused = Told::of(&before.iter().cloned().chain(refusals).collect::<Vec<_>>());
    let sent = refused.state.contact_updates(&[after], &recipients());
    sent.iter().map(contact_line).collect()
}

fn user_key_of_u() -> UserKey {
    user_key(Who::User(Sub::new("u")))
}

#[test]
fn an_endpoint_that_was_refused_is_sent_again_with_the_next_event() {
    let shared = |at| signed_in(seconds(at)).sharing(Some(ADA), None);
    let gone = |at| signed_in(seconds(at)).sharing(None, None);
    let told = "email app-a 3s: ada@example.test";
    let retired = "email app-a 3s: retired";
    for (before, after, expected) in [
        (vec![shared(1)], shared(3), told),
        (vec![shared(1)], gone(3), retired),
        (vec![shared(1)], signed_in(seconds(3)), retired),
        (vec![shared(1), gone(2)], gone(3), retired),
        (
            vec![shared(1), signed_in(seconds(2))],
            signed_in(seconds(3)),
            retired,
        ),
        (vec![shared(1), gone(2)], shared(3), told),
    ] {
        assert_eq!(sent_after_all_was_refused(&before, after), [expected]);
    }
}

#[test]
fn a_refusal_of_what_is_no_more_changes_nothing() {
    let shared = |at, address| signed_in(seconds(at)).sharing(Some(address), None);
    for (before, after) in [
        (
            vec![shared(1, ADA), shared(2, "ada@new.test")],
            shared(3, "ada@new.test"),
        ),
        (
            vec![
                shared(1, ADA),
                signed_in(seconds(2)).sharing(None, None),
                shared(2, ADA),
            ],
            shared(3, ADA),
        ),
    ] {
        let refused = Told::of(&before[..before.len() - 1]);
        let (to, update) = refused.effects.contacts.last().unwrap();
        let refusal = update.refusal(&user_key_of_u(), to);
        let told = Told::of(&[before, vec![refusal]].concat());
        let sent = told.state.contact_updates(&[after], &recipients());
        assert_eq!(sent, []);
    }
}

#[test]
fn each_destination_has_what_the_clients_that_send_to_it_share() {
    let to_x = |event: AuthEvent| event.through("app-x");
    let shared = |at| signed_in(seconds(at)).sharing(Some(ADA), None);
    let changed = |at| signed_in(seconds(at)).sharing(Some("ada@new.test"), None);
    let gone = |at| signed_in(seconds(at)).sharing(None, None);
    // A destination that is new to the user is sent the address although it has not changed.
    check_contacts(
        &[shared(1), to_x(shared(2)), shared(3), to_x(shared(4))],
        &[
            "email app-a 1s: ada@example.test",
            "email app-x 2s: ada@example.test to x",
        ],
        &["as of: 4s", "email: as told, of app-a, app-x at x"],
    );
    // A change goes to all, whichever client it comes through.
    check_contacts(
        &[shared(1), to_x(shared(2)), changed(3)],
        &[
            "email app-a 1s: ada@example.test",
            "email app-x 2s: ada@example.test to x",
            "email app-a 3s: ada@new.test",
            "email app-x 3s: ada@new.test to x",
        ],
        &["as of: 3s", "email: as told, of app-a, app-x at x"],
    );
    // So does a retirement.
    check_contacts(
        &[shared(1), to_x(shared(2)), gone(3)],
        &[
            "email app-a 1s: ada@example.test",
            "email app-x 2s: ada@example.test to x",
            "email app-a 3s: retired",
            "email app-x 3s: retired to x",
        ],
        &["as of: 3s"],
    );
    // Of two that share, one stops: where it alone sent, the endpoint is retired, and elsewhere it is kept.
    check_contacts(
        &[
            shared(1),
            to_x(shared(2)),
            to_x(signed_in(seconds(3))),
            changed(4),
        ],
        &[
            "email app-a 1s: ada@example.test",
            "email app-x 2s: ada@example.test to x",
            "email app-x 3s: retired to x",
            "email app-a 4s: ada@new.test",
        ],
        &["as of: 4s", "email: as told, of app-a"],
    );
    // What goes nowhere is sent by the first client that sends anywhere.
    check_contacts(
        &[shared(1).through("quiet"), shared(2)],
        &["email app-a 2s: ada@example.test"],
        &["as of: 2s", "email: as told, of app-a, quiet"],
    );
}

/// The state after `before` by these recipients, and what `after` sends by others.
fn sent_once_configured(
    before: &[AuthEvent],
    (then, now): (&[&str], &[&str]),
    after: &[AuthEvent],
) -> Vec<String> {
    let all = |names: &[&str]| Recipients::new([], sending(names));
    let mut state = UserState::default();
    let mut counting = Counting {
        recipients: all(then),
        ..Counting::default()
    };
    for (number, event) in before.iter().enumerate() {
        let mut effects = Effects::default();
        state.apply(event, &position(number + 1), &mut counting, &mut effects);
    }
    let sent = state.contact_updates(after, &all(now));
    sent.iter().map(contact_line).collect()
}

#[test]
fn a_destination_that_is_configured_later_is_sent_what_it_lacks() {
    let shared = |at| signed_in(seconds(at)).sharing(Some(ADA), None);
    let gone = |at| signed_in(seconds(at)).sharing(None, None);
    let anew = |at, name: &str| {
        let mut event = listed(seconds(at)).sharing(Some(ADA), None);
        if let AuthEventKind::UserListed { anew, .. } = &mut event.kind {
            *anew = Some(DestinationName::new(name));
        }
        event
    };
    let address = "email app-a 3s: ada@example.test";
    let address_to_x = "email app-a 3s: ada@example.test to x";
    for (before, names, after, expected) in [
        (
            vec![shared(1)],
            (&["pinpoint"][..], &["pinpoint", "x"][..]),
            vec![shared(3)],
            vec![address_to_x],
        ),
        (vec![shared(1)], (&[], &[]), vec![shared(3)], vec![]),
        (
            vec![shared(1)],
            (&[], &["pinpoint"]),
            vec![shared(3)],
            vec![address],
        ),
        (
            vec![shared(1)],
            (&["x"], &["pinpoint"]),
            vec![gone(3)],
            vec![],
        ),
        (
            vec![shared(1)],
            (&["pinpoint"], &["pinpoint"]),
            vec![anew(3, "pinpoint"), shared(4)],
            vec![address],
        ),
        (
            vec![shared(1)],
            (&["pinpoint"], &["pinpoint"]),
            vec![anew(3, "x")],
            vec![],
        ),
    ] {
        let sent = sent_once_configured(&before, names, &after);
        assert_eq!(sent, expected, "{before:?} {names:?} {after:?}");
    }
}

#[test]
fn an_endpoint_that_was_retired_while_nobody_sent_to_a_destination_is_retired_there_later() {
    let shared = signed_in(seconds(1)).sharing(Some(ADA), None);
    let gone = |at| signed_in(seconds(at)).sharing(None, None);
    let (mut state, mut effects) = (UserState::default(), Effects::default());
    for (number, (event, names)) in [
        (shared, vec!["x"]),
        (gone(2), vec![]),
        (gone(3), vec!["x"]),
        (gone(4), vec!["x"]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut counting = Counting {
            recipients: Recipients::new([], sending(&names)),
            ..Counting::default()
        };
        state.apply(&event, &position(number + 1), &mut counting, &mut effects);
    }
    let sent: Vec<String> = effects.contacts.iter().map(contact_line).collect();
    let expected = [
        "email app-a 1s: ada@example.test to x",
        "email app-a 3s: retired to x",
    ];
    assert_eq!(sent, expected);
    assert_eq!(state.contacts.email, None);
}

#[test]
fn what_a_client_shares_no_longer_is_sent_nowhere_although_it_did() {
    let shared = |at, address| signed_in(seconds(at)).sharing(Some(address), None);
    let through_a = |event: AuthEvent| event.through("a");
    let through_b = |event: AuthEvent| event.through("b");
    let both_share = |a: Addresses| {
        let sends = |name, addresses| Sends {
            addresses,
            ..sending(&[name])
        };
        let b = sends("y", Addresses::Shared);
        let named = [("a", sends("x", a)), ("b", b)];
        let named = named.map(|(client, sends)| (ClientId::new(client), sends));
        Recipients::new(named, Sends::default())
    };
    let events = [
        (Addresses::Shared, through_a(shared(1, ADA))),
        (Addresses::Shared, through_b(shared(2, ADA))),
        // The first does not share any more, and its next event is still to come.
        (Addresses::Kept, through_b(shared(3, "ada@new.test"))),
        (Addresses::Kept, through_a(signed_in(seconds(4)))),
        (Addresses::Kept, through_a(signed_in(seconds(5)))),
    ];
    let (mut state, mut effects) = (UserState::default(), Effects::default());
    for (number, (a, event)) in events.into_iter().enumerate() {
        let mut counting = Counting {
            recipients: both_share(a),
            ..Counting::default()
        };
        state.apply(&event, &position(number + 1), &mut counting, &mut effects);
    }
    let sent: Vec<String> = effects.contacts.iter().map(contact_line).collect();
    let expected = [
        "email a 1s: ada@example.test to x",
        "email b 2s: ada@example.test to y",
        "email b 3s: ada@new.test to y",
        "email a 4s: retired to x",
    ];
    assert_eq!(sent, expected);
    // Where the retirement is refused, the client's next event retires it again, and nobody else's sends there.
    let (to, update) = effects.contacts.last().unwrap();
    let refusal = update.refusal(&user_key_of_u(), to);
    let after = [
        (refusal, vec![]),
        (through_b(shared(7, "ada@new.test")), vec![]),
        (
            through_a(signed_in(seconds(8))),
            vec!["email a 8s: retired to x"],
        ),
        (through_a(signed_in(seconds(9))), vec![]),
    ];
    for (number, (event, expected)) in after.into_iter().enumerate() {
        let mut counting = Counting {
            recipients: both_share(Addresses::Kept),
            ..Counting::default()
        };
        let mut effects = Effects::default();
        state.apply(&event, &position(number + 10), &mut counting, &mut effects);
        let sent: Vec<String> = effects.contacts.iter().map(contact_line).collect();
        assert_eq!(sent, expected, "{event:?}");
    }
}
