//! Trigger events as nobody should send them, all the way: whatever Cognito, or whoever stands for it, sends,
//! capture ends it by name, the log gives it back, and publish ends it by name and counts all others.

use std::sync::Mutex;

use aws::event_log::{AuthEventRecord, DynamoEventLog};
use aws::metrics::DynamoMetrics;
use aws::sdk::{self, Patience};
use aws::stream::{Batch, Outside, publish_batch};
use aws::tables::{TableNames, create_missing};
use aws::users::DynamoUserStates;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use config::Config;
use domain::auth_event::AuthEvent;
use domain::ids::ProjectId;
use domain::time_zone::TimeZone;
use local::dynamodb::{DynamoDbStore, TableStream};
use pipeline::capture::{End, Moment, capture, resolve};
use pipeline::ports::figures::FiguresStore;
use pipeline::ports::{NotPublishedQueue, NotPublishedRecord, Outbox, PortError};
use pipeline::publish::Verdict;
use pipeline::route::Message;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::support::installation::{PROJECT, SHARING};
use crate::support::trigger::Trigger;

/// One thing done to one place of an event.
#[derive(Clone, Debug)]
enum Mutation {
    Drop,
    Put(Value),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let long = (0usize..3_000).prop_map(|length| json!("x".repeat(length)));
    let odd = select(vec![
        "",
        "#",
        "a#b%23c",
        "%",
        "\u{0}",
        "<userPoolId>",
        "ünï\u{202e}cödé",
        "\u{1f469}\u{200d}\u{1f680}",
        "EXTERNAL_PROVIDER",
        "TokenGeneration_ClientCredentials",
        "PreAuthentication_Authentication",
        "PostConfirmation_ConfirmSignUp",
        "true",
        "ana@example.test",
        "+12065550123",
    ]);
    let other = select(vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1.5e300),
        json!([]),
        json!({}),
        json!([{"sub": "s"}]),
        json!({"sub": {"sub": "s"}}),
    ]);
    prop_oneof![
        2 => Just(Mutation::Drop),
        2 => long.prop_map(Mutation::Put),
        4 => odd.prop_map(|text| Mutation::Put(json!(text))),
        2 => any::<String>().prop_map(|text| Mutation::Put(json!(text))),
        2 => other.prop_map(Mutation::Put),
    ]
}

/// The paths of everything in a value.
fn paths(value: &Value) -> Vec<String> {
    let pairs: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let below = pairs.into_iter().flat_map(|(name, value)| {
        let path = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let below = paths(value)
            .into_iter()
            .map(|below| format!("{path}{below}"))
            .collect::<Vec<_>>();
        std::iter::once(path).chain(below)
    });
    below.collect()
}

fn mutate(event: &mut Value, place: Index, mutation: Mutation) {
    let paths = paths(event);
    if paths.is_empty() {
        return;
    }
    let path = place.get(&paths);
    match mutation {
        Mutation::Put(value) => *event.pointer_mut(path).unwrap() = value,
        Mutation::Drop => {
            let (parent, name) = path.rsplit_once('/').unwrap();
            if let Some(parent) = event.pointer_mut(parent).and_then(Value::as_object_mut) {
                parent.remove(&name.replace("~1", "/").replace("~0", "~"));
            }
        }
    }
}

/// The sample events of this project.
fn samples() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    };
    files.iter().map(read).collect()
}

fn mutated() -> impl Strategy<Value = Value> {
    let mutations = prop::collection::vec((any::<Index>(), mutation()), 1..4);
    (select(samples()), mutations).prop_map(|(mut event, mutations)| {
        for (place, mutation) in mutations {
            mutate(&mut event, place, mutation);
        }
        event
    })
}

/// A destination that takes everything, and a queue that remembers.
#[derive(Default)]
struct Fakes {
    moved: Mutex<Vec<String>>,
}

impl Outbox for Fakes {
    async fn enqueue(&self, messages: &[&Message]) -> Vec<Result<(), PortError>> {
        messages.iter().map(|_| Ok(())).collect()
    }
}

impl NotPublishedQueue for Fakes {
    async fn put(&self, records: &[NotPublishedRecord<'_>]) -> Result<(), PortError> {
        let records = records.iter().map(|moved| moved.reason.name().to_owned());
        self.moved.lock().unwrap().extend(records);
        Ok(())
    }
}

struct Installed {
    log: DynamoEventLog,
    states: DynamoUserStates,
    metrics: DynamoMetrics,
    stream: TableStream,
}

impl Installed {
    async fn start() -> Self {
        let store = DynamoDbStore::in_memory().unwrap();
        let tables = TableNames::with_prefix("mutated");
        let answering = store.clone();
        let sdk = sdk::in_process(
            move |target, body| answering.answer(target, body),
            Patience::BEHIND_THE_LOG,
        );
        let client = sdk::dynamodb(&sdk);
        create_missing(&client, &tables).await.unwrap();
        let budget = Patience::BEHIND_THE_LOG.operation;
        Self {
            log: DynamoEventLog::new(client.clone(), tables.event_log.clone(), budget),
            metrics: DynamoMetrics::new(client.clone(), tables.metrics.clone()),
            stream: store.stream(&tables.event_log).unwrap(),
            states: DynamoUserStates::new(client, tables),
        }
    }
}

/// User data is shared, and as much is captured of a user as can be.
fn all_dimensions() -> String {
    let mut config: Value = serde_json::from_str(SHARING).unwrap();
    config["Dimensions"] = json!([
        "provider",
        "group",
        "attribute:cognito:user_status",
        "attribute:locale",
        "attribute:custom:tenant+client"
    ]);
    config["Default"]["IncludeFederatedUsers"] = json!(true);
    config.to_string()
}

fn at(number: u8) -> Moment {
    let noon: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().unwrap();
    Moment {
        time: noon + TimeDelta::seconds(number.into()),
        random: [number; 10],
    }
}

/// Through the log's item and through a spilled line, an event comes back as it was.
fn reads_back(event: &AuthEvent) {
    let item: std::collections::HashMap<String, AttributeValue> =
        serde_dynamo::aws_sdk_dynamodb_1::to_item(AuthEventRecord::from(event)).unwrap();
    let from_item: AuthEventRecord = serde_dynamo::aws_sdk_dynamodb_1::from_item(item).unwrap();
    assert_eq!(&AuthEvent::try_from(from_item).unwrap(), event);
    let line = serde_json::to_string(&AuthEventRecord::from(event)).unwrap();
    let from_line: AuthEventRecord = serde_json::from_str(&line).unwrap();
    assert_eq!(&AuthEvent::try_from(from_line).unwrap(), event);
}

/// Captures the events with a well-formed sign-in before and after them, and publishes all of it in two batches,
/// so that every state that was written is read back.
async fn check(events: Vec<Value>) {
    let installed = Installed::start().await;
    let config = Config::from_json(&all_dimensions()).unwrap();
    let fakes = Fakes::default();
    let mut after = None;
    for round in [0u8, 1] {
        let ana = Trigger::PostAuthentication.event("ana", &json!({}));
        let all = std::iter::once(&ana).chain(&events).chain([&ana]);
        let mut logged = 0;
        for (event, number) in all.zip(round * 100..) {
            let payload = event.to_string();
            if let Ok(resolved) = resolve(payload.as_bytes(), at(number), &config) {
                reads_back(&resolved.event);
            }
            match capture(payload.as_bytes(), at(number), &config, &installed.log)
                .await
                .end
            {
                End::Logged(_) => logged += 1,
                End::Ended(outcome) => {
                    let name = outcome.name();
                    assert!(
                        name.starts_with("ignored:") || name.starts_with("rejected:"),
                        "{name}: {payload}"
                    );
                }
            }
        }
        let records = installed
            .stream
            .records_after(after.as_deref(), 1_000)
            .unwrap();
        let batch: Batch = serde_json::from_str(&records).unwrap();
        let outside = Outside {
            config: &Config::local_default(),
            states: &installed.states,
            outbox: &fakes,
            queue: &fakes,
        };
        let published = publish_batch(&batch, at(200).time, outside).await;
        assert_eq!(published.dropped, 0);
        assert_eq!(published.response.batch_item_failures.len(), 0);
        assert_eq!(published.judged.len(), logged);
        for judged in &published.judged {
            assert!(matches!(judged.verdict, Verdict::Ended(_)), "{judged:?}");
        }
        after = published
            .judged
            .last()
            .map(|judged| judged.sequence_number.clone());
    }
    assert_eq!(*fakes.moved.lock().unwrap(), [""; 0]);
    let day = TimeZone::UTC.day_of(at(0).time);
    let rows = installed
        .metrics
        .whole(&ProjectId::new(PROJECT), (day, day))
        .await
        .unwrap();
    assert!(rows.figures(day).sign_ins >= 4);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_trigger_is_invoked_with_ends_by_name_and_hinders_nobody(
        events in prop::collection::vec(mutated(), 1..24),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(events));
    }
}
