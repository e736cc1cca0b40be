//! The event log's stream, in Lambda's own terms.

use std::collections::HashSet;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use domain::auth_event::{AuthEvent, Position};
use pipeline::outcome::{Outcome, Rejected};
use pipeline::ports::{Destinations, UserStates};
use pipeline::publish::{Judged, LogRecord, Verdict, publish};

use crate::event_log::{AuthEventRecord, RecordError};

/// What a batch came to.
#[derive(Debug)]
pub struct Published {
    /// What Lambda is told: the records to give again.
    pub response: DynamoDbEventResponse,
    /// What became of each event.
    pub judged: Vec<Judged>,
    /// Records that hold no auth event and were set aside.
    pub set_aside: usize,
}

/// Publishes a batch of the stream's records.
///
/// A record that holds no auth event is set aside by name, in the log of this function: giving it
/// again would not help, and would stop all that come after it.
pub async fn publish_batch(
    batch: Event,
    states: &impl UserStates,
    destinations: &impl Destinations,
) -> Published {
    let mut records = Vec::with_capacity(batch.records.len());
    let mut set_aside = 0;
    for record in batch.records.into_iter().filter(is_insertion) {
        let name = record.change.sequence_number.clone().unwrap_or_default();
        match log_record(record) {
            Ok(record) => records.push(record),
            Err(error) => {
                set_aside += 1;
                let outcome = Outcome::Rejected(Rejected::NoAuthEvent).name();
                tracing::error!(sequence_number = name, outcome, %error, "a record was set aside");
            }
        }
    }
    let given: Vec<String> = records
        .iter()
        .map(|r| r.position.sequence_number.clone())
        .collect();
    let judged = publish(records, states, destinations).await;
    Published {
        response: response(&given, &judged),
        judged,
        set_aside,
    }
}

/// Only what is appended counts: the log is never changed, and what TTL removes is over.
fn is_insertion(record: &EventRecord) -> bool {
    record.event_name == "INSERT"
}

fn log_record(record: EventRecord) -> Result<LogRecord, RecordError> {
    let stream = record
        .event_source_arn
        .as_deref()
        .and_then(|arn| arn.rsplit('/').next());
    let stream = stream.unwrap_or_default().to_owned();
    let sequence_number = record
        .change
        .sequence_number
        .filter(|number| !number.is_empty());
    let sequence_number =
        sequence_number.ok_or_else(|| RecordError::new("SequenceNumber", "it is not there"))?;
    let item: AuthEventRecord = serde_dynamo::from_item(record.change.new_image)
        .map_err(|error| RecordError::new("NewImage", error))?;
    let event = AuthEvent::try_from(item)?;
    Ok(LogRecord {
        position: Position {
            stream,
            sequence_number,
        },
        event,
    })
}

/// Every record without a good end is to be given again, also one that no verdict speaks of.
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
