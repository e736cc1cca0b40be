//! `cognito-pinpoint metrics`: whose figures, of which days, and how they look.

use std::path::PathBuf;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{check_refused, cognito_pinpoint, done, errors_of, json_of};

/// A folder that replays kept their store in.
struct Data {
    _folder: TempDir,
    path: PathBuf,
}

impl Data {
    /// That of a scenario's replay, with this configuration.
    fn of(scenario: &str, config: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let file = folder.path().join("config.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let mut replay = cognito_pinpoint();
        replay.args(["replay", "--config"]).arg(file);
        replay.arg("--data-dir").arg(&path);
        done(replay.arg(format!("events/scenarios/{scenario}.jsonl")));
        Self {
            _folder: folder,
            path,
        }
    }

    fn metrics(&self, arguments: &[&str]) -> Output {
        let mut metrics = cognito_pinpoint();
        metrics.arg("metrics").arg("--data-dir").arg(&self.path);
        metrics.args(arguments).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let mut metrics = cognito_pinpoint();
        metrics.arg("metrics").arg("--data-dir").arg(&self.path);
        json_of(metrics.args(["--format", "json"]).args(arguments))
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.metrics(arguments);
        assert!(output.status.success(), "{}", errors_of(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn one_project() -> Value {
    json!({"Default": {"ApplicationId": "a".repeat(32)}})
}

const WEEK: [&str; 4] = ["--from", "2026-03-02", "--to", "2026-03-08"];

#[test]
fn the_only_project_is_found_and_of_several_one_must_be_named() {
    let one = Data::of("ordinary-week", &one_project());
    let named = ["--project", &"a".repeat(32)];
    assert_eq!(one.json(&WEEK), one.json(&[&WEEK[..], &named].concat()));
    assert_eq!(one.json(&WEEK)[0]["project"], "a".repeat(32));

    let clients = json!({"Clients": {
        "1example23456789": {"ApplicationId": "b".repeat(32)},
        "2example23456789": {"ApplicationId": "a".repeat(32)},
    }});
    let several = Data::of("two-clients", &clients);
    let output = several.metrics(&WEEK);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        errors_of(&output),
        format!(
            "error: there are 2 projects; say which, with --project:\n{}\n{}\n",
            "a".repeat(32),
            "b".repeat(32)
        )
    );

    let none = json!({"Clients": {"nobody": {"ApplicationId": "a".repeat(32)}}});
    let output = Data::of("ordinary-week", &none).metrics(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors_of(&output).contains("nothing has been counted in"));
}

#[test]
fn a_value_is_by_itself_what_it_is_among_all() {
    let data = Data::of("ordinary-week", &one_project());
    let by = data.json(&[&WEEK[..], &["--by", "platform"]].concat());
    let by = by.as_array().unwrap();
    let mut platforms: Vec<&str> = by
        .iter()
        .map(|day| day["segment"]["platform"].as_str().unwrap())
        .collect();
    platforms.dedup();
    assert!(platforms.len() > 1, "{platforms:?}");
    for platform in platforms {
        let of_it: Vec<&Value> = by
            .iter()
            .filter(|day| day["segment"]["platform"] == platform)
            .collect();
        let condition = format!("platform={platform}");
        let alone = data.json(&[&WEEK[..], &["--where", &condition]].concat());
        assert_eq!(alone.as_array().unwrap().iter().collect::<Vec<_>>(), of_it);
    }
    let nobody = data.json(&[&WEEK[..], &["--where", "platform=a=b"]].concat());
    assert_eq!(nobody[6]["segment"], json!({"platform": "a=b"}));
    assert_eq!(nobody[6]["mau"], 0);
}

#[test]
fn what_no_figures_are_kept_of_is_refused() {
    let data = Data::of("ordinary-week", &one_project());
    for (arguments, told) in [
        (
            vec!["--where", "platform=iOS", "--where", "locale=de"],
            "platform and locale at once",
        ),
        (
            vec!["--where", "platform=iOS", "--by", "locale"],
            "locale and platform at once",
        ),
        (vec!["--months", "--by", "locale"], "cannot be used with"),
        (
            vec!["--months", "--where", "locale=de"],
            "cannot be used with",
        ),
        (vec!["--where", "platform"], "platform=iOS"),
        (
            vec!["--by", "colour"],
            "there are platform, platformVersion, appVersion",
        ),
        (vec!["--last", "30"], "30d, 12w or 6mo"),
        (
            vec!["--last", "30d", "--from", "today"],
            "cannot be used with",
        ),
        (vec!["--from", "tomorrow"], "today or yesterday"),
        (vec!["--stack", "s"], "cannot be used with"),
    ] {
        let output = data.metrics(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            errors_of(&output).contains(told),
            "{arguments:?}: {}",
            errors_of(&output)
        );
    }
}

#[test]
fn days_that_have_not_begun_are_not_printed() {
    let data = Data::of("ordinary-week", &one_project());
    assert_eq!(
        data.json(&["--from", "9998-01-01", "--to", "9998-01-02"]),
        json!([])
    );
    let days = data.json(&["--from", "yesterday", "--to", "9998-01-01"]);
    let count = days.as_array().unwrap().len();
    assert!(
        (2..=3).contains(&count),
        "{count}: a test may run across midnight"
    );
}

#[test]
fn tables_are_for_people_and_fit_into_a_hundred_columns() {
    let data = Data::of("ordinary-week", &one_project());
    let month = ["--from", "2026-03-01", "--to", "2026-03-31"];
    let tables = [
        data.text(&month),
        data.text(&[&month[..], &["--by", "platform"]].concat()),
        data.text(&[&month[..], &["--where", "platform=iOS"]].concat()),
        data.text(&["--months", "--from", "2026-02-01", "--to", "2026-03-02"]),
    ];
    let all = tables.join("\n---\n\n");
    for line in all.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    insta::assert_snapshot!("tables", all);
}

#[test]
fn figures_by_what_is_not_configured_are_refused_and_what_is_configured_is_named() {
    let config = json!({"Dimensions": ["platform", "client", "client+platform", "app:plan"],
        "Default": {"ApplicationId": "a".repeat(32)}});
    let data = Data::of("ordinary-week", &config);
    for (arguments, told) in [
        (
            vec!["--by", "locale"],
            "locale is not among the dimensions of the project (it has platform, client, app:plan, client+platform)",
        ),
        (
            vec!["--by", "client+app:plan"],
            "the pair client+app:plan is among the dimensions of the project, which it is not",
        ),
        (
            vec!["--by", "app:plan", "--where", "client=web"],
            "the pair app:plan+client is among",
        ),
        (
            vec!["--by", "client+platform", "--where", "app:plan=pro"],
            "3: client, platform, app:plan",
        ),
        (
            vec!["--by", "client", "--where", "client=web"],
            "leave out one of them",
        ),
        (
            vec!["--where", "client=web", "--where", "client=app"],
            "is there twice",
        ),
        (
            vec!["--where", "client+platform=web"],
            "where client=… and where platform=…",
        ),
        (vec!["--by", "attribute:email"], "would hold personal data"),
        (
            vec!["--retention", "week", "--by", "client"],
            "cannot be used with",
        ),
        (
            vec!["--retention", "month", "--where", "client=web"],
            "cannot be used with",
        ),
        (
            vec!["--months", "--retention", "month"],
            "cannot be used with",
        ),
        (vec!["--retention", "day"], "week, month"),
    ] {
        let output = data.metrics(&arguments);
        let errors = errors_of(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(told), "{arguments:?}: {errors}");
    }
}

/// Replays a scenario again, with this configuration.
fn replay_again(data: &Data, scenario: &str, config: &Value) {
    let file = data.path.with_file_name("config.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let mut replay = cognito_pinpoint();
    replay.args(["replay", "--config"]).arg(file);
    replay.arg("--data-dir").arg(&data.path);
    done(replay.arg(format!("events/scenarios/{scenario}.jsonl")));
}

#[test]
fn a_dimension_and_a_name_that_are_added_later_count_from_then_on() {
    let mut config = json!({"Dimensions": ["platform"], "Clients": {"1example23456789": {"ApplicationId": "a".repeat(32)}}});
    let data = Data::of("ordinary-week", &config);
    config["Dimensions"] = json!(["platform", "client", "client+platform"]);
    config["Clients"]["1example23456789"]["Name"] = json!("Web shop");
    replay_again(&data, "ordinary-week", &config);
    let days = |arguments: &[&str]| data.json(&[&WEEK[..], arguments].concat());
    let sum = |days: Value| -> i64 {
        let days = days.as_array().unwrap().clone();
        days.iter()
            .map(|day| day["signIns"].as_i64().unwrap())
            .sum()
    };
    let whole = sum(days(&[]));
    assert!(whole > 0);
    assert_eq!(2 * sum(days(&["--by", "client"])), whole);
    assert_eq!(
        days(&["--where", "client=Web shop"]),
        days(&["--where", "client=1example23456789"])
    );
    let table = data.text(&[&WEEK[..], &["--by", "client"]].concat());
    assert!(
        table.contains("Web shop") && !table.contains("1example23456789"),
        "{table}"
    );
}

#[test]
fn what_nobody_did_is_an_empty_result_in_every_format() {
    let data = Data::of("ordinary-week", &one_project());
    let past = ["--from", "2020-01-01", "--to", "2020-01-02"];
    let project = "a".repeat(32);
    let cohort = json!({"project": project, "interval": "month", "cohort": "2020-01-01", "size": 0, "active": [0]});
    assert_eq!(
        data.json(&[&past[..], &["--retention", "month"]].concat()),
        json!([cohort])
    );
    assert_eq!(
        data.json(&[&past[..], &["--by", "client"]].concat()),
        json!([])
    );
    let csv =
        |arguments: &[&str]| data.text(&[&past[..], arguments, &["--format", "csv"]].concat());
    insta::assert_snapshot!(
        "empty",
        [
            csv(&["--retention", "month"]),
            csv(&["--by", "client"]),
            csv(&["--months"])
        ]
        .join("---\n")
    );
    for arguments in [
        &["--retention", "week"][..],
        &["--by", "client"],
        &["--where", "client=x"],
    ] {
        let text = data.text(&[&past[..], arguments].concat());
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }
    let users = |format: &str| {
        let mut users = cognito_pinpoint();
        users.arg("users").arg("--data-dir").arg(&data.path).args([
            "--new-since",
            "2026-06-01",
            "--format",
            format,
        ]);
        String::from_utf8(done(&mut users).stdout).unwrap()
    };
    assert_eq!(users("json"), "[]\n");
    assert_eq!(
        users("csv"),
        "project,userPoolId,sub,firstActive,lastActive,activeDays\n"
    );
    assert_eq!(users("table"), "");
}

#[test]
fn a_chart_is_drawn_of_one_figure_with_what_was_annotated() {
    let data = Data::of("ordinary-week", &one_project());
    let mut annotate = cognito_pinpoint();
    annotate.arg("annotate").arg("--data-dir").arg(&data.path);
    done(annotate.args(["2026-03-04", "v2.4 released"]));
    let charts = [
        vec!["--chart"],
        vec!["--chart", "sign-ins", "--where", "platform=iOS"],
    ]
    .map(|what| data.text(&[&WEEK[..], &what].concat()));
    insta::assert_snapshot!("charts", charts.join("\n---\n\n"));
}

#[test]
fn a_chart_of_what_it_cannot_show_is_refused_with_exit_code_2() {
    let data = Data::of("ordinary-week", &one_project());
    for (arguments, problem) in [
        (vec!["--chart", "tokens"], "possible values"),
        (
            vec!["--chart", "mau", "--by", "platform"],
            "cannot be used with",
        ),
        (vec!["--chart", "--months"], "cannot be used with"),
        (vec!["--chart", "--format", "json"], "--chart is for people"),
    ] {
        let output = data.metrics(&arguments);
        check_refused(&output, problem, &arguments);
    }
}
