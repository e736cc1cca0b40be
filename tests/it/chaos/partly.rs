//! Requests of which some items fail, as each service says so.

use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Value, json};

use super::weather::Part;
use crate::support::misbehaving::{Failed, Partly};

/// How a service names, in a request and in an answer, items that go by position, and how it says that one failed.
struct Positional {
    asked: &'static str,
    answered: &'static str,
    codes: &'static [&'static str],
}

const FIREHOSE: Positional = Positional {
    asked: "Records",
    answered: "RequestResponses",
    codes: &["ServiceUnavailableException", "InternalFailure"],
};

const KINESIS: Positional = Positional {
    asked: "Records",
    answered: "Records",
    codes: &["ProvisionedThroughputExceededException", "InternalFailure"],
};

const EVENT_BRIDGE: Positional = Positional {
    asked: "Entries",
    answered: "Entries",
    codes: &["ThrottlingException", "InternalFailure"],
};

/// What fails of a request of this operation; `None` if none of its items can by itself.
pub fn of((part, operation): (Part, &str), seed: u64) -> Option<Partly> {
    let rng = move || Rng::with_seed(seed);
    Some(match part {
        Part::DynamoDb if operation == "BatchGetItem" => {
            Arc::new(move |body| unprocessed_keys(body, &mut rng()))
        }
        Part::Sqs if operation.starts_with("SendMessageBatch") => {
            Arc::new(move |body| failed_entries(body, &mut rng()))
        }
        Part::Firehose => Arc::new(move |body| positional(&FIREHOSE, body, &mut rng())),
        Part::Kinesis => Arc::new(move |body| positional(&KINESIS, body, &mut rng())),
        Part::EventBridge => Arc::new(move |body| positional(&EVENT_BRIDGE, body, &mut rng())),
        Part::Pinpoint if operation.ends_with("/events") => {
            Arc::new(move |body| pinpoint(body, &mut rng()))
        }
        Part::DynamoDb | Part::Sqs | Part::Pinpoint | Part::Webhook | Part::SecretsManager => {
            return None;
        }
    })
}

/// About a third of these, and of several never all.
fn take_some(items: &mut Vec<Value>, rng: &mut Rng) -> Vec<(usize, Value)> {
    let mut taken = Vec::new();
    let mut kept = Vec::new();
    for (place, item) in std::mem::take(items).into_iter().enumerate() {
        if place > 0 && rng.u8(0..3) == 0 {
            taken.push((place, item));
        } else {
            kept.push(item);
        }
    }
    *items = kept;
    taken
}

fn items<'v>(body: &'v mut Value, name: &str) -> &'v mut Vec<Value> {
    let list = &mut body[name];
    if !list.is_array() {
        *list = json!([]);
    }
    list.as_array_mut().expect("it is a list")
}

fn unprocessed_keys(body: &mut Value, rng: &mut Rng) -> Failed {
    let mut unprocessed = serde_json::Map::new();
    for (table, of_table) in body["RequestItems"].as_object_mut().into_iter().flatten() {
        let keys = take_some(items(of_table, "Keys"), rng);
        let keys: Vec<Value> = keys.into_iter().map(|(_, key)| key).collect();
        if !keys.is_empty() {
            let mut of_table = of_table.clone();
            of_table["Keys"] = json!(keys);
            unprocessed.insert(table.clone(), of_table);
        }
    }
    Box::new(move |answer| answer["UnprocessedKeys"] = Value::Object(unprocessed))
}

fn failed_entries(body: &mut Value, rng: &mut Rng) -> Failed {
    let taken = take_some(items(body, "Entries"), rng);
    Box::new(move |answer| {
        let failed = taken.iter().map(|(_, entry)| {
            json!({"Id": entry["Id"], "SenderFault": false, "Code": "InternalError", "Message": "so it is told"})
        });
        items(answer, "Failed").extend(failed);
    })
}

fn positional(of: &Positional, body: &mut Value, rng: &mut Rng) -> Failed {
    let taken = take_some(items(body, of.asked), rng);
    let failed: Vec<(usize, &'static str)> = taken
        .into_iter()
        .map(|(place, _)| (place, of.codes[rng.usize(0..of.codes.len())]))
        .collect();
    let answered = of.answered;
    Box::new(move |answer| {
        let answers = items(answer, answered);
        for (place, code) in failed {
            let place = place.min(answers.len());
            answers.insert(
                place,
                json!({"ErrorCode": code, "ErrorMessage": "so it is told"}),
            );
        }
    })
}

/// An endpoint and its events have one status.
fn pinpoint(body: &mut Value, rng: &mut Rng) -> Failed {
    let mut results = serde_json::Map::new();
    let batch = body["BatchItem"].as_object_mut();
    let names: Vec<String> = batch.iter().flat_map(|it| it.keys().cloned()).collect();
    for endpoint in names.into_iter().skip(1) {
        if rng.u8(0..3) > 0 {
            continue;
        }
        let removed = body["BatchItem"]
            .as_object_mut()
            .and_then(|batch| batch.remove(&endpoint));
        let removed = removed.unwrap_or_default();
        let status = [500, 429, 403, 404][rng.usize(0..4)];
        let judged = json!({"StatusCode": status, "Message": "so it is told"});
        let events = removed["Events"].as_object().into_iter().flatten();
        let events: serde_json::Map<_, _> =
            events.map(|(id, _)| (id.clone(), judged.clone())).collect();
        results.insert(
            endpoint,
            json!({"EndpointItemResponse": judged, "EventsItemResponse": events}),
        );
    }
    Box::new(move |answer| {
        for (endpoint, result) in results {
            answer["Results"][endpoint] = result;
        }
    })
}
