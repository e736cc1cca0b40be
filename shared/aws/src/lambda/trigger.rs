//! The trigger functions: whatever happens, Cognito gets back the bytes that it sent.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::Utc;
use domain::config::Config;
use futures::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::capture::{Captured, End, Moment, capture};
use pipeline::outcome::{Outcome, Rejected};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

use crate::configuration::{ConfigurationError, Source};
use crate::event_log::DynamoEventLog;
use crate::sdk::{self, Patience};
use crate::tables::TableNames;

/// How long capture may keep a sign-in waiting, unless `CAPTURE_BUDGET_MS` says otherwise.
const DEFAULT_BUDGET: Duration = Duration::from_millis(1_000);

/// How long a cold start may wait for a configuration that is not in the environment.
const CONFIGURATION_BUDGET: Duration = Duration::from_secs(1);

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
    let configuration = Configuration::default();
    tokio::join!(log.warm_up(), configuration.get(CONFIGURATION_BUDGET));
    let trigger = Trigger {
        configuration,
        log,
        budget,
    };
    let handler = |event: LambdaEvent<Box<RawValue>>| trigger.handle(event.payload);
    lambda_runtime::run(service_fn(handler)).await
}

/// The configuration, as soon as it can be had.
#[derive(Default)]
struct Configuration {
    /// `None` if it is faulty.
    read: OnceCell<Option<Config>>,
}

impl Configuration {
    /// The configuration. While it cannot be had, each call tries again, for so long; a faulty one is
    /// none for good.
    async fn get(&self, budget: Duration) -> Option<&Config> {
        let reading = self.read.get_or_try_init(|| read_once(budget));
        match tokio::time::timeout(budget, reading).await {
            Ok(read) => read.ok()?.as_ref(),
            Err(_) => {
                tracing::error!("the configuration was not had in time");
                None
            }
        }
    }
}

async fn read_once(budget: Duration) -> Result<Option<Config>, ConfigurationError> {
    let sdk = sdk::in_lambda(Patience::in_sign_in(budget));
    let read = match Source::from_environment() {
        Ok(source) => source.read(&sdk).await,
        Err(nowhere) => Err(nowhere),
    };
    match read {
        Ok(config) => Ok(Some(config)),
        Err(error) => {
            tracing::error!(%error, "no event is captured until there is a configuration");
            if error.may_pass() {
                Err(error)
            } else {
                Ok(None)
            }
        }
    }
}

/// A trigger, ready to be invoked.
struct Trigger {
    configuration: Configuration,
    log: DynamoEventLog,
    budget: Duration,
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

    /// Where the configuration is still to be had, that takes a quarter of the budget more.
    async fn capture(&self, payload: &[u8]) -> Captured {
        let moment = Moment {
            time: Utc::now(),
            random: rand::random(),
        };
        match self.configuration.get(self.budget / 4).await {
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
