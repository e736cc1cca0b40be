//! An installation in this process: the tables in an embedded store, and Pinpoint.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};

use aws::event_log::DynamoEventLog;
use aws::metrics::DynamoMetrics;
use aws::sdk::{self, Patience};
use aws::tables::{TableNames, create_missing};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use config::Config;
use destinations::queue::QUEUES;
use domain::activity::DayFigures;
use domain::day::Day;
use domain::ids::ProjectId;
use local::dynamodb::{DynamoDbStore, Served};
use local::queue::FifoQueues;
use pipeline::capture::{End, Moment, capture};
use pipeline::ports::figures::FiguresStore;
use serde_json::{Value, json};

use super::pinpoint::Pinpoint;
use super::runtime_api::{Environment, Function, Reply};

/// The project of every client.
pub const PROJECT: &str = "0123456789abcdef0123456789abcdef";

/// The queue before Pinpoint.
pub const QUEUE: &str = "tests-deliver-pinpoint.fifo";

/// What its tables are called after.
pub const STACK: &str = "tests";

/// The configuration: one project by default, which shares user data and sends to Pinpoint.
pub const SHARING: &str = r#"{"Default": {"ApplicationId": "0123456789abcdef0123456789abcdef", "UserDataShared": true,
    "Destinations": ["pinpoint"]}}"#;

/// The same, and nothing personal is shared, although attributes are listed.
pub const NOT_SHARING: &str = r#"{"Default": {"ApplicationId": "0123456789abcdef0123456789abcdef", "Destinations": ["pinpoint"],
    "UserAttributes": {"given_name": "firstName", "name": "fullName", "custom:note": "note"}}}"#;

/// An item of a table.
pub type Item = HashMap<String, AttributeValue>;

/// An installation. It ends when this is dropped.
pub struct Installation {
    pub pinpoint: Pinpoint,
    pub queues: FifoQueues,
    pub client: Client,
    pub tables: TableNames,
    store: DynamoDbStore,
    dynamodb: Served,
    captured: AtomicU8,
}

impl Installation {
    /// Starts one with empty tables.
    pub async fn start() -> Self {
        let store = DynamoDbStore::in_memory().expect("a store");
        let dynamodb = store.serve().await.expect("a free port");
        let config = sdk::on_loopback(&dynamodb.url(), Patience::BEHIND_THE_LOG);
        let client = sdk::dynamodb(&config);
        let tables = TableNames::with_prefix(STACK);
        create_missing(&client, &tables)
            .await
            .expect("the tables are made");
        let (pinpoint, captured) = (Pinpoint::start().await, AtomicU8::default());
        Self {
            pinpoint,
            queues: FifoQueues::serve(&[QUEUE]).await.expect("a free port"),
            client,
            tables,
            store,
            dynamodb,
            captured,
        }
    }

    /// Where its DynamoDB listens.
    pub fn dynamodb_url(&self) -> String {
        self.dynamodb.url()
    }

    /// The environment of its functions.
    pub fn environment(&self) -> Environment {
        Environment::of_lambda()
            .with("ANALYTICS_CONFIG", SHARING)
            .with("EVENT_LOG_TABLE", &self.tables.event_log)
            .with("USERS_TABLE", &self.tables.users)
            .with("METRICS_TABLE", &self.tables.metrics)
            .with("METRICS_NAMESPACE", STACK)
            .with("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb_url())
            .with("AWS_ENDPOINT_URL_PINPOINT", self.pinpoint.url())
            .with("AWS_ENDPOINT_URL_SQS", self.queues.endpoint())
            .with(QUEUES, self.queues.url("tests-deliver-*.fifo"))
    }

    /// Its event log.
    pub fn log(&self) -> DynamoEventLog {
        let budget = Patience::BEHIND_THE_LOG.operation;
        DynamoEventLog::new(self.client.clone(), self.tables.event_log.clone(), budget)
    }

    /// Captures a trigger event, as if it came at this time.
    pub async fn capture(&self, time: DateTime<Utc>, event: &Value) {
        let config = Config::from_json(SHARING).expect("it has no fault");
        let moment = Moment {
            time,
            random: [self.captured.fetch_add(1, Ordering::Relaxed); 10],
        };
        let captured = capture(event.to_string().as_bytes(), moment, &config, &self.log()).await;
        assert!(
            matches!(captured.end, End::Logged(_)),
            "{event}: {captured:?}"
        );
    }

    /// All the records of the event log's stream, as Lambda hands them out.
    pub fn records(&self) -> Vec<Value> {
        let stream = self
            .store
            .stream(&self.tables.event_log)
            .expect("it has a stream");
        let batch = stream.records_after(None, 1_000).expect("it has records");
        let batch: Value = serde_json::from_str(&batch).expect("they are JSON");
        batch["Records"]
            .as_array()
            .expect("they are a list")
            .clone()
    }

    /// Has publish-events take all the records, with this configuration, and deliver-events what came of them.
    pub async fn publish(&self, config: &str) {
        let environment = self.environment().with("ANALYTICS_CONFIG", config);
        let mut publish = Function::start("publish-events", environment.clone()).await;
        publish.invoke(batch(&self.records())).await;
        let mut deliver = Function::start("deliver-events", environment).await;
        self.deliver(&mut deliver).await;
    }

    /// Hands deliver-events what waits for Pinpoint, batch by batch, as Lambda's mapping does; what it wants again stays. The
    /// replies.
    pub async fn deliver(&self, function: &mut Function) -> Vec<Reply> {
        let mut replies = Vec::new();
        while let Some(batch) = self.queues.batch(QUEUE) {
            let reply = function.invoke(batch.to_string()).await;
            if reply.result.is_ok() {
                let again = reply.json();
                let again = again["batchItemFailures"]
                    .as_array()
                    .expect("a list")
                    .iter();
                let again = again.filter_map(|it| it["itemIdentifier"].as_str());
                let again = again.map(str::to_owned).collect();
                self.queues.taken(QUEUE, &batch, &again);
            }
            replies.push(reply);
        }
        replies
    }

    /// All the items of a table.
    pub async fn items(&self, table: &str) -> Vec<Item> {
        let pages = self
            .client
            .scan()
            .table_name(table)
            .into_paginator()
            .items()
            .send();
        let items = pages.collect::<Result<Vec<_>, _>>().await;
        items.expect("the table can be read")
    }

    /// The figures of each day, from the first to the last with any.
    pub async fn figures(&self) -> Vec<DayFigures> {
        let metrics = DynamoMetrics::new(self.client.clone(), self.tables.metrics.clone());
        let project = ProjectId::new(PROJECT);
        let rows = metrics
            .whole(&project, (Day::FIRST, Day::LAST))
            .await
            .expect("rows");
        let days = rows
            .span()
            .into_iter()
            .flat_map(|(first, last)| first.through(last));
        days.map(|day| rows.figures(day)).collect()
    }
}

/// A batch of these records.
pub fn batch(records: &[Value]) -> String {
    json!({"Records": records}).to_string()
}

/// A record's sequence number.
pub fn number(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"]
        .as_str()
        .expect("it has one")
}
