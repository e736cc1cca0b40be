//! publish-events and expire-attempts, as Lambda runs them behind the event log: whatever fails, each
//! event is delivered, and counted once.

mod counted_to;
mod dynamodb_at_fault;
mod expiry;
mod gauge;
mod not_published;
mod pinpoint_at_fault;
mod sharing;
mod sqs_at_fault;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use aws::tables::definitions;
use aws_lambda_events::streams::DynamoDbEventResponse;
use aws_sdk_dynamodb::types::{AttributeValue, BillingMode};
use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::DayFigures;
use domain::time_zone::TimeZone;
use serde_json::{Value, json};

use crate::support::installation::{Installation, PROJECT, QUEUE, SHARING, STACK, batch, number};
use crate::support::runtime_api::{Environment, Function, Reply};
use crate::support::trigger::Trigger;

const EMAIL: &str = "ana@example.test";
const PHONE: &str = "+12065550123";
const NAME: &str = "Ana Alvarez";

/// A moment of the day on which all of it happens.
fn at(seconds: i64) -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

/// The figures of that day, when so many users signed in for the first time.
fn signed_in(users: i64) -> Vec<DayFigures> {
    vec![DayFigures {
        day: TimeZone::UTC.day_of(at(0)),
        sign_ups: 0,
        sign_ins: users,
        auth_failures: 0,
        new_users: users,
        dau: users,
        wau: users,
        mau: users,
    }]
}

/// The user signs in with a password, on the device with this endpoint. Two records.
async fn sign_in(installation: &Installation, seconds: i64, user: &str) {
    let nothing = json!({});
    let device = json!({"analyticsEndpointId": format!("{user}s-phone")});
    let attempt = Trigger::PreAuthentication.event(user, &nothing);
    installation.capture(at(seconds), &attempt).await;
    let success = Trigger::PostAuthentication.event(user, &device);
    installation.capture(at(seconds + 5), &success).await;
}

/// The event of a user with verified addresses.
fn with_addresses(mut event: Value) -> Value {
    let attributes = event["request"]["userAttributes"].as_object_mut().unwrap();
    for (name, value) in [("email", EMAIL), ("phone_number", PHONE)] {
        attributes.insert(name.to_owned(), json!(value));
        attributes.insert(format!("{name}_verified"), json!("true"));
    }
    for name in ["given_name", "name", "custom:note"] {
        attributes.insert(name.to_owned(), json!(NAME));
    }
    event
}

/// The records that are retried.
fn again(reply: &Reply) -> Vec<String> {
    let response: DynamoDbEventResponse = serde_json::from_value(reply.json()).unwrap();
    let failures = response.batch_item_failures.into_iter();
    failures
        .map(|failure| failure.item_identifier.unwrap())
        .collect()
}

fn numbers<'a>(records: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    records
        .into_iter()
        .map(|record| number(record).to_owned())
        .collect()
}

/// How many records came to which end, as it was logged.
fn outcomes(reply: &Reply) -> Value {
    let lines = reply.logged("outcomes");
    assert_eq!(lines.len(), 1, "{:?}", reply.log);
    serde_json::from_str(lines[0]["outcomes"].as_str().unwrap()).unwrap()
}

/// What CloudWatch takes out of the log: of each line for it, all but how it is to be read.
fn embedded_metrics(reply: &Reply) -> Vec<Value> {
    let lines = reply.logged("_aws").into_iter().cloned();
    lines
        .map(|mut line| {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(directive["Namespace"], STACK);
            line.as_object_mut().unwrap().remove("_aws");
            line
        })
        .collect()
}

/// The types of the events that Pinpoint has accepted.
fn accepted(installation: &Installation) -> Vec<String> {
    let events = installation.pinpoint.events().into_iter();
    events
        .map(|event| event["event_type"].as_str().unwrap().to_owned())
        .collect()
}

/// Has deliver-events take what waits for Pinpoint. How many items came to which end, in all.
async fn deliver_events(installation: &Installation) -> BTreeMap<String, u64> {
    let mut deliver = Function::start("deliver-events", installation.environment()).await;
    let replies = installation.deliver(&mut deliver).await;
    let mut all = BTreeMap::new();
    for reply in &replies {
        for (end, count) in outcomes(reply).as_object().unwrap() {
            *all.entry(end.clone()).or_default() += count.as_u64().unwrap();
        }
    }
    all
}

async fn publish_events(installation: &Installation) -> Function {
    Function::start("publish-events", installation.environment()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_triggers_capture_is_published_and_counted_once() {
    let installation = Installation::start().await;
    let metadata = json!({"platform": "iOS"});
    for (name, trigger) in [
        ("post-confirmation", Trigger::ConfirmSignUp),
        ("pre-authentication", Trigger::PreAuthentication),
        ("post-authentication", Trigger::PostAuthentication),
        ("pre-token-generation", Trigger::RefreshTokens),
    ] {
        let mut function = Function::start(name, installation.environment()).await;
        let event = with_addresses(trigger.event("ana", &metadata)).to_string();
        assert_eq!(function.invoke(event.clone()).await.text(), event);
    }
    let records = installation.records();
    let mut publish = publish_events(&installation).await;
    let first = publish.invoke(batch(&records)).await;
    assert_eq!(again(&first), [""; 0]);
    assert_eq!(outcomes(&first), json!({"published": 4}));
    let expected = json!({"Project": PROJECT, "signUps": 1, "signIns": 1, "authFailures": 0, "failureRate": [0]});
    assert_eq!(embedded_metrics(&first), [expected]);
    deliver_events(&installation).await;
    let repeated = publish.invoke(batch(&records)).await;
    assert_eq!(again(&repeated), [""; 0]);
    assert_eq!(outcomes(&repeated), json!({"repeated": 4}));
    assert_eq!(embedded_metrics(&repeated), [Value::Null; 0]);

    assert_eq!(installation.queues.waiting(QUEUE), 0);
    assert_eq!(
        accepted(&installation),
        ["_userauth.sign_up", "_userauth.sign_in"]
    );
    let endpoints = installation.pinpoint.endpoints();
    let mut told: Vec<_> = endpoints
        .iter()
        .map(|it| [&it["ChannelType"], &it["Address"]])
        .collect();
    told.sort_by_key(|it| it[0].to_string());
    assert_eq!(
        json!(told),
        json!([["EMAIL", EMAIL], ["SMS", PHONE], [null, null]])
    );
    assert!(
        endpoints.iter().all(|it| it["User"]["UserId"] == "ana"),
        "{endpoints:?}"
    );
    let figures = installation.figures().await;
    let sums = figures
        .iter()
        .map(|it| [it.sign_ups, it.sign_ins, it.auth_failures, it.new_users]);
    let sums = sums.reduce(|a, b| std::array::from_fn(|n| a[n] + b[n]));
    assert_eq!(sums, Some([1, 1, 0, 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_auth_event_is_dropped_by_name_and_the_others_go_on() {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = installation
        .client
        .put_item()
        .table_name(&installation.tables.event_log);
    put.item("user", text("somebody"))
        .item("eventId", text("e"))
        .send()
        .await
        .unwrap();
    sign_in(&installation, 10, "bob").await;
    let records = installation.records();
    let made = AtomicU32::new(0);
    let changed = |record: &Value, change: &dyn Fn(&mut Value)| {
        let mut record = record.clone();
        let place = made.fetch_add(1, Ordering::Relaxed);
        record["dynamodb"]["SequenceNumber"] = json!(format!("{}{place}", number(&record)));
        change(&mut record);
        record
    };
    let (good, poison) = (&records[0], &records[2]);
    let dropped = [
        poison.clone(),
        changed(good, &|it| {
            drop(it["dynamodb"].as_object_mut().unwrap().remove("NewImage"))
        }),
        changed(good, &|it| it["dynamodb"]["NewImage"] = Value::Null),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["type"] = json!({"S": "TakenOver"})
        }),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["time"] = json!({"N": "5"})
        }),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["eventId"] = json!({"S": "no id"})
        }),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["metadata"] = json!({"S": "none"})
        }),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["attemptWindowSeconds"] = json!({"N": "0"})
        }),
    ];
    let passed_over = [
        changed(good, &|it| it["eventName"] = json!("MODIFY")),
        changed(good, &|it| {
            it["eventName"] = json!("REMOVE");
            it["userIdentity"] =
                json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
        }),
    ];
    let all = [&records[..2], &dropped, &passed_over, &records[3..]].concat();

    let mut publish = publish_events(&installation).await;
    let reply = publish.invoke(batch(&all)).await;
    assert_eq!(again(&reply), [""; 0]);
    assert_eq!(outcomes(&reply), json!({"published": 4}));
    assert_eq!(reply.logged("outcomes")[0]["dropped"], json!(dropped.len()));
    let told = reply.logged("sequence_number");
    let names: Vec<_> = told
        .iter()
        .map(|line| line["sequence_number"].as_str().unwrap())
        .collect();
    assert_eq!(names, numbers(&dropped));
    assert!(
        told.iter()
            .all(|line| line["outcome"] == "rejected:no_auth_event"),
        "{told:?}"
    );
    assert_eq!(installation.figures().await, signed_in(2));

    let reply = publish.invoke(batch(&dropped)).await;
    assert_eq!(again(&reply), [""; 0]);
    assert_eq!(reply.logged("outcomes")[0]["dropped"], json!(dropped.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_events_does_not_start_with_a_faulty_environment() {
    let faulty = r#"{"Clients": {"c": {"ApplicationId": "short", "Colour": 1}}}"#;
    let environment = Environment::of_lambda();
    let configured = environment.clone().with("ANALYTICS_CONFIG", SHARING);
    let with_users = configured.clone().with("USERS_TABLE", "users");
    for (environment, told) in [
        (configured, vec!["USERS_TABLE is not set"]),
        (with_users, vec!["METRICS_TABLE is not set"]),
        (environment.clone(), vec!["ANALYTICS_CONFIG"]),
        (
            environment.with("ANALYTICS_CONFIG", faulty),
            vec!["Clients.c.ApplicationId", "Clients.c.Colour"],
        ),
    ] {
        let ended = Function::start("publish-events", environment)
            .await
            .ended()
            .await;
        assert_eq!(ended.exit_code, Some(1));
        assert!(
            told.iter().all(|part| ended.stderr.contains(part)),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_are_what_their_definitions_say() {
    let installation = Installation::start().await;
    for defined in definitions(&installation.tables).unwrap() {
        let name = defined.table_name.as_ref().unwrap().clone();
        let described = installation
            .client
            .describe_table()
            .table_name(&name)
            .send()
            .await
            .unwrap();
        let table = described.table.unwrap();
        assert_eq!(table.key_schema, defined.key_schema, "{name}");
        assert_eq!(
            sorted(table.attribute_definitions.unwrap_or_default()),
            sorted(defined.attribute_definitions.unwrap_or_default()),
            "{name}"
        );
        assert_eq!(
            table.stream_specification, defined.stream_specification,
            "{name}"
        );
        let mode = table
            .billing_mode_summary
            .and_then(|summary| summary.billing_mode);
        assert_eq!(mode, defined.billing_mode, "{name}");
        assert_eq!(mode, Some(BillingMode::PayPerRequest), "{name}");
        let described = table
            .global_secondary_indexes
            .unwrap_or_default()
            .into_iter();
        let described: Vec<_> = described
            .map(|it| (it.index_name, it.key_schema, it.projection))
            .collect();
        let defined = defined
            .global_secondary_indexes
            .unwrap_or_default()
            .into_iter();
        let defined: Vec<_> = defined
            .map(|it| (Some(it.index_name), Some(it.key_schema), it.projection))
            .collect();
        assert_eq!(described, defined, "{name}");
    }
}

fn sorted<T: std::fmt::Debug>(mut values: Vec<T>) -> Vec<T> {
    values.sort_by_key(|value| format!("{value:?}"));
    values
}
