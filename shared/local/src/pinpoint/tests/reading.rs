//! What the store gives back.

use std::fs::File;

use serde_json::{Value, json};

use super::super::{EndpointCounts, Error, EventMark, EventsOut, Options, Store};
use super::{AppCreation, EVENTS, NOON, Server, batch, event, request_id, time};

#[test]
fn events_come_back_in_the_form_of_the_event_stream() {
    let server = Server::start(AppCreation::OnFirstUse);
    let endpoint = json!({
        "ChannelType": "GCM", "Address": "token", "User": {"UserId": "u"}, "Metrics": {"m": 1.0},
        "Demographic": {"AppVersion": "1.2", "Locale": "en_US", "Make": "apple", "Model": "iPhone",
                        "Platform": "ios", "PlatformVersion": "17"},
    });
    let full = event(json!({
        "AppPackageName": "p", "AppTitle": "t", "AppVersionCode": "7", "ClientSdkVersion": "2", "SdkName": "s",
        "Attributes": {"a": "b"}, "Metrics": {"m": 1.5, "n": 2}, "Timestamp": "2026-01-31T11:59:59.5Z",
        "Session": {"Id": "id", "StartTimestamp": "2026-01-31T11:00:00Z", "StopTimestamp": NOON, "Duration": 1},
    }));
    server.clock.set(time("2026-01-31T12:00:01Z"));
    server.ask(
        "POST /v1/apps/a/events",
        &batch(endpoint, json!({"x": full})),
    );
    let written = "{\"ApplicationId\":\"a\",\"Id\":\"e\",\"CohortId\":\"35\",\
        \"CreationDate\":\"2026-01-31T12:00:01.000Z\",\"EffectiveDate\":\"2026-01-31T12:00:01.000Z\",\
        \"EndpointStatus\":\"ACTIVE\",\"OptOut\":\"NONE\",\"RequestId\":\"019c13ec-a1e8-7000-8000-000000000000\",\
        \"ChannelType\":\"GCM\",\"Address\":\"token\",\"Demographic\":{\"AppVersion\":\"1.2\",\
        \"Locale\":\"en_US\",\"Make\":\"apple\",\"Model\":\"iPhone\",\"Platform\":\"ios\",\
        \"PlatformVersion\":\"17\"},\"Metrics\":{\"m\":1.0},\"User\":{\"UserId\":\"u\"}}";
    let expected = json!({
        "event_type": "tap", "event_timestamp": 1_769_860_799_500_u64, "arrival_timestamp": 1_769_860_801_000_u64,
        "event_version": "3.1",
        "application": {"app_id": "a", "package_name": "p", "sdk": {"name": "s", "version": "2"}, "title": "t",
                        "version_name": "1.2", "version_code": "7"},
        "client": {"client_id": "e"},
        "device": {"locale": {"code": "en_US", "country": "US", "language": "en"}, "make": "apple",
                   "model": "iPhone", "platform": {"name": "ios", "version": "17"}},
        "session": {"session_id": "id", "start_timestamp": 1_769_857_200_000_u64,
                    "stop_timestamp": 1_769_860_800_000_u64},
        "attributes": {"a": "b"}, "metrics": {"m": 1.5, "n": 2},
        "client_context": {"custom": {"endpoint": written}},
    });
    assert_eq!(server.events(EventMark::default()), [expected]);
}

#[test]
fn what_is_not_known_of_an_event_is_left_out() {
    let server = Server::start(AppCreation::OnFirstUse);
    server.ask(EVENTS, &batch(json!({}), json!({"x": event(json!({}))})));
    let mut events = server.events(EventMark::default());
    let endpoint = events[0]["client_context"].take();
    assert!(endpoint["custom"]["endpoint"].is_string());
    let expected = json!({
        "event_type": "tap", "event_timestamp": 1_769_860_800_000_u64, "arrival_timestamp": 1_769_860_800_000_u64,
        "event_version": "3.1", "application": {"app_id": "a", "sdk": {}}, "client": {"client_id": "e"},
        "device": {"platform": {}}, "session": {}, "attributes": {}, "metrics": {}, "client_context": null,
    });
    assert_eq!(events, [expected]);
}

#[test]
fn an_event_keeps_its_endpoint_as_it_was_then() {
    let server = Server::start(AppCreation::OnFirstUse);
    for city in ["Paris", "Rome"] {
        let endpoint = json!({"Location": {"City": city}});
        server.ask(EVENTS, &batch(endpoint, json!({"x": event(json!({}))})));
    }
    let cities: Vec<String> = server
        .events(EventMark::default())
        .iter()
        .map(|event| {
            event["client_context"]["custom"]["endpoint"]
                .as_str()
                .unwrap()
        })
        .map(|endpoint| serde_json::from_str::<Value>(endpoint).unwrap())
        .map(|endpoint| endpoint["Location"]["City"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(cities, ["Paris", "Rome"]);
}

#[test]
fn events_come_back_in_order_of_acceptance_and_after_a_mark() {
    let server = Server::start(AppCreation::OnFirstUse);
    let typed = |name: &str, second: u8| {
        event(json!({"EventType": name, "Timestamp": format!("2026-01-31T12:00:{second:02}Z")}))
    };
    let types = |since| -> Vec<String> {
        let events = server.events(since);
        events
            .iter()
            .map(|event| event["event_type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(server.store.mark().unwrap(), EventMark::default());
    let late = json!({"a": typed("third", 30), "b": typed("first", 10), "c": typed("second", 20)});
    server.ask(EVENTS, &batch(json!({}), late));
    let mark = server.store.mark().unwrap();
    let early = json!({"a": typed("first", 1), "b": json!({"EventType": "never"}), "c": typed("fourth", 2)});
    server.ask(EVENTS, &batch(json!({}), early));

    assert_eq!(
        types(EventMark::default()),
        ["first", "second", "third", "first", "fourth"]
    );
    assert_eq!(types(mark), ["first", "fourth"]);
    let counts = |since| json!(server.store.count_events(since).unwrap());
    let all = json!({"first": 2, "second": 1, "third": 1, "fourth": 1});
    assert_eq!(counts(EventMark::default()), all);
    assert_eq!(counts(mark), json!({"first": 1, "fourth": 1}));
}

#[test]
fn reading_ends_with_the_reader_s_error() {
    let server = Server::start(AppCreation::OnFirstUse);
    server.ask(
        EVENTS,
        &batch(
            json!({}),
            json!({"x": event(json!({})), "y": event(json!({}))}),
        ),
    );
    let full = |_: &str| Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
    let kind = |result: std::io::Result<()>| result.unwrap_err().kind();
    let expected = std::io::ErrorKind::StorageFull;
    assert_eq!(
        kind(
            server
                .store
                .for_each_event(EventMark::default(), full)
                .map(|_| ())
        ),
        expected
    );
    assert_eq!(kind(server.store.for_each_endpoint(full)), expected);
}

#[test]
fn endpoints_come_back_by_application_and_id_and_the_active_ones_are_counted() {
    let server = Server::start(AppCreation::OnFirstUse);
    let updates = [
        ("b/endpoints/one", json!({})),
        ("a/endpoints/Two", json!({"ChannelType": "GCM"})),
        (
            "a/endpoints/one",
            json!({"ChannelType": "EMAIL", "Address": "a@b.c"}),
        ),
        (
            "a/endpoints/three",
            json!({"ChannelType": "EMAIL", "Address": "a@b.c"}),
        ),
        (
            "a/endpoints/four",
            json!({"ChannelType": "SMS", "EndpointStatus": "INACTIVE"}),
        ),
        (
            "a/endpoints/five",
            json!({"ChannelType": "SMS", "OptOut": "ALL"}),
        ),
    ];
    for (path, update) in updates {
        assert_eq!(
            server.ask(&format!("PUT /v1/apps/{path}"), &update).status,
            202
        );
    }
    let mut names = Vec::new();
    let mut last = Value::Null;
    let read = server.store.for_each_endpoint::<Error>(|line| {
        last = serde_json::from_str(line)?;
        names.push(format!("{}/{}", last["ApplicationId"], last["Id"]).replace('"', ""));
        Ok(())
    });
    read.unwrap();
    assert_eq!(
        names,
        ["a/five", "a/four", "a/one", "a/three", "a/Two", "b/one"]
    );
    let answered = server
        .ask("GET /v1/apps/b/endpoints/one", &Value::Null)
        .body;
    assert_eq!(
        (&last, &last["RequestId"]),
        (&answered, &json!(request_id(0)))
    );
    let counts = server.store.count_active_endpoints().unwrap();
    assert_eq!(
        counts,
        EndpointCounts {
            device: 2,
            email: 1,
            sms: 1
        }
    );
}

#[test]
fn accepted_events_are_written_to_a_file_as_they_come() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let store = Store::in_memory().unwrap();
    let types = || -> Vec<String> {
        let written = std::fs::read_to_string(&path).unwrap();
        let events = written
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        events
            .map(|event| event["event_type"].as_str().unwrap().to_owned())
            .collect()
    };
    for (run, expected) in [("one", vec!["one"]), ("two", vec!["one", "two"])] {
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        let options = Options {
            events_out: Some(EventsOut::new(file, &store).unwrap()),
            ..AppCreation::OnFirstUse.into()
        };
        let server = Server::over(store.clone(), options);
        let events = json!({"x": event(json!({"EventType": run})), "refused": event(json!({"EventType": ""}))});
        assert_eq!(server.ask(EVENTS, &batch(json!({}), events)).status, 202);
        assert_eq!(types(), expected);
    }
}

#[test]
fn a_store_in_a_file_outlasts_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pinpoint.sqlite");
    for run in 1..=2_u64 {
        let server = Server::over(Store::open(&path).unwrap(), AppCreation::OnFirstUse);
        server.ask(EVENTS, &batch(json!({}), json!({"x": event(json!({}))})));
        assert_eq!(
            server.store.count_events(EventMark::default()).unwrap()["tap"],
            run
        );
    }
    let missing = folder.path().join("none").join("pinpoint.sqlite");
    assert!(matches!(Store::open(&missing), Err(Error::Open { path, .. }) if path == missing));
}
