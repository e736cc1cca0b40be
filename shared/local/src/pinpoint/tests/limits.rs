//! Pinpoint's limits on events and endpoints.

use serde_json::{Value, json};

use super::{AppCreation, ENDPOINT, EVENTS, NOON, Server, batch, check, event, repeated};

#[test]
fn events_are_judged_one_by_one() {
    let server = Server::start(AppCreation::OnFirstUse);
    let attributes = |count| json!(repeated("n", "v", count));
    let cases = [
        (event(json!({})), "Accepted"),
        (
            event(json!({"Attributes": attributes(39), "Metrics": {"m": 1}})),
            "Accepted",
        ),
        (
            event(json!({"Attributes": attributes(40), "Metrics": {"m": 1}})),
            "An event has at most 40 attributes and metrics; this one has 41",
        ),
        (
            event(json!({"Attributes": {"n".repeat(50): "é".repeat(200)}})),
            "Accepted",
        ),
        (
            event(json!({"Attributes": {"n": "v".repeat(201)}})),
            "A value of attribute \"n\" has more than 200 characters",
        ),
        (
            event(json!({"Metrics": {"": 1}})),
            "Missing name of an attribute or a metric",
        ),
        (event(json!({"EventType": ""})), "Missing EventType"),
        (
            event(json!({"AppTitle": "t".repeat(1_024_000)})),
            "An event has at most 1024000 bytes; this one has 1024068",
        ),
        (
            event(json!({"Session": {"Id": "s", "StartTimestamp": NOON}})),
            "Accepted",
        ),
        (
            json!({"EventType": "tap"}),
            "Event is not valid: missing field `Timestamp` at line 1 column 19",
        ),
        (
            json!({"Timestamp": NOON}),
            "Event is not valid: missing field `EventType` at line 1 column 36",
        ),
        (
            event(json!({"Timestamp": "noon"})),
            "Event is not valid: \"noon\" is not a date and time in ISO 8601 format, with Z or an offset such as +02:00 at line 1 column 38",
        ),
        (
            event(json!({"Timestamp": "2022-06-29T12:00:00.000+0000"})),
            "Event is not valid: \"2022-06-29T12:00:00.000+0000\" is not a date and time in ISO 8601 format, with Z \
             or an offset such as +02:00 at line 1 column 62",
        ),
        (
            event(json!({"ClientSdkVersion": ""})),
            "ClientSdkVersion is empty; leave it out if it is not known",
        ),
        (
            event(json!({"Unknown": [1, 2], "Metrics": null})),
            "Accepted",
        ),
    ];
    for (event, message) in cases {
        let reply = server.ask(
            EVENTS,
            &batch(
                json!({}),
                json!({"x": event, "good": self::event(json!({}))}),
            ),
        );
        let of_events = &reply.body["Results"]["e"]["EventsItemResponse"];
        let status = if message == "Accepted" { 202 } else { 400 };
        assert_eq!(
            of_events["x"],
            json!({"StatusCode": status, "Message": message})
        );
        assert_eq!(
            of_events["good"],
            json!({"StatusCode": 202, "Message": "Accepted"})
        );
    }
    for (count, status) in [(100, 202), (101, 400)] {
        let events = json!(repeated("x", event(json!({})), count));
        assert_eq!(
            server.ask(EVENTS, &batch(json!({}), events)).status,
            status,
            "{count} events"
        );
    }
}

#[test]
fn a_bad_endpoint_takes_only_its_own_events_with_it() {
    let results = |n: u16, endpoint: &str, of_event: &str| {
        json!({"EndpointItemResponse": {"StatusCode": n, "Message": endpoint},
               "EventsItemResponse": {"x": {"StatusCode": n, "Message": of_event}}})
    };
    let item = |endpoint: Value| json!({"Endpoint": endpoint, "Events": {"x": event(json!({}))}});
    check(
        AppCreation::OnFirstUse,
        &[(
            EVENTS,
            json!({"BatchItem": {"good": item(json!({})), "a$": item(json!({})),
               "mail": item(json!({"ChannelType": "EMAIL", "Address": "nowhere"})), "none": 1}}),
            202,
            json!({"Results": {
                "good": results(202, "Accepted", "Accepted"),
                "a$": results(400, "An endpoint id can't contain $, { or }", "The endpoint was not accepted"),
                "mail": results(400, "The address of an EMAIL endpoint is an email address",
                                "The endpoint was not accepted"),
                "none": {"EventsItemResponse": {}, "EndpointItemResponse": {"StatusCode": 400, "Message":
                    "EventsBatch is not valid: invalid type: integer `1`, expected struct EventsBatch at line 1 column 1"}},
            }}),
        )],
    );
}

#[test]
fn endpoints_are_held_to_the_limits() {
    let server = Server::start(AppCreation::OnFirstUse);
    let named = |name: &str| json!({"Attributes": {name: ["v"]}});
    let cases = [
        (json!({}), None),
        (named(&"n".repeat(50)), None),
        (
            json!({"Attributes": {"n": vec!["v".repeat(100); 50]}}),
            None,
        ),
        (
            json!({"ChannelType": "SMS", "Address": "+12065550100"}),
            None,
        ),
        (json!({"ChannelType": "EMAIL", "Address": "a@b.c"}), None),
        (
            json!({"ChannelType": "CUSTOM", "Address": "anything"}),
            None,
        ),
        (
            json!({"Metrics": repeated("m", 1, 250), "Attributes": {"n": []}}),
            None,
        ),
        (
            json!({"Metrics": repeated("m", 1, 251), "Attributes": {"n": []}}),
            Some("An endpoint has at most 250 attributes and metrics; this one has 251"),
        ),
        (
            named(&"n".repeat(51)),
            Some(
                "The name \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\" has more than 50 characters",
            ),
        ),
        (
            named("custom:tier"),
            Some("The name \"custom:tier\" can't contain #, :, ?, \\ or /"),
        ),
        (
            json!({"User": {"UserAttributes": {"a/b": ["v"]}}}),
            Some("The name \"a/b\" can't contain #, :, ?, \\ or /"),
        ),
        (
            json!({"Metrics": {"a#": 1}}),
            Some("The name \"a#\" can't contain #, :, ?, \\ or /"),
        ),
        (
            json!({"Attributes": {"n": ["v".repeat(101)]}}),
            Some("A value of attribute \"n\" has more than 100 characters"),
        ),
        (
            json!({"Attributes": {"n": vec!["v"; 51]}}),
            Some("Attribute \"n\" has more than 50 values"),
        ),
        (
            json!({"Attributes": repeated("n", vec!["v".repeat(100); 30], 5)}),
            Some("An endpoint has at most 15360 bytes; this one has 15724"),
        ),
        (
            json!({"ChannelType": "SMS", "Address": "0612345678"}),
            Some("The address of an SMS endpoint is a phone number in E.164 format"),
        ),
        (
            json!({"ChannelType": "SMS", "Address": "+1234567890123456"}),
            Some("The address of an SMS endpoint is a phone number in E.164 format"),
        ),
        (
            json!({"OptOut": "SOME"}),
            Some(
                "EndpointRequest is not valid: unknown variant `SOME`, \
            expected `ALL` or `NONE` at line 1 column 16",
            ),
        ),
    ];
    for (request, message) in cases {
        drop(server.ask("DELETE /v1/apps/a/endpoints/e", &Value::Null));
        let reply = server.ask(ENDPOINT, &request);
        let expected = message.map_or((202, "Accepted"), |message| (400, message));
        assert_eq!(
            (reply.status, reply.body["Message"].as_str().unwrap()),
            expected,
            "{request}"
        );
        let kept = server.get("endpoints/e")["Id"] == "e";
        assert_eq!(
            kept,
            message.is_none(),
            "what is refused is not kept: {request}"
        );
    }
}
