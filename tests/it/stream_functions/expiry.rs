//! Attempts that no sign-in closes.

use chrono::Utc;
use domain::activity::DayFigures;
use serde_json::{Value, json};

use super::{
    accepted, at, deliver_events, embedded_metrics, outcomes, publish_events, sign_in, signed_in,
};
use crate::support::installation::{Installation, PROJECT, batch};
use crate::support::misbehaving::{Conduct, Misbehaving};
use crate::support::runtime_api::Function;
use crate::support::trigger::Trigger;

/// What EventBridge invokes a function with, by a rule's schedule and by a schedule of its Scheduler.
pub fn schedules() -> [String; 2] {
    let event = |source: &str, detail: Value| {
        json!({
            "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event", "source": source, "account": "111122223333",
            "time": "2026-01-31T12:05:00Z", "region": "eu-west-1",
            "resources": ["arn:aws:events:eu-west-1:111122223333:rule/every-minute"],
            "detail": detail,
        })
        .to_string()
    };
    [
        event("aws.events", json!({})),
        event("aws.scheduler", json!("{}")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_without_a_sign_in_expires_into_one_failure() {
    let installation = Installation::start().await;
    let nothing = json!({});
    let attempt = Trigger::PreAuthentication.event("ana", &nothing);
    installation.capture(at(0), &attempt).await;
    sign_in(&installation, 10, "bob").await;
    let open = Utc::now();
    let attempt = Trigger::PreAuthentication.event("carla", &nothing);
    installation.capture(open, &attempt).await;
    let mut publish = publish_events(&installation).await;
    let before = installation.records();
    publish.invoke(batch(&before)).await;

    let environment = installation.environment();
    let mut expire = Function::start("expire-attempts", environment).await;
    for schedule in schedules() {
        let reply = expire.invoke(schedule).await;
        assert_eq!(reply.text(), "null");
        assert_eq!(
            reply.logged("expired.failed")[0]["expired.failed"],
            0,
            "{:?}",
            reply.log
        );
    }
    let records = installation.records();
    let expiries = &records[before.len()..];
    assert_eq!(expiries.len(), 1);
    let failure = json!({"Project": PROJECT, "signUps": 0, "signIns": 0, "authFailures": 1, "failureRate": [100]});
    for counted in [vec![failure], vec![]] {
        let reply = publish.invoke(batch(expiries)).await;
        assert_eq!(outcomes(&reply), json!({"applied": 1}));
        assert_eq!(embedded_metrics(&reply), counted);
    }
    deliver_events(&installation).await;
    let events = installation.pinpoint.events();
    let failure = events
        .iter()
        .find(|event| event["event_type"] == "_userauth.auth_fail")
        .unwrap();
    assert_eq!(failure["event_timestamp"], at(0).timestamp_millis());
    assert_eq!(accepted(&installation).len(), 2);
    let one = DayFigures {
        auth_failures: 1,
        ..signed_in(1)[0]
    };
    assert_eq!(installation.figures().await, [one]);

    let reply = expire.invoke(schedules()[0].clone()).await;
    assert_eq!(
        reply.logged("expired.appended")[0]["expired.appended"],
        0,
        "{:?}",
        reply.log
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_that_cannot_be_appended_is_found_by_the_next_run() {
    let installation = Installation::start().await;
    let attempt = Trigger::PreAuthentication.event("ana", &json!({}));
    installation.capture(at(0), &attempt).await;
    let before = installation.records();
    publish_events(&installation)
        .await
        .invoke(batch(&before))
        .await;

    for (unavailable, goes_on) in [("PutItem", true), ("Query", false)] {
        let dynamodb = Misbehaving::before(&installation.dynamodb_url(), move |operation| {
            if operation == unavailable {
                Conduct::error("500 Internal Server Error", "InternalServerError")
            } else {
                Conduct::Behave
            }
        })
        .await;
        let environment = installation
            .environment()
            .with("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url());
        let mut expire = Function::start("expire-attempts", environment).await;
        let reply = expire.invoke(schedules()[0].clone()).await;
        assert_eq!(
            reply.result.is_ok(),
            goes_on,
            "{unavailable}: {:?}",
            reply.result
        );
        assert_eq!(installation.records().len(), before.len(), "{unavailable}");
    }
    let mut expire = Function::start("expire-attempts", installation.environment()).await;
    expire.invoke(schedules()[0].clone()).await;
    assert_eq!(installation.records().len(), before.len() + 1);
}
