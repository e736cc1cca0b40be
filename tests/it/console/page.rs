//! The page, where it says more than figures.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::queries::serve;
use super::served::{PROJECT, ask};
use crate::support::metered::Metered;

/// Tables in which somebody has signed in now.
async fn signed_in() -> Metered {
    let config = json!({"TimeZone": "Asia/Kathmandu", "Default": {"ApplicationId": PROJECT}});
    let mut metered = Metered::start(&config.to_string()).await;
    let event = json!({
        "version": "1", "region": "eu-west-1", "userPoolId": "eu-west-1_AAAA11111", "userName": "u",
        "callerContext": {"awsSdkVersion": "3", "clientId": "1example23456789"},
        "triggerSource": "PostAuthentication_Authentication",
        "request": {"userAttributes": {"sub": "7c0d2f3e-0000-4000-8000-000000000000"}},
        "response": {},
    });
    metered.capture(Utc::now(), &event).await;
    metered.publish(Utc::now()).await;
    metered
}

/// How the page tells that the newest event, of that moment, was counted so much later.
async fn told(newest: DateTime<Utc>, later: TimeDelta) -> (Option<String>, bool) {
    let metered = signed_in().await;
    let port = serve(&metered, None).await;
    let text = |time: DateTime<Utc>| AttributeValue::S(time.to_rfc3339());
    let written = metered
        .client
        .update_item()
        .table_name(&metered.tables.metrics)
        .key("projectShard", AttributeValue::S("projects".to_owned()))
        .key("segmentDay", AttributeValue::S(PROJECT.to_owned()))
        .update_expression("SET countedTo = :newest, countedAt = :at")
        .expression_attribute_values(":newest", text(newest))
        .expression_attribute_values(":at", text(newest + later));
    written.send().await.unwrap();
    let asked = tokio::task::spawn_blocking(move || ask(port, "GET /", &[]));
    let page = asked.await.unwrap().text();
    let told = page
        .split_once(">counted to ")
        .map(|(_, rest)| rest.split_once('<').unwrap().0.to_owned());
    (told, page.contains("Figures lag: "))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_how_far_events_are_counted_and_when_figures_lag() {
    // A day long past is told with its date. Five and three quarters of an hour make a clock of Kathmandu.
    let newest = "2026-01-31T12:00:30Z".parse().unwrap();
    for (later, expected) in [
        (TimeDelta::seconds(2), ("31 Jan 17:45, 2 s behind", false)),
        (TimeDelta::minutes(5), ("31 Jan 17:45, 5 min behind", false)),
        (
            TimeDelta::minutes(20),
            ("31 Jan 17:45, 20 min behind", true),
        ),
        (TimeDelta::seconds(-3), ("31 Jan 17:45, 0 s behind", false)),
    ] {
        let (told, late) = told(newest, later).await;
        assert_eq!((told.as_deref(), late), (Some(expected.0), expected.1));
    }
}
