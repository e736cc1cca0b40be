//! Tables in an embedded store that counts what each request writes, as DynamoDB does: a unit for each KB begun, twice in
//! a transaction, and once more for each item of an index that changes. It counts the requests too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws::event_log::DynamoEventLog;
use aws::sdk::{self, Patience};
use aws::stream::{Batch, Outside, publish_batch};
use aws::tables::{TableNames, create_missing};
use aws::users::DynamoUserStates;
use aws_sdk_dynamodb::Client;
use chrono::{DateTime, Utc};
use config::Config;
use local::dynamodb::DynamoDbStore;
use pipeline::capture::{End, Moment, capture};
use pipeline::ports::{NotPublishedQueue, NotPublishedRecord, Outbox, PortError};
use pipeline::route::Message;
use serde_json::{Value, json};

/// What was written.
#[derive(Clone, Default, Debug)]
pub struct Written {
    /// Write units by table, with those of its indexes.
    pub tables: BTreeMap<String, f64>,
    /// Write units by index of the users table.
    pub indexes: BTreeMap<String, f64>,
    /// Write units of rows by what their partition is of, in all shards: a dimension, the whole, or cohorts.
    pub rows: BTreeMap<String, f64>,
    /// How many items each transaction had.
    pub transactions: Vec<usize>,
}

/// How many requests of which operation there were.
pub type Asked = Arc<Mutex<BTreeMap<String, usize>>>;

/// A store that counts.
pub struct Metered {
    pub client: Client,
    pub tables: TableNames,
    pub states: DynamoUserStates,
    store: DynamoDbStore,
    config: Config,
    written: Arc<Mutex<Written>>,
    asked: Asked,
    captured: u64,
    published: Option<String>,
}

/// Takes all, and keeps nothing.
struct Nowhere;

impl Outbox for Nowhere {
    async fn enqueue(&self, messages: &[&Message]) -> Vec<Result<(), PortError>> {
        messages.iter().map(|_| Ok(())).collect()
    }
}

impl NotPublishedQueue for Nowhere {
    async fn put(&self, records: &[NotPublishedRecord<'_>]) -> Result<(), PortError> {
        panic!("{records:?}")
    }
}

impl Metered {
    /// One with empty tables.
    pub async fn start(config: &str) -> Self {
        let store = DynamoDbStore::in_memory().unwrap();
        let written = Arc::new(Mutex::new(Written::default()));
        let asked = Asked::default();
        let (behind, meter, counter) = (store.clone(), written.clone(), asked.clone());
        let answer = move |target: &str, body: &[u8]| {
            let operation = target.rsplit('.').next().unwrap().to_owned();
            *counter.lock().unwrap().entry(operation).or_default() += 1;
            metered(&behind, &meter, target, body)
        };
        let client = sdk::dynamodb(&sdk::in_process(answer, Patience::BEHIND_THE_LOG));
        let tables = TableNames::with_prefix("t");
        create_missing(&client, &tables).await.unwrap();
        Self {
            states: DynamoUserStates::new(client.clone(), tables.clone()),
            config: Config::from_json(config).unwrap(),
            store,
            client,
            tables,
            written,
            asked,
            captured: 0,
            published: None,
        }
    }

    /// Captures a trigger event, as if it came at this time.
    pub async fn capture(&mut self, time: DateTime<Utc>, event: &Value) {
        let budget = Patience::BEHIND_THE_LOG.operation;
        let log = DynamoEventLog::new(self.client.clone(), self.tables.event_log.clone(), budget);
        self.captured += 1;
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.captured.to_le_bytes());
        let moment = Moment { time, random };
        let captured = capture(event.to_string().as_bytes(), moment, &self.config, &log).await;
        assert!(matches!(captured.end, End::Logged(_)), "{captured:?}");
    }

    /// Publishes what has come since the last time, in batches of 500 records.
    pub async fn publish(&mut self, now: DateTime<Utc>) {
        self.publish_to(now, &Nowhere).await;
    }

    /// The same, and enqueues what is to be delivered.
    pub async fn publish_to(&mut self, now: DateTime<Utc>, outbox: &impl Outbox) {
        while self.publish_batch(now, outbox).await {}
    }

    async fn publish_batch(&mut self, now: DateTime<Utc>, outbox: &impl Outbox) -> bool {
        let stream = self.store.stream(&self.tables.event_log).unwrap();
        let records = stream
            .records_after(self.published.as_deref(), 500)
            .unwrap();
        let all: Value = serde_json::from_str(&records).unwrap();
        let Some(last) = all["Records"].as_array().and_then(|all| all.last()) else {
            return false;
        };
        let last = last["dynamodb"]["SequenceNumber"].as_str();
        self.published = last.map(str::to_owned);
        let batch: Batch = serde_json::from_str(&records).unwrap();
        let outside = Outside {
            config: &self.config,
            states: &self.states,
            outbox,
            queue: &Nowhere,
        };
        let published = publish_batch(&batch, now, outside).await;
        let failures = &published.response.batch_item_failures;
        assert!(failures.is_empty(), "{published:?}");
        true
    }

    /// What was written since the last time.
    pub fn written(&self) -> Written {
        std::mem::take(&mut *self.written.lock().unwrap())
    }

    /// How many requests there were since the last time.
    pub fn asked(&self) -> BTreeMap<String, usize> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// How many Queries of them: each page is one.
    pub fn queries(&self) -> usize {
        self.asked().remove("Query").unwrap_or_default()
    }
}

/// The store's answer; what it cost is added up.
fn metered(
    store: &DynamoDbStore,
    meter: &Mutex<Written>,
    target: &str,
    body: &[u8],
) -> (u16, String) {
    let operation = target.rsplit('.').next().unwrap();
    if !["PutItem", "TransactWriteItems", "UpdateItem"].contains(&operation) {
        return store.answer(target, body);
    }
    let mut request: Value = serde_json::from_slice(body).unwrap();
    request["ReturnConsumedCapacity"] = json!("INDEXES");
    let (status, answer) = store.answer(target, request.to_string().as_bytes());
    let mut meter = meter.lock().unwrap();
    let read: Value = serde_json::from_str(&answer).unwrap();
    match &read["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().for_each(|table| meter.add_table(table)),
        one => meter.add_table(one),
    }
    if let Some(items) = request["TransactItems"].as_array() {
        meter.transactions.push(items.len());
        items.iter().for_each(|item| meter.add_row(item));
    }
    (status, answer)
}

impl Written {
    fn add_table(&mut self, table: &Value) {
        let Some(name) = table["TableName"].as_str() else {
            return;
        };
        let units = |of: &Value| of["CapacityUnits"].as_f64().unwrap();
        *self.tables.entry(name.to_owned()).or_default() += units(table);
        let indexes = table["GlobalSecondaryIndexes"].as_object();
        for (index, of) in indexes.into_iter().flatten() {
            *self.indexes.entry(index.clone()).or_default() += units(of);
        }
    }

    /// A row is far under a KB, and is written in a transaction.
    fn add_row(&mut self, item: &Value) {
        if let Some(partition) = item["Update"]["Key"]["projectShard"]["S"].as_str() {
            let of = partition.split('#').nth(1).unwrap();
            *self.rows.entry(of.to_owned()).or_default() += 2.0;
        }
    }

    /// Write units of all tables.
    pub fn total(&self) -> f64 {
        self.tables.values().sum()
    }

    /// The same, of each of so many.
    pub fn each_of(self, count: f64) -> Self {
        let of = |units: BTreeMap<String, f64>| {
            let of_one = units.into_iter().map(|(name, units)| (name, units / count));
            of_one.collect()
        };
        Self {
            tables: of(self.tables),
            indexes: of(self.indexes),
            rows: of(self.rows),
            transactions: self.transactions,
        }
    }
}
