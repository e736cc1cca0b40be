use serde_json::json;

use super::*;

const PROJECT: &str = "00000000000000000000000000000000";

/// A record as Pinpoint wrote it, with what each case has otherwise.
fn record(change: impl FnOnce(&mut Value)) -> String {
    let mut record = json!({
        "event_type": "_userauth.sign_in",
        "event_timestamp": 1_790_000_000_000_u64,
        "arrival_timestamp": 1_790_000_000_900_u64,
        "event_version": "3.1",
        "application": {"app_id": PROJECT, "sdk": {}, "version_name": "2.4.0"},
        "client": {"client_id": "E1"},
        "device": {
            "locale": {"code": "en_US", "country": "US", "language": "en"},
            "make": "apple", "model": "iPhone", "platform": {"name": "ios", "version": "18.1"}
        },
        "session": {"session_id": "s1"},
        "attributes": {}, "metrics": {},
        "client_context": {"custom": {"endpoint": r#"{"ChannelType":"EMAIL","User":{"UserId":"u1"}}"#}},
        "awsAccountId": "111122223333"
    });
    change(&mut record);
    record.to_string()
}

fn read_text(text: &str) -> Result<Read, Fault> {
    read(Piece::Text(text.as_bytes()), TextPosition::START)
}

fn taken(text: &str) -> Record {
    match read_text(text) {
        Ok(Read::Record(record)) => *record,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_record_is_read_as_a_whole() {
    let read = taken(&record(|_| {}));
    let id = read.id;
    let (demographic, _) = AppMetadata::from_pairs([
        ("platform", "ios"),
        ("platformVersion", "18.1"),
        ("appVersion", "2.4.0"),
        ("locale", "en_US"),
        ("make", "apple"),
        ("model", "iPhone"),
    ]);
    let expected = Record {
        id,
        project: ProjectId::new(PROJECT),
        time: DateTime::from_timestamp_millis(1_790_000_000_000).unwrap(),
        kind: HistoryKind::SignIn,
        user: Some(Sub::new("u1")),
        endpoint: Some("E1".to_owned()),
        demographic: demographic.demographic,
    };
    assert_eq!(read, expected);
}

#[test]
fn every_counted_event_type_is_taken_and_all_others_are_passed_over() {
    for (event_type, kind) in [
        ("_userauth.sign_in", Some(HistoryKind::SignIn)),
        ("_userauth.sign_up", Some(HistoryKind::SignUp)),
        ("_userauth.auth_fail", Some(HistoryKind::AuthFail)),
        ("_session.start", Some(HistoryKind::SessionStart)),
        ("_session.stop", None),
        ("_email.open", None),
        ("purchase", None),
        ("", None),
    ] {
        let text = record(|record| record["event_type"] = event_type.into());
        let found = match read_text(&text) {
            Ok(Read::Record(record)) => Some(record.kind),
            Ok(Read::OtherType) => None,
            Err(fault) => panic!("{event_type}: {fault}"),
        };
        assert_eq!(found, kind, "{event_type}");
    }
    assert_eq!(read_text(r#"{"event_type":"tap"}"#), Ok(Read::OtherType));
}

#[test]
fn the_user_is_that_of_the_records_endpoint() {
    let endpoint = "/client_context/custom/endpoint";
    for (value, expected) in [
        (json!(r#"{"User":{"UserId":"u2"}}"#), Some("u2")),
        (json!({"User": {"UserId": "u2"}}), Some("u2")),
        (json!({"User": {"UserId": 7}}), Some("7")),
        (json!({"User": {"UserId": ""}}), None),
        (json!({"User": {}}), None),
        (json!({}), None),
        (json!(r#"{"ChannelType":"GCM"}"#), None),
        (json!(""), None),
        (json!(null), None),
    ] {
        let text = record(|record| *record.pointer_mut(endpoint).unwrap() = value);
        let user = taken(&text).user;
        assert_eq!(user.as_ref().map(Sub::as_str), expected, "{text}");
    }
    let without = record(|record| record["client_context"] = json!({}));
    assert_eq!(taken(&without).user, None);
}

#[test]
fn a_time_is_a_number_or_its_text() {
    for stamp in [
        json!(1_790_000_000_000_u64),
        json!("1790000000000"),
        json!(" 1790000000000 "),
    ] {
        let text = record(|record| record["event_timestamp"] = stamp);
        assert_eq!(
            taken(&text).time.timestamp_millis(),
            1_790_000_000_000,
            "{text}"
        );
    }
}

#[test]
fn what_of_a_device_is_too_long_or_nothing_is_left_out() {
    let text = record(|record| {
        record["device"] = json!({
            "make": "", "model": "x".repeat(101), "locale": [], "platform": {"name": "x".repeat(100), "version": 18}
        });
        record["application"]["version_name"] = Value::Null;
    });
    let long = "x".repeat(100);
    let (expected, _) = AppMetadata::from_pairs([("platform", &*long), ("platformVersion", "18")]);
    assert_eq!(taken(&text).demographic, expected.demographic);
}

#[test]
fn a_record_that_is_delivered_twice_has_one_id() {
    let first = record(|_| {});
    let value: Value = serde_json::from_str(&first).unwrap();
    let reversed: serde_json::Map<_, _> = value
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .rev()
        .collect();
    let id = taken(&first).id;
    for again in [
        serde_json::to_string_pretty(&value).unwrap(),
        Value::Object(reversed).to_string(),
        record(|record| record["arrival_timestamp"] = json!(1_790_000_099_000_u64)),
        record(|record| record["event_timestamp"] = json!("1790000000000")),
        record(|record| {
            let spaced = r#"{ "User" : { "UserId" : "u1" } }"#;
            record["client_context"]["custom"]["endpoint"] = json!(spaced);
        }),
    ] {
        assert_eq!(taken(&again).id, id, "{again}");
    }
    for other in [
        record(|record| record["session"] = json!({})),
        record(|record| record["client"]["client_id"] = json!("E2")),
        record(|record| record["event_timestamp"] = json!(1_790_000_000_001_u64)),
        record(|record| record["event_type"] = json!("_session.start")),
        record(|record| record["client_context"] = json!({})),
    ] {
        assert_ne!(taken(&other).id, id, "{other}");
    }
}

#[test]
fn who_is_not_named_is_the_listed_user_or_else_part_of_those_not_found() {
    let pool = UserPoolId::new("eu-west-1_AAAA11111");
    let named = taken(&record(|_| {}));
    let unnamed = taken(&record(|record| record["client_context"] = json!({})));
    let listed = || Some(Sub::new("u9"));
    let nobody = || unnamed.id.not_found();
    let u9 = || Who::User(Sub::new("u9"));
    for (record, user, expected, without_list) in [
        (&named, None, Who::User(Sub::new("u1")), None),
        (&named, listed(), Who::User(Sub::new("u1")), None),
        (&unnamed, listed(), u9(), Some(nobody())),
        (&unnamed, None, nobody(), None),
    ] {
        let event = record.clone().event(pool.clone(), user);
        let key = |who| UserKey {
            project: ProjectId::new(PROJECT),
            pool: pool.clone(),
            who,
        };
        let expected = HistoryEvent {
            id: record.id,
            user: key(expected),
            without_list: without_list.map(key),
            time: record.time,
            kind: record.kind,
            demographic: record.demographic.clone(),
        };
        assert_eq!(event, expected);
    }
}

#[test]
fn a_fault_says_what_is_missing_and_nothing_of_a_person() {
    let without = |name: &str| {
        record(|record| {
            record.as_object_mut().unwrap().remove(name);
        })
    };
    let with = |name: &str, value: Value| record(|record| record[name] = value);
    let missing = "is missing; give what Pinpoint's event stream wrote, as it is";
    let cases = [
        ("{}".to_owned(), format!("no event-stream record: `event_type` {missing}")),
        (without("event_timestamp"), format!("no event-stream record: `event_timestamp` {missing}")),
        (without("application"), format!("no event-stream record: `application.app_id` {missing}")),
        (
            with("event_type", json!({"secret": 1})),
            "no event-stream record: `event_type` is an object, not a string such as \"_userauth.sign_in\"".to_owned(),
        ),
        (
            with("application", json!({"app_id": 7})),
            "no event-stream record: `application.app_id` is a number, not a string".to_owned(),
        ),
        (
            with("event_timestamp", json!("secret")),
            "no event-stream record: `event_timestamp` is a string, not whole milliseconds since 1970".to_owned(),
        ),
        (
            with("event_timestamp", json!(1_790_000_000)),
            "`event_timestamp` is 1790000000, not in the years 2000 to 9998: it is milliseconds since 1970".to_owned(),
        ),
        (
            with("client_context", json!({"custom": {"endpoint": "{\"User\":{\"UserId\":\"secret"}})),
            "the text under `client_context.custom.endpoint` is no JSON object: is the record complete?".to_owned(),
        ),
        (
            with("client_context", json!({"custom": {"endpoint": {"User": {"UserId": "secret".repeat(300)}}}})),
            "`User.UserId` is longer than 1400 bytes, which no user's `sub` is".to_owned(),
        ),
        ("[\"secret\"]".to_owned(), "an array, not a JSON object".to_owned()),
        ("secret".to_owned(), "not JSON: expected value (column 1)".to_owned()),
        (
            "{\"event_type\":\"secret".to_owned(),
            "not JSON: EOF while parsing a string (column 21)".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        let fault = read_text(&text).unwrap_err().at(TextPosition::START);
        assert_eq!(fault, expected, "{text}");
    }
}
