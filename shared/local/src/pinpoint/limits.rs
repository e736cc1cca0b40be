//! Pinpoint's limits, as pure functions. They come from the quotas page of its developer guide and from
//! its API reference. Quotas on requests a second are not enforced.

use super::app_wire::Tags;
use super::timestamp::NotIso8601;
use super::wire::{ChannelType, Endpoint, Event, Lists};

/// The largest body of PutEvents, in bytes.
pub(super) const EVENTS_REQUEST_BYTES: usize = 4 * 1024 * 1024;
/// The largest body of any other request, in bytes.
pub(super) const REQUEST_BYTES: usize = 7 * 1024 * 1024;
/// The most events in one PutEvents.
pub(super) const EVENTS_IN_REQUEST: usize = 100;
/// The most endpoints in one UpdateEndpointsBatch.
pub(super) const ENDPOINTS_IN_REQUEST: usize = 100;
/// The largest event, in bytes of the JSON as it was sent.
pub(super) const EVENT_BYTES: usize = 1_000 * 1024;
/// The most attributes and metrics of one event, together.
pub(super) const EVENT_ATTRIBUTES: usize = 40;
/// The longest value of an event's attribute, in characters.
pub(super) const EVENT_VALUE_CHARACTERS: usize = 200;
/// The longest name of an attribute or a metric, in characters.
pub(super) const NAME_CHARACTERS: usize = 50;
/// The largest endpoint, in bytes of the JSON that GetEndpoint answers.
pub(super) const ENDPOINT_BYTES: usize = 15 * 1024;
/// The most attributes, metrics and user attributes of one endpoint, together.
pub(super) const ENDPOINT_ATTRIBUTES: usize = 250;
/// The longest value of an endpoint's or a user's attribute, in characters.
pub(super) const ENDPOINT_VALUE_CHARACTERS: usize = 100;
/// The most values of one attribute of an endpoint or a user.
pub(super) const ENDPOINT_VALUES: usize = 50;
/// The most endpoints of one user.
pub(super) const ENDPOINTS_OF_USER: usize = 15;

/// The most tags of one resource.
pub(super) const TAGS: usize = 50;
/// The longest key of a tag, in characters.
pub(super) const TAG_KEY_CHARACTERS: usize = 128;
/// The longest value of a tag, in characters.
pub(super) const TAG_VALUE_CHARACTERS: usize = 256;

/// Why Pinpoint does not take a request, or an item of one: a BadRequestException, or an item's 400.
/// It is sent to the client and not logged: the message may hold what the client sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Rejection {
    #[error("{what} is not valid: {source}")]
    Malformed {
        what: &'static str,
        source: serde_json::Error,
    },
    #[error("{parameter} is not valid: {value:?}")]
    Parameter {
        parameter: &'static str,
        value: String,
    },
    #[error("A request holds at most {EVENTS_IN_REQUEST} events; this one holds {0}")]
    TooManyEvents(usize),
    #[error("A request holds at most {ENDPOINTS_IN_REQUEST} endpoints; this one holds {0}")]
    TooManyEndpoints(usize),
    #[error("Endpoint {id:?}: {source}")]
    Endpoint { id: String, source: Box<Rejection> },
    #[error("Missing endpoint id")]
    EndpointIdMissing,
    #[error("An endpoint id can't contain $, {{ or }}")]
    EndpointIdCharacters,
    #[error("An endpoint has at most {ENDPOINT_BYTES} bytes; this one has {0}")]
    EndpointTooLarge(usize),
    #[error(
        "An endpoint has at most {ENDPOINT_ATTRIBUTES} attributes and metrics; this one has {0}"
    )]
    EndpointAttributes(usize),
    #[error("Attribute {name:?} has more than {ENDPOINT_VALUES} values")]
    EndpointValues { name: String },
    #[error("Missing EventType")]
    EventTypeMissing,
    #[error("ClientSdkVersion is empty; leave it out if it is not known")]
    ClientSdkVersionEmpty,
    #[error("An event has at most {EVENT_BYTES} bytes; this one has {0}")]
    EventTooLarge(usize),
    #[error("An event has at most {EVENT_ATTRIBUTES} attributes and metrics; this one has {0}")]
    EventAttributes(usize),
    #[error("Missing name of an attribute or a metric")]
    NameMissing,
    #[error("The name {0:?} has more than {NAME_CHARACTERS} characters")]
    NameTooLong(String),
    #[error("The name {0:?} can't contain #, :, ?, \\ or /")]
    NameCharacters(String),
    #[error("A value of attribute {name:?} has more than {limit} characters")]
    ValueTooLong { name: String, limit: usize },
    #[error("The address of an SMS endpoint is a phone number in E.164 format")]
    SmsAddress,
    #[error("The address of an EMAIL endpoint is an email address")]
    EmailAddress,
    #[error("Exceeded maximum endpoint per user count:{ENDPOINTS_OF_USER}")]
    EndpointsOfUser,
    #[error("The endpoint was not accepted")]
    EndpointOfEvent,
    #[error("Missing tagKeys")]
    TagKeysMissing,
    #[error("A resource has at most {TAGS} tags; this one has {0}")]
    TooManyTags(usize),
    #[error("The key of a tag has 1 to {TAG_KEY_CHARACTERS} characters; {0:?} has not")]
    TagKey(String),
    #[error("The value of tag {0:?} has more than {TAG_VALUE_CHARACTERS} characters")]
    TagValue(String),
    #[error(transparent)]
    Timestamp(#[from] NotIso8601),
}

/// Judges an event whose JSON has `bytes` bytes.
pub(super) fn check_event(event: &Event, bytes: usize) -> Result<(), Rejection> {
    let attributes = event.attributes.iter().flatten();
    let metrics = event.metrics.iter().flatten();
    let count = attributes.clone().count() + metrics.clone().count();
    if event.event_type.is_empty() {
        return Err(Rejection::EventTypeMissing);
    }
    if event.client_sdk_version.as_deref() == Some("") {
        return Err(Rejection::ClientSdkVersionEmpty);
    }
    if bytes > EVENT_BYTES {
        return Err(Rejection::EventTooLarge(bytes));
    }
    if count > EVENT_ATTRIBUTES {
        return Err(Rejection::EventAttributes(count));
    }
    metrics
        .map(|(name, _)| name)
        .try_for_each(|name| check_length_of_name(name))?;
    for (name, value) in attributes {
        check_length_of_name(name)?;
        check_value(name, value, EVENT_VALUE_CHARACTERS)?;
    }
    Ok(())
}

/// Judges an endpoint's id.
pub(super) fn check_endpoint_id(id: &str) -> Result<(), Rejection> {
    if id.is_empty() {
        return Err(Rejection::EndpointIdMissing);
    }
    if id.contains(['$', '{', '}']) {
        return Err(Rejection::EndpointIdCharacters);
    }
    Ok(())
}

/// Judges an endpoint as it would be after an update.
pub(super) fn check_endpoint(endpoint: &Endpoint) -> Result<(), Rejection> {
    let user_attributes = &endpoint.user.user_attributes;
    let count = endpoint.attributes.len() + endpoint.metrics.len() + user_attributes.len();
    if count > ENDPOINT_ATTRIBUTES {
        return Err(Rejection::EndpointAttributes(count));
    }
    check_lists(&endpoint.attributes)?;
    check_lists(user_attributes)?;
    endpoint
        .metrics
        .keys()
        .try_for_each(|name| check_name(name))?;
    check_address(endpoint)?;
    let bytes = serde_json::to_string(endpoint)
        .map_err(|source| Rejection::Malformed {
            what: "Endpoint",
            source,
        })?
        .len();
    if bytes > ENDPOINT_BYTES {
        Err(Rejection::EndpointTooLarge(bytes))
    } else {
        Ok(())
    }
}

/// Judges the tags of a resource as they would be after a request.
pub(super) fn check_tags(tags: &Tags) -> Result<(), Rejection> {
    if tags.len() > TAGS {
        return Err(Rejection::TooManyTags(tags.len()));
    }
    for (key, value) in tags {
        if !(1..=TAG_KEY_CHARACTERS).contains(&key.chars().count()) {
            return Err(Rejection::TagKey(key.clone()));
        }
        if value.chars().count() > TAG_VALUE_CHARACTERS {
            return Err(Rejection::TagValue(key.clone()));
        }
    }
    Ok(())
}

fn check_lists(lists: &Lists) -> Result<(), Rejection> {
    for (name, values) in lists {
        check_name(name)?;
        if values.len() > ENDPOINT_VALUES {
            return Err(Rejection::EndpointValues { name: name.clone() });
        }
        values
            .iter()
            .try_for_each(|value| check_value(name, value, ENDPOINT_VALUE_CHARACTERS))?;
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Rejection> {
    check_length_of_name(name)?;
    if name.contains(['#', ':', '?', '\\', '/']) {
        return Err(Rejection::NameCharacters(name.to_owned()));
    }
    Ok(())
}

fn check_length_of_name(name: &str) -> Result<(), Rejection> {
    if name.is_empty() {
        return Err(Rejection::NameMissing);
    }
    if name.chars().count() > NAME_CHARACTERS {
        return Err(Rejection::NameTooLong(name.to_owned()));
    }
    Ok(())
}

fn check_value(name: &str, value: &str, limit: usize) -> Result<(), Rejection> {
    if value.chars().count() > limit {
        return Err(Rejection::ValueTooLong {
            name: name.to_owned(),
            limit,
        });
    }
    Ok(())
}

fn check_address(endpoint: &Endpoint) -> Result<(), Rejection> {
    let (Some(channel), Some(address)) = (endpoint.channel_type, &endpoint.address) else {
        return Ok(());
    };
    match channel {
        ChannelType::Sms if !is_e164(address) => Err(Rejection::SmsAddress),
        ChannelType::Email if !address.contains('@') => Err(Rejection::EmailAddress),
        ChannelType::Sms
        | ChannelType::Email
        | ChannelType::Push
        | ChannelType::Gcm
        | ChannelType::Apns
        | ChannelType::ApnsSandbox
        | ChannelType::ApnsVoip
        | ChannelType::ApnsVoipSandbox
        | ChannelType::Adm
        | ChannelType::Voice
        | ChannelType::Baidu
        | ChannelType::Custom
        | ChannelType::InApp => Ok(()),
    }
}

/// A plus sign and up to 15 digits, of which the first is no zero (ITU-T E.164).
fn is_e164(address: &str) -> bool {
    address.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether a 16th endpoint of this channel retires the user's oldest push endpoint. One of another
/// channel is refused.
pub(super) fn retires_the_oldest(channel: Option<ChannelType>) -> bool {
    match channel {
        Some(
            ChannelType::Gcm
            | ChannelType::Apns
            | ChannelType::ApnsSandbox
            | ChannelType::ApnsVoip
            | ChannelType::ApnsVoipSandbox
            | ChannelType::Adm
            | ChannelType::Baidu,
        ) => true,
        None
        | Some(
            ChannelType::Push
            | ChannelType::Sms
            | ChannelType::Voice
            | ChannelType::Email
            | ChannelType::Custom
            | ChannelType::InApp,
        ) => false,
    }
}
