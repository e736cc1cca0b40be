//! The active users that a schedule has put into CloudWatch.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::expiry::schedules;
use super::{embedded_metrics, publish_events};
use crate::support::installation::{Installation, PROJECT, batch};
use crate::support::misbehaving::{Conduct, Misbehaving};
use crate::support::runtime_api::Function;
use crate::support::trigger::Trigger;

#[tokio::test(flavor = "multi_thread")]
async fn the_active_users_of_the_running_day_are_gauged_also_where_there_are_none() {
    let installation = Installation::start().await;
    let mut gauge = Function::start("gauge-active-users", installation.environment()).await;
    let none = gauge.invoke(schedules()[0].clone()).await;
    assert_eq!(none.text(), "null");
    assert_eq!(embedded_metrics(&none), [Value::Null; 0]);

    let now = Utc::now();
    for (days, user) in [
        (40, "ana"),
        (20, "ana"),
        (5, "bob"),
        (0, "bob"),
        (0, "carla"),
    ] {
        let event = Trigger::PostAuthentication.event(user, &json!({}));
        installation
            .capture(now - TimeDelta::days(days), &event)
            .await;
    }
    let records = installation.records();
    publish_events(&installation)
        .await
        .invoke(batch(&records))
        .await;
    let today = |at: chrono::DateTime<Utc>| at.date_naive();
    for schedule in schedules() {
        let reply = gauge.invoke(schedule).await;
        let same_day = today(Utc::now()) == today(now);
        let (new, dau) = if same_day { (1, 2) } else { (0, 0) };
        let expected = json!({"Project": PROJECT, "newUsers": new, "dau": dau, "wau": 2, "mau": 3});
        assert_eq!(embedded_metrics(&reply), [expected], "{:?}", reply.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gauge_without_its_table_fails_so_that_an_alarm_can_say_so() {
    let installation = Installation::start().await;
    let dynamodb = Misbehaving::before(&installation.dynamodb_url(), |_| {
        Conduct::error("500 Internal Server Error", "InternalServerError")
    })
    .await;
    let environment = installation.environment();
    let environment = environment.with("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url());
    let mut gauge = Function::start("gauge-active-users", environment).await;
    let reply = gauge.invoke(schedules()[0].clone()).await;
    assert!(reply.result.is_err(), "{:?}", reply.result);
    assert_eq!(embedded_metrics(&reply), [Value::Null; 0]);
}
