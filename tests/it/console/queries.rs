//! What an answer asks the store for: figures of a year are one Query a shard.

use aws::metrics::DynamoMetrics;
use aws::tables::TableNames;
use aws::users::DynamoUserStates;
use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use console::{Console, ListUsers};
use domain::day::Day;
use figures::first_read;
use figures::reader::{Series, read_for, series, series_of_spans};
use figures::selection::{Selection, dimension};
use pipeline::ports::figures::FiguresStore;
use serde_json::json;
use tokio::net::TcpListener;

use super::served::{Reply, ask};
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
pub async fn serve(metered: &Metered, own: Option<DynamoUserStates>) -> u16 {
    let console = Console {
        store: DynamoMetrics::new(metered.client.clone(), metered.tables.metrics.clone()),
        now: Utc::now,
        explain: ToString::to_string,
        own: own.map(|states| Box::new(states) as Box<dyn ListUsers>),
        sign_out: None,
        place: "a test".to_owned(),
    };
    let routes: Router = console::router(console);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    port
}

async fn get(port: u16, path: String) -> Reply {
    let request = format!("GET {path}");
    let asked = tokio::task::spawn_blocking(move || ask(port, &request, &[]));
    asked.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_is_one_query_a_shard_beside_that_of_the_projects() {
    let metered = a_year().await;
    let port = serve(&metered, None).await;
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
        let reply = get(port, format!("/api/v1/{path}")).await;
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
async fn a_view_is_a_few_queries_a_shard() {
    let metered = a_year().await;
    let deployed = serve(&metered, None).await;
    let states = DynamoUserStates::new(metered.client.clone(), metered.tables.clone());
    let own = serve(&metered, Some(states)).await;
    // The projects and the annotations; the first and the last day, the figures, months, cohorts, and a breakdown.
    let view = 2 + 6 * SHARDS;
    for (port, address, queries) in [
        (deployed, "", view),
        (deployed, "range=91d", view),
        (deployed, "range=12mo&by=client", view),
        // The whole that the breakdown is a part of.
        (deployed, "where=client=1example23456789", view + SHARDS),
        // A year before is read by itself: the figures, and the breakdown.
        (deployed, "compare=year", view + 2 * SHARDS),
        (
            deployed,
            "compare=year&where=client=1example23456789",
            view + 4 * SHARDS,
        ),
        // The index of users has sixteen partitions.
        (own, "", view + 16),
        (own, "users=never-returned", view + 16),
    ] {
        let _earlier = metered.queries();
        let reply = get(port, format!("/?{address}")).await;
        assert_eq!(
            (reply.status, metered.queries()),
            (200, queries),
            "{address}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_far_apart_have_the_figures_of_all_the_days_between_them() {
    let metered = a_year().await;
    let store = DynamoMetrics::new(metered.client.clone(), metered.tables.metrics.clone());
    let project = store.projects().await.unwrap().remove(0);
    let day = |text: &str| Day::parse(text).unwrap();
    let early = (day("2025-02-10"), day("2025-02-23"));
    let late = (day("2025-12-01"), day("2025-12-14"));
    let client = dimension("client").unwrap();
    for by in [None, Some(&client)] {
        let selection = Selection::of(by, &[], &project).unwrap();
        let hull = (first_read(early.0), late.1);
        let all = series(&store, &project, &selection, hull).await.unwrap();
        let spans = read_for([late, early]);
        let some = series_of_spans(&store, &project, &selection, &spans).await;
        let some = some.unwrap();
        for span in [early, late] {
            let days = |series: &[Series]| {
                let days = series.iter().map(|one| one.days(&project, span));
                serde_json::to_value(days.collect::<Vec<_>>()).unwrap()
            };
            assert_eq!(days(&some), days(&all), "{by:?}");
        }
        let between = some
            .iter()
            .map(|one| one.rows.active(day("2025-07-31"), 91));
        assert_eq!(between.sum::<i64>(), 0, "what lies between is not read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_shown_without_users_that_cannot_be_read() {
    let metered = a_year().await;
    let elsewhere = TableNames::with_prefix("elsewhere");
    let states = DynamoUserStates::new(metered.client.clone(), elsewhere);
    let port = serve(&metered, Some(states)).await;
    let page = get(port, "/".to_owned()).await;
    let (status, page) = (page.status, page.text());
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("Users can't be read now: Query on elsewhere-"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_openmetrics_are_for_ones_own_machine() {
    let config = json!({"Default": {"ApplicationId": "a".repeat(32)}});
    let metered = Metered::start(&config.to_string()).await;
    let port = serve(&metered, None).await;
    for path in ["/api/v1/users?neverReturned=true", "/metrics"] {
        assert_eq!(get(port, path.to_owned()).await.status, 404, "{path}");
    }
}
