//! Building Pinpoint's requests.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_pinpoint::types::builders::EndpointUserBuilder;
use aws_sdk_pinpoint::types::{
    ChannelType, EndpointBatchItem, EndpointBatchRequest, EndpointDemographic, EndpointRequest,
    EndpointUser, Event, EventsBatch, EventsRequest, PublicEndpoint,
};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::analytics_event::AnalyticsEvent;
use domain::contact::UserAttributes;
use domain::endpoint::{Channel, ContactUpdate, DeviceEndpoint, OwnedKind};

use super::limits;

/// Endpoints in one UpdateEndpointsBatch request (Pinpoint's limit).
pub const MOST_ENDPOINTS: usize = 100;

/// Who sent an event, as destinations see it.
const SDK_NAME: &str = "cognito-pinpoint";

/// About what an event takes beside its attributes (bytes).
const EVENT_BYTES: usize = 1_500;

/// The events in chunks, in the order in which to send them. One request can hold 100 events and
/// 4 MB, and tell one thing of each endpoint: where more is to be sent of one, its later events wait
/// for a later request.
pub fn chunks<'a>(events: Vec<Placed<'a>>) -> Vec<Vec<Placed<'a>>> {
    waves(events).into_iter().flat_map(split).collect()
}

/// An analytics event, and the place of its delivery.
pub type Placed<'a> = (usize, &'a AnalyticsEvent);

fn waves<'a>(events: Vec<Placed<'a>>) -> Vec<Vec<Placed<'a>>> {
    let mut waves: Vec<Vec<Placed<'a>>> = Vec::new();
    let mut sent: HashMap<&str, (usize, Option<&DeviceEndpoint>)> = HashMap::new();
    for (place, event) in events {
        let (wave, device) = sent.entry(event.endpoint.as_str()).or_default();
        if let Some(new) = &event.device {
            if device.is_some_and(|device| device != new) {
                *wave += 1;
            }
            *device = Some(new);
        }
        waves.resize_with(waves.len().max(*wave + 1), Vec::new);
        if let Some(wave) = waves.get_mut(*wave) {
            wave.push((place, event));
        }
    }
    waves
}

fn split(events: Vec<Placed<'_>>) -> Vec<Vec<Placed<'_>>> {
    let mut chunks: Vec<Vec<_>> = Vec::new();
    let mut bytes = 0;
    for (place, event) in events {
        let attributes = event
            .attributes
            .iter()
            .map(|(name, value)| name.len() + value.len());
        let size = EVENT_BYTES + attributes.sum::<usize>();
        match chunks.last_mut() {
            Some(last)
                if last.len() < limits::MOST_EVENTS
                    && bytes + size <= limits::MOST_REQUEST_BYTES =>
            {
                last.push((place, event));
                bytes += size;
            }
            Some(_) | None => {
                chunks.push(vec![(place, event)]);
                bytes = size;
            }
        }
    }
    chunks
}

/// One PutEvents request: the events of an endpoint under one key, with what is to be sent of that
/// endpoint.
pub fn events(events: &[&AnalyticsEvent]) -> EventsRequest {
    let mut by_endpoint: HashMap<&str, Vec<&AnalyticsEvent>> = HashMap::new();
    for event in events {
        by_endpoint
            .entry(event.endpoint.as_str())
            .or_default()
            .push(event);
    }
    let mut batches = HashMap::new();
    for (endpoint, events) in by_endpoint {
        batches.insert(endpoint.to_owned(), batch(&events));
    }
    EventsRequest::builder()
        .set_batch_item(Some(batches))
        .build()
}

fn batch(events: &[&AnalyticsEvent]) -> EventsBatch {
    let sent = events
        .iter()
        .rev()
        .find_map(|event| Some((event.device.as_ref()?, event.time)));
    let mut batch = EventsBatch::builder().endpoint(sent.map_or_else(
        || PublicEndpoint::builder().build(),
        |(device, time)| public_endpoint(device, time),
    ));
    for event in events {
        batch = batch.events(event.id.to_string(), pinpoint_event(event));
    }
    batch.build()
}

fn pinpoint_event(event: &AnalyticsEvent) -> Event {
    let (attributes, left_out) = limits::event_attributes(&event.attributes);
    if !left_out.is_empty() {
        tracing::warn!(event = %event.id, ?left_out, "attributes over Pinpoint's limits were left out");
    }
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Event::builder()
        .event_type(event.event_type.name())
        .timestamp(iso_8601(event.time))
        .set_attributes(Some(attributes.collect()).filter(|all: &HashMap<_, _>| !all.is_empty()))
        .sdk_name(SDK_NAME)
        .client_sdk_version(env!("CARGO_PKG_VERSION"))
        .build()
}

fn public_endpoint(device: &DeviceEndpoint, time: DateTime<Utc>) -> PublicEndpoint {
    PublicEndpoint::builder()
        .effective_date(iso_8601(time))
        .set_demographic(demographic(device))
        .user(user(device.user.as_str()).build())
        .build()
}

fn demographic(device: &DeviceEndpoint) -> Option<EndpointDemographic> {
    let known = &device.demographic;
    if known.is_empty() {
        return None;
    }
    let demographic = EndpointDemographic::builder()
        .set_platform(limits::demographic(known.platform.as_ref()))
        .set_platform_version(limits::demographic(known.platform_version.as_ref()))
        .set_app_version(limits::demographic(known.app_version.as_ref()))
        .set_locale(limits::demographic(known.locale.as_ref()))
        .set_make(limits::demographic(known.make.as_ref()))
        .set_model(limits::demographic(known.model.as_ref()))
        .set_timezone(limits::demographic(known.timezone.as_ref()));
    Some(demographic.build())
}

/// One UpdateEndpointsBatch request.
pub fn endpoints<'a>(contacts: impl Iterator<Item = &'a ContactUpdate>) -> EndpointBatchRequest {
    let items = contacts.map(|contact| {
        let state = ContactState::of(contact);
        EndpointBatchItem::builder()
            .id(contact.endpoint.as_str())
            .set_address(state.address)
            .channel_type(state.channel)
            .effective_date(state.effective_date)
            .endpoint_status(state.status)
            .opt_out(state.opt_out)
            .user(state.user)
            .build()
    });
    EndpointBatchRequest::builder()
        .set_item(Some(items.collect()))
        .build()
}

/// One UpdateEndpoint request.
pub fn endpoint(contact: &ContactUpdate) -> EndpointRequest {
    let state = ContactState::of(contact);
    EndpointRequest::builder()
        .set_address(state.address)
        .channel_type(state.channel)
        .effective_date(state.effective_date)
        .endpoint_status(state.status)
        .opt_out(state.opt_out)
        .user(state.user)
        .build()
}

/// If an endpoint may have an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Address {
    /// It may.
    Sent,
    /// It was never sent one.
    Never,
}

/// The UpdateEndpoint request that empties an endpoint: Pinpoint keeps what a request does not say, so
/// each field that may ever have been sent is said to be empty.
pub fn erased(kind: OwnedKind, attributes: &BTreeSet<String>, address: Address) -> EndpointRequest {
    let nothing = || Some(String::new());
    let user = user("").set_user_attributes(emptied(attributes)).build();
    let request = EndpointRequest::builder()
        .opt_out("ALL")
        .endpoint_status("INACTIVE")
        .set_address(nothing().filter(|_| address == Address::Sent))
        .user(user);
    let demographic = EndpointDemographic::builder()
        .set_platform(nothing())
        .set_platform_version(nothing())
        .set_app_version(nothing())
        .set_locale(nothing())
        .set_make(nothing())
        .set_model(nothing())
        .set_timezone(nothing());
    match kind {
        OwnedKind::Contact(channel) => request.channel_type(channel_type(channel)).build(),
        OwnedKind::Device | OwnedKind::AppDevice => {
            request.demographic(demographic.build()).build()
        }
    }
}

fn emptied(attributes: &BTreeSet<String>) -> Option<HashMap<String, Vec<String>>> {
    let lists = attributes.iter().map(|name| (name.clone(), Vec::new()));
    (!attributes.is_empty()).then(|| lists.collect())
}

fn channel_type(channel: Channel) -> ChannelType {
    match channel {
        Channel::Email => ChannelType::Email,
        Channel::Sms => ChannelType::Sms,
    }
}

/// What a contact endpoint is to be.
struct ContactState {
    address: Option<String>,
    channel: ChannelType,
    effective_date: String,
    status: &'static str,
    opt_out: &'static str,
    user: EndpointUser,
}

impl ContactState {
    fn of(contact: &ContactUpdate) -> Self {
        let address = contact.change.address().map(str::to_owned);
        let (status, opt_out) = if address.is_some() {
            ("ACTIVE", "NONE")
        } else {
            ("INACTIVE", "ALL")
        };
        Self {
            address,
            channel: channel_type(contact.change.channel()),
            effective_date: iso_8601(contact.time),
            status,
            opt_out,
            user: user(contact.user.as_str())
                .set_user_attributes(user_attributes(&contact.user_attributes))
                .build(),
        }
    }
}

fn user(sub: &str) -> EndpointUserBuilder {
    EndpointUser::builder().user_id(sub)
}

/// An attribute without a value has an empty list, which takes the place of what was there.
fn user_attributes(known: &UserAttributes) -> Option<HashMap<String, Vec<String>>> {
    let lists = known.iter().map(|(name, value)| {
        let list = value.map(str::to_owned).into_iter().collect();
        (name.to_owned(), list)
    });
    (!known.is_empty()).then(|| lists.collect())
}

fn iso_8601(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
