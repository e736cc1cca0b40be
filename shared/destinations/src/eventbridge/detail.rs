//! What an event on a bus says. `docs/eventbridge-schema.json` is its schema.

use std::collections::BTreeMap;

use domain::analytics_event::AnalyticsEvent;
use domain::endpoint::ContactUpdate;
use domain::ids::{ClientId, EndpointId, Sub};
use domain::metadata::Demographic;
use pipeline::deliver::{Item, What};
use serde::Serialize;

use crate::item::{demographic, id, iso_8601, status};

/// The version of this form: another one is another number.
const VERSION: &str = "1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    version: &'static str,
    /// The same each time the event is put: EventBridge's own id is not.
    id: String,
    time: String,
    project: &'a str,
    user_pool_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    endpoint_id: &'a str,
    #[serde(flatten)]
    what: Said<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Event {
        device: BTreeMap<&'static str, String>,
        attributes: &'a BTreeMap<String, String>,
    },
    Endpoint {
        endpoint: Endpoint<'a>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'a> {
    channel: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    status: &'static str,
    opt_out: &'static str,
    /// Of an attribute without a value, null.
    user_attributes: BTreeMap<&'a str, Option<&'a str>>,
}

/// The detail of an item, as JSON.
///
/// # Errors
///
/// None in practice.
pub fn detail(item: &Item<'_>) -> serde_json::Result<String> {
    let (time, client, endpoint) = match item.what {
        What::Event(event) => (event.time, &event.client, &event.endpoint),
        What::Endpoint(update) => (update.time, &update.client, &update.endpoint),
    };
    serde_json::to_string(&Detail {
        version: VERSION,
        id: id(item),
        time: iso_8601(time),
        project: item.user.project.as_str(),
        user_pool_id: item.user.pool.as_str(),
        client_id: client.as_ref().map(ClientId::as_str),
        user_id: item.user.sub().map(Sub::as_str),
        endpoint_id: EndpointId::as_str(endpoint),
        what: match item.what {
            What::Event(event) => of_event(event),
            What::Endpoint(update) => of_update(update),
        },
    })
}

fn of_event(event: &AnalyticsEvent) -> Said<'_> {
    let demographic = demographic(event);
    let fields = Demographic::NAMES.into_iter().zip(demographic.fields());
    let known = fields.filter_map(|(name, value)| Some((name, value?.to_owned())));
    Said::Event {
        device: known.collect(),
        attributes: &event.attributes,
    }
}

fn of_update(update: &ContactUpdate) -> Said<'_> {
    let (status, opt_out) = status(update);
    Said::Endpoint {
        endpoint: Endpoint {
            channel: update.change.channel().name(),
            address: update.change.address(),
            status,
            opt_out,
            user_attributes: update.user_attributes.iter().collect(),
        },
    }
}
