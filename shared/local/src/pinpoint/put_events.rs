//! PutEvents: judges every item of a batch by itself, then records what is good in one transaction.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::endpoint_table::{self, Change};
use super::event_table::{self, StoredEvent};
use super::limits::{self, Rejection};
use super::received::Received;
use super::wire::{
    Endpoint, EndpointUpdate, Event, EventsBatch, EventsRequest, EventsResponse, ItemResponse,
    ItemStatus,
};

/// A batch, with a verdict on every item.
pub(super) struct Batch<'a> {
    items: Vec<Item<'a>>,
}

struct Item<'a> {
    endpoint_id: String,
    endpoint: Result<EndpointUpdate, Rejection>,
    events: BTreeMap<String, Result<SentEvent<'a>, Rejection>>,
}

struct SentEvent<'a> {
    event: Event,
    json: &'a RawValue,
}

/// An event to be recorded, and its own time in milliseconds since 1970.
type Accepted = (i64, StoredEvent);

/// Judges the body of PutEvents.
///
/// # Errors
///
/// If the batch as a whole cannot be taken.
pub(super) fn judge(body: &[u8]) -> Result<Batch<'_>, Rejection> {
    let request: EventsRequest<'_> =
        serde_json::from_slice(body).map_err(|source| Rejection::Malformed {
            what: "EventsRequest",
            source,
        })?;
    let items: Vec<_> = request
        .batch_item
        .into_iter()
        .map(|(id, item)| judge_item(id, item))
        .collect();
    let count = items.iter().map(|item| item.events.len()).sum();
    if count > limits::EVENTS_IN_REQUEST {
        return Err(Rejection::TooManyEvents(count));
    }
    Ok(Batch { items })
}

fn judge_item(endpoint_id: String, item: &RawValue) -> Item<'_> {
    match read::<EventsBatch<'_>>("EventsBatch", item) {
        Ok(EventsBatch { endpoint, events }) => Item {
            endpoint_id,
            endpoint: read("Endpoint", endpoint),
            events: events
                .into_iter()
                .map(|(id, event)| (id, judge_event(event)))
                .collect(),
        },
        Err(rejection) => Item {
            endpoint_id,
            endpoint: Err(rejection),
            events: BTreeMap::new(),
        },
    }
}

fn judge_event(json: &RawValue) -> Result<SentEvent<'_>, Rejection> {
    let event = read("Event", json)?;
    limits::check_event(&event, json.get().len())?;
    Ok(SentEvent { event, json })
}

fn read<'a, T: Deserialize<'a>>(what: &'static str, json: &'a RawValue) -> Result<T, Rejection> {
    serde_json::from_str(json.get()).map_err(|source| Rejection::Malformed { what, source })
}

/// Updates the endpoints of a batch and records its events. Within the batch, events go by their own time,
/// then by endpoint and event id: the order of a JSON object's members means nothing.
pub(super) fn record(
    connection: &Connection,
    app: &str,
    batch: Batch<'_>,
    received: &Received,
) -> rusqlite::Result<EventsResponse> {
    let mut results = BTreeMap::new();
    let mut accepted = Vec::new();
    for Item {
        endpoint_id,
        endpoint,
        events,
    } in batch.items
    {
        let endpoint = match endpoint {
            Ok(update) => {
                let change = Change {
                    app,
                    id: &endpoint_id,
                    update,
                };
                endpoint_table::change(connection, change, received)?
            }
            Err(rejection) => Err(rejection),
        };
        let response = match endpoint {
            Ok(endpoint) => accept(&endpoint, events, received, &mut accepted)?,
            Err(rejection) => refuse(&rejection, &events),
        };
        results.insert(endpoint_id, response);
    }
    accepted.sort_by_key(|(time, _)| *time);
    accepted
        .iter()
        .try_for_each(|(_, event)| event_table::insert(connection, event))?;
    Ok(EventsResponse { results })
}

fn accept(
    endpoint: &Endpoint,
    events: BTreeMap<String, Result<SentEvent<'_>, Rejection>>,
    received: &Received,
    accepted: &mut Vec<Accepted>,
) -> rusqlite::Result<ItemResponse> {
    let endpoint_json = serde_json::to_string(endpoint)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut events_item_response = BTreeMap::new();
    for (event_id, verdict) in events {
        let status = match verdict {
            Ok(sent) => {
                accepted.push((
                    sent.event.timestamp.milliseconds(),
                    StoredEvent {
                        app: endpoint.application_id.clone(),
                        endpoint_id: endpoint.id.clone(),
                        event_id: event_id.clone(),
                        event_type: sent.event.event_type,
                        arrival_ms: received.at.timestamp_millis(),
                        event_json: sent.json.get().to_owned(),
                        endpoint_json: endpoint_json.clone(),
                    },
                ));
                ItemStatus::accepted()
            }
            Err(rejection) => ItemStatus::rejected(&rejection),
        };
        events_item_response.insert(event_id, status);
    }
    Ok(ItemResponse {
        endpoint_item_response: ItemStatus::accepted(),
        events_item_response,
    })
}

fn refuse(
    rejection: &Rejection,
    events: &BTreeMap<String, Result<SentEvent<'_>, Rejection>>,
) -> ItemResponse {
    let of_event = ItemStatus::rejected(&Rejection::EndpointOfEvent);
    ItemResponse {
        endpoint_item_response: ItemStatus::rejected(rejection),
        events_item_response: events
            .keys()
            .map(|event_id| (event_id.clone(), of_event.clone()))
            .collect(),
    }
}
