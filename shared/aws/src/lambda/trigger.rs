//! The trigger functions: whatever happens, Cognito gets back the bytes that it sent.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::Utc;
use domain::config::Config;
use futures::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::capture::{Captured, Moment, capture};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

use crate::configuration::{ConfigurationError, Source};
use crate::event_log::DynamoEventLog;
use crate::sdk::{self, Patience, SdkConfig};
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
    let sdk = sdk::in_lambda(Patience::in_sign_in(budget));
    let table = TableNames::from_environment().event_log;
    let log = DynamoEventLog::new(sdk::dynamodb(&sdk), table, budget);
    let configuration = Configuration::new(sdk, budget / 2);
    tokio::join!(log.warm_up(), configuration.get());
    let handler = |event: LambdaEvent<Box<RawValue>>| handle(event.payload, &configuration, &log);
    lambda_runtime::run(service_fn(handler)).await
}

/// The configuration, as soon as it can be had.
struct Configuration {
    sdk: SdkConfig,
    budget: Duration,
    read: OnceCell<Config>,
}

impl Configuration {
    fn new(sdk: SdkConfig, budget: Duration) -> Self {
        Self {
            sdk,
            budget,
            read: OnceCell::new(),
        }
    }

    /// The configuration. While it cannot be had, each call tries again, within the budget; one that is
    /// faulty is none for good.
    async fn get(&self) -> Option<&Config> {
        let reading = self.read.get_or_try_init(|| self.read_once());
        match tokio::time::timeout(self.budget, reading).await {
            Ok(read) => read.ok(),
            Err(_) => {
                tracing::error!(
                    "the configuration was not had in time: no event is captured until it is"
                );
                None
            }
        }
    }

    async fn read_once(&self) -> Result<Config, ConfigurationError> {
        let read = match Source::from_environment() {
            Ok(source) => source.read(&self.sdk).await,
            Err(nowhere) => Err(nowhere),
        };
        read.or_else(|error| {
            tracing::error!(%error, "no event is captured until the configuration is mended");
            if error.may_pass() {
                Err(error)
            } else {
                Ok(Config::empty())
            }
        })
    }
}

async fn handle(
    payload: Box<RawValue>,
    configuration: &Configuration,
    log: &DynamoEventLog,
) -> Result<Box<RawValue>, Error> {
    let moment = Moment {
        time: Utc::now(),
        random: rand::random(),
    };
    let captured = async {
        let none = Config::empty();
        let config = configuration.get().await.unwrap_or(&none);
        capture(payload.get().as_bytes(), moment, config, log).await
    };
    match AssertUnwindSafe(captured).catch_unwind().await {
        Ok(Captured::Logged(event, left_out)) => {
            let left_out: Vec<&str> = left_out.iter().map(|part| part.name()).collect();
            tracing::info!(%event, ?left_out, "captured");
        }
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
