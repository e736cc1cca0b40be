//! The dashboards and alarms, held against the metrics that the code writes.

use std::collections::BTreeSet;

use figures::cloudwatch::{Metric, PROJECT};
use serde_json::{Value, json};

use crate::support::repository;
use crate::template::template;

/// What a stack of this name makes of a text of the template.
const STACK: &str = "cognito-pinpoint";

fn written() -> BTreeSet<&'static str> {
    Metric::ALL.map(Metric::name).into()
}

/// Every metric of a dashboard of CloudWatch, as namespace, dimension and name.
fn asked_by_cloudwatch() -> Vec<[String; 3]> {
    let template = template();
    let body = &template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"];
    let body = body.as_str().unwrap().replace("${AWS::StackName}", STACK);
    let body: Value = serde_json::from_str(&body).unwrap();
    let widgets = body["widgets"].as_array().unwrap().iter();
    let metrics = widgets.flat_map(|it| it["properties"]["metrics"].as_array().unwrap());
    metrics.map(asked).collect()
}

fn asked(metric: &Value) -> [String; 3] {
    let Some(search) = metric[0]["expression"].as_str() else {
        let text = |place: usize| metric[place].as_str().unwrap_or_default().to_owned();
        return [text(0), text(2), text(1)];
    };
    let parts: Vec<&str> = search.split('"').collect();
    let [_, namespace, dimension, name, statistic] = parts[..] else {
        panic!("{search}")
    };
    assert!(
        search.starts_with("SEARCH('{") && statistic.starts_with("', '"),
        "{search}"
    );
    let dimension = dimension
        .strip_prefix(',')
        .and_then(|it| it.strip_suffix("} MetricName="));
    [namespace, dimension.unwrap(), name].map(str::to_owned)
}

/// Every metric of the dashboard for Grafana, likewise.
fn asked_by_grafana() -> Vec<[String; 3]> {
    let dashboard = std::fs::read_to_string(repository("infra/grafana/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|it| it["targets"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().replace("$namespace", STACK);
    targets
        .map(|it| {
            let dimensions = it["dimensions"].as_object().unwrap().keys();
            let dimensions: Vec<&str> = dimensions.map(String::as_str).collect();
            [
                text(&it["namespace"]),
                dimensions.join(","),
                text(&it["metricName"]),
            ]
        })
        .collect()
}

#[test]
fn each_dashboard_shows_every_metric_that_the_code_writes_and_no_other_of_that_namespace() {
    let aws_s_own = [
        ["AWS/Lambda", "FunctionName", "IteratorAge"],
        ["AWS/SQS", "QueueName", "ApproximateNumberOfMessagesVisible"],
        [STACK, "", "Spilled"],
    ];
    for asked in [asked_by_cloudwatch(), asked_by_grafana()] {
        let others = asked.iter().map(|it| it.each_ref().map(String::as_str));
        let (others, own): (Vec<_>, Vec<_>) = others.partition(|it| aws_s_own.contains(it));
        assert!(others.contains(&aws_s_own[0]), "{asked:?}");
        assert!(
            own.iter().all(|it| it[..2] == [STACK, PROJECT]),
            "{asked:?}"
        );
        let names: BTreeSet<&str> = own.iter().map(|it| it[2]).collect();
        assert_eq!(names, written());
    }
}

#[test]
fn alarms_watch_what_the_code_writes_by_thresholds_that_are_parameters() {
    let template = template();
    let (resources, parameters) = (&template["Resources"], &template["Parameters"]);
    let of = |metric: &str| {
        assert!(written().contains(metric), "{metric}");
        json!({"Namespace": {"Ref": "AWS::StackName"}, "MetricName": metric})
    };

    let quiet = &resources["SignInsAreQuiet"]["Properties"];
    let watched = json!({"Namespace": quiet["Namespace"], "MetricName": quiet["MetricName"]});
    assert_eq!(watched, of("signIns"));
    assert_eq!(quiet.get("Dimensions"), None);
    assert_eq!(quiet["Threshold"], json!({"Ref": "FewestSignInsPerHour"}));

    let fails = &resources["AuthenticationsFail"]["Properties"];
    let watched = |id: &str, statistic: &str| {
        json!({"Id": id, "ReturnData": false,
            "MetricStat": {"Metric": of("failureRate"), "Period": 300, "Stat": statistic}})
    };
    let alarming = "IF(attempts >= ${FewestAttemptsPerFiveMinutes}, rate, 0)";
    let expected = json!([watched("rate", "Average"), watched("attempts", "SampleCount"),
        {"Id": "alarming", "Label": fails["Metrics"][2]["Label"], "Expression": {"Fn::Sub": alarming},
            "ReturnData": true}]);
    assert_eq!(fails["Metrics"], expected);
    assert_eq!(
        fails["Threshold"],
        json!({"Ref": "FailureRateAlarmPercent"})
    );
    for threshold in [
        "FailureRateAlarmPercent",
        "FewestAttemptsPerFiveMinutes",
        "FewestSignInsPerHour",
    ] {
        assert!(parameters[threshold].is_object(), "{threshold}");
    }
}
