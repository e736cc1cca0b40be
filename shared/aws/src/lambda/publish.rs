//! The function behind the event log's stream.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lambda_events::streams::DynamoDbEventResponse;
use chrono::Utc;
use config::Config;
use domain::ids::ProjectId;
use figures::cloudwatch::{Counts, Document, Place, counted};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::outcome::Outcome;
use pipeline::ports::figures::CountedTo;
use pipeline::ports::{NotPublishedQueue, Outbox};
use pipeline::publish::{Judged, Verdict};

use crate::embedded_metrics;
use crate::sdk::{self, SdkConfig};
use crate::stream::{Batch, Outside, publish_batch};
use crate::tables::{METRICS_TABLE, TableNames, USERS_TABLE, required};
use crate::users::DynamoUserStates;

/// How long it may take to write down how far events are counted.
const MOST_FOR_COUNTED: Duration = Duration::from_secs(2);

/// Runs publish-events until Lambda ends it. `outbox` takes what goes to destinations; `queue`, what cannot be published.
///
/// # Errors
///
/// If a table's name is missing in the environment, or the Runtime API is not there.
pub async fn run(
    sdk: &SdkConfig,
    config: &Config,
    outbox: impl Outbox,
    queue: impl NotPublishedQueue,
) -> Result<(), Error> {
    let tables = TableNames {
        users: required(USERS_TABLE).map_err(|error| error.to_string())?,
        metrics: required(METRICS_TABLE).map_err(|error| error.to_string())?,
        ..TableNames::default()
    };
    let states = DynamoUserStates::new(sdk::dynamodb(sdk), tables);
    let (states, outbox, queue) = (&states, &outbox, &queue);
    let handler = async |event: LambdaEvent<Batch>| {
        let left = super::time_left(&event.context);
        let outside = Outside {
            config,
            states,
            outbox,
            queue,
        };
        handle(&event.payload, left, outside).await
    };
    lambda_runtime::run(service_fn(handler)).await
}

async fn handle<O: Outbox, Q: NotPublishedQueue>(
    batch: &Batch,
    left: Duration,
    outside: Outside<'_, DynamoUserStates, O, Q>,
) -> Result<DynamoDbEventResponse, Error> {
    // Boxed: by value, the future is nested too deep for the compiler.
    let now = Utc::now();
    let states = outside.states;
    let publishing = Box::pin(publish_batch(batch, now, outside));
    let published = tokio::time::timeout(left, publishing)
        .await
        .map_err(|_| "the batch was not published in time: it is retried")?;
    log_outcomes(&published.judged, published.dropped);
    let namespace = &embedded_metrics::namespace();
    let at = Place {
        namespace,
        time: now,
    };
    embedded_metrics::write(&metrics(&published.judged, at));
    let counted = states.write_counted(counted_to(&published.judged));
    // The batch is committed: what this takes too long for is written with the next one.
    drop(tokio::time::timeout(MOST_FOR_COUNTED, counted).await);
    Ok(published.response)
}

/// The newest captured event of each project that came to its end.
fn counted_to(judged: &[Judged]) -> BTreeMap<ProjectId, CountedTo> {
    let at = Utc::now();
    let mut newest: BTreeMap<ProjectId, CountedTo> = BTreeMap::new();
    for Judged { project, time, .. } in judged.iter().filter(|it| is_counted(it)) {
        let first = CountedTo { newest: *time, at };
        let of_project = newest.entry(project.clone()).or_insert(first);
        of_project.newest = of_project.newest.max(*time);
    }
    newest
}

/// Whether a captured event has come to its end, in time.
fn is_counted(judged: &Judged) -> bool {
    match judged.verdict {
        Verdict::Ended(Outcome::Published | Outcome::Ignored(_)) => true,
        Verdict::Ended(Outcome::Rejected(_) | Outcome::NotPublished(_) | Outcome::Spilled)
        | Verdict::Applied
        | Verdict::Repeated
        | Verdict::Failed
        | Verdict::Unpublishable(_) => false,
    }
}

/// What was counted, by project. What another batch has counted is in its log.
fn metrics(judged: &[Judged], at: Place<'_>) -> Vec<Document> {
    let mut counts: BTreeMap<&ProjectId, Counts> = BTreeMap::new();
    for judged in judged {
        let of_project = counts.entry(&judged.project).or_default();
        judged
            .analytics
            .iter()
            .for_each(|event| of_project.add(*event));
    }
    let documents = counts.iter();
    documents
        .flat_map(|(project, counts)| counted(at, project, counts))
        .collect()
}

/// One line a batch: how many records came to which end.
fn log_outcomes(judged: &[Judged], dropped: usize) {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for judged in judged {
        *outcomes.entry(judged.verdict.name()).or_default() += 1;
    }
    tracing::info!(?outcomes, dropped, "published a batch");
}
