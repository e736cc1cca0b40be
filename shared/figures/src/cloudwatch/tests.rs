use domain::time_zone::TimeZone;
use serde_json::{Value, json};

use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef";

fn place() -> Place<'static> {
    Place {
        namespace: "my-stack",
        time: "2026-01-31T12:00:00.250Z".parse().unwrap(),
    }
}

fn counts(events: &[(AnalyticsEventType, usize)]) -> Counts {
    let mut counts = Counts::default();
    for (event, times) in events {
        (0..*times).for_each(|_| counts.add(*event));
    }
    counts
}

fn check(events: &[(AnalyticsEventType, usize)], expected: &[Value]) {
    let documents = counted(place(), &ProjectId::new(ID), &counts(events));
    assert_eq!(json!(documents), json!(expected));
}

fn metadata(dimensions: &Value, metrics: &[(&str, &str)]) -> Value {
    let metrics = metrics.iter();
    let metrics: Vec<Value> = metrics
        .map(|(name, unit)| json!({"Name": name, "Unit": unit}))
        .collect();
    json!({"Timestamp": 1_769_860_800_250_i64, "CloudWatchMetrics": [
        {"Namespace": "my-stack", "Dimensions": dimensions, "Metrics": metrics}]})
}

const TOTALS: [(&str, &str); 3] = [
    ("signUps", "Count"),
    ("signIns", "Count"),
    ("authFailures", "Count"),
];
const RATE: (&str, &str) = ("failureRate", "Percent");

#[test]
fn what_a_batch_has_counted_is_one_line_whose_average_is_the_failure_rate() {
    let both = json!([["Project"], []]);
    check(&[], &[]);
    check(
        &[
            (AnalyticsEventType::SignUp, 1),
            (AnalyticsEventType::SignIn, 2),
            (AnalyticsEventType::AuthFail, 1),
        ],
        &[
            json!({"_aws": metadata(&both, &[&TOTALS[..], &[RATE]].concat()), "Project": ID,
                "signUps": 1, "signIns": 2, "authFailures": 1, "failureRate": [0, 0, 100]}),
        ],
    );
    check(
        &[(AnalyticsEventType::SignUp, 3)],
        &[json!({"_aws": metadata(&both, &TOTALS), "Project": ID,
            "signUps": 3, "signIns": 0, "authFailures": 0})],
    );
}

#[test]
fn no_line_holds_more_than_a_hundred_values_of_a_metric() {
    let both = json!([["Project"], []]);
    let whole = metadata(&both, &[&TOTALS[..], &[RATE]].concat());
    let first = [vec![0; 99], vec![100]].concat();
    check(
        &[
            (AnalyticsEventType::SignIn, 99),
            (AnalyticsEventType::AuthFail, 2),
        ],
        &[
            json!({"_aws": whole, "Project": ID, "signUps": 0, "signIns": 99, "authFailures": 2,
                "failureRate": first}),
            json!({"_aws": metadata(&both, &[RATE]), "Project": ID, "failureRate": [100]}),
        ],
    );
}

#[test]
fn active_users_are_of_their_project_and_of_no_sum() {
    let figures = DayFigures {
        day: TimeZone::UTC.day_of(place().time),
        sign_ups: 9,
        sign_ins: 9,
        auth_failures: 9,
        new_users: 1,
        dau: 2,
        wau: 3,
        mau: 4,
    };
    let metrics = ["newUsers", "dau", "wau", "mau"].map(|name| (name, "Count"));
    let expected = json!({"_aws": metadata(&json!([["Project"]]), &metrics), "Project": ID,
        "newUsers": 1, "dau": 2, "wau": 3, "mau": 4});
    let document = active_users(place(), &ProjectId::new(ID), &figures);
    assert_eq!(json!(document), expected);
}
