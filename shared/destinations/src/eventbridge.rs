//! An event bus of EventBridge as a destination: PutEvents, an event an item.

mod detail;

use aws::sdk::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use config::DestinationConfig;
use domain::analytics_event::AnalyticsEventType;
use domain::ids::DestinationName;
use pipeline::deliver::{Item, What};

use crate::batches::Limits;
use crate::put::{self, Answer, Put, Reply};
use crate::restraint::Pace;

/// Who sends, as rules see it.
const SOURCE: &str = "cognito-pinpoint";

/// What EventBridge counts of an entry beside its texts (bytes): the time.
const TIME_BYTES: usize = 14;

/// An event bus as a destination.
#[derive(Debug)]
pub struct EventBridgeDestination {
    client: Client,
    name: DestinationName,
    bus: String,
    pace: Pace,
}

impl EventBridgeDestination {
    /// The destination of this name: the bus, by its name or ARN, with a client of its Region and role.
    pub async fn open(
        sdk: &SdkConfig,
        (name, bus): (&DestinationName, &str),
        defined: &DestinationConfig,
    ) -> Self {
        let sdk = put::sdk(sdk, "EVENTBRIDGE", defined).await;
        Self {
            client: Client::new(&sdk),
            name: name.clone(),
            bus: bus.to_owned(),
            pace: Pace::of(defined.requests_per_second),
        }
    }
}

fn entry(item: &Item<'_>, bus: &str) -> Option<PutEventsRequestEntry> {
    let entry = PutEventsRequestEntry::builder()
        .time(DateTime::from_millis(time(item)))
        .source(SOURCE)
        .detail_type(detail_type(item))
        .detail(detail::detail(item).ok()?)
        .event_bus_name(bus);
    Some(entry.build())
}

fn time(item: &Item<'_>) -> i64 {
    match item.what {
        What::Event(event) => event.time.timestamp_millis(),
        What::Endpoint(update) => update.time.timestamp_millis(),
    }
}

/// What rules choose by.
fn detail_type(item: &Item<'_>) -> &'static str {
    match item.what {
        What::Event(event) => match event.event_type {
            AnalyticsEventType::SignIn => "User Signed In",
            AnalyticsEventType::SignUp => "User Signed Up",
            AnalyticsEventType::AuthFail => "Authentication Failed",
        },
        What::Endpoint(_) => "Endpoint Changed",
    }
}

impl Put for EventBridgeDestination {
    type Record = PutEventsRequestEntry;

    /// EventBridge took 256 KB of entries together before it took 1 MB; compatible servers still do.
    const LIMITS: Limits = Limits {
        most: 10,
        bytes: 256_000,
    };

    const LONGEST: usize = 256_000;

    /// As EventBridge counts it.
    fn bytes(entry: &PutEventsRequestEntry) -> usize {
        let texts = [entry.source(), entry.detail_type(), entry.detail()];
        TIME_BYTES + texts.into_iter().flatten().map(str::len).sum::<usize>()
    }

    fn name(&self) -> &DestinationName {
        &self.name
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    fn record(&self, item: &Item<'_>) -> Option<PutEventsRequestEntry> {
        entry(item, &self.bus)
    }

    async fn put(&self, entries: Vec<PutEventsRequestEntry>) -> Reply {
        let call = self.client.put_events().set_entries(Some(entries));
        match call.send().await {
            Ok(output) => reply(&output),
            Err(error) => put::failed(("PutEvents", &self.name), &error),
        }
    }
}

fn reply(output: &PutEventsOutput) -> Reply {
    let entries = output.entries().iter();
    Reply::Each(
        entries
            .map(|entry| Answer::of(entry.event_id(), entry.error_code()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::samples::{examples, samples};

    #[test]
    fn the_documentations_example_is_a_detail() {
        let [sign_in, ..] = samples();
        let entry = entry(&sign_in.item(), "bus").unwrap();
        let detail: Value = serde_json::from_str(entry.detail().unwrap()).unwrap();
        assert!(examples().contains(&detail), "{detail:#}");
    }

    #[test]
    fn an_item_is_an_event_of_its_type() {
        let base = |id: &str, endpoint: &str| {
            json!({"version": "1", "id": id, "time": "2026-01-01T00:00:00.000Z", "project": "0123456789abcdef0123456789abcdef",
                "userPoolId": "eu-west-1_AAAA11111", "endpointId": endpoint})
        };
        let with = |mut base: Value, fields: Value| {
            let fields = fields.as_object().unwrap().clone();
            base.as_object_mut().unwrap().extend(fields);
            base
        };
        let of_ana = |base: Value| {
            with(
                base,
                json!({"clientId": "1example23456789", "userId": "ana"}),
            )
        };
        let expected = [
            (
                "User Signed In",
                with(
                    of_ana(base("019b76da-a800-7101-8101-010101010101", "device")),
                    json!({"device": {"platform": "iOS", "platformVersion": "18.1", "appVersion": "2.4.0", "locale": "de_DE",
                        "make": "Apple"}, "attributes": {"plan": "pro", "straße": "ü\n"}}),
                ),
            ),
            (
                "Authentication Failed",
                with(
                    base("019b76da-a800-7202-8202-020202020202", "device"),
                    json!({"device": {}, "attributes": {}}),
                ),
            ),
            (
                "Endpoint Changed",
                with(
                    of_ana(base("0f0993b5-a1e3-53f6-8ff7-15e302b3cdaf", "address")),
                    json!({"endpoint": {"channel": "EMAIL", "address": "ana@example.test", "status": "ACTIVE", "optOut": "NONE",
                        "userAttributes": {"note": null, "tier": "gold"}}}),
                ),
            ),
            (
                "Endpoint Changed",
                with(
                    of_ana(base("91e8f677-5670-508a-abe1-ffac0eb313ae", "address")),
                    json!({"endpoint": {"channel": "EMAIL", "status": "INACTIVE", "optOut": "ALL", "userAttributes": {}}}),
                ),
            ),
        ];
        for (sample, (detail_type, detail)) in samples().iter().zip(expected) {
            let entry = entry(&sample.item(), "bus").unwrap();
            let read: Value = serde_json::from_str(entry.detail().unwrap()).unwrap();
            let named = (entry.source().unwrap(), entry.detail_type().unwrap());
            assert_eq!((named, read), (("cognito-pinpoint", detail_type), detail));
            assert_eq!(
                entry.time().unwrap().to_millis().unwrap(),
                1_767_225_600_000
            );
        }
    }
}
