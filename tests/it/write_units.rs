//! What a sign-in costs, in write units as the embedded store counts them for each request (DynamoDB's rules: a unit
//! for each KB begun, twice in a transaction, and once more for each index that changes).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws::event_log::DynamoEventLog;
use aws::sdk::{self, Patience};
use aws::stream::{Batch, Outside, publish_batch};
use aws::tables::{TableNames, create_missing};
use aws::users::DynamoUserStates;
use aws_sdk_dynamodb::Client;
use chrono::{DateTime, TimeDelta, Utc};
use config::Config;
use local::dynamodb::DynamoDbStore;
use pipeline::capture::{Moment, capture};
use pipeline::ports::{
    Delivered, Delivery, Destinations, NotPublishedQueue, NotPublishedRecord, PortError,
};
use serde_json::{Value, json};

use crate::support::installation::SHARING;
use crate::support::trigger::Trigger;

/// Write units by table.
type Units = BTreeMap<String, f64>;

/// A store that counts the write units of each request.
struct Metered {
    store: DynamoDbStore,
    client: Client,
    tables: TableNames,
    units: Arc<Mutex<Units>>,
    captured: u8,
    published: Option<String>,
}

/// Takes all, and keeps nothing.
struct Nowhere;

impl Destinations for Nowhere {
    async fn deliver(&self, deliveries: &[Delivery]) -> Vec<Delivered> {
        let judged = || Delivered::Judged {
            refused: Vec::new(),
            not_sent: Vec::new(),
        };
        deliveries.iter().map(|_| judged()).collect()
    }
}

impl NotPublishedQueue for Nowhere {
    async fn put(&self, records: &[NotPublishedRecord<'_>]) -> Result<(), PortError> {
        panic!("{records:?}")
    }
}

impl Metered {
    async fn start() -> Self {
        let store = DynamoDbStore::in_memory().unwrap();
        let units = Arc::new(Mutex::new(Units::new()));
        let (behind, meter) = (store.clone(), units.clone());
        let answer = move |target: &str, body: &[u8]| metered(&behind, &meter, target, body);
        let client = sdk::dynamodb(&sdk::in_process(answer, Patience::BEHIND_THE_LOG));
        let tables = TableNames::with_prefix("t");
        create_missing(&client, &tables).await.unwrap();
        Self {
            store,
            client,
            tables,
            units,
            captured: 0,
            published: None,
        }
    }

    async fn capture(&mut self, time: DateTime<Utc>, event: &Value) {
        let budget = Patience::BEHIND_THE_LOG.operation;
        let log = DynamoEventLog::new(self.client.clone(), self.tables.event_log.clone(), budget);
        self.captured += 1;
        let moment = Moment {
            time,
            random: [self.captured; 10],
        };
        let config = Config::from_json(SHARING).unwrap();
        capture(event.to_string().as_bytes(), moment, &config, &log).await;
    }

    /// Publishes what has come since the last time, as one batch.
    async fn publish(&mut self, now: DateTime<Utc>) {
        let stream = self.store.stream(&self.tables.event_log).unwrap();
        let records = stream
            .records_after(self.published.as_deref(), 1_000)
            .unwrap();
        let batch: Batch = serde_json::from_str(&records).unwrap();
        let all: Value = serde_json::from_str(&records).unwrap();
        let last = all["Records"].as_array().and_then(|records| records.last());
        self.published = last
            .and_then(|it| it["dynamodb"]["SequenceNumber"].as_str())
            .map(str::to_owned);
        let states = DynamoUserStates::new(self.client.clone(), self.tables.clone());
        let outside = Outside {
            config: &Config::from_json(SHARING).unwrap(),
            states: &states,
            destinations: &Nowhere,
            queue: &Nowhere,
        };
        let published = publish_batch(&batch, now, outside).await;
        assert!(
            published.response.batch_item_failures.is_empty(),
            "{published:?}"
        );
    }

    /// What was written since the last time.
    fn units(&self) -> Units {
        std::mem::take(&mut *self.units.lock().unwrap())
    }
}

/// The store's answer; what it cost is added up.
fn metered(
    store: &DynamoDbStore,
    meter: &Mutex<Units>,
    target: &str,
    body: &[u8],
) -> (u16, String) {
    let mut request: Value = serde_json::from_slice(body).unwrap();
    let writes = target.ends_with(".PutItem")
        || target.ends_with(".TransactWriteItems")
        || target.ends_with(".UpdateItem")
        || target.ends_with(".DeleteItem");
    if !writes {
        return store.answer(target, body);
    }
    request["ReturnConsumedCapacity"] = json!("TOTAL");
    let (status, answer) = store.answer(target, request.to_string().as_bytes());
    let read: Value = serde_json::from_str(&answer).unwrap();
    let consumed = match &read["ConsumedCapacity"] {
        Value::Array(tables) => tables.clone(),
        one => vec![one.clone()],
    };
    for table in consumed.iter().filter(|table| table.is_object()) {
        let name = table["TableName"].as_str().unwrap().to_owned();
        *meter.lock().unwrap().entry(name).or_default() += table["CapacityUnits"].as_f64().unwrap();
    }
    (status, answer)
}

fn at(day: i64, seconds: i64) -> DateTime<Utc> {
    let start = "2026-01-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap();
    start + TimeDelta::days(day) + TimeDelta::seconds(seconds)
}

/// The metadata of an app that says what its dimensions are.
fn metadata() -> Value {
    json!({"platform": "iOS", "appVersion": "2.4.0", "locale": "en_US", "analyticsEndpointId": "phone-1"})
}

/// The write units of one sign-in on a new day, by an ordinary user of 60 active days: an authentication begins and
/// succeeds, `apart` in batches of their own or not.
async fn of_a_sign_in(apart: Apart) -> Units {
    let mut metered = Metered::start().await;
    for day in 0..60 {
        sign_in(&mut metered, day, Apart::No).await;
    }
    metered.units();
    sign_in(&mut metered, 60, apart).await;
    metered.units()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Apart {
    Yes,
    No,
}

async fn sign_in(metered: &mut Metered, day: i64, apart: Apart) {
    let started = Trigger::PreAuthentication.event("ana", &metadata());
    let succeeded = Trigger::PostAuthentication.event("ana", &metadata());
    metered.capture(at(day, 0), &started).await;
    if apart == Apart::Yes {
        metered.publish(at(day, 1)).await;
    }
    metered.capture(at(day, 1), &succeeded).await;
    metered.publish(at(day, 2)).await;
}

/// The write units of each of a hundred users' sign-ins in one batch.
async fn of_a_full_batch() -> Units {
    let mut metered = Metered::start().await;
    for user in 0..100 {
        let name = format!("user-{user}");
        for (seconds, trigger) in [
            (0, Trigger::PreAuthentication),
            (1, Trigger::PostAuthentication),
        ] {
            metered
                .capture(at(0, seconds), &trigger.event(&name, &metadata()))
                .await;
        }
    }
    metered.publish(at(0, 2)).await;
    let units = metered.units();
    units
        .into_iter()
        .map(|(table, units)| (table, units / 100.0))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_costs_as_many_write_units_as_the_readme_says() {
    let readme = std::fs::read_to_string(crate::support::repository("README.md")).unwrap();
    let mut wrong = Vec::new();
    for (what, units) in [
        (
            "alone, each of its two events in a batch of its own",
            of_a_sign_in(Apart::Yes).await,
        ),
        (
            "alone, both events in one batch",
            of_a_sign_in(Apart::No).await,
        ),
        ("one of a hundred in a batch", of_a_full_batch().await),
    ] {
        let of = |table: &str| units.get(table).copied().unwrap_or(0.0);
        let (log, users, metrics) = (of("t-event-log"), of("t-users"), of("t-metrics"));
        let row = format!(
            "| {what} | {log:.1} | {users:.1} | {metrics:.1} | {:.1} |",
            log + users + metrics
        );
        println!("{row}");
        if !readme.contains(&row) {
            wrong.push(row);
        }
    }
    assert!(
        wrong.is_empty(),
        "the README does not say:\n{}",
        wrong.join("\n")
    );
}
