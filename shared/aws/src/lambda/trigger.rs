//! The trigger functions: whatever happens, Cognito gets back the bytes that it sent.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::Utc;
use config::Config;
use futures::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::capture::{Captured, End, Moment, capture};
use pipeline::outcome::{Outcome, Rejected};
use serde_json::value::RawValue;

use crate::configuration::ConfigurationSource;
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
    let client = sdk::dynamodb(&sdk::in_lambda(Patience::in_sign_in(budget)));
    let log = DynamoEventLog::new(client, TableNames::from_environment().event_log, budget);
    let config = configuration();
    log.warm_up().await;
    let trigger = Trigger { config, log };
    let handler = |event: LambdaEvent<Box<RawValue>>| trigger.handle(event.payload);
    lambda_runtime::run(service_fn(handler)).await
}

/// The configuration; `None` if it is faulty.
fn configuration() -> Option<Config> {
    let read = ConfigurationSource::from_environment().read();
    read.inspect_err(
        |error| tracing::error!(%error, "no event is captured until the configuration is mended"),
    )
    .ok()
}

/// A trigger, ready to be invoked.
struct Trigger {
    config: Option<Config>,
    log: DynamoEventLog,
}

impl Trigger {
    async fn handle(&self, payload: Box<RawValue>) -> Result<Box<RawValue>, Error> {
        let captured = self.capture(payload.get().as_bytes());
        match AssertUnwindSafe(captured).catch_unwind().await {
            Ok(Captured { end, left_out }) => {
                let left_out: Vec<&str> = left_out.iter().map(|part| part.name()).collect();
                match end {
                    End::Logged(event) => tracing::info!(%event, ?left_out, "captured"),
                    End::Ended(outcome) => {
                        tracing::info!(outcome = outcome.name(), ?left_out, "not captured");
                    }
                }
            }
            Err(_) => tracing::error!("capture panicked, which is a bug; the sign-in goes on"),
        }
        Ok(payload)
    }

    async fn capture(&self, payload: &[u8]) -> Captured {
        let moment = Moment {
            time: Utc::now(),
            random: rand::random(),
        };
        match &self.config {
            Some(config) => capture(payload, moment, config, &self.log).await,
            None => Outcome::Rejected(Rejected::NoConfiguration).into(),
        }
    }
}

fn budget() -> Duration {
    let milliseconds = std::env::var("CAPTURE_BUDGET_MS")
        .ok()
        .and_then(|text| text.parse().ok());
    milliseconds
        .map_or(DEFAULT_BUDGET, Duration::from_millis)
        .min(LARGEST_BUDGET)
}
