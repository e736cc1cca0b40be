//! The made-up app of `events/acme`: what is printed for it is taken by a replay, and tells its story.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::command::{cognito_pinpoint, done, json_of, python_program};
use crate::support::repository;

/// Two weeks of few users.
const SMALL: [&str; 6] = [
    "--until",
    "2026-03-15T18:00:00+00:00",
    "--days",
    "14",
    "--users",
    "150",
];

fn printed(arguments: &[&str]) -> String {
    let mut python = python_program("python");
    python.current_dir(repository("."));
    let output = done(
        python
            .arg("events/acme/events.py")
            .args(SMALL)
            .args(arguments),
    );
    String::from_utf8(output.stdout).unwrap()
}

fn replayed_into(data: &Path, events: &Path) -> Value {
    let mut replay = cognito_pinpoint();
    replay.args(["replay", "--format", "json", "--data-dir"]);
    replay.arg(data);
    json_of(
        replay
            .args(["--config", "events/acme/config.json"])
            .arg(events),
    )
}

/// The failures by platform on each of the last five days.
fn failures_by_platform(data: &Path) -> Value {
    let mut metrics = cognito_pinpoint();
    metrics.args(["metrics", "--format", "json", "--data-dir"]);
    metrics.arg(data);
    metrics.args([
        "--from",
        "2026-03-11",
        "--to",
        "2026-03-15",
        "--by",
        "platform",
    ]);
    let mut failures = json!({});
    for day in json_of(&mut metrics).as_array().unwrap() {
        let platform = day["segment"]["platform"].as_str().unwrap();
        let days = &mut failures[platform];
        if days.is_null() {
            *days = json!([]);
        }
        days.as_array_mut()
            .unwrap()
            .push(day["authFailures"].clone());
    }
    failures
}

#[test]
fn the_same_seed_and_last_moment_print_the_same_events() {
    let first = printed(&[]);
    assert_eq!(first, printed(&[]));
    assert_ne!(first, printed(&["--seed", "2"]));
}

#[test]
fn every_event_is_replayed_and_the_failed_release_and_the_stolen_passwords_show() {
    let folder = tempfile::tempdir().unwrap();
    let [data, events] = ["data", "events.jsonl"].map(|name| folder.path().join(name));
    let lines = printed(&[]);
    std::fs::write(&events, &lines).unwrap();
    let report = replayed_into(&data, &events);
    assert_eq!(report["replayed"], lines.lines().count());
    insta::assert_json_snapshot!(json!({
        "report": report,
        "failures by platform": failures_by_platform(&data),
        "annotations": printed(&["--annotations"]).lines().collect::<Vec<_>>(),
    }));
}
