//! The function behind the event log's stream.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::ports::Destinations;
use pipeline::publish::{Judged, Verdict};

use crate::sdk::{self, SdkConfig};
use crate::stream::publish_batch;
use crate::tables::TableNames;
use crate::users::DynamoUserStates;

/// How much of a batch's time its delivery may take; the rest is for reading and committing.
const DELIVERY_SHARE: f64 = 0.6;

/// Runs publish-events until Lambda ends it. `destinations` gives those of a delivery that may take so long.
///
/// # Errors
///
/// If the Runtime API is not there.
pub async fn run<D: Destinations>(
    sdk: &SdkConfig,
    destinations: impl Fn(Duration) -> D,
) -> Result<(), Error> {
    let states = DynamoUserStates::new(sdk::dynamodb(sdk), TableNames::from_environment());
    let handler = |event| handle(event, &states, &destinations);
    lambda_runtime::run(service_fn(handler)).await
}

async fn handle<D: Destinations>(
    event: LambdaEvent<Event>,
    states: &DynamoUserStates,
    destinations: &impl Fn(Duration) -> D,
) -> Result<DynamoDbEventResponse, Error> {
    let left = super::time_left(&event.context);
    let destinations = destinations(left.mul_f64(DELIVERY_SHARE));
    // Boxed: by value, the future is nested too deep for the compiler.
    let publishing = Box::pin(publish_batch(event.payload, states, &destinations));
    let published = tokio::time::timeout(left, publishing)
        .await
        .map_err(|_| "the batch was not published in time: it is to be given again")?;
    log_outcomes(&published.judged, published.set_aside);
    Ok(published.response)
}

/// One line a batch: how many records came to which end.
fn log_outcomes(judged: &[Judged], set_aside: usize) {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for judged in judged {
        let name = match judged.verdict {
            Verdict::Ended(outcome) => outcome.name(),
            Verdict::Applied => "applied",
            Verdict::Repeated => "repeated",
            Verdict::Failed => "failed",
        };
        *outcomes.entry(name).or_default() += 1;
    }
    tracing::info!(?outcomes, set_aside, "published a batch");
}
