//! How far events are counted, as publish-events writes it down.

use aws::metrics::DynamoMetrics;
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::ports::figures::FiguresStore;
use serde_json::json;

use super::publish_events;
use crate::support::installation::{Installation, batch};
use crate::support::trigger::Trigger;

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_event_is_written_down_once_a_minute_and_whenever_figures_begin_or_cease_to_lag()
{
    let installation = Installation::start().await;
    let mut publish = publish_events(&installation).await;
    let metrics = DynamoMetrics::new(
        installation.client.clone(),
        installation.tables.metrics.clone(),
    );
    let now = DateTime::from_timestamp_millis(Utc::now().timestamp_millis()).unwrap();
    let ago = |minutes| now - TimeDelta::minutes(minutes);
    for (captured, expected) in [
        (ago(60), ago(60)),
        // Within the minute, and no less late.
        (ago(50), ago(60)),
        // In time.
        (ago(1), ago(1)),
        // Within the minute.
        (now, ago(1)),
        // Older ones say nothing.
        (ago(55), ago(1)),
    ] {
        let before = installation.records().len();
        let event = Trigger::PostAuthentication.event("ana", &json!({}));
        installation.capture(captured, &event).await;
        publish
            .invoke(batch(&installation.records()[before..]))
            .await;
        let projects = metrics.projects().await.unwrap();
        let counted = projects.into_iter().find_map(|project| project.counted);
        let counted = counted.unwrap();
        assert_eq!(counted.newest, expected);
        assert!(counted.at >= now);
    }
}
