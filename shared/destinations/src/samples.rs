//! Items that tests send: of every kind.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use domain::auth_event::{UserKey, Who};
use domain::contact::{EmailAddress, UserAttributes};
use domain::endpoint::{Channel, ContactChange, ContactUpdate, DeviceEndpoint};
use domain::ids::{ClientId, EndpointId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::Demographic;
use pipeline::deliver::{Item, What};

/// Something to send, and whose.
pub struct Sample {
    user: UserKey,
    what: Owned,
}

enum Owned {
    Event(Box<AnalyticsEvent>),
    Endpoint(Box<ContactUpdate>),
}

impl Sample {
    pub fn item(&self) -> Item<'_> {
        Item {
            message: 0,
            user: &self.user,
            what: match &self.what {
                Owned::Event(event) => What::Event(event),
                Owned::Endpoint(update) => What::Endpoint(update),
            },
        }
    }
}

/// The sign-in of a user, of whom much is known; a failure of nobody in particular, of which nothing is; an address; an address
/// that is no longer in use.
pub fn samples() -> [Sample; 4] {
    let tier = {
        let mut attributes = UserAttributes::default();
        attributes.set("tier", Some("gold"));
        attributes.set("note", None);
        attributes
    };
    let email = EmailAddress::parse("ana@example.test").unwrap();
    [
        sample(
            Who::User(Sub::new("ana")),
            Owned::Event(Box::new(sign_in())),
        ),
        sample(Who::Nobody(None), Owned::Event(Box::new(failure()))),
        contact(ContactChange::Email(email), tier),
        contact(
            ContactChange::Retired(Channel::Email),
            UserAttributes::default(),
        ),
    ]
}

fn sample(who: Who, what: Owned) -> Sample {
    let user = UserKey {
        project: ProjectId::new("0123456789abcdef0123456789abcdef"),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who,
    };
    Sample { user, what }
}

fn time() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_767_225_600_000).unwrap()
}

fn sign_in() -> AnalyticsEvent {
    let device = Demographic {
        platform: Some("iOS".to_owned()),
        platform_version: Some("17.0".to_owned()),
        make: Some("Apple".to_owned()),
        locale: Some("de_DE".to_owned()),
        ..Demographic::default()
    };
    let said = Demographic {
        platform_version: Some("18.1".to_owned()),
        app_version: Some("2.4.0".to_owned()),
        ..Demographic::default()
    };
    let attributes = [("plan", "pro"), ("straße", "ü\n")];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    AnalyticsEvent {
        id: EventId::new(time(), [1; 10]),
        event_type: AnalyticsEventType::SignIn,
        time: time(),
        client: Some(ClientId::new("1example23456789")),
        endpoint: EndpointId::new("device"),
        device: Some(DeviceEndpoint {
            user: Sub::new("ana"),
            demographic: device,
        }),
        demographic: said,
        attributes: BTreeMap::from(attributes),
    }
}

fn failure() -> AnalyticsEvent {
    AnalyticsEvent {
        id: EventId::new(time(), [2; 10]),
        event_type: AnalyticsEventType::AuthFail,
        client: None,
        device: None,
        demographic: Demographic::default(),
        attributes: BTreeMap::new(),
        ..sign_in()
    }
}

fn contact(change: ContactChange, user_attributes: UserAttributes) -> Sample {
    let update = ContactUpdate {
        endpoint: EndpointId::new("address"),
        user: Sub::new("ana"),
        client: Some(ClientId::new("1example23456789")),
        time: time(),
        change,
        user_attributes,
    };
    sample(
        Who::User(Sub::new("ana")),
        Owned::Endpoint(Box::new(update)),
    )
}

/// The JSON of the examples in `docs/destinations.md`.
pub fn examples() -> Vec<serde_json::Value> {
    let text = include_str!("../../../docs/destinations.md");
    let blocks = text.split("```json\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    blocks
        .map(|json| serde_json::from_str(json).unwrap())
        .collect()
}
