//! The `file` destination of a replay: what is in it, and the queries over it that the documentation has.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::command::{cognito_pinpoint, errors_of, json_of, python_program};
use crate::support::installation::PROJECT;
use crate::support::repository;

#[test]
fn a_replay_refuses_a_file_that_cannot_be_written_before_anything_is_captured() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    let config = json!({"Destinations": {"archive": {"Type": "file", "Path": taken}},
        "Default": {"ApplicationId": "0".repeat(32), "Destinations": ["archive"]}});
    let file = folder.path().join("config.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let mut replay = cognito_pinpoint();
    replay.args(["replay", "events/post-authentication.json", "--config"]);
    let refused = replay.arg(&file).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let expected = format!(
        "error: the destination archive cannot be written to {}: Is a directory (os error 21); nothing was replayed\n",
        taken.display()
    );
    assert_eq!(errors_of(&refused), expected);
}

#[test]
fn a_replay_writes_to_files_what_the_pinpoint_compatible_server_gets() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let definition = |path| json!({"Type": "file", "Path": path});
    let config = json!({
        "Destinations": {"archive": definition(path("made/archive.jsonl")), "live": super::kinesis()},
        "Default": {"ApplicationId": PROJECT, "UserDataShared": true, "Destinations": ["archive", "live"]},
    });
    std::fs::write(path("config.json"), config.to_string()).unwrap();
    let mut replay = cognito_pinpoint();
    let report = json_of(
        replay
            .args([
                "replay",
                "--format",
                "json",
                "events/scenarios/ordinary-week.jsonl",
            ])
            .args([
                "--config",
                &path("config.json"),
                "--events-out",
                &path("events.jsonl"),
            ]),
    );
    let read = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(path(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let (updates, mut events): (Vec<_>, Vec<_>) = read("made/archive.jsonl")
        .into_iter()
        .partition(|record| record["event_type"] == "_endpoint.updated");
    assert_eq!(
        json!(events.len()),
        json!(
            report["published"]
                .as_object()
                .unwrap()
                .values()
                .map(|it| it.as_u64().unwrap())
                .sum::<u64>()
        )
    );
    assert!(!updates.is_empty());
    let mut at_pinpoint = read("events.jsonl");
    for record in events.iter_mut().chain(&mut at_pinpoint) {
        comparable(record);
    }
    let sorted = |records: Vec<Value>| {
        let lines: BTreeSet<String> = records.iter().map(Value::to_string).collect();
        lines
    };
    assert_eq!(sorted(events), sorted(at_pinpoint));
}

/// Leaves out what Pinpoint's form has not, and what its server makes itself: when it got the event, and what it keeps of the
/// endpoint.
fn comparable(record: &mut Value) {
    let fields = record.as_object_mut().unwrap();
    for name in ["event_id", "cognito", "arrival_timestamp"] {
        fields.shift_remove(name);
    }
    let endpoint = record["client_context"]["custom"]["endpoint"].take();
    let endpoint: Value = serde_json::from_str(endpoint.as_str().unwrap()).unwrap();
    record["client_context"] = json!([
        endpoint["ApplicationId"],
        endpoint["Id"],
        endpoint["User"]["UserId"]
    ]);
}

#[test]
fn the_documented_queries_come_to_the_projects_own_figures() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let config = json!({
        "Destinations": {"archive": {"Type": "file", "Path": path("archive.jsonl")}},
        "Default": {"ApplicationId": PROJECT, "UserDataShared": true, "Destinations": ["archive"]},
    });
    std::fs::write(path("config.json"), config.to_string()).unwrap();
    let mut replay = cognito_pinpoint();
    std::fs::write(path("triggers.jsonl"), triggers_without_tokens()).unwrap();
    let kept = ["--data-dir", &path("data")];
    let report = json_of(
        replay
            .args([
                "replay",
                "--format",
                "json",
                "--config",
                &path("config.json"),
            ])
            .args(kept)
            .arg(path("triggers.jsonl")),
    );
    let mut python = python_program("python");
    let document = repository("docs/destinations.md");
    let queried = json_of(
        python
            .arg(repository("tests/python/athena.py"))
            .arg(document)
            .arg(path("archive.jsonl")),
    );
    let days = report["days"].as_array().unwrap();
    let (first, last) = (&days[0]["date"], &days[days.len() - 1]["date"]);
    let range = [
        "--from",
        first.as_str().unwrap(),
        "--to",
        last.as_str().unwrap(),
    ];
    let ask = |more: &[&str]| {
        let mut metrics = cognito_pinpoint();
        json_of(
            metrics
                .args(["metrics", "--format", "json"])
                .args(kept)
                .args(range)
                .args(more),
        )
    };
    let by_client = ask(&["--by", "client"]);
    let retention = ask(&["--retention", "week"]);
    let figure = |name: &str| -> Value {
        let counted = days.iter().filter(|day| day[name] != json!(0));
        counted
            .map(|day| json!([day["date"], day[name].to_string()]))
            .collect()
    };
    assert_eq!(queried[0], figure("dau"), "daily active users");
    let any = |day: &&Value| {
        ["signIns", "signUps", "authFailures"]
            .iter()
            .any(|it| day[*it] != json!(0))
    };
    let mau = days.iter().filter(any);
    let mau: Value = mau
        .map(|day| json!([day["date"], day["mau"].to_string()]))
        .collect();
    assert_eq!(queried[1], mau, "monthly active users");
    assert_eq!(queried[2], figure("newUsers"), "new users");
    assert_eq!(
        queried[3],
        figure("authFailures"),
        "authentication failures"
    );
    let rows = by_client.as_array().unwrap().iter();
    let rows = rows.filter(|row| row["dau"] != json!(0));
    let expected: BTreeSet<String> = rows
        .map(|row| {
            json!([
                row["date"],
                row["segment"]["client"],
                row["dau"].to_string()
            ])
            .to_string()
        })
        .collect();
    let found = queried[4].as_array().unwrap().iter().map(Value::to_string);
    assert_eq!(found.collect::<BTreeSet<String>>(), expected, "by client");
    assert_eq!(queried[5], retained(&retention), "retention");
}

/// What happened in some scenarios, less the tokens: they are activity, and no analytics events.
fn triggers_without_tokens() -> String {
    let scenarios = [
        "ordinary-week",
        "coming-back",
        "wrong-password",
        "two-clients",
    ];
    let scenarios = scenarios.map(|name| {
        let file = repository("events/scenarios").join(format!("{name}.jsonl"));
        std::fs::read_to_string(file).unwrap()
    });
    let lines = scenarios.iter().flat_map(|text| text.lines());
    let lines = lines.filter(|line| !line.contains("TokenGeneration"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Of each cohort of anybody, how many were active in each week in which any were, as the query has it.
fn retained(cohorts: &Value) -> Value {
    let mut rows = Vec::new();
    for cohort in cohorts.as_array().unwrap() {
        for (week, active) in cohort["active"].as_array().unwrap().iter().enumerate() {
            if *active != json!(0) {
                let begins = format!("{} 00:00:00", cohort["cohort"].as_str().unwrap());
                rows.push(json!([begins, week.to_string(), active.to_string()]));
            }
        }
    }
    json!(rows)
}
