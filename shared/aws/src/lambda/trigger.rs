//! The trigger functions: whatever happens, Cognito gets back the bytes that it sent.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::Utc;
use domain::config::Config;
use futures::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::capture::{Captured, Moment, capture};
use serde_json::value::RawValue;

use crate::event_log::DynamoEventLog;
use crate::sdk::{self, Patience};
use crate::tables::TableNames;

/// How long capture may keep a sign-in waiting, unless `CAPTURE_BUDGET_MS` says otherwise.
const DEFAULT_BUDGET: Duration = Duration::from_millis(1_000);

/// Cognito waits 5 seconds; no budget may come near.
const LARGEST_BUDGET: Duration = Duration::from_millis(3_000);

/// Runs a trigger function until Lambda ends it.
///
/// A faulty configuration is logged and captures nothing: it must not keep anybody from signing in.
///
/// # Errors
///
/// If the Runtime API is not there.
pub async fn run() -> Result<(), Error> {
    let budget = budget();
    let config = super::configuration().unwrap_or_else(|error| {
        tracing::error!(%error, "the configuration is faulty: no event is captured until it is mended");
        Config::empty()
    });
    let log = event_log(budget);
    log.warm_up().await;
    let handler = |event: LambdaEvent<Box<RawValue>>| handle(event.payload, &config, &log);
    lambda_runtime::run(service_fn(handler)).await
}

fn event_log(budget: Duration) -> DynamoEventLog {
    let client = sdk::dynamodb(&sdk::in_lambda(Patience::in_sign_in(budget)));
    DynamoEventLog::new(client, TableNames::from_environment().event_log, budget)
}

async fn handle(
    payload: Box<RawValue>,
    config: &Config,
    log: &DynamoEventLog,
) -> Result<Box<RawValue>, Error> {
    let moment = Moment {
        time: Utc::now(),
        random: rand::random(),
    };
    let captured = capture(payload.get().as_bytes(), moment, config, log);
    match AssertUnwindSafe(captured).catch_unwind().await {
        Ok(Captured::Logged(event)) => tracing::info!(%event, "captured"),
        Ok(Captured::Ended(outcome)) => tracing::info!(outcome = outcome.name(), "not captured"),
        Err(_) => tracing::error!("capture panicked, which is a bug; the sign-in goes on"),
    }
    Ok(payload)
}

fn budget() -> Duration {
    let milliseconds = std::env::var("CAPTURE_BUDGET_MS")
        .ok()
        .and_then(|text| text.parse().ok());
    milliseconds
        .map_or(DEFAULT_BUDGET, Duration::from_millis)
        .min(LARGEST_BUDGET)
}
