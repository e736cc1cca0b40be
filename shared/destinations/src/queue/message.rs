//! A message as it is in its queue.

use std::collections::BTreeMap;

use aws::record::{MetadataRecord, RecordError, parse_user_key, user_key_text};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use domain::contact::{EmailAddress, PhoneNumber, UserAttributes};
use domain::endpoint::{Channel, ContactChange, ContactUpdate, DeviceEndpoint};
use domain::ids::{ClientId, DestinationName, EndpointId, EventId, Sub};
use domain::metadata::AppMetadata;
use pipeline::route::{Body, Message, OfUser};
use serde::{Deserialize, Serialize};

use crate::ascii::ascii;

/// A message in ASCII-escaped JSON.
///
/// # Errors
///
/// None in practice.
pub fn encoded(message: &Message) -> serde_json::Result<String> {
    let record = MessageRecord {
        destination: message.destination.to_string(),
        body: BodyRecord::of(&message.body),
    };
    Ok(ascii(&serde_json::to_string(&record)?))
}

/// Reads what [`encoded`] gave.
///
/// # Errors
///
/// If it is something else, such as what a newer version wrote.
pub fn decoded(text: &str) -> Result<Message, RecordError> {
    let record: MessageRecord =
        serde_json::from_str(text).map_err(|error| RecordError::new("message", error))?;
    Ok(Message {
        destination: DestinationName::new(record.destination),
        body: record.body.body()?,
    })
}

#[derive(Serialize, Deserialize)]
struct MessageRecord {
    destination: String,
    #[serde(flatten)]
    body: BodyRecord,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum BodyRecord {
    Events(Vec<EventRecord>),
    Endpoint(EndpointRecord),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventRecord {
    user: String,
    id: String,
    #[serde(rename = "type")]
    event_type: String,
    time: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<DeviceRecord>,
    /// What the app said: of the device, and the event's own attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<MetadataRecord>,
}

#[derive(Serialize, Deserialize)]
struct DeviceRecord {
    sub: String,
    demographic: MetadataRecord,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndpointRecord {
    user: String,
    id: String,
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    time: String,
    channel: ChannelRecord,
    /// None of an endpoint that is retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    user_attributes: BTreeMap<String, Option<String>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ChannelRecord {
    Email,
    Sms,
}

impl BodyRecord {
    fn of(body: &Body) -> Self {
        match body {
            Body::Events(events) => Self::Events(events.iter().map(EventRecord::of).collect()),
            Body::Endpoint(update) => Self::Endpoint(EndpointRecord::of(update)),
        }
    }

    fn body(self) -> Result<Body, RecordError> {
        Ok(match self {
            Self::Events(events) => {
                let events = events.into_iter().map(EventRecord::event);
                Body::Events(events.collect::<Result<_, _>>()?)
            }
            Self::Endpoint(update) => Body::Endpoint(update.update()?),
        })
    }
}

impl EventRecord {
    fn of(event: &OfUser<AnalyticsEvent>) -> Self {
        let OfUser { user, item } = event;
        Self {
            user: user_key_text(user),
            id: item.id.to_string(),
            event_type: item.event_type.name().to_owned(),
            time: time_text(item.time),
            client_id: item.client.as_ref().map(ClientId::to_string),
            endpoint: item.endpoint.to_string(),
            device: item.device.as_ref().map(DeviceRecord::of),
            metadata: MetadataRecord::of(&AppMetadata {
                endpoint_id: None,
                demographic: item.demographic.clone(),
                attributes: item.attributes.clone(),
            }),
        }
    }

    fn event(self) -> Result<OfUser<AnalyticsEvent>, RecordError> {
        let mut types = AnalyticsEventType::ALL.into_iter();
        let event_type = types.find(|it| it.name() == self.event_type);
        let said: AppMetadata = self.metadata.map(AppMetadata::from).unwrap_or_default();
        let event_type = event_type.ok_or_else(|| RecordError::new("type", "there is none such"));
        Ok(OfUser {
            user: parse_user_key(&self.user)?,
            item: AnalyticsEvent {
                id: EventId::parse(&self.id).map_err(|error| RecordError::new("id", error))?,
                event_type: event_type?,
                time: time(&self.time)?,
                client: self.client_id.map(ClientId::new),
                endpoint: EndpointId::new(self.endpoint),
                device: self.device.map(DeviceRecord::device),
                demographic: said.demographic,
                attributes: said.attributes,
            },
        })
    }
}

impl DeviceRecord {
    fn of(device: &DeviceEndpoint) -> Self {
        let metadata = AppMetadata {
            demographic: device.demographic.clone(),
            ..AppMetadata::default()
        };
        Self {
            sub: device.user.to_string(),
            demographic: metadata.into(),
        }
    }

    fn device(self) -> DeviceEndpoint {
        DeviceEndpoint {
            user: Sub::new(self.sub),
            demographic: AppMetadata::from(self.demographic).demographic,
        }
    }
}

impl EndpointRecord {
    fn of(update: &OfUser<ContactUpdate>) -> Self {
        let OfUser { user, item } = update;
        let owned =
            |(name, value): (&str, Option<&str>)| (name.to_owned(), value.map(str::to_owned));
        Self {
            user: user_key_text(user),
            id: item.endpoint.to_string(),
            sub: item.user.to_string(),
            client_id: item.client.as_ref().map(ClientId::to_string),
            time: time_text(item.time),
            channel: match item.change.channel() {
                Channel::Email => ChannelRecord::Email,
                Channel::Sms => ChannelRecord::Sms,
            },
            address: item.change.address().map(str::to_owned),
            user_attributes: item.user_attributes.iter().map(owned).collect(),
        }
    }

    fn update(self) -> Result<OfUser<ContactUpdate>, RecordError> {
        let change = match (self.channel, self.address.as_deref()) {
            (ChannelRecord::Email, None) => Some(ContactChange::Retired(Channel::Email)),
            (ChannelRecord::Sms, None) => Some(ContactChange::Retired(Channel::Sms)),
            (ChannelRecord::Email, Some(text)) => {
                EmailAddress::parse(text).map(ContactChange::Email)
            }
            (ChannelRecord::Sms, Some(text)) => PhoneNumber::parse(text).map(ContactChange::Sms),
        };
        let mut user_attributes = UserAttributes::default();
        for (name, value) in self.user_attributes {
            user_attributes.set(name, value.as_deref());
        }
        Ok(OfUser {
            user: parse_user_key(&self.user)?,
            item: ContactUpdate {
                endpoint: EndpointId::new(self.id),
                user: Sub::new(self.sub),
                client: self.client_id.map(ClientId::new),
                time: time(&self.time)?,
                change: change.ok_or_else(|| RecordError::new("address", "it is none"))?,
                user_attributes,
            },
        })
    }
}

fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn time(text: &str) -> Result<DateTime<Utc>, RecordError> {
    let time =
        DateTime::parse_from_rfc3339(text).map_err(|error| RecordError::new("time", error))?;
    Ok(time.with_timezone(&Utc))
}

#[cfg(test)]
mod tests;
