//! The trigger functions: whatever happens, Cognito gets back the bytes that it sent.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::Utc;
use config::Config;
use domain::ids::ClientId;
use futures::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::capture::{Captured, End, Moment, capture};
use pipeline::outcome::{Outcome, Rejected};
use serde_json::value::RawValue;

use crate::configuration::ConfigurationSource;
use crate::event_log::{DynamoEventLog, random};
use crate::sdk::{self, Patience};
use crate::tables::{EVENT_LOG_TABLE, required};

/// The environment variable that says how long capture may keep a sign-in waiting (milliseconds).
const BUDGET: &str = "CAPTURE_BUDGET_MS";

/// The environment variable that names the console's own app client: who only looks at figures is in none.
const CONSOLE_CLIENT: &str = "CONSOLE_CLIENT_ID";

/// How long that is unless [`BUDGET`] says otherwise.
const DEFAULT_BUDGET: Duration = Duration::from_millis(1_000);

/// Cognito waits 5 seconds; no budget may come near.
const LARGEST_BUDGET: Duration = Duration::from_millis(3_000);

/// Runs a trigger function until Lambda ends it.
///
/// Whatever is wrong with its environment is logged, and must not keep anybody from signing in: with a faulty
/// configuration nothing is captured, without the event log's name every event is spilled, and a budget
/// that is none is the default.
///
/// # Errors
///
/// If the Runtime API is not there.
pub async fn run() -> Result<(), Error> {
    let budget = budget();
    let client = sdk::dynamodb(&sdk::in_lambda(Patience::in_sign_in(budget)));
    let log = DynamoEventLog::new(client, table(), budget);
    let config = configuration();
    log.warm_up().await;
    let trigger = Trigger { config, log };
    let handler = |event: LambdaEvent<Box<RawValue>>| trigger.handle(event.payload);
    lambda_runtime::run(service_fn(handler)).await
}

/// The configuration; `None` if it is faulty.
fn configuration() -> Option<Config> {
    let read = ConfigurationSource::from_environment().read();
    let read = read.inspect_err(
        |error| tracing::error!(%error, "no event is captured until the configuration is mended"),
    );
    let console = std::env::var(CONSOLE_CLIENT).ok();
    let config = read.ok()?;
    Some(match console.filter(|id| !id.is_empty()) {
        Some(id) => config.with_excluded(ClientId::new(id)),
        None => config,
    })
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
                // Each once: how many there are is for the app to choose.
                let left_out: BTreeSet<&str> = left_out.iter().map(|part| part.name()).collect();
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
            random: random(),
        };
        match &self.config {
            Some(config) => capture(payload, moment, config, &self.log).await,
            None => Outcome::Rejected(Rejected::NoConfiguration).into(),
        }
    }
}

/// The event log's name; empty if it is missing, which no table's is.
fn table() -> String {
    required(EVENT_LOG_TABLE).unwrap_or_else(|error| {
        tracing::error!(%error, "every event is spilled until it is");
        String::new()
    })
}

fn budget() -> Duration {
    let text = std::env::var(BUDGET).ok();
    parse_budget(text.as_deref()).unwrap_or_else(|error| {
        tracing::error!(%error, default_ms = DEFAULT_BUDGET.as_millis(), "the default is taken");
        DEFAULT_BUDGET
    })
}

fn parse_budget(milliseconds: Option<&str>) -> Result<Duration, String> {
    let Some(text) = milliseconds else {
        return Ok(DEFAULT_BUDGET);
    };
    match text.parse() {
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds).min(LARGEST_BUDGET)),
        Err(_) => Err(format!(
            "{BUDGET} is {text:?}; it is a whole number of milliseconds, {} at most",
            LARGEST_BUDGET.as_millis()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_number_of_milliseconds_up_to_the_largest() {
        let milliseconds = |text| parse_budget(text).ok().map(|budget| budget.as_millis());
        for (text, expected) in [
            (None, Some(1_000)),
            (Some("250"), Some(250)),
            (Some("0"), Some(0)),
            (Some("60000"), Some(3_000)),
            (Some(""), None),
            (Some("1s"), None),
            (Some("-1"), None),
            (Some("1.5"), None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text:?}");
        }
    }
}
