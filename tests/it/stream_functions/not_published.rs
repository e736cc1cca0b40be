//! What cannot be published for a reason of its own user's: it is moved out of the way, and comes back.

use std::process::{Command, Output};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::{again, numbers, outcomes, publish_events, sign_in, signed_in};
use crate::support::command::cognito_pinpoint;
use crate::support::installation::{Installation, PROJECT, batch};
use crate::support::queue::Queue;
use crate::support::runtime_api::Function;

async fn publish_with(installation: &Installation, queue: &Queue) -> Function {
    let environment = installation
        .environment()
        .with("AWS_ENDPOINT_URL_SQS", queue.endpoint())
        .with("NOT_PUBLISHED_QUEUE_URL", queue.url());
    Function::start("publish-events", environment).await
}

/// Makes bob's state unreadable, or as it was.
async fn set_attempts(installation: &Installation, attempts: AttributeValue) {
    let key = format!("{PROJECT}#eu-west-1_AAAA11111#sub#bob");
    let update = installation
        .client
        .update_item()
        .table_name(&installation.tables.users)
        .key("user", AttributeValue::S(key))
        .update_expression("SET attempts = :attempts")
        .expression_attribute_values(":attempts", attempts);
    update.send().await.unwrap();
}

async fn spoil(installation: &Installation) {
    set_attempts(installation, AttributeValue::S("none".to_owned())).await;
}

async fn mend(installation: &Installation) {
    set_attempts(installation, AttributeValue::L(Vec::new())).await;
}

/// Ana and bob have signed in and are counted; then bob's state is unreadable, and both sign in again.
async fn with_bobs_state_spoilt() -> (Installation, Vec<Value>) {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    sign_in(&installation, 0, "bob").await;
    let before = installation.records();
    let mut publish = publish_events(&installation).await;
    publish.invoke(batch(&before)).await;
    spoil(&installation).await;
    sign_in(&installation, 20, "bob").await;
    sign_in(&installation, 20, "ana").await;
    let records = installation.records()[before.len()..].to_vec();
    (installation, records)
}

fn redrive(installation: &Installation, queue: &Queue, more: &[&str]) -> Output {
    let mut command: Command = cognito_pinpoint();
    command
        .args(["redrive", "--stack", "tests"])
        .args(more)
        .env("AWS_ENDPOINT_URL_DYNAMODB", installation.dynamodb_url())
        .env("AWS_ENDPOINT_URL_SQS", queue.endpoint())
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_REGION", "us-east-1");
    tokio::task::block_in_place(|| command.output().unwrap())
}

fn printed(output: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output.status.code(), text.trim_end().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_states_records_are_moved_whole_and_counted_once_when_they_are_redriven() {
    let (installation, records) = with_bobs_state_spoilt().await;
    let queue = Queue::start().await;
    let mut publish = publish_with(&installation, &queue).await;
    let reply = publish.invoke(batch(&records)).await;
    assert_eq!(again(&reply), [""; 0]);
    assert_eq!(
        outcomes(&reply),
        json!({"published": 2, "not_published:state_unreadable": 2})
    );
    let reason = "not_published:state_unreadable";
    let moved: Vec<_> = records[..2]
        .iter()
        .map(|record| json!({"reason": reason, "record": record}))
        .collect();
    assert_eq!(queue.bodies(), moved);

    // SQS delivers at least once, and Lambda may have given the batch twice.
    queue.send(moved[1].to_string());
    let output = redrive(&installation, &queue, &["--dry-run"]);
    assert_eq!(
        printed(&output),
        (Some(0), format!("3 to be redriven ({reason})"))
    );
    assert_eq!(queue.bodies().len(), 3);
    mend(&installation).await;
    let known = installation.records().len();
    let output = redrive(&installation, &queue, &[]);
    assert_eq!(
        printed(&output),
        (
            Some(0),
            "2 redriven, 1 redriven before, or forgotten".to_owned()
        )
    );
    assert_eq!(queue.bodies(), [Value::Null; 0]);

    let redriven = &installation.records()[known..];
    for expected in [json!({"published": 2}), json!({"repeated": 2})] {
        let reply = publish.invoke(batch(redriven)).await;
        assert_eq!(outcomes(&reply), expected);
    }
    let mut figures = signed_in(2);
    figures[0].sign_ins = 4;
    assert_eq!(installation.figures().await, figures);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redriven_too_early_is_moved_and_can_be_redriven_again() {
    let (installation, records) = with_bobs_state_spoilt().await;
    let queue = Queue::start().await;
    let mut publish = publish_with(&installation, &queue).await;
    publish.invoke(batch(&records)).await;
    let known = installation.records().len();
    redrive(&installation, &queue, &[]);
    let too_early = installation.records()[known..].to_vec();
    let reply = publish.invoke(batch(&too_early)).await;
    assert_eq!(
        outcomes(&reply),
        json!({"not_published:state_unreadable": 2})
    );
    mend(&installation).await;
    let output = redrive(&installation, &queue, &[]);
    assert_eq!(printed(&output), (Some(0), "2 redriven".to_owned()));
    let redriven = &installation.records()[known + too_early.len()..];
    let reply = publish.invoke(batch(redriven)).await;
    assert_eq!(outcomes(&reply), json!({"published": 2}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_queue_takes_is_retried() {
    let (installation, records) = with_bobs_state_spoilt().await;
    let queue = Queue::start().await;
    queue.refuse(true);
    for mut publish in [
        publish_with(&installation, &queue).await,
        publish_events(&installation).await,
    ] {
        let reply = publish.invoke(batch(&records)).await;
        assert_eq!(again(&reply), numbers(&records[..2]));
        assert_eq!(outcomes(&reply)["failed"], 2);
    }
    queue.refuse(false);
    assert_eq!(queue.bodies(), [Value::Null; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lambda_gave_up_is_told_and_left_in_the_queue() {
    let installation = Installation::start().await;
    let queue = Queue::start().await;
    let given_up = json!({"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {
        "shardId": "shardId-1", "startSequenceNumber": "100", "endSequenceNumber": "200", "batchSize": 7,
        "approximateArrivalOfLastRecord": "2026-01-31T12:00:00Z"}});
    queue.send(given_up.to_string());
    let output = redrive(&installation, &queue, &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    for part in [
        "7 records",
        "100 to 200",
        "shardId-1",
        "2026-01-31T12:00:00Z",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(queue.bodies(), [given_up]);
}
