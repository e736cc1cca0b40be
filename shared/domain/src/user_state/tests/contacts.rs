//! Which contact endpoints are told of, where and when.

use super::*;
use crate::ids::ClientId;

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
    for (number, event) in before.iter().enumerate() {
        sent_by(&mut state, (number + 1, event), all(then));
    }
    lines(&state.contact_updates(after, &all(now)))
}

/// What the event that is the `number`th of the log sends of contact endpoints while these are the recipients.
fn sent_by(
    state: &mut UserState,
    (number, event): (usize, &AuthEvent),
    recipients: Recipients,
) -> Vec<(DestinationName, ContactUpdate)> {
    let mut counting = Counting {
        recipients,
        ..Counting::default()
    };
    let mut effects = Effects::default();
    state.apply(event, &position(number), &mut counting, &mut effects);
    effects.contacts
}

fn lines(sent: &[(DestinationName, ContactUpdate)]) -> Vec<String> {
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
    let (mut state, mut sent) = (UserState::default(), Vec::new());
    for (number, (event, names)) in [
        (shared, vec!["x"]),
        (gone(2), vec![]),
        (gone(3), vec!["x"]),
        (gone(4), vec!["x"]),
    ]
    .into_iter()
    .enumerate()
    {
        let recipients = Recipients::new([], sending(&names));
        sent.extend(sent_by(&mut state, (number + 1, &event), recipients));
    }
    let expected = [
        "email app-a 1s: ada@example.test to x",
        "email app-a 3s: retired to x",
    ];
    assert_eq!(lines(&sent), expected);
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
    let (mut state, mut sent) = (UserState::default(), Vec::new());
    for (number, (a, event)) in events.into_iter().enumerate() {
        sent.extend(sent_by(&mut state, (number + 1, &event), both_share(a)));
    }
    let expected = [
        "email a 1s: ada@example.test to x",
        "email b 2s: ada@example.test to y",
        "email b 3s: ada@new.test to y",
        "email a 4s: retired to x",
    ];
    assert_eq!(lines(&sent), expected);
    // Where the retirement is refused, the client's next event retires it again, and nobody else's sends there.
    let (to, update) = sent.last().unwrap();
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
        let recipients = both_share(Addresses::Kept);
        let sent = sent_by(&mut state, (number + 10, &event), recipients);
        assert_eq!(lines(&sent), expected, "{event:?}");
    }
}
