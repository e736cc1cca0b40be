//! What each kind of event makes of a state. A case is a trace of events and all that came of it, in
//! lines: which events were not simply counted, what was sent of endpoints and events,
//! the daily rows, and what is remembered.

mod attempts;
mod contacts;
mod counting;
mod devices;
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
