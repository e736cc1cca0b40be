//! An event in the form in which Pinpoint's event stream wrote it to Kinesis and Firehose, version 3.1. What
//! the server does not know is left out: Cognito identities and the account.

use std::collections::BTreeMap;

use serde::Serialize;

use super::event_table::StoredEvent;
use super::timestamp::Timestamp;
use super::wire::{Demographic, Endpoint, Event, Metrics, Session};

#[derive(Serialize)]
struct Record<'a> {
    event_type: &'a str,
    event_timestamp: i64,
    arrival_timestamp: i64,
    event_version: &'static str,
    application: Application<'a>,
    client: Client<'a>,
    device: Device<'a>,
    session: SessionRecord<'a>,
    attributes: BTreeMap<String, String>,
    metrics: Metrics,
    client_context: ClientContext<'a>,
}

#[derive(Serialize)]
struct Application<'a> {
    app_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_name: Option<&'a str>,
    sdk: Sdk<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_code: Option<&'a str>,
}

#[derive(Serialize)]
struct Sdk<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct Client<'a> {
    client_id: &'a str,
}

#[derive(Serialize, Default)]
struct Device<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<Locale<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    make: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    platform: Platform<'a>,
}

#[derive(Serialize)]
struct Locale<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    language: &'a str,
}

#[derive(Serialize, Default)]
struct Platform<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

#[derive(Serialize, Default)]
struct SessionRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_timestamp: Option<i64>,
}

#[derive(Serialize)]
struct ClientContext<'a> {
    custom: Custom<'a>,
}

#[derive(Serialize)]
struct Custom<'a> {
    endpoint: &'a str,
}

/// The event as one line of JSON.
///
/// # Errors
///
/// If what is stored is not the JSON of an event and of an endpoint.
pub(super) fn record(stored: &StoredEvent) -> Result<String, serde_json::Error> {
    let event: Event = serde_json::from_str(&stored.event_json)?;
    let endpoint: Endpoint = serde_json::from_str(&stored.endpoint_json)?;
    let demographic = endpoint.demographic.unwrap_or_default();
    serde_json::to_string(&Record {
        event_type: &stored.event_type,
        event_timestamp: event.timestamp.milliseconds(),
        arrival_timestamp: stored.arrival_ms,
        event_version: "3.1",
        application: application(&stored.app, &event, &demographic),
        client: Client {
            client_id: &stored.endpoint_id,
        },
        device: device(&demographic),
        session: event.session.as_ref().map(session).unwrap_or_default(),
        attributes: event.attributes.clone().unwrap_or_default(),
        metrics: event.metrics.clone().unwrap_or_default(),
        client_context: ClientContext {
            custom: Custom {
                endpoint: &stored.endpoint_json,
            },
        },
    })
}

/// The version's name is the endpoint's `AppVersion`, its code the event's `AppVersionCode`.
fn application<'a>(
    app_id: &'a str,
    event: &'a Event,
    demographic: &'a Demographic,
) -> Application<'a> {
    Application {
        app_id,
        package_name: event.app_package_name.as_deref(),
        sdk: Sdk {
            name: event.sdk_name.as_deref(),
            version: event.client_sdk_version.as_deref(),
        },
        title: event.app_title.as_deref(),
        version_name: demographic.app_version.as_deref(),
        version_code: event.app_version_code.as_deref(),
    }
}

fn device(demographic: &Demographic) -> Device<'_> {
    Device {
        locale: demographic.locale.as_deref().map(locale),
        make: demographic.make.as_deref(),
        model: demographic.model.as_deref(),
        platform: Platform {
            name: demographic.platform.as_deref(),
            version: demographic.platform_version.as_deref(),
        },
    }
}

/// `en_US`, or `en-US`, is English as in the United States; `en` alone names no country.
fn locale(code: &str) -> Locale<'_> {
    match code.split_once(['_', '-']) {
        Some((language, country)) => Locale {
            code,
            country: Some(country.to_uppercase()),
            language,
        },
        None => Locale {
            code,
            country: None,
            language: code,
        },
    }
}

fn session(session: &Session) -> SessionRecord<'_> {
    SessionRecord {
        session_id: Some(&session.id),
        start_timestamp: Some(session.start_timestamp.milliseconds()),
        stop_timestamp: session.stop_timestamp.as_ref().map(Timestamp::milliseconds),
    }
}
