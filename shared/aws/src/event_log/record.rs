//! An auth event as it is stored and spilled.

mod contacts;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::auth_event::{
    AttemptWindow, AuthEvent, AuthEventKind, Lane, RefusedContact, TokenOccasion, UserKey, Who,
};
use domain::contact::ContactDetails;
use domain::ids::{ClientId, DestinationName, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::AppMetadata;
use domain::traits::Traits;
use serde::{Deserialize, Serialize};

use contacts::{ContactsRecord, RefusedRecord};

use crate::record::{LONGEST_KEY, MetadataRecord, RecordError, TraitsRecord, user_key_text};

/// An auth event: the same in the event log's items and in spilled log lines.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthEventRecord {
    event_id: String,
    time: String,
    #[serde(rename = "type")]
    event_type: EventType,
    project: String,
    user_pool_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// Of `AuthenticationStarted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt_window_seconds: Option<u32>,
    /// Of `AttemptExpired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<String>,
    /// There only if user data is shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contacts: Option<ContactsRecord>,
    /// Of `TokenIssued`, unless it is for something else than a sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_occasion: Option<TokenOccasionRecord>,
    /// Of `UserListed`: when Cognito made the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// Of `UserListed`: the destination that is to be sent the endpoints anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anew: Option<String>,
    /// Of `EndpointRefused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<MetadataRecord>,
    /// There only if they are not those of a native user of whom nothing else is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traits: Option<TraitsRecord>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum EventType {
    AuthenticationStarted,
    UserNotFound,
    SignedIn,
    SignUpConfirmed,
    PasswordResetConfirmed,
    TokenIssued,
    UserListed,
    AttemptExpired,
    EndpointRefused,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum TokenOccasionRecord {
    SignIn,
}

/// What a kind of event has beside its type.
#[derive(Default)]
struct Details<'a> {
    window: Option<AttemptWindow>,
    attempt: Option<EventId>,
    contacts: Option<&'a ContactDetails>,
    occasion: Option<TokenOccasionRecord>,
    created: Option<DateTime<Utc>>,
    anew: Option<&'a DestinationName>,
    refused: Option<&'a RefusedContact>,
}

impl<'a> Details<'a> {
    fn contacts(contacts: &'a ContactDetails) -> Self {
        Self {
            contacts: Some(contacts),
            ..Self::default()
        }
    }
}

fn type_and_details(kind: &AuthEventKind) -> (EventType, Details<'_>) {
    match kind {
        AuthEventKind::AuthenticationStarted { window } => {
            let window = Some(*window);
            let details = Details {
                window,
                ..Details::default()
            };
            (EventType::AuthenticationStarted, details)
        }
        AuthEventKind::UserNotFound => (EventType::UserNotFound, Details::default()),
        AuthEventKind::SignedIn(contacts) => (EventType::SignedIn, Details::contacts(contacts)),
        AuthEventKind::SignUpConfirmed(contacts) => {
            (EventType::SignUpConfirmed, Details::contacts(contacts))
        }
        AuthEventKind::PasswordResetConfirmed(contacts) => (
            EventType::PasswordResetConfirmed,
            Details::contacts(contacts),
        ),
        AuthEventKind::TokenIssued(occasion, contacts) => {
            let details = Details {
                occasion: TokenOccasionRecord::of(*occasion),
                ..Details::contacts(contacts)
            };
            (EventType::TokenIssued, details)
        }
        AuthEventKind::UserListed {
            created,
            contacts,
            anew,
        } => {
            let details = Details {
                created: *created,
                anew: anew.as_ref(),
                ..Details::contacts(contacts)
            };
            (EventType::UserListed, details)
        }
        AuthEventKind::AttemptExpired(id) => {
            let details = Details {
                attempt: Some(*id),
                ..Details::default()
            };
            (EventType::AttemptExpired, details)
        }
        AuthEventKind::EndpointRefused(contact) => {
            let details = Details {
                refused: Some(contact),
                ..Details::default()
            };
            (EventType::EndpointRefused, details)
        }
    }
}

impl From<&AuthEvent> for AuthEventRecord {
    fn from(event: &AuthEvent) -> Self {
        let (event_type, details) = type_and_details(&event.kind);
        Self {
            event_id: event.id.to_string(),
            time: event.time.to_rfc3339_opts(SecondsFormat::Millis, true),
            event_type,
            project: event.user.project.to_string(),
            user_pool_id: event.user.pool.to_string(),
            sub: event.user.sub().map(Sub::to_string),
            client_id: event.client.as_ref().map(ClientId::to_string),
            attempt_window_seconds: details.window.map(AttemptWindow::as_seconds),
            attempt: details.attempt.map(|id| id.to_string()),
            contacts: details.contacts.and_then(ContactsRecord::of),
            token_occasion: details.occasion,
            created: details
                .created
                .map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            anew: details.anew.map(DestinationName::to_string),
            refused: details.refused.map(RefusedRecord::of),
            metadata: MetadataRecord::of(&event.metadata),
            traits: TraitsRecord::of(&event.traits),
        }
    }
}

impl TokenOccasionRecord {
    fn of(occasion: TokenOccasion) -> Option<Self> {
        match occasion {
            TokenOccasion::SignIn => Some(Self::SignIn),
            TokenOccasion::Other => None,
        }
    }

    fn into_occasion(record: Option<Self>) -> TokenOccasion {
        match record {
            Some(Self::SignIn) => TokenOccasion::SignIn,
            None => TokenOccasion::Other,
        }
    }
}

impl TryFrom<AuthEventRecord> for AuthEvent {
    type Error = RecordError;

    fn try_from(record: AuthEventRecord) -> Result<Self, RecordError> {
        let client = record.client_id.as_ref().map(ClientId::new);
        Ok(Self {
            id: event_id("eventId", &record.event_id)?,
            time: time("time", &record.time)?,
            user: user(&record, event_id("eventId", &record.event_id)?)?,
            client,
            metadata: record
                .metadata
                .clone()
                .map(AppMetadata::from)
                .unwrap_or_default(),
            traits: record.traits.clone().map(Traits::from).unwrap_or_default(),
            kind: kind(record)?,
        })
    }
}

fn user(record: &AuthEventRecord, id: EventId) -> Result<UserKey, RecordError> {
    let client = || record.client_id.as_ref().map(ClientId::new);
    let nobody = || match record.event_type {
        EventType::UserNotFound => Who::NotFound(client(), Lane::of(id)),
        EventType::AuthenticationStarted
        | EventType::SignedIn
        | EventType::SignUpConfirmed
        | EventType::PasswordResetConfirmed
        | EventType::TokenIssued
        | EventType::UserListed
        | EventType::AttemptExpired
        | EventType::EndpointRefused => Who::Nobody(client()),
    };
    let sub = record.sub.as_ref();
    let user = UserKey {
        project: ProjectId::new(&record.project),
        pool: UserPoolId::new(&record.user_pool_id),
        who: sub.map_or_else(nobody, |sub| Who::User(Sub::new(sub))),
    };
    if user_key_text(&user).len() > LONGEST_KEY {
        let problem =
            format!("it makes a key of more than {LONGEST_KEY} bytes, which no table can hold");
        return Err(RecordError::new("user", problem));
    }
    Ok(user)
}

fn kind(record: AuthEventRecord) -> Result<AuthEventKind, RecordError> {
    let contacts = || ContactsRecord::into_details(record.contacts);
    Ok(match record.event_type {
        EventType::AuthenticationStarted => {
            let window = record
                .attempt_window_seconds
                .and_then(AttemptWindow::from_seconds);
            let missing =
                || RecordError::new("attemptWindowSeconds", "it is not there, or not 1 to 86400");
            AuthEventKind::AuthenticationStarted {
                window: window.ok_or_else(missing)?,
            }
        }
        EventType::UserNotFound => AuthEventKind::UserNotFound,
        EventType::SignedIn => AuthEventKind::SignedIn(contacts()?),
        EventType::SignUpConfirmed => AuthEventKind::SignUpConfirmed(contacts()?),
        EventType::PasswordResetConfirmed => AuthEventKind::PasswordResetConfirmed(contacts()?),
        EventType::TokenIssued => AuthEventKind::TokenIssued(
            TokenOccasionRecord::into_occasion(record.token_occasion),
            contacts()?,
        ),
        EventType::UserListed => AuthEventKind::UserListed {
            created: record
                .created
                .as_deref()
                .map(|text| time("created", text))
                .transpose()?,
            contacts: contacts()?,
            anew: record.anew.map(DestinationName::new),
        },
        EventType::AttemptExpired => {
            let attempt = record
                .attempt
                .ok_or_else(|| RecordError::new("attempt", "it is not there"))?;
            AuthEventKind::AttemptExpired(event_id("attempt", &attempt)?)
        }
        EventType::EndpointRefused => {
            let refused = record
                .refused
                .ok_or_else(|| RecordError::new("refused", "it is not there"))?;
            AuthEventKind::EndpointRefused(refused.contact()?)
        }
    })
}

fn event_id(field: &'static str, text: &str) -> Result<EventId, RecordError> {
    EventId::parse(text).map_err(|error| RecordError::new(field, error))
}

fn time(field: &'static str, text: &str) -> Result<DateTime<Utc>, RecordError> {
    let time =
        DateTime::parse_from_rfc3339(text).map_err(|error| RecordError::new(field, error))?;
    Ok(time.with_timezone(&Utc))
}

#[cfg(test)]
mod tests;
