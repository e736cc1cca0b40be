//! An item in the form in which Pinpoint's event stream wrote records, version 3.1, as one line of JSON.
//!
//! What readers of Pinpoint's records do not know, and may ignore: `event_id`, by which duplicates are recognized, and `cognito`,
//! the user pool and the app client. An item has the same bytes each time it is sent: `arrival_timestamp` is the event's own
//! time. A contact endpoint is a record of the type `_endpoint.updated`, which is what the endpoint is from then on, as JSON in
//! `client_context.custom.endpoint`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::analytics_event::AnalyticsEvent;
use domain::auth_event::UserKey;
use domain::endpoint::ContactUpdate;
use domain::ids::{ClientId, Sub};
use domain::metadata::Demographic;
use pipeline::deliver::{Item, What};
use serde::Serialize;

use crate::item::{demographic, id, iso_8601, status};

/// The type of an endpoint's record.
const ENDPOINT_UPDATED: &str = "_endpoint.updated";

#[derive(Serialize)]
struct Record<'a> {
    event_type: &'a str,
    event_timestamp: i64,
    arrival_timestamp: i64,
    event_version: &'static str,
    event_id: String,
    application: Application<'a>,
    client: Client<'a>,
    device: Device<'a>,
    session: Empty,
    attributes: BTreeMap<&'a str, &'a str>,
    metrics: Empty,
    client_context: ClientContext,
    cognito: Cognito<'a>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Application<'a> {
    app_id: &'a str,
    sdk: Sdk,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_name: Option<&'a str>,
}

#[derive(Serialize)]
struct Sdk {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Client<'a> {
    client_id: &'a str,
}

#[derive(Serialize)]
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

#[derive(Serialize)]
struct Platform<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct ClientContext {
    custom: Custom,
}

#[derive(Serialize)]
struct Custom {
    /// The endpoint as JSON in a string.
    endpoint: String,
}

#[derive(Serialize)]
struct Cognito<'a> {
    user_pool_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

/// An endpoint in Pinpoint's own form.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint<'a> {
    application_id: &'a str,
    id: &'a str,
    effective_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opt_out: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    demographic: BTreeMap<&'static str, &'a str>,
    user: User<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct User<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    /// Of an attribute without a value, an empty list.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    user_attributes: BTreeMap<&'a str, Vec<&'a str>>,
}

/// The item as one line of JSON, in UTF-8, without the line's end.
///
/// # Errors
///
/// None in practice.
pub fn record(item: &Item<'_>) -> serde_json::Result<String> {
    match item.what {
        What::Event(event) => of_event(item, event),
        What::Endpoint(update) => of_update(item, update),
    }
}

/// What is a record's own; all else follows from the endpoint and the user.
struct Said<'a> {
    event_type: &'a str,
    time: DateTime<Utc>,
    client: Option<&'a ClientId>,
    demographic: &'a Demographic,
    attributes: BTreeMap<&'a str, &'a str>,
}

fn of_event(item: &Item<'_>, event: &AnalyticsEvent) -> serde_json::Result<String> {
    let demographic = demographic(event);
    let endpoint = Endpoint {
        application_id: item.user.project.as_str(),
        id: event.endpoint.as_str(),
        effective_date: iso_8601(event.time),
        endpoint_status: None,
        opt_out: None,
        channel_type: None,
        address: None,
        demographic: in_pinpoints_words(&demographic),
        user: user(item.user, BTreeMap::new()),
    };
    let attributes = event.attributes.iter();
    let attributes = attributes.map(|(name, value)| (name.as_str(), value.as_str()));
    let said = Said {
        event_type: event.event_type.name(),
        time: event.time,
        client: event.client.as_ref(),
        demographic: &demographic,
        attributes: attributes.collect(),
    };
    written(item, &endpoint, said)
}

fn of_update(item: &Item<'_>, update: &ContactUpdate) -> serde_json::Result<String> {
    let (status, opt_out) = status(update);
    let attributes = update.user_attributes.iter();
    let attributes = attributes.map(|(name, value)| (name, value.into_iter().collect()));
    let endpoint = Endpoint {
        application_id: item.user.project.as_str(),
        id: update.endpoint.as_str(),
        effective_date: iso_8601(update.time),
        endpoint_status: Some(status),
        opt_out: Some(opt_out),
        channel_type: Some(update.change.channel().name()),
        address: update.change.address(),
        demographic: BTreeMap::new(),
        user: user(item.user, attributes.collect()),
    };
    let said = Said {
        event_type: ENDPOINT_UPDATED,
        time: update.time,
        client: update.client.as_ref(),
        demographic: &Demographic::default(),
        attributes: BTreeMap::new(),
    };
    written(item, &endpoint, said)
}

fn written(item: &Item<'_>, endpoint: &Endpoint<'_>, said: Said<'_>) -> serde_json::Result<String> {
    let milliseconds = said.time.timestamp_millis();
    serde_json::to_string(&Record {
        event_type: said.event_type,
        event_timestamp: milliseconds,
        arrival_timestamp: milliseconds,
        event_version: "3.1",
        event_id: id(item),
        application: Application {
            app_id: endpoint.application_id,
            sdk: Sdk {
                name: "cognito-pinpoint",
                version: env!("CARGO_PKG_VERSION"),
            },
            version_name: said.demographic.app_version.as_deref(),
        },
        client: Client {
            client_id: endpoint.id,
        },
        device: device(said.demographic),
        session: Empty {},
        attributes: said.attributes,
        metrics: Empty {},
        client_context: ClientContext {
            custom: Custom {
                endpoint: serde_json::to_string(endpoint)?,
            },
        },
        cognito: Cognito {
            user_pool_id: item.user.pool.as_str(),
            client_id: said.client.map(ClientId::as_str),
        },
    })
}

fn user<'a>(user: &'a UserKey, attributes: BTreeMap<&'a str, Vec<&'a str>>) -> User<'a> {
    User {
        user_id: user.sub().map(Sub::as_str),
        user_attributes: attributes,
    }
}

fn in_pinpoints_words(demographic: &Demographic) -> BTreeMap<&'static str, &str> {
    let names = [
        "Platform",
        "PlatformVersion",
        "AppVersion",
        "Locale",
        "Make",
        "Model",
        "Timezone",
    ];
    let fields = names.into_iter().zip(demographic.fields());
    let known = fields.filter_map(|(name, value)| Some((name, value?)));
    known.collect()
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
    let (language, country) = match code.split_once(['_', '-']) {
        Some((language, country)) => (language, Some(country.to_uppercase())),
        None => (code, None),
    };
    Locale {
        code,
        country,
        language,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::samples::{Sample, examples, samples};

    #[test]
    fn an_item_is_a_record_of_the_event_stream() {
        let [sign_in, failure, address, retired] = samples();
        let application = |version: Option<&str>| {
            let mut application = json!({"app_id": "0123456789abcdef0123456789abcdef",
                "sdk": {"name": "cognito-pinpoint", "version": env!("CARGO_PKG_VERSION")}});
            if let Some(version) = version {
                application["version_name"] = json!(version);
            }
            application
        };
        let cognito =
            json!({"user_pool_id": "eu-west-1_AAAA11111", "client_id": "1example23456789"});
        check(
            &sign_in,
            json!({
                "event_type": "_userauth.sign_in", "event_timestamp": 1_767_225_600_000_i64, "arrival_timestamp": 1_767_225_600_000_i64,
                "event_version": "3.1", "event_id": "019b76da-a800-7101-8101-010101010101", "application": application(Some("2.4.0")),
                "client": {"client_id": "device"},
                "device": {"locale": {"code": "de_DE", "country": "DE", "language": "de"}, "make": "Apple",
                    "platform": {"name": "iOS", "version": "18.1"}},
                "session": {}, "attributes": {"plan": "pro", "straße": "ü\n"}, "metrics": {}, "cognito": cognito,
            }),
            json!({
                "ApplicationId": "0123456789abcdef0123456789abcdef", "Id": "device", "EffectiveDate": "2026-01-01T00:00:00.000Z",
                "Demographic": {"AppVersion": "2.4.0", "Locale": "de_DE", "Make": "Apple", "Platform": "iOS", "PlatformVersion": "18.1"},
                "User": {"UserId": "ana"},
            }),
        );
        check(
            &failure,
            json!({
                "event_type": "_userauth.auth_fail", "event_timestamp": 1_767_225_600_000_i64, "arrival_timestamp": 1_767_225_600_000_i64,
                "event_version": "3.1", "event_id": "019b76da-a800-7202-8202-020202020202", "application": application(None),
                "client": {"client_id": "device"}, "device": {"platform": {}},
                "session": {}, "attributes": {}, "metrics": {}, "cognito": {"user_pool_id": "eu-west-1_AAAA11111"},
            }),
            json!({
                "ApplicationId": "0123456789abcdef0123456789abcdef", "Id": "device", "EffectiveDate": "2026-01-01T00:00:00.000Z", "User": {},
            }),
        );
        for (sample, event_id, endpoint) in [
            (
                &address,
                "0f0993b5-a1e3-53f6-8ff7-15e302b3cdaf",
                json!({
                    "ApplicationId": "0123456789abcdef0123456789abcdef", "Id": "address", "EffectiveDate": "2026-01-01T00:00:00.000Z",
                    "EndpointStatus": "ACTIVE", "OptOut": "NONE", "ChannelType": "EMAIL", "Address": "ana@example.test",
                    "User": {"UserId": "ana", "UserAttributes": {"note": [], "tier": ["gold"]}},
                }),
            ),
            (
                &retired,
                "91e8f677-5670-508a-abe1-ffac0eb313ae",
                json!({
                    "ApplicationId": "0123456789abcdef0123456789abcdef", "Id": "address", "EffectiveDate": "2026-01-01T00:00:00.000Z",
                    "EndpointStatus": "INACTIVE", "OptOut": "ALL", "ChannelType": "EMAIL", "User": {"UserId": "ana"},
                }),
            ),
        ] {
            check(
                sample,
                json!({
                    "event_type": "_endpoint.updated", "event_timestamp": 1_767_225_600_000_i64,
                    "arrival_timestamp": 1_767_225_600_000_i64, "event_version": "3.1", "event_id": event_id,
                    "application": application(None), "client": {"client_id": "address"}, "device": {"platform": {}},
                    "session": {}, "attributes": {}, "metrics": {}, "cognito": cognito,
                }),
                endpoint,
            );
        }
    }

    /// A sample's record, and the endpoint that is a string in it.
    fn check(sample: &Sample, record: Value, endpoint: Value) {
        let line = super::record(&sample.item()).unwrap();
        assert!(!line.contains('\n'), "{line}");
        let mut read: Value = serde_json::from_str(&line).unwrap();
        let client_context = read.as_object_mut().unwrap().remove("client_context");
        assert_eq!(read, record);
        let text = client_context.unwrap()["custom"]["endpoint"].take();
        let read: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
        assert_eq!(read, endpoint);
    }

    #[test]
    fn the_documentations_example_is_a_record() {
        let [sign_in, ..] = samples();
        let record: Value = serde_json::from_str(&record(&sign_in.item()).unwrap()).unwrap();
        assert!(examples().contains(&record), "{record:#}");
    }

    #[test]
    fn a_locale_is_its_language_and_its_country() {
        for (code, language, country) in [
            ("en_us", "en", Some("US")),
            ("en-US", "en", Some("US")),
            ("en", "en", None),
        ] {
            let locale = locale(code);
            assert_eq!(
                (locale.language, locale.country.as_deref()),
                (language, country)
            );
        }
    }
}
