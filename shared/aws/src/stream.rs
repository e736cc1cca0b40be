//! The event log's stream, in Lambda's own terms.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::dynamodb::EventRecord;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use chrono::{DateTime, Utc};
use config::Config;
use domain::auth_event::{AuthEvent, Position};
use pipeline::outcome::{Outcome, Rejected};
use pipeline::ports::{NotPublishedQueue, Outbox, UserStates};
use pipeline::publish::{Judged, LogRecord, Publish, Verdict, move_unpublishable, publish};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event_log::{AuthEventRecord, RecordError};
use crate::tables::REDRIVEN;

/// What Lambda invokes the function behind the stream with. Each record stays the text that it is, so that it
/// can be moved whole.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// The records, in the order of the log.
    #[serde(rename = "Records")]
    pub records: Vec<Box<RawValue>>,
}

/// What a batch is published to.
#[derive(Clone, Copy, Debug)]
pub struct Outside<'a, S, O, Q> {
    /// What figures are broken down by, in whose days, and where what comes of events goes.
    pub config: &'a Config,
    /// The users' states and the daily rows.
    pub states: &'a S,
    /// The queues of the destinations.
    pub outbox: &'a O,
    /// Where records go that cannot be published for a reason of their own user's.
    pub queue: &'a Q,
}

/// What a batch came to.
#[derive(Debug)]
pub struct Published {
    /// What Lambda is answered: the records to retry.
    pub response: DynamoDbEventResponse,
    /// What became of each event.
    pub judged: Vec<Judged>,
    /// Records that hold no auth event and were dropped.
    pub dropped: usize,
}

/// Publishes a batch of the stream's records; `now` is the wall clock's time.
///
/// A record that holds no auth event is dropped by name, in the log of this function: retrying it
/// would not help, and would stop all that come after it.
pub async fn publish_batch<S: UserStates, O: Outbox, Q: NotPublishedQueue>(
    batch: &Batch,
    now: DateTime<Utc>,
    outside: Outside<'_, S, O, Q>,
) -> Published {
    let mut records = Vec::with_capacity(batch.records.len());
    let mut texts: HashMap<String, &str> = HashMap::with_capacity(batch.records.len());
    let mut dropped = 0;
    for text in &batch.records {
        match log_record(text.get()) {
            Ok(Some(record)) => {
                texts.insert(record.position.sequence_number.clone(), text.get());
                records.push(record);
            }
            Ok(None) => {}
            Err(error) => {
                dropped += 1;
                let outcome = Outcome::Rejected(Rejected::NoAuthEvent).name();
                let sequence_number = error.sequence_number.as_deref().unwrap_or_default();
                let error = error.source;
                tracing::error!(sequence_number, outcome, %error, "a record was dropped");
            }
        }
    }
    let given: Vec<String> = records
        .iter()
        .map(|r| r.position.sequence_number.clone())
        .collect();
    let by = Publish {
        config: outside.config,
        states: outside.states,
        outbox: outside.outbox,
    };
    let judged = publish(records, now, &by).await;
    let text = |sequence_number: &str| texts.get(sequence_number).copied();
    let judged = move_unpublishable(judged, text, outside.queue).await;
    Published {
        response: response(&given, &judged),
        judged,
        dropped,
    }
}

/// A record that holds no auth event.
struct NoAuthEvent {
    sequence_number: Option<String>,
    source: RecordError,
}

/// The event that a record brings; `None` if it brings none.
fn log_record(text: &str) -> Result<Option<LogRecord>, NoAuthEvent> {
    let record: EventRecord = serde_json::from_str(text).map_err(|error| NoAuthEvent {
        sequence_number: None,
        source: RecordError::new("record", error),
    })?;
    if !brings_event(&record) {
        return Ok(None);
    }
    let sequence_number = record.change.sequence_number.clone();
    read(record).map(Some).map_err(|source| NoAuthEvent {
        sequence_number,
        source,
    })
}

/// Whether the record's event is to be published: what is appended, and what is redriven, which is put
/// into the log once more and so has a new place in it. Otherwise the log is never changed, and what TTL
/// removes is over.
fn brings_event(record: &EventRecord) -> bool {
    match record.event_name.as_str() {
        "INSERT" => true,
        "MODIFY" => record.change.new_image.contains_key(REDRIVEN),
        _ => false,
    }
}

fn read(record: EventRecord) -> Result<LogRecord, RecordError> {
    let position = position(&record)?;
    let item: AuthEventRecord = serde_dynamo::from_item(record.change.new_image)
        .map_err(|error| RecordError::new("NewImage", error))?;
    let event = AuthEvent::try_from(item)?;
    Ok(LogRecord { position, event })
}

/// Where in the log a record stands.
pub(crate) fn position(record: &EventRecord) -> Result<Position, RecordError> {
    let arn = record.event_source_arn.as_deref();
    let stream = arn.and_then(|arn| arn.rsplit('/').next());
    let sequence_number = record.change.sequence_number.clone();
    let sequence_number = sequence_number.filter(|number| !number.is_empty());
    Ok(Position {
        stream: stream.unwrap_or_default().to_owned(),
        sequence_number: sequence_number
            .ok_or_else(|| RecordError::new("SequenceNumber", "it is not there"))?,
    })
}

/// Every record without a good end is retried, also one that no verdict speaks of.
fn response(given: &[String], judged: &[Judged]) -> DynamoDbEventResponse {
    let ended = judged
        .iter()
        .filter(|judged| judged.verdict != Verdict::Failed);
    let ended: HashSet<&String> = ended.map(|judged| &judged.sequence_number).collect();
    let failures = given
        .iter()
        .filter(|number| !ended.contains(number))
        .map(|number| {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(number.clone());
            failure
        });
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures = failures.collect();
    response
}
