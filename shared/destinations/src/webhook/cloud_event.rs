//! An item in the form of CloudEvents 1.0, in JSON.

use domain::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use domain::auth_event::UserKey;
use domain::endpoint::ContactUpdate;
use domain::metadata::Demographic;
use pipeline::deliver::{Item, What};
use serde_json::{Map, Value, json};

use crate::item;

/// The event. Its id is that of the auth event that it came from: the same, however often it is sent.
pub fn of(item: &Item<'_>) -> Value {
    let (event_type, time, data) = match item.what {
        What::Event(event) => (
            name(event.event_type),
            event.time,
            of_event(item.user, event),
        ),
        What::Endpoint(update) => (
            "cognito.user.endpoint_changed",
            update.time,
            of_update(item.user, update),
        ),
    };
    let pool = &item.user.pool;
    let mut event = json!({
        "specversion": "1.0", "id": item::id(item), "type": event_type, "time": item::iso_8601(time),
        "source": format!("https://cognito-idp.{}.amazonaws.com/{pool}", pool.region()),
        "datacontenttype": "application/json", "data": data,
    });
    if let (Some(sub), Some(event)) = (item.user.sub(), event.as_object_mut()) {
        event.insert("subject".to_owned(), sub.to_string().into());
    }
    event
}

fn name(event_type: AnalyticsEventType) -> &'static str {
    match event_type {
        AnalyticsEventType::SignUp => "cognito.user.signed_up",
        AnalyticsEventType::SignIn => "cognito.user.signed_in",
        AnalyticsEventType::AuthFail => "cognito.user.authentication_failed",
    }
}

fn of_event(user: &UserKey, event: &AnalyticsEvent) -> Value {
    let mut data =
        json!({"project": user.project.to_string(), "endpointId": event.endpoint.to_string()});
    if let Some(data) = data.as_object_mut() {
        let client = event.client.as_ref();
        data.extend(client.map(|client| ("clientId".to_owned(), client.to_string().into())));
        data.extend(said(&item::demographic(event)));
        if !event.attributes.is_empty() {
            data.insert("attributes".to_owned(), json!(event.attributes));
        }
    }
    data
}

fn said(demographic: &Demographic) -> Map<String, Value> {
    let said = Demographic::NAMES.into_iter().zip(demographic.fields());
    let said = said.filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    said.collect()
}

fn of_update(user: &UserKey, update: &ContactUpdate) -> Value {
    let attributes: Map<String, Value> = update
        .user_attributes
        .iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let (status, opt_out) = item::status(update);
    json!({
        "project": user.project.to_string(), "endpointId": update.endpoint.to_string(),
        "channel": update.change.channel().name(), "address": update.change.address(),
        "status": status, "optOut": opt_out,
        "userAttributes": attributes,
    })
}
