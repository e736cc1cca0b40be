//! The age of the oldest message that was handed out, as a metric of this stack's own: SQS's ApproximateAgeOfOldestMessage may pass over
//! a message that was received more than three times, and here such a message is what an alarm is for.

use std::collections::BTreeMap;

use aws_lambda_events::sqs::SqsMessage;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The metric's name, and its dimension.
const METRIC: &str = "OldestMessageAge";
const QUEUE: &str = "Queue";

/// A line of the log, from which CloudWatch takes the metric, of each queue that messages are of; in the embedded metric format.
pub fn oldest(messages: &[SqsMessage], namespace: &str, now: DateTime<Utc>) -> Vec<Value> {
    let mut oldest: BTreeMap<&str, i64> = BTreeMap::new();
    for message in messages {
        if let Some((queue, sent)) = sent(message) {
            let of_queue = oldest.entry(queue).or_insert(sent);
            *of_queue = sent.min(*of_queue);
        }
    }
    let now = now.timestamp_millis();
    let lines = oldest.into_iter().map(|(queue, sent)| {
        let directive = json!({
            "Namespace": namespace, "Dimensions": [[QUEUE]], "Metrics": [{"Name": METRIC, "Unit": "Seconds"}],
        });
        json!({
            "_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]},
            QUEUE: queue,
            METRIC: (now - sent).max(0) / 1_000,
        })
    });
    lines.collect()
}

/// A message's queue, and when it was sent to it (milliseconds since 1970).
fn sent(message: &SqsMessage) -> Option<(&str, i64)> {
    let (_, queue) = message.event_source_arn.as_deref()?.rsplit_once(':')?;
    let sent = message.attributes.get("SentTimestamp")?;
    Some((queue, sent.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_that_of_the_oldest_message_of_each_queue() {
        let message = |queue: &str, sent: Option<&str>| {
            let mut message = SqsMessage::default();
            message.event_source_arn = Some(format!("arn:aws:sqs:eu-west-1:111122223333:{queue}"));
            let sent = sent.map(|sent| ("SentTimestamp".to_owned(), sent.to_owned()));
            message.attributes = sent.into_iter().collect();
            message
        };
        let messages = [
            message("a", Some("1767225590000")),
            message("a", Some("1767225500999")),
            message("b", Some("1767225700000")),
            message("c", None),
            message("c", Some("yesterday")),
        ];
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let found = oldest(&messages, "stack", now);
        let line = |queue: &str, age: i64| {
            json!({
                "_aws": {"Timestamp": 1_767_225_600_000_i64, "CloudWatchMetrics": [{"Namespace": "stack",
                    "Dimensions": [["Queue"]], "Metrics": [{"Name": "OldestMessageAge", "Unit": "Seconds"}]}]},
                "Queue": queue, "OldestMessageAge": age,
            })
        };
        assert_eq!(found, [line("a", 99), line("b", 0)]);
    }
}
