//! By what an event is counted, in whose days, and what history adds.

use super::*;
use crate::history::{HistoryId, HistoryKind};
use crate::ids::Sub;
use crate::metadata::Demographic;
use crate::traits::{Provider, Traits};

#[test]
fn a_proved_attempt_that_nothing_closes_is_a_sign_in_of_the_token() {
    check(
        &[
            started(seconds(0)).saying(&[("platform", "iOS")]),
            token_of_sign_in(seconds(9)),
            token_of_sign_in(seconds(10)),
            expired(seconds(240), 1),
        ],
        &[
            "#1 sign_in app-a 9s on own: u, iOS",
            "day 0, whole, platform iOS, appVersion unknown, locale unknown: 1 sign-in, 1 user after never",
            "day 0, platform unknown: 1 user after never",
            "active: whole, platform iOS, platform unknown, appVersion unknown, locale unknown on 0",
            "own device: as told",
        ],
    );
}

/// What is sent of attempts and tokens.
fn check_proofs(events: &[AuthEvent], expected: &[&str]) {
    assert_eq!(Told::of(events).analytics(), expected);
}

#[test]
fn a_token_proves_the_newest_attempt_that_it_could_close_and_no_other() {
    check_proofs(
        &[
            started(seconds(0)),
            started(seconds(30)),
            token_of_sign_in(seconds(40)),
            expired(seconds(240), 1),
            expired(seconds(270), 2),
        ],
        &[
            "#1 auth_fail app-a 0s on own: u",
            "#2 sign_in app-a 40s on own",
        ],
    );
    check_proofs(
        &[
            started(seconds(0)),
            token_of_sign_in(seconds(211)),
            token_of_sign_in(seconds(5)).through("app-b"),
            token_issued(seconds(6)),
            expired(seconds(240), 1),
        ],
        &["#1 auth_fail app-a 0s on own: u"],
    );
}

#[test]
fn a_sign_in_closes_a_proved_attempt_before_any_other() {
    check_proofs(
        &[
            started(seconds(0)),
            token_of_sign_in(seconds(5)),
            started(seconds(30)),
            signed_in(seconds(40)),
            expired(seconds(210), 1),
            expired(seconds(240), 3),
        ],
        &[
            "#4 sign_in app-a 40s on own: u",
            "#3 auth_fail app-a 30s on own",
        ],
    );
}

/// A project that counts by these, in a zone.
fn project(zone: &str, dimensions: &[&str]) -> Counting {
    Counting {
        zone: zone.parse().unwrap(),
        since: Some(epoch()),
        dimensions: dimensions
            .iter()
            .map(|name| Dimension::parse(name).unwrap())
            .collect(),
        ..Counting::default()
    }
}

/// The events folded one after another, and then the rows and cohorts that are something.
fn folded(events: &[AuthEvent], counting: &mut Counting) -> (UserState, Vec<String>) {
    let mut state = UserState::default();
    let mut effects = Effects::default();
    for (number, event) in events.iter().enumerate() {
        let most = state.most_items(event, counting);
        let before = effects.items();
        state.apply(event, &position(number), counting, &mut effects);
        assert!(effects.items() <= before + most, "{event:?}");
    }
    (state, lines(&effects))
}

fn lines(effects: &Effects) -> Vec<String> {
    let rows = effects.rows.iter().filter(|(_, row)| !row.is_empty());
    let rows = rows.map(|((day, segment), row)| {
        let segment = match segment {
            Segment::Whole => "whole".to_owned(),
            Segment::Of(dimension, value) => {
                format!(
                    "{dimension}={}",
                    value.parts().collect::<Vec<_>>().join("|")
                )
            }
        };
        format!("{day} {segment}: {}", row_words(row))
    });
    let cohorts = effects.cohorts.iter().filter(|(_, row)| !row.is_empty());
    let cohorts = cohorts.map(|(cohort, row)| {
        let ages: Vec<String> = row
            .iter()
            .map(|(age, users)| format!("{age}:{users}"))
            .collect();
        format!(
            "{} {}: {}",
            cohort.interval.name(),
            cohort.start,
            ages.join(" ")
        )
    });
    rows.chain(cohorts).collect()
}

fn having(mut event: AuthEvent, attributes: &[(&str, &str)], groups: &[&str]) -> AuthEvent {
    event.traits = Traits {
        provider: Provider::Cognito,
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).to_owned()))
            .collect(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    event
}

#[test]
fn an_event_counts_once_in_each_dimension_and_in_each_of_the_groups() {
    let dimensions = [
        "client",
        "provider",
        "attribute:custom:tenant",
        "group",
        "client+attribute:custom:tenant",
    ];
    let token = having(
        token_issued(seconds(0)),
        &[("custom:tenant", "acme")],
        &["admins", "staff", "admins", "unknown"],
    );
    let (_, lines) = folded(
        &[token, signed_in(seconds(1))],
        &mut project("UTC", &dimensions),
    );
    assert_eq!(
        lines,
        [
            "2026-03-01 whole: 1 sign-in, 1 user after never",
            "2026-03-01 client=app-a: 1 sign-in, 1 user after never",
            "2026-03-01 provider=Cognito: 1 sign-in, 1 user after never",
            "2026-03-01 attribute:custom:tenant=acme: 1 user after never",
            "2026-03-01 attribute:custom:tenant=unknown: 1 sign-in, 1 user after never",
            "2026-03-01 group=admins: 1 user after never",
            "2026-03-01 group=staff: 1 user after never",
            "2026-03-01 group=unknown: 1 sign-in, 1 user after never",
            "2026-03-01 client+attribute:custom:tenant=app-a|acme: 1 user after never",
            "2026-03-01 client+attribute:custom:tenant=app-a|unknown: 1 sign-in, 1 user after never",
            "week 2026-02-23: 0:1",
            "month 2026-03-01: 0:1",
        ]
    );
}

#[test]
fn days_weeks_and_months_are_those_of_the_projects_time_zone() {
    let events = [
        token_issued(TimeDelta::hours(-2)),
        signed_in(TimeDelta::hours(22)),
        signed_in(TimeDelta::hours(23)),
    ];
    let (_, lines) = folded(&events, &mut project("Europe/Berlin", &[]));
    assert_eq!(
        lines,
        [
            "2026-02-28 whole: 1 user after never",
            "2026-03-01 whole: 1 sign-in, 1 user after 1",
            "2026-03-02 whole: 1 sign-in, 1 user after 1",
            "week 2026-02-23: 0:1 1:1",
            "month 2026-02-01: 0:1 1:1",
        ]
    );
}

#[test]
fn a_user_has_twenty_values_of_a_dimension_and_then_other() {
    let said = |number: i64, value: &str| {
        started_for(seconds(number), AttemptWindow::default()).saying(&[("platform", value)])
    };
    let mut events: Vec<AuthEvent> = (0..21)
        .map(|it| signed_in(seconds(it)).saying(&[("platform", &it.to_string())]))
        .collect();
    events.push(signed_in(seconds(21)).saying(&[("platform", "7")]));
    events.push(signed_in(seconds(22)).saying(&[("platform", "unknown")]));
    let mut counting = project("UTC", &["platform"]);
    let (state, lines) = folded(&events, &mut counting);
    assert_eq!(counting.values.len(), 20);
    assert_eq!(state.activity.len(), 1 + 20 + 2);
    let of = |value: &str| format!("2026-03-01 platform={value}: 1 sign-in, 1 user after never");
    assert!(
        lines.contains(&of("19")) && lines.contains(&of("other")) && lines.contains(&of("unknown")),
        "{lines:?}"
    );
    assert!(lines.contains(&"2026-03-01 platform=7: 2 sign-ins, 1 user after never".to_owned()));
    // A failure takes a place too, and nobody in particular has no bounds of their own.
    let failures: Vec<AuthEvent> = (0..25)
        .map(|number| {
            user_not_found(seconds(number)).saying(&[("platform", &format!("n{number}"))])
        })
        .collect();
    folded(&failures, &mut counting);
    assert_eq!(counting.values.len(), 45);
    let mut one = folded(&[said(0, "f")], &mut counting).0;
    let mut expiry = expired(seconds(240), 1);
    expiry.kind = AuthEventKind::AttemptExpired(event_id(0));
    one.apply(
        &expiry,
        &position(9),
        &mut counting,
        &mut Effects::default(),
    );
    assert_eq!(counting.values.len(), 46);
    assert_eq!(one.activity.len(), 1);
}

#[test]
fn twenty_groups_of_ten_dimensions_and_a_late_first_day_fit_a_transaction() {
    let dimensions = [
        "platform",
        "platformVersion",
        "appVersion",
        "locale",
        "make",
        "model",
        "client",
        "provider",
        "attribute:custom:tenant",
        "group",
    ];
    let groups: Vec<String> = (0..30).map(|number| format!("g{number}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let token = |at: i64| {
        having(
            token_issued(days(at)),
            &[("custom:tenant", "acme")],
            &groups,
        )
    };
    let mut events: Vec<AuthEvent> = (1..520).map(|week| signed_in(days(week * 7))).collect();
    events.push(token(3650));
    let mut counting = project("UTC", &dimensions);
    let (mut state, _) = folded(&events, &mut counting);
    let mut effects = Effects::default();
    let late = token(0);
    let most = state.most_items(&late, &counting);
    state.apply(&late, &position(1_000), &mut counting, &mut effects);
    assert!(
        effects.items() <= most && most <= 88,
        "{} of {most}",
        effects.items()
    );
}

fn seeded(created: TimeDelta) -> AuthEvent {
    let created = Some(epoch() + created);
    event(
        seconds(0),
        AuthEventKind::UserListed {
            created,
            contacts: crate::contact::ContactDetails::NotShared,
            anew: None,
        },
    )
}

#[test]
fn a_user_whom_cognito_made_before_counting_began_is_not_new_when_they_come_back() {
    let back = ["2026-03-03 whole: 1 user after beyond"];
    let new = [
        "2026-03-03 whole: 1 user after never",
        "week 2026-03-02: 0:1",
        "month 2026-03-01: 0:1",
    ];
    for (created, expected) in [
        (days(-400), &back[..]),
        (seconds(-1), &back[..]),
        (seconds(0), &new[..]),
        (days(3), &new[..]),
    ] {
        for events in [
            [seeded(created), token_issued(days(2))],
            [token_issued(days(2)), seeded(created)],
        ] {
            let (_, lines) = folded(&events, &mut project("UTC", &[]));
            assert_eq!(lines, expected, "{created}");
        }
    }
    let since_the_day_after = Counting {
        since: Some(epoch() + days(9)),
        ..project("UTC", &[])
    };
    for (created, expected) in [(days(1), &new[..]), (days(0), &back[..])] {
        let events = [token_issued(days(2)), seeded(created)];
        let (_, lines) = folded(&events, &mut since_the_day_after.clone());
        assert_eq!(lines, expected, "{created}");
    }
}

fn of_history(at: TimeDelta, kind: HistoryKind) -> HistoryEvent {
    HistoryEvent {
        id: HistoryId([0; 8]),
        user: user_key(Who::User(Sub::new("u"))),
        without_list: None,
        time: epoch() + at,
        kind,
        demographic: Demographic {
            platform: Some("iOS".into()),
            ..Demographic::default()
        },
    }
}

#[test]
fn history_counts_like_events_and_sends_nothing() {
    let mut counting = project("UTC", &["platform", "client", "provider"]);
    let mut state = UserState::default();
    let mut effects = Effects::default();
    let applied: Vec<Applied> = [
        of_history(days(0), HistoryKind::SignUp),
        of_history(days(1), HistoryKind::SignUp),
        of_history(days(2), HistoryKind::AuthFail),
        of_history(days(3), HistoryKind::SignIn),
        of_history(days(4), HistoryKind::SessionStart),
    ]
    .iter()
    .map(|event| state.apply_history(event, &mut counting, &mut effects))
    .collect();
    use Applied::{AlreadySignedUp, Counted};
    assert_eq!(
        applied,
        [Counted, AlreadySignedUp, Counted, Counted, Counted]
    );
    assert_eq!((effects.analytics.len(), effects.contacts.len()), (0, 0));
    assert_eq!(state.position, None);
    let of_platform: Vec<String> = lines(&effects)
        .into_iter()
        .filter(|line| line.contains("platform"))
        .collect();
    assert_eq!(
        of_platform,
        [
            "2026-03-01 platform=iOS: 1 sign-up, 1 user after never",
            "2026-03-03 platform=iOS: 1 failure",
            "2026-03-04 platform=iOS: 1 sign-in, 1 user after 3",
            "2026-03-05 platform=iOS: 1 user after 1",
        ]
    );
    let unknown = lines(&effects)
        .into_iter()
        .filter(|line| line.contains("=unknown"));
    assert_eq!(unknown.count(), 8);
}
