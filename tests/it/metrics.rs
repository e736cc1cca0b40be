//! `cognito-pinpoint metrics`: whose figures, of which days, and how they look.

use std::path::PathBuf;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{cognito_pinpoint, done, errors_of, json_of};

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
            "platform and locale at once",
        ),
        (vec!["--months", "--by", "locale"], "cannot be used with"),
        (
            vec!["--months", "--where", "locale=de"],
            "cannot be used with",
        ),
        (vec!["--where", "platform"], "platform=iOS"),
        (vec!["--by", "colour"], "platform, appVersion, locale"),
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
