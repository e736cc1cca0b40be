use domain::auth_event::{UserKey, Who};
use domain::ids::{ProjectId, UserPoolId};
use domain::metadata::Demographic;
use serde_json::{Value, json};

use super::*;

fn user() -> UserKey {
    UserKey {
        project: ProjectId::new("0123456789abcdef0123456789abcdef"),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who: Who::User(Sub::new("s-1")),
    }
}

fn at() -> DateTime<Utc> {
    "2026-01-31T12:00:00.123Z".parse().unwrap()
}

fn event(device: Option<Demographic>, attributes: &[(&str, &str)]) -> OfUser<AnalyticsEvent> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    OfUser {
        user: user(),
        item: AnalyticsEvent {
            id: EventId::new(at(), [7; 10]),
            event_type: AnalyticsEventType::AuthFail,
            time: at(),
            client: Some(ClientId::new("app")),
            endpoint: EndpointId::new("device"),
            demographic: device.clone().unwrap_or_default(),
            device: device.map(|demographic| DeviceEndpoint {
                user: Sub::new("s-1"),
                demographic,
            }),
            attributes: attributes.iter().map(pair).collect(),
        },
    }
}

fn endpoint(change: ContactChange, attributes: &[(&str, Option<&str>)]) -> Body {
    let mut user_attributes = UserAttributes::default();
    for (name, value) in attributes {
        user_attributes.set(*name, *value);
    }
    Body::Endpoint(OfUser {
        user: user(),
        item: ContactUpdate {
            endpoint: EndpointId::new("address"),
            user: Sub::new("s-1"),
            client: None,
            time: at(),
            change,
            user_attributes,
        },
    })
}

/// A message is this JSON in ASCII, and is read as it was.
fn check(body: Body, expected: Value) {
    let message = Message {
        destination: DestinationName::pinpoint(),
        body,
    };
    let text = encoded(&message).unwrap();
    assert!(text.is_ascii(), "{text}");
    let mut value: Value = serde_json::from_str(&text).unwrap();
    let fields = value.as_object_mut().unwrap();
    assert_eq!(fields.remove("destination"), Some(json!("pinpoint")));
    assert_eq!(value, expected);
    assert_eq!(decoded(&text).unwrap(), message);
}

#[test]
fn a_message_is_read_as_it_was_written() {
    let key = "0123456789abcdef0123456789abcdef#eu-west-1_AAAA11111#sub#s-1";
    let id = EventId::new(at(), [7; 10]).to_string();
    let plain = json!({"user": key, "id": id, "type": "_userauth.auth_fail", "time": "2026-01-31T12:00:00.123Z",
        "clientId": "app", "endpoint": "device"});
    let mut full = plain.clone();
    full["device"] = json!({"sub": "s-1", "demographic": {"platform": "iOS", "locale": "de_DE"}});
    full["metadata"] = json!({"platform": "iOS", "locale": "de_DE", "attributes": {"plan": "prö \u{ffff} \u{1f600}"}});
    let device = Demographic {
        platform: Some("iOS".to_owned()),
        locale: Some("de_DE".to_owned()),
        ..Demographic::default()
    };
    let events = vec![
        event(None, &[]),
        event(Some(device), &[("plan", "prö \u{ffff} \u{1f600}")]),
    ];
    check(Body::Events(events), json!({"events": [plain, full]}));

    let base = json!({"user": key, "id": "address", "sub": "s-1", "time": "2026-01-31T12:00:00.123Z", "channel": "EMAIL"});
    let mut used = base.clone();
    used["address"] = json!("ada@example.test");
    used["userAttributes"] = json!({"firstName": "Ada", "note": null});
    let address = EmailAddress::parse("ada@example.test").unwrap();
    check(
        endpoint(
            ContactChange::Email(address),
            &[("firstName", Some("Ada")), ("note", None)],
        ),
        json!({"endpoint": used}),
    );
    check(
        endpoint(ContactChange::Retired(Channel::Email), &[]),
        json!({"endpoint": base}),
    );
    let mut sms = base;
    sms["channel"] = json!("SMS");
    sms["address"] = json!("+12065550123");
    let number = PhoneNumber::parse("+12065550123").unwrap();
    check(
        endpoint(ContactChange::Sms(number), &[]),
        json!({"endpoint": sms}),
    );
}

#[test]
fn what_is_no_message_is_named() {
    for (text, problem) in [
        (
            "{}",
            "message of the record is not what was written: missing field `destination`",
        ),
        (
            r#"{"destination": "pinpoint", "endpoint": {"user": "a#b#sub#c", "id": "i", "sub": "c", "time": "now",
               "channel": "SMS"}}"#,
            "time of the record is not what was written: ",
        ),
    ] {
        let error = decoded(text).unwrap_err().to_string();
        assert!(error.starts_with(problem), "{error}");
    }
}
