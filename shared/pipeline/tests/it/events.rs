//! Auth events of one project, and records of them.

use ::config::Config;
use chrono::{DateTime, TimeDelta, Utc};
use domain::auth_event::AttemptWindow;
use domain::auth_event::{AuthEvent, AuthEventKind, Position, TokenOccasion, UserKey, Who};
use domain::contact::{ContactDetails, EmailAddress, UserAttributes};
use domain::day::Day;
use domain::ids::{ClientId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::AppMetadata;
use domain::time_zone::TimeZone;
use domain::traits::Traits;
use pipeline::publish::LogRecord;

/// The beginning of day 0.
pub fn epoch() -> DateTime<Utc> {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

/// The UTC day of a time.
pub fn day_of(time: DateTime<Utc>) -> Day {
    TimeZone::UTC.day_of(time)
}

/// Figures by three dimensions.
pub fn config() -> Config {
    let json = r#"{
        "Dimensions": ["platform", "appVersion", "locale"],
        "Default": {"ApplicationId": "00000000000000000000000000000000", "UserDataShared": true, "Destinations": ["pinpoint"]}
    }"#;
    Config::from_json(json).unwrap()
}

/// The wall clock's time: long after day 0.
pub fn now() -> DateTime<Utc> {
    epoch() + days(400)
}

pub fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

pub fn days(days: i64) -> TimeDelta {
    TimeDelta::days(days)
}

pub fn event_id(number: u8) -> EventId {
    EventId::new(epoch(), [number; 10])
}

/// The number of an event's id; of an expiry's, that of its attempt, negated.
pub fn number(id: EventId) -> i16 {
    let numbers = (0..=u8::MAX).find_map(|number| {
        if event_id(number) == id {
            Some(i16::from(number))
        } else if event_id(number).of_expiry() == id {
            Some(-i16::from(number))
        } else {
            None
        }
    });
    numbers.unwrap()
}

pub fn user(name: &str) -> UserKey {
    UserKey {
        project: ProjectId::new("0".repeat(32)),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who: Who::User(Sub::new(name)),
    }
}

pub fn nobody() -> UserKey {
    UserKey {
        who: Who::Nobody(Some(ClientId::new("app"))),
        ..user("")
    }
}

pub fn user_name(user: &UserKey) -> &str {
    user.sub().map_or("nobody", Sub::as_str)
}

/// An event of this user. Its id is given to it by its place in a log.
pub fn event(of: &str, at: TimeDelta, kind: AuthEventKind) -> AuthEvent {
    AuthEvent {
        id: event_id(0),
        time: epoch() + at,
        user: user(of),
        client: Some(ClientId::new("app")),
        kind,
        metadata: AppMetadata::default(),
        traits: Traits::default(),
    }
}

pub fn started(of: &str, at: TimeDelta) -> AuthEvent {
    let window = AttemptWindow::default();
    event(of, at, AuthEventKind::AuthenticationStarted { window })
}

pub fn signed_in(of: &str, at: TimeDelta) -> AuthEvent {
    event(of, at, AuthEventKind::SignedIn(ContactDetails::NotShared))
}

pub fn signed_up(of: &str, at: TimeDelta) -> AuthEvent {
    let contacts = ContactDetails::NotShared;
    event(of, at, AuthEventKind::SignUpConfirmed(contacts))
}

pub fn token_issued(of: &str, at: TimeDelta) -> AuthEvent {
    let contacts = ContactDetails::NotShared;
    event(
        of,
        at,
        AuthEventKind::TokenIssued(TokenOccasion::Other, contacts),
    )
}

pub fn user_not_found(at: TimeDelta) -> AuthEvent {
    AuthEvent {
        user: nobody(),
        ..event("", at, AuthEventKind::UserNotFound)
    }
}

/// The expiry of the attempt that the `number`th event opened.
pub fn expired(of: &str, at: TimeDelta, number: u8) -> AuthEvent {
    event(of, at, AuthEventKind::AttemptExpired(event_id(number)))
}

pub fn saying(mut event: AuthEvent, pairs: &[(&str, &str)]) -> AuthEvent {
    let (metadata, dropped) = AppMetadata::from_pairs(pairs.iter().copied());
    assert_eq!(dropped, [""; 0]);
    event.metadata = metadata;
    event
}

/// A sign-in that shares this email address.
pub fn signed_in_sharing(of: &str, at: TimeDelta, email: &str) -> AuthEvent {
    let contacts = ContactDetails::Shared {
        email: Some(EmailAddress::parse(email).unwrap()),
        phone: None,
        user_attributes: UserAttributes::default(),
    };
    event(of, at, AuthEventKind::SignedIn(contacts))
}

/// The events as a log gives them: numbered from 1, and with ids of their numbers.
pub fn records(events: impl IntoIterator<Item = AuthEvent>) -> Vec<LogRecord> {
    let numbered = events.into_iter().zip(1u8..);
    let records = numbered.map(|(event, number)| LogRecord {
        position: position(usize::from(number)),
        event: AuthEvent {
            id: event_id(number),
            ..event
        },
    });
    records.collect()
}

pub fn position(number: usize) -> Position {
    Position {
        stream: "stream".into(),
        sequence_number: number.to_string(),
    }
}
