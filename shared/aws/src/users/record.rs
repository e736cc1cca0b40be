//! A user's state as it is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::activity::ActiveDays;
use domain::auth_event::AttemptWindow;
use domain::auth_event::Position;
use domain::day::Day;
use domain::endpoint::Fingerprint;
use domain::ids::{ClientId, EndpointId, EventId};
use domain::segment::{Dimension, Segment, SegmentValue};
use domain::user_state::{
    Contacts, KnownContact, KnownDevices, OpenAttempt, OpenAttempts, UserState,
};
use ethnum::U256;
use pipeline::ports::VersionedState;
use serde::{Deserialize, Serialize};

use crate::record::{MetadataRecord, RecordError};

/// [`VersionedState`] as it is stored, without the keys of its item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserStateRecord {
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
    /// There only if the user has signed up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed_up: Option<bool>,
    /// Active days of the whole project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active: Option<ActiveDaysRecord>,
    /// Active days by dimension and value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    active_by: BTreeMap<String, BTreeMap<String, ActiveDaysRecord>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<AttemptRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    app_endpoints: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contacts_as_of: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<ContactRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sms: Option<ContactRecord>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct ActiveDaysRecord {
    first: String,
    newest: String,
    /// Hexadecimal: bit 0 is the newest day, bit 1 the day before, and so on.
    days: String,
}

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
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct ContactRecord {
    /// Not there while the endpoint is to be sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// The empty text stands for no app client.
    clients: Vec<String>,
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
            active: state
                .activity
                .get(&Segment::Whole)
                .map(ActiveDaysRecord::from),
            active_by: active_by(&state.activity),
            attempts: state.attempts.iter().map(AttemptRecord::from).collect(),
            device: state.devices.own.map(fingerprint_text),
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
            activity: activity(record.active, record.active_by)?,
            attempts: OpenAttempts::new(attempts.collect::<Result<_, _>>()?),
            devices: KnownDevices {
                own: record.device.as_deref().map(fingerprint).transpose()?,
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
        stream: text("stream")?,
        sequence_number: text("sequenceNumber")?,
    })
}

fn active_by(
    activity: &BTreeMap<Segment, ActiveDays>,
) -> BTreeMap<String, BTreeMap<String, ActiveDaysRecord>> {
    let mut by: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
    for (segment, days) in activity {
        match segment {
            Segment::Whole => {}
            Segment::Of(dimension, value) => {
                let values = by.entry(dimension.name().to_owned()).or_default();
                values.insert(value.to_string(), days.into());
            }
        }
    }
    by
}

fn activity(
    whole: Option<ActiveDaysRecord>,
    by: BTreeMap<String, BTreeMap<String, ActiveDaysRecord>>,
) -> Result<BTreeMap<Segment, ActiveDays>, RecordError> {
    let mut activity = BTreeMap::new();
    if let Some(days) = whole {
        activity.insert(Segment::Whole, days.try_into()?);
    }
    for (dimension, values) in by {
        let unknown = || RecordError::new("activeBy", "no such dimension");
        let dimension = Dimension::from_name(&dimension).ok_or_else(unknown)?;
        for (value, days) in values {
            activity.insert(
                Segment::Of(dimension, SegmentValue::new(&value)),
                days.try_into()?,
            );
        }
    }
    Ok(activity)
}

impl From<&ActiveDays> for ActiveDaysRecord {
    fn from(days: &ActiveDays) -> Self {
        let (first, newest, bits) = days.to_parts();
        let days = format!("{:x}", U256::from_le_bytes(bits));
        Self {
            first: first.to_string(),
            newest: newest.to_string(),
            days,
        }
    }
}

impl TryFrom<ActiveDaysRecord> for ActiveDays {
    type Error = RecordError;

    fn try_from(record: ActiveDaysRecord) -> Result<Self, RecordError> {
        let day = |text: &str| Day::parse(text).map_err(|e| RecordError::new("active", e));
        let bits =
            U256::from_str_radix(&record.days, 16).map_err(|e| RecordError::new("active", e))?;
        let days = Self::from_parts(
            day(&record.first)?,
            day(&record.newest)?,
            bits.to_le_bytes(),
        );
        days.ok_or_else(|| RecordError::new("active", "its days contradict each other"))
    }
}

impl From<&OpenAttempt> for AttemptRecord {
    fn from(attempt: &OpenAttempt) -> Self {
        Self {
            id: attempt.id.to_string(),
            client_id: attempt.client.as_ref().map(ClientId::to_string),
            opened: attempt.opened.timestamp_millis(),
            window_seconds: attempt.window.as_seconds(),
            metadata: MetadataRecord::of(&attempt.metadata),
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
        })
    }
}

impl From<&KnownContact> for ContactRecord {
    fn from(contact: &KnownContact) -> Self {
        let client =
            |client: &Option<ClientId>| client.as_ref().map_or("", ClientId::as_str).to_owned();
        Self {
            fingerprint: contact.fingerprint.map(fingerprint_text),
            clients: contact.clients.iter().map(client).collect(),
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
            fingerprint: record.fingerprint.as_deref().map(fingerprint).transpose()?,
            clients,
        })
    }
}

fn fingerprint_text(fingerprint: Fingerprint) -> String {
    format!("{:032x}", fingerprint.0)
}

fn fingerprint(text: &str) -> Result<Fingerprint, RecordError> {
    let number = u128::from_str_radix(text, 16);
    number
        .map(Fingerprint)
        .map_err(|error| RecordError::new("fingerprint", error))
}

fn time(field: &'static str, milliseconds: i64) -> Result<DateTime<Utc>, RecordError> {
    DateTime::from_timestamp_millis(milliseconds)
        .ok_or_else(|| RecordError::new(field, "no such time"))
}
