//! The function behind the event log's stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use domain::config::Config;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::publish::{Judged, Verdict};

use crate::configuration::{ConfigurationError, Source};
use crate::pinpoint::{PinpointDestination, Routes};
use crate::sdk::{self, Patience, SdkConfig};
use crate::stream::publish_batch;
use crate::tables::TableNames;
use crate::users::DynamoUserStates;

/// How much of a batch's time its delivery may take; the rest is for reading and committing.
const DELIVERY_SHARE: f64 = 0.6;

/// Runs publish-events until Lambda ends it.
///
/// # Errors
///
/// If the configuration is faulty, or the Runtime API is not there.
pub async fn run() -> Result<(), Error> {
    let sdk = sdk::in_lambda(Patience::BEHIND_THE_LOG);
    let config = Arc::new(
        configuration(&sdk)
            .await
            .map_err(|error| error.to_string())?,
    );
    let states = DynamoUserStates::new(sdk::dynamodb(&sdk), TableNames::from_environment());
    let routes = Routes::new(config, sdk, sdk::endpoint_from_environment("PINPOINT"));
    let destination = PinpointDestination::new(routes);
    let handler = |event| handle(event, &states, &destination);
    lambda_runtime::run(service_fn(handler)).await
}

async fn configuration(sdk: &SdkConfig) -> Result<Config, ConfigurationError> {
    Source::from_environment()?.read(sdk).await
}

async fn handle(
    event: LambdaEvent<Event>,
    states: &DynamoUserStates,
    destination: &PinpointDestination,
) -> Result<DynamoDbEventResponse, Error> {
    let left = super::time_left(&event.context);
    let destination = destination.within(left.mul_f64(DELIVERY_SHARE));
    // Boxed: by value, the future is nested too deep for the compiler.
    let publishing = Box::pin(publish_batch(event.payload, states, &destination));
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
