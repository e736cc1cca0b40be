//! The function that runs every minute.

use std::time::{Duration, Instant};

use aws_lambda_events::eventbridge::EventBridgeEvent;
use chrono::{TimeDelta, Utc};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::expire::expire;

use crate::event_log::DynamoEventLog;
use crate::sdk::{self, Patience};
use crate::tables::{EVENT_LOG_TABLE, TableNames, USERS_TABLE, required};
use crate::users::DynamoUserStates;

/// How long the log's stream may take to bring the sign-in that closes an attempt at the last moment.
const GRACE: TimeDelta = TimeDelta::seconds(15);

/// How long one append may take.
const APPEND_BUDGET: Duration = Duration::from_secs(5);

/// How much of a run's time further attempts are looked for; the rest is for appending those that were found.
const LISTING_SHARE: f64 = 0.7;

/// Runs expire-attempts until Lambda ends it.
///
/// # Errors
///
/// If a table's name is missing in the environment, or the Runtime API is not there.
pub async fn run() -> Result<(), Error> {
    let client = sdk::dynamodb(&sdk::in_lambda(Patience::BEHIND_THE_LOG));
    let tables = TableNames {
        event_log: required(EVENT_LOG_TABLE).map_err(|error| error.to_string())?,
        users: required(USERS_TABLE).map_err(|error| error.to_string())?,
        ..TableNames::default()
    };
    let log = DynamoEventLog::new(client.clone(), tables.event_log.clone(), APPEND_BUDGET);
    let states = DynamoUserStates::new(client, tables);
    let handler = |event| handle(event, &states, &log);
    lambda_runtime::run(service_fn(handler)).await
}

async fn handle(
    event: LambdaEvent<EventBridgeEvent>,
    states: &DynamoUserStates,
    log: &DynamoEventLog,
) -> Result<(), Error> {
    let left = super::time_left(&event.context);
    let listing_ends = Instant::now() + left.mul_f64(LISTING_SHARE);
    let goes_on = || Instant::now() < listing_ends;
    let expired = tokio::time::timeout(left, expire(Utc::now() - GRACE, states, log, goes_on))
        .await
        .map_err(|_| "not all attempts expired in time: the next run finds the others")??;
    tracing::info!(
        expired.appended,
        expired.unpublished,
        expired.failed,
        more = expired.more,
        "expired attempts"
    );
    Ok(())
}
