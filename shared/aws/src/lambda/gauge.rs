//! The function that runs every five minutes.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use chrono::Utc;
use figures::cloudwatch::{Document, Place, active_users};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::ports::PortError;
use pipeline::ports::figures::{FiguresStore, Project};

use crate::embedded_metrics;
use crate::metrics::DynamoMetrics;
use crate::sdk::{self, Patience};
use crate::tables::{METRICS_TABLE, required};

/// Runs gauge-active-users until Lambda ends it.
///
/// # Errors
///
/// If the table's name is missing in the environment, or the Runtime API is not there.
pub async fn run() -> Result<(), Error> {
    let client = sdk::dynamodb(&sdk::in_lambda(Patience::BEHIND_THE_LOG));
    let table = required(METRICS_TABLE).map_err(|error| error.to_string())?;
    let metrics = DynamoMetrics::new(client, table);
    let namespace = embedded_metrics::namespace();
    let handler = |event| handle(event, &metrics, &namespace);
    lambda_runtime::run(service_fn(handler)).await
}

async fn handle(
    event: LambdaEvent<EventBridgeEvent>,
    metrics: &DynamoMetrics,
    namespace: &str,
) -> Result<(), Error> {
    let at = Place {
        namespace,
        time: Utc::now(),
    };
    let left = super::time_left(&event.context);
    let missing = tokio::time::timeout(left, gauge_all(metrics, at))
        .await
        .map_err(|_| "not all projects were gauged in time: the next run gauges all")??;
    match missing {
        0 => Ok(()),
        missing => Err(format!("the figures of {missing} projects are not available").into()),
    }
}

/// Gauges one project after another, and gives how many could not be.
async fn gauge_all(metrics: &DynamoMetrics, at: Place<'_>) -> Result<usize, PortError> {
    let projects = metrics.projects().await?;
    let mut missing = 0;
    for project in &projects {
        match gauge(metrics, project, at).await {
            Ok(document) => embedded_metrics::write(&[document]),
            Err(error) => {
                missing += 1;
                tracing::error!(%error, project = %project.id, "a project's active users are not available");
            }
        }
    }
    tracing::info!(projects = projects.len(), missing, "gauged active users");
    Ok(missing)
}

/// The project's figures of its running day.
async fn gauge(
    metrics: &DynamoMetrics,
    project: &Project,
    at: Place<'_>,
) -> Result<Document, PortError> {
    let today = project.zone.day_of(at.time);
    let first = figures::first_read(today);
    let rows = metrics.whole(&project.id, (first, today)).await?;
    Ok(active_users(at, &project.id, &rows.figures(today)))
}
