//! A user's state as it is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::auth_event::AttemptWindow;
use domain::auth_event::Position;
use domain::day::Day;
use domain::endpoint::Fingerprint;
use domain::ids::{ClientId, DestinationName, EndpointId, EventId};
use domain::user_state::{
    Contacts, Held, KnownContact, KnownDevices, OpenAttempt, OpenAttempts, UserState,
};
use pipeline::ports::VersionedState;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::activity;
use crate::record::{MetadataRecord, RecordError, TraitsRecord};

/// [`VersionedState`] as it is stored, without the keys of its item. Its names are short, and what need not be read by
/// people is bytes: an ordinary user's state stays under 1 KB, DynamoDB's write unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UserStateRecord {
    #[serde(rename = "v")]
    version: u64,
    /// How far in the log it has come.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
    /// There only if the user has signed up.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    signed_up: Option<bool>,
    /// The number of the day on which Cognito made the user.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    seed: Option<i32>,
    /// See [`activity`].
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    activity: Option<ByteBuf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<AttemptRecord>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    device: Option<ByteBuf>,
    #[serde(rename = "i", default, skip_serializing_if = "Vec::is_empty")]
    app_endpoints: Vec<String>,
    /// As of when the contacts are known (milliseconds since 1970).
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    contacts_as_of: Option<i64>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    email: Option<ContactRecord>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    sms: Option<ContactRecord>,
}

/// The attribute of [`UserStateRecord`] that a state is written over.
pub const VERSION: &str = "v";

/// An open attempt as it is stored. Times are in milliseconds since 1970.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttemptRecord {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    opened: i64,
    window_seconds: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<MetadataRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traits: Option<TraitsRecord>,
    /// When the first token was issued that proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proved: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct ContactRecord {
    /// Not there once the endpoint is retired.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<ByteBuf>,
    /// The empty text stands for no app client.
    #[serde(rename = "c")]
    clients: Vec<String>,
    /// The destinations that have what it is. Not there in what was written before they were remembered, when there was none
    /// but Pinpoint.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    holders: Option<Vec<String>>,
    /// Those that may have what it was.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    outdated: Vec<String>,
}

impl From<&VersionedState> for UserStateRecord {
    fn from(versioned: &VersionedState) -> Self {
        let state = &versioned.state;
        let position = state.position.as_ref();
        Self {
            version: versioned.version,
            stream: position.map(|position| position.stream.clone()),
            sequence_number: position.map(|position| position.sequence_number.clone()),
            signed_up: state.signed_up.then_some(true),
            seed: state.seed.map(Day::number),
            activity: Some(activity::to_bytes(&state.activity))
                .filter(|bytes| !bytes.is_empty())
                .map(ByteBuf::from),
            attempts: state.attempts.iter().map(AttemptRecord::from).collect(),
            device: state.devices.own.map(fingerprint_bytes),
            app_endpoints: state
                .devices
                .apps
                .iter()
                .map(EndpointId::to_string)
                .collect(),
            contacts_as_of: state.contacts.as_of.map(|time| time.timestamp_millis()),
            email: state.contacts.email.as_ref().map(ContactRecord::from),
            sms: state.contacts.sms.as_ref().map(ContactRecord::from),
        }
    }
}

impl TryFrom<UserStateRecord> for VersionedState {
    type Error = RecordError;

    fn try_from(record: UserStateRecord) -> Result<Self, RecordError> {
        let position = record.stream.zip(record.sequence_number);
        let attempts = record.attempts.into_iter().map(OpenAttempt::try_from);
        let contact =
            |contact: Option<ContactRecord>| contact.map(KnownContact::try_from).transpose();
        let state = UserState {
            position: position.map(|(stream, sequence_number)| Position {
                stream,
                sequence_number,
            }),
            signed_up: record.signed_up.unwrap_or(false),
            seed: record.seed.map(seed).transpose()?,
            activity: activity::from_bytes(&record.activity.unwrap_or_default())?,
            attempts: OpenAttempts::new(attempts.collect::<Result<_, _>>()?),
            devices: KnownDevices {
                own: record
                    .device
                    .as_deref()
                    .map(|bytes| fingerprint(bytes))
                    .transpose()?,
                apps: record.app_endpoints.iter().map(EndpointId::new).collect(),
            },
            contacts: Contacts {
                as_of: record
                    .contacts_as_of
                    .map(|ms| time("contactsAsOf", ms))
                    .transpose()?,
                email: contact(record.email)?,
                sms: contact(record.sms)?,
            },
        };
        Ok(Self {
            version: record.version,
            state,
        })
    }
}

/// How far in the log the state in this item has come, whatever else is in it.
pub fn position(item: &HashMap<String, AttributeValue>) -> Option<Position> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    Some(Position {
        stream: text("s")?,
        sequence_number: text("n")?,
    })
}

fn seed(number: i32) -> Result<Day, RecordError> {
    Day::from_number(number).ok_or_else(|| RecordError::new("m", "there is no such day"))
}

impl From<&OpenAttempt> for AttemptRecord {
    fn from(attempt: &OpenAttempt) -> Self {
        Self {
            id: attempt.id.to_string(),
            client_id: attempt.client.as_ref().map(ClientId::to_string),
            opened: attempt.opened.timestamp_millis(),
            window_seconds: attempt.window.as_seconds(),
            metadata: MetadataRecord::of(&attempt.metadata),
            traits: TraitsRecord::of(&attempt.traits),
            proved: attempt.proved.map(|time| time.timestamp_millis()),
        }
    }
}

impl TryFrom<AttemptRecord> for OpenAttempt {
    type Error = RecordError;

    fn try_from(record: AttemptRecord) -> Result<Self, RecordError> {
        let window = AttemptWindow::from_seconds(record.window_seconds);
        Ok(Self {
            id: EventId::parse(&record.id).map_err(|e| RecordError::new("attempts", e))?,
            client: record.client_id.map(ClientId::new),
            opened: time("attempts", record.opened)?,
            window: window.ok_or_else(|| RecordError::new("attempts", "no such window"))?,
            metadata: record.metadata.unwrap_or_default().into(),
            traits: record.traits.unwrap_or_default().into(),
            proved: record.proved.map(|ms| time("attempts", ms)).transpose()?,
        })
    }
}

impl From<&KnownContact> for ContactRecord {
    fn from(contact: &KnownContact) -> Self {
        let client =
            |client: &Option<ClientId>| client.as_ref().map_or("", ClientId::as_str).to_owned();
        let holders = |of: Held| {
            let holders = contact.holders.iter().filter(move |(_, held)| **held == of);
            holders.map(|(name, _)| name.to_string()).collect()
        };
        Self {
            fingerprint: contact.fingerprint.map(fingerprint_bytes),
            clients: contact.clients.iter().map(client).collect(),
            holders: Some(holders(Held::Current)),
            outdated: holders(Held::Outdated),
        }
    }
}

impl TryFrom<ContactRecord> for KnownContact {
    type Error = RecordError;

    fn try_from(record: ContactRecord) -> Result<Self, RecordError> {
        let client = |text: &String| {
            Some(text)
                .filter(|text| !text.is_empty())
                .map(ClientId::new)
        };
        let clients: BTreeSet<_> = record.clients.iter().map(client).collect();
        Ok(Self {
            fingerprint: record
                .fingerprint
                .as_deref()
                .map(|bytes| fingerprint(bytes))
                .transpose()?,
            clients,
            holders: holders(record.holders, record.outdated),
        })
    }
}

fn holders(current: Option<Vec<String>>, outdated: Vec<String>) -> BTreeMap<DestinationName, Held> {
    let Some(current) = current else {
        return BTreeMap::from([(DestinationName::pinpoint(), Held::Outdated)]);
    };
    let of = |names: Vec<String>, held| {
        let names = names.into_iter();
        names.map(move |name| (DestinationName::new(name), held))
    };
    of(current, Held::Current)
        .chain(of(outdated, Held::Outdated))
        .collect()
}

fn fingerprint_bytes(fingerprint: Fingerprint) -> ByteBuf {
    ByteBuf::from(fingerprint.0.to_be_bytes())
}

fn fingerprint(bytes: &[u8]) -> Result<Fingerprint, RecordError> {
    let number = <[u8; 16]>::try_from(bytes).map(u128::from_be_bytes);
    number
        .map(Fingerprint)
        .map_err(|error| RecordError::new("fingerprint", error))
}

fn time(field: &'static str, milliseconds: i64) -> Result<DateTime<Utc>, RecordError> {
    DateTime::from_timestamp_millis(milliseconds)
        .ok_or_else(|| RecordError::new(field, "no such time"))
}
