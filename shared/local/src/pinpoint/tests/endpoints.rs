//! What updates do to endpoints: to the one that is named, and to others.

use serde_json::{Value, json};

use super::{AppCreation, ENDPOINT, EVENTS, Server, batch};

#[test]
fn updates_change_what_they_name() {
    let server = Server::start(AppCreation::OnFirstUse);
    let cases = [
        (
            json!({"Attributes": {"a": ["1", "2"], "b": ["3"]}}),
            json!({"Attributes": {"a": ["1", "2"], "b": ["3"]}}),
        ),
        (
            json!({"Attributes": {"a": ["4"], "b": []}}),
            json!({"Attributes": {"a": ["4"]}}),
        ),
        (
            json!({"Metrics": {"m": 1, "n": 0.5}}),
            json!({"Metrics": {"m": 1, "n": 0.5}}),
        ),
        (
            json!({"Metrics": {"m": 2}}),
            json!({"Metrics": {"m": 2, "n": 0.5}}),
        ),
        (
            json!({"Location": {"City": "Paris"}}),
            json!({"Location": {"City": "Paris"}}),
        ),
        (
            json!({"Location": {"Country": "FR"}}),
            json!({"Location": {"City": "Paris", "Country": "FR"}}),
        ),
        (
            json!({"EndpointStatus": "INACTIVE", "OptOut": "ALL"}),
            json!({"EndpointStatus": "INACTIVE", "OptOut": "ALL"}),
        ),
        (
            json!({}),
            json!({"EndpointStatus": "INACTIVE", "OptOut": "ALL"}),
        ),
        (
            json!({"Address": "x"}),
            json!({"EndpointStatus": "ACTIVE", "OptOut": "ALL", "Address": "x"}),
        ),
        (json!({"Address": ""}), json!({"Address": null})),
        (
            json!({"EffectiveDate": "2020-01-01"}),
            json!({"EffectiveDate": "2020-01-01"}),
        ),
        (
            json!({"User": {"UserAttributes": {"t": ["1"]}}}),
            json!({"User": {"UserAttributes": {"t": ["1"]}}}),
        ),
        (
            json!({"User": {"UserId": "u"}}),
            json!({"User": {"UserId": "u", "UserAttributes": {"t": ["1"]}}}),
        ),
        (
            json!({"User": {"UserId": "v"}}),
            json!({"User": {"UserId": "v"}}),
        ),
        (json!({"User": {"UserId": ""}}), json!({"User": null})),
    ];
    for (update, expected) in cases {
        // PutEvents updates in the same way as UpdateEndpoint: every update is made by both.
        for (request, body) in [
            (EVENTS, batch(update.clone(), json!({}))),
            (ENDPOINT, update.clone()),
        ] {
            assert_eq!(server.ask(request, &body).status, 202, "{update}");
            let endpoint = server.get("endpoints/e");
            for (member, value) in expected.as_object().unwrap() {
                assert_eq!(
                    &endpoint[member], value,
                    "{member} after {request} {update}"
                );
            }
        }
    }
}

/// Updates endpoints one after the other, each `(id, update)`, then compares members of them.
#[track_caller]
fn check_after(updates: &[(&str, Value)], expected: &[(&str, Value)]) {
    let server = Server::start(AppCreation::OnFirstUse);
    for (id, update) in updates {
        let reply = server.ask(&format!("PUT /v1/apps/a/endpoints/{id}"), update);
        assert_eq!(reply.status, 202, "{id}: {update}");
    }
    for (id, members) in expected {
        let endpoint = server.get(&format!("endpoints/{id}"));
        for (member, value) in members.as_object().unwrap() {
            assert_eq!(&endpoint[member], value, "{member} of {id}");
        }
    }
}

#[test]
fn an_address_belongs_to_the_endpoint_that_named_it_last() {
    let mail = |address: &str| json!({"ChannelType": "EMAIL", "Address": address});
    let (active, inactive) = (
        json!({"EndpointStatus": "ACTIVE"}),
        json!({"EndpointStatus": "INACTIVE"}),
    );
    check_after(
        &[
            ("one", mail("a@b.c")),
            ("two", mail("a@b.c")),
            ("other-address", mail("d@b.c")),
            (
                "other-channel",
                json!({"ChannelType": "CUSTOM", "Address": "a@b.c"}),
            ),
        ],
        &[
            ("one", inactive.clone()),
            ("two", active.clone()),
            ("other-address", active.clone()),
            ("other-channel", active.clone()),
        ],
    );
    check_after(
        &[
            ("one", mail("a@b.c")),
            ("two", mail("a@b.c")),
            ("one", mail("a@b.c")),
        ],
        &[("one", active), ("two", inactive)],
    );
}

#[test]
fn a_user_s_attributes_are_those_of_all_the_user_s_endpoints() {
    let user = |attributes: Value| json!({"User": {"UserId": "u", "UserAttributes": attributes}});
    check_after(
        &[
            ("one", user(json!({"tier": ["gold"]}))),
            ("two", json!({"User": {"UserId": "u"}})),
            ("two", user(json!({"since": ["2026"]}))),
            ("three", user(json!({"tier": []}))),
            ("stranger", json!({"User": {"UserId": "v"}})),
        ],
        &[
            ("one", user(json!({"since": ["2026"]}))),
            ("two", user(json!({"since": ["2026"]}))),
            ("three", user(json!({"since": ["2026"]}))),
            ("stranger", json!({"User": {"UserId": "v"}})),
        ],
    );
}

/// A user has 15 endpoints: the first of `channels`, and for the rest EMAIL. Then comes one of `sixteenth`.
#[track_caller]
fn check_sixteenth(channels: &[&str], sixteenth: Value, status: u16, retired: Option<&str>) {
    let server = Server::start(AppCreation::OnFirstUse);
    let channels = channels
        .iter()
        .copied()
        .chain(std::iter::repeat("EMAIL"))
        .take(15);
    for (day, channel) in (1..).zip(channels) {
        let update = json!({"ChannelType": channel, "User": {"UserId": "u"},
                            "EffectiveDate": format!("2026-01-{day:02}")});
        let reply = server.ask(&format!("PUT /v1/apps/a/endpoints/{day:02}"), &update);
        assert_eq!(reply.status, 202);
    }
    let reply = server.ask("PUT /v1/apps/a/endpoints/16", &sixteenth);
    assert_eq!(reply.status, status, "{sixteenth}");
    let before: Vec<String> = (1..=15).map(|day| format!("{day:02}")).collect();
    let gone: Vec<_> = before
        .iter()
        .map(|id| server.get(&format!("endpoints/{id}")))
        .filter(|endpoint| endpoint["EndpointStatus"] == "INACTIVE" && endpoint["User"].is_null())
        .map(|endpoint| endpoint["Id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(gone, retired.into_iter().collect::<Vec<_>>(), "{sixteenth}");
    let of_user = server.get("users/u")["Item"].as_array().unwrap().len();
    assert_eq!(of_user, 15, "{sixteenth}");
}

#[test]
fn a_sixteenth_endpoint_retires_the_oldest_push_endpoint_or_is_refused() {
    let of_user = |channel: &str| json!({"ChannelType": channel, "User": {"UserId": "u"}});
    for channel in [
        "GCM",
        "APNS",
        "APNS_SANDBOX",
        "APNS_VOIP",
        "APNS_VOIP_SANDBOX",
        "ADM",
        "BAIDU",
    ] {
        check_sixteenth(&["EMAIL", "ADM", "GCM"], of_user(channel), 202, Some("02"));
        check_sixteenth(&[], of_user(channel), 400, None);
    }
    for channel in ["EMAIL", "SMS", "CUSTOM", "PUSH", "VOICE", "IN_APP"] {
        check_sixteenth(&["EMAIL", "ADM", "GCM"], of_user(channel), 400, None);
    }
    check_sixteenth(&["ADM"], json!({"User": {"UserId": "u"}}), 400, None);
    check_sixteenth(&["ADM"], json!({"User": {"UserId": "another"}}), 202, None);
}
