//! What an answer asks the store for: figures of a year are one Query a shard.

use aws::metrics::DynamoMetrics;
use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use console::Console;
use serde_json::json;
use tokio::net::TcpListener;

use super::served::ask;
use crate::support::metered::Metered;

/// Shards of the rows.
const SHARDS: usize = 8;

/// Somebody signs in every day of a year.
async fn a_year() -> Metered {
    let config = json!({"Dimensions": ["client"], "Default": {"ApplicationId": "a".repeat(32)}});
    let mut metered = Metered::start(&config.to_string()).await;
    let start = "2025-01-01T08:30:00Z".parse::<DateTime<Utc>>().unwrap();
    for day in 0..365 {
        let event = json!({
            "version": "1", "region": "eu-west-1", "userPoolId": "eu-west-1_AAAA11111", "userName": "u",
            "callerContext": {"awsSdkVersion": "3", "clientId": format!("{}example23456789", day % 3)},
            "triggerSource": "PostAuthentication_Authentication",
            "request": {"userAttributes": {"sub": "7c0d2f3e-0000-4000-8000-000000000000"}},
            "response": {},
        });
        metered.capture(start + TimeDelta::days(day), &event).await;
    }
    metered.publish(start + TimeDelta::days(365)).await;
    metered
}

/// The port of a console over these tables.
pub async fn serve(metered: &Metered) -> u16 {
    let console = Console {
        store: DynamoMetrics::new(metered.client.clone(), metered.tables.metrics.clone()),
        now: Utc::now,
        explain: ToString::to_string,
        own: None,
        sign_out: None,
        place: "a test".to_owned(),
    };
    let routes: Router = console::router(console);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_is_one_query_a_shard_beside_that_of_the_projects() {
    let metered = a_year().await;
    let port = serve(&metered).await;
    let year = "from=2025-01-01&to=2025-12-31";
    let quarter = "from=2025-10-01&to=2025-12-31";
    for (path, objects, queries) in [
        (format!("days?{year}"), 365, SHARDS),
        (format!("days?{year}&by=client"), 3 * 365, SHARDS),
        (
            format!("days?{year}&where=client=1example23456789"),
            365,
            SHARDS,
        ),
        (format!("months?{year}"), 12, SHARDS),
        (format!("retention?{year}&interval=month"), 12, SHARDS),
        // The segments, and the whole that they are shares of.
        (format!("segments?{quarter}&by=client"), 3, 2 * SHARDS),
        (format!("annotations?{year}"), 0, 1),
    ] {
        let _earlier = metered.queries();
        let request = format!("GET /api/v1/{path}");
        let asked = tokio::task::spawn_blocking(move || ask(port, &request, &[]));
        let reply = asked.await.unwrap();
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        let answer = reply.json();
        let mut lists = answer.as_object().unwrap().values();
        let list = lists.find_map(|value| value.as_array()).unwrap();
        assert_eq!(
            (list.len(), metered.queries()),
            (objects, 1 + queries),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_openmetrics_are_for_ones_own_machine() {
    let config = json!({"Default": {"ApplicationId": "a".repeat(32)}});
    let metered = Metered::start(&config.to_string()).await;
    let port = serve(&metered).await;
    for path in ["/api/v1/users?neverReturned=true", "/metrics"] {
        let request = format!("GET {path}");
        let asked = tokio::task::spawn_blocking(move || ask(port, &request, &[]));
        assert_eq!(asked.await.unwrap().status, 404, "{path}");
    }
}
