//! Re-ingests spilled events.

use std::path::PathBuf;

use aws::event_log::{AuthEventRecord, DynamoEventLog, RETENTION_DAYS, RecordError};
use aws::sdk;
use chrono::{DateTime, TimeDelta, Utc};
use domain::auth_event::AuthEvent;
use pipeline::ports::{Appended, EventLog};

use super::installation::IN_LOG;
use super::report::Report;
use crate::APPEND_BUDGET;
use crate::Failure;
use crate::account::account;
use crate::args::AccountArgs;
use crate::entries::{Rejected, check_time};
use crate::outcomes::Outcomes;
use crate::progress::Progress;
use crate::spilled::{Spilled, SpilledEvent};

/// How old a spilled event may be. What is younger is in the log still, if it was ever there: it may
/// have been written although the trigger had no answer, or been re-ingested before.
const OLDEST_DAYS: u32 = RETENTION_DAYS - 1;

/// The events that logs hold, in order of time, and what cannot be re-ingested, or is too old.
pub fn events(
    spilled: &mut Spilled,
    oldest: Option<DateTime<Utc>>,
) -> (Vec<AuthEvent>, Vec<Rejected>) {
    let mut events = Vec::new();
    let mut rejected = Vec::new();
    for found in spilled.by_ref() {
        match found.and_then(|found| event(&found, oldest)) {
            Ok(event) => events.push(event),
            Err(problem) => rejected.push(problem),
        }
    }
    let others = spilled.passed_over();
    if others > 0 {
        eprintln!("log lines that hold no spilled event, passed over: {others}");
    }
    events.sort_by_key(|event| (event.time, event.id));
    (events, rejected)
}

fn event(found: &SpilledEvent, oldest: Option<DateTime<Utc>>) -> Result<AuthEvent, Rejected> {
    let record: AuthEventRecord = serde_json::from_str(&found.json).map_err(|error| {
        found
            .source
            .rejected(format!("no spilled auth event: {error}"))
    })?;
    let event =
        AuthEvent::try_from(record).map_err(|error: RecordError| found.source.rejected(error))?;
    check_time(event.time, Utc::now()).map_err(|fault| found.source.rejected(fault))?;
    if oldest.is_some_and(|oldest| event.time < oldest) {
        return Err(found.source.rejected(format!(
            "it is older than {OLDEST_DAYS} days: the log no longer remembers whether it was written"
        )));
    }
    Ok(event)
}

/// Appends the events that logs hold to the event log of a stack, whose stream publishes them.
pub async fn append_to(stack: &AccountArgs, paths: &[PathBuf]) -> Result<Report, Failure> {
    let mut spilled = Spilled::new(paths);
    let oldest = Utc::now() - TimeDelta::days(OLDEST_DAYS.into());
    let (events, rejected) = events(&mut spilled, Some(oldest));
    let config = account(stack).await?;
    let log = DynamoEventLog::new(
        sdk::dynamodb(&config),
        stack.tables().event_log,
        APPEND_BUDGET,
    );
    let progress = Progress::of_events("appending", events.len());
    let mut outcomes = Outcomes::default();
    for event in &events {
        outcomes.add(match log.append(event).await? {
            Appended::Now => "appended",
            Appended::Before => IN_LOG,
        });
        progress.advance();
    }
    progress.finish();
    Ok(Report::of_appending(rejected, outcomes))
}
