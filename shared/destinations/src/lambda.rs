//! The function behind the destinations' queues.

mod oldest;

use std::collections::BTreeMap;
use std::time::Duration;

use aws::embedded_metrics;
use aws::event_log::DynamoEventLog;
use aws::forgotten::DynamoForgotten;
use aws::lambda::time_left;
use aws::sdk::{self, SdkConfig};
use aws::tables::{EVENT_LOG_TABLE, USERS_TABLE, required};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use chrono::Utc;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::deliver::{Deliver, Outcome, Sent};

use crate::queue::{Queues, Received, deliver_batch};
use crate::senders::Senders;

/// How long one append to the event log may take.
const APPEND_BUDGET: Duration = Duration::from_secs(4);

/// How much of an invocation's time sending may take. Of 20 seconds, the rest is enough for what the log must be told, and for hiding
/// what is given back.
const SENDING_SHARE: f64 = 0.5;

/// Runs deliver-events until Lambda ends it.
///
/// # Errors
///
/// If the environment does not say where tables and queues are, or the Runtime API is not there.
pub async fn run_deliver(sdk: &SdkConfig, senders: Senders) -> Result<(), Error> {
    let client = sdk::dynamodb(sdk);
    let event_log = required(EVENT_LOG_TABLE).map_err(|error| error.to_string())?;
    let users = required(USERS_TABLE).map_err(|error| error.to_string())?;
    let log = DynamoEventLog::new(client.clone(), event_log, APPEND_BUDGET);
    let forgotten = DynamoForgotten::new(client, users);
    let queues = Queues::from_environment(sdk)?;
    let (senders, log, forgotten, queues) = (&senders, &log, &forgotten, &queues);
    let handler = async |event: LambdaEvent<SqsEvent>| {
        let by = Deliver {
            destinations: &senders.within(time_left(&event.context).mul_f64(SENDING_SHARE)),
            log,
            forgotten,
        };
        handle(event.payload, &by, queues).await
    };
    lambda_runtime::run(service_fn(handler)).await
}

async fn handle(
    event: SqsEvent,
    by: &Deliver<'_, Senders, DynamoEventLog, DynamoForgotten>,
    queues: &Queues,
) -> Result<SqsBatchResponse, Error> {
    let namespace = embedded_metrics::namespace();
    embedded_metrics::write(&oldest::oldest(&event.records, &namespace, Utc::now()));
    let arn = event.records.first();
    let arn = arn.and_then(|record| record.event_source_arn.clone());
    let received: Vec<Received> = event.records.into_iter().filter_map(received).collect();
    // Boxed: by value, the future is nested too deep for the compiler.
    let queued = Box::pin(deliver_batch(&received, by)).await?;
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for (outcome, count) in &queued.outcomes {
        *outcomes.entry(outcome.name()).or_default() += count;
    }
    tracing::info!(
        queue = arn,
        ?outcomes,
        again = queued.again.len(),
        "judged a batch"
    );
    let misconfigured = Outcome::Sent(Sent::Misconfigured);
    if let Some(misconfigured) = queued.outcomes.get(&misconfigured) {
        // An alarm of the stack counts these.
        tracing::error!(
            misconfigured,
            queue = arn,
            "a destination refuses the credentials, does not know the project, or refuses everything: what goes there is retried until \
             that is mended"
        );
    }
    let hidden = queued.hidden(&received);
    if let (Some(arn), false) = (arn, hidden.is_empty()) {
        queues.hide(&arn, hidden).await;
    }
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = queued.again.into_iter().map(failure).collect();
    Ok(response)
}

/// A message as the queue's mapping hands it to a function. One without an id could not be given back: SQS has none such.
fn received(message: SqsMessage) -> Option<Received> {
    let times = message.attributes.get("ApproximateReceiveCount");
    Some(Received {
        id: message.message_id?,
        receipt_handle: message.receipt_handle.unwrap_or_default(),
        times: times.and_then(|times| times.parse().ok()).unwrap_or(1),
        body: message.body.unwrap_or_default(),
        group: message.attributes.get("MessageGroupId").cloned(),
    })
}

fn failure(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}
