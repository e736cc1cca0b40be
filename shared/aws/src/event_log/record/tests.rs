//! What was stored or spilled comes back as it was, and what is as it mostly is costs nothing.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::endpoint::{Channel, Fingerprint};
use domain::ids::DestinationName;
use domain::traits::Provider;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const TIME: &str = "2026-03-01T12:00:00.123Z";

fn event(kind: AuthEventKind, traits: Traits) -> AuthEvent {
    let at: DateTime<Utc> = TIME.parse().unwrap();
    AuthEvent {
        id: EventId::new(at, [7; 10]),
        time: at,
        user: UserKey {
            project: ProjectId::new("0123456789abcdef0123456789abcdef"),
            pool: UserPoolId::new("eu-west-1_AAAA11111"),
            who: Who::User(Sub::new("s-1")),
        },
        client: Some(ClientId::new("app")),
        kind,
        metadata: AppMetadata::default(),
        traits,
    }
}

fn token(occasion: TokenOccasion) -> AuthEventKind {
    AuthEventKind::TokenIssued(occasion, ContactDetails::NotShared)
}

fn listed(created: Option<DateTime<Utc>>) -> AuthEventKind {
    AuthEventKind::UserListed {
        created,
        contacts: ContactDetails::NotShared,
        anew: None,
    }
}

fn listed_anew(destination: &str) -> AuthEventKind {
    AuthEventKind::UserListed {
        created: None,
        contacts: ContactDetails::NotShared,
        anew: Some(DestinationName::new(destination)),
    }
}

/// What a record of this event has beside what every one has.
fn stored(event: &AuthEvent) -> Value {
    let mut record = serde_json::to_value(AuthEventRecord::from(event)).unwrap();
    let fields = record.as_object_mut().unwrap();
    for field in [
        "eventId",
        "time",
        "project",
        "userPoolId",
        "sub",
        "clientId",
    ] {
        assert!(fields.remove(field).is_some(), "{field}");
    }
    record
}

#[test]
fn only_what_is_not_as_it_mostly_is_is_stored() {
    let none = Traits::default();
    let of = |provider| Traits {
        provider,
        ..Traits::default()
    };
    let all = Traits {
        provider: Provider::Federated("Google".to_owned()),
        attributes: [(Arc::from("custom:tenant"), "acme".to_owned())].into(),
        groups: vec!["b".to_owned(), "a".to_owned()],
    };
    let created: DateTime<Utc> = "2025-06-07T08:09:10.123456Z".parse().unwrap();
    for (kind, traits, expected) in [
        (
            token(TokenOccasion::Other),
            none.clone(),
            json!({"type": "TokenIssued"}),
        ),
        (
            token(TokenOccasion::SignIn),
            none.clone(),
            json!({"type": "TokenIssued", "tokenOccasion": "SignIn"}),
        ),
        (listed(None), none.clone(), json!({"type": "UserListed"})),
        (
            listed_anew("archive"),
            none.clone(),
            json!({"type": "UserListed", "anew": "archive"}),
        ),
        (
            listed(Some(created)),
            none,
            json!({"type": "UserListed", "created": "2025-06-07T08:09:10.123456Z"}),
        ),
        (
            token(TokenOccasion::Other),
            of(Provider::Unknown),
            json!({"type": "TokenIssued", "traits": {"provider": ""}}),
        ),
        (
            token(TokenOccasion::Other),
            all,
            json!({"type": "TokenIssued", "traits": {"provider": "Google",
                "attributes": {"custom:tenant": "acme"}, "groups": ["b", "a"]}}),
        ),
    ] {
        assert_eq!(stored(&event(kind, traits)), expected);
    }
}

/// A record of this type as it was written before there were traits.
fn read(event_type: &str, more: &Value) -> Result<AuthEvent, String> {
    let mut record = json!({"eventId": EventId::new(TIME.parse().unwrap(), [7; 10]).to_string(),
        "time": TIME, "type": event_type, "project": "0123456789abcdef0123456789abcdef",
        "userPoolId": "eu-west-1_AAAA11111", "sub": "s-1", "clientId": "app"});
    let fields = record.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    let record: AuthEventRecord = serde_json::from_value(record).unwrap();
    AuthEvent::try_from(record).map_err(|error| error.to_string())
}

#[test]
fn a_record_without_them_is_read_and_one_that_makes_no_sense_is_not() {
    for (event_type, kind) in [
        ("TokenIssued", token(TokenOccasion::Other)),
        ("UserListed", listed(None)),
    ] {
        let expected = event(kind, Traits::default());
        assert_eq!(read(event_type, &json!({})), Ok(expected.clone()));
        assert_eq!(read(event_type, &json!({"traits": {}})), Ok(expected));
    }
    let refused = json!({"refused": {"channel": "EMAIL", "destination": "archive"}});
    let of_old = json!({"refused": {"channel": "EMAIL"}});
    for (record, destination) in [(refused, "archive"), (of_old, "pinpoint")] {
        let refused = RefusedContact {
            destination: DestinationName::new(destination),
            channel: Channel::Email,
            fingerprint: None,
        };
        let expected = event(AuthEventKind::EndpointRefused(refused), Traits::default());
        assert_eq!(read("EndpointRefused", &record), Ok(expected));
    }
    let error = read("UserListed", &json!({"created": "yesterday"})).unwrap_err();
    assert!(
        error.starts_with("created of the record is not what was written: "),
        "{error}"
    );
}

fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    (1_388_534_400_000_000i64..4_102_444_800_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn any_kind() -> impl Strategy<Value = AuthEventKind> {
    let occasion = prop_oneof![Just(TokenOccasion::SignIn), Just(TokenOccasion::Other)];
    prop_oneof![
        occasion.prop_map(token),
        prop::option::of(any_time()).prop_map(listed),
        "[a-z-]{1,30}".prop_map(|name| listed_anew(&name)),
        Just(AuthEventKind::SignedIn(ContactDetails::NotShared)),
        any_refusal().prop_map(AuthEventKind::EndpointRefused),
    ]
}

fn any_refusal() -> impl Strategy<Value = RefusedContact> {
    let channel = prop_oneof![Just(Channel::Email), Just(Channel::Sms)];
    let fingerprint = prop::option::of(any::<u128>().prop_map(Fingerprint));
    (channel, fingerprint).prop_map(|(channel, fingerprint)| RefusedContact {
        destination: DestinationName::new("archive"),
        channel,
        fingerprint,
    })
}

fn any_traits() -> impl Strategy<Value = Traits> {
    let named = any::<String>()
        .prop_filter("no provider", |name| !name.is_empty())
        .prop_map(Provider::Federated);
    let provider = prop_oneof![
        Just(Provider::Cognito),
        Just(Provider::Federated(Provider::COGNITO.to_owned())),
        Just(Provider::Unknown),
        named
    ];
    let name = any::<String>().prop_map(Arc::from);
    let attributes = prop::collection::btree_map(name, any::<String>(), 0..4);
    let groups = prop::collection::vec(any::<String>(), 0..4);
    (provider, attributes, groups).prop_map(|(provider, attributes, groups)| Traits {
        provider,
        attributes,
        groups,
    })
}

proptest! {
    #[test]
    fn what_is_stored_or_spilled_comes_back_as_it_was(kind in any_kind(), traits in any_traits()) {
        let event = event(kind, traits);
        let item: HashMap<String, AttributeValue> =
            serde_dynamo::aws_sdk_dynamodb_1::to_item(AuthEventRecord::from(&event)).unwrap();
        let record: AuthEventRecord = serde_dynamo::aws_sdk_dynamodb_1::from_item(item).unwrap();
        prop_assert_eq!(&AuthEvent::try_from(record).unwrap(), &event);
        let line = serde_json::to_string(&AuthEventRecord::from(&event)).unwrap();
        let record: AuthEventRecord = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(&AuthEvent::try_from(record).unwrap(), &event);
    }
}
