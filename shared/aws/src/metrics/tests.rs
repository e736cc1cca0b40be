use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::counter::Counter;
use serde_json::{Value, json};

use super::*;
use crate::sdk::{Patience, dynamodb, in_process};

/// Answers a partition in two pages, each with a row of the value `Web` on the day, and the shard's number of sign-ins.
fn two_pages(body: &[u8]) -> Value {
    let request: Value = serde_json::from_slice(body).unwrap();
    let partition = request["ExpressionAttributeValues"][":shard"]["S"].as_str();
    let (_, shard) = partition.unwrap().rsplit_once('#').unwrap();
    let key = |day: &str| json!({"projectShard": {"S": partition}, "segmentDay": {"S": day}});
    let row = |day: &str| {
        let mut row = key(day);
        row[Counter::SignIns.name()] = json!({"N": shard});
        row
    };
    match request["ExclusiveStartKey"].is_null() {
        true => json!({"Items": [row("2026-01-01#Web"), row("2026-01-02#Web")],
            "LastEvaluatedKey": key("2026-01-02#Web")}),
        false => json!({"Items": [row("2026-01-03#Web"), row("2026-01-03#iOS")]}),
    }
}

#[tokio::test]
async fn every_page_of_every_shard_is_added_up() {
    let queries = Arc::<AtomicUsize>::default();
    let counter = queries.clone();
    let answer = move |_: &str, body: &[u8]| {
        counter.fetch_add(1, Ordering::Relaxed);
        (200, two_pages(body).to_string())
    };
    let client = dynamodb(&in_process(answer, Patience::BEHIND_THE_LOG));
    let metrics = DynamoMetrics::new(client, "t".to_owned());
    let days = ["2026-01-01", "2026-01-03"].map(|day| Day::parse(day).unwrap());
    let project = ProjectId::new("p");
    let dimension = Dimension::parse("platform").unwrap();
    let found = metrics.by(&project, &dimension, days.into()).await.unwrap();
    let sign_ins = |rows: &DayRows| {
        let days = days[0].through(days[1]);
        days.map(|day| rows.figures(day).sign_ins)
            .collect::<Vec<_>>()
    };
    let found = found
        .iter()
        .map(|(value, rows)| (value.as_str(), sign_ins(rows)));
    // Of the shards 0 to 7.
    let expected = [("Web", vec![28, 28, 28]), ("iOS", vec![0, 0, 28])];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(queries.load(Ordering::Relaxed), 2 * 8);
}
