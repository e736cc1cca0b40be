//! `cognito-pinpoint import`: what is read of Pinpoint's event-stream records, and how it is told.

mod counted;

use std::process::Output;

use serde_json::{Value, json};

use crate::support::command::{cognito_pinpoint, errors_of};

const PROJECT: &str = "00000000000000000000000000000000";

fn record(event_type: &str, time: u64, endpoint: &Value) -> String {
    let record = json!({
        "event_type": event_type, "event_timestamp": time, "arrival_timestamp": time + 900, "event_version": "3.1",
        "application": {"app_id": PROJECT, "sdk": {}}, "client": {"client_id": "m3n4o5p6-a1b2"},
        "device": {"locale": {"code": "en_US"}, "platform": {"name": "ios"}}, "session": {},
        "attributes": {}, "metrics": {}, "client_context": {"custom": {"endpoint": endpoint.to_string()}},
        "awsAccountId": "111122223333"
    });
    record.to_string()
}

/// Imports the file `records`, in a folder with these files.
fn import(files: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut command = cognito_pinpoint();
    command
        .args(["import", "--user-pool-id", "eu-west-1_AAAA11111"])
        .args(arguments)
        .env_remove("ANALYTICS_CONFIG")
        .env_remove("ANALYTICS_CONFIG_FILE");
    command.current_dir(folder.path()).output().unwrap()
}

/// What a dry run tells of these records, and its exit code.
fn check(records: &str, arguments: &[&str], expected: (&Value, i32)) {
    let dry = [
        "--data-dir",
        "data",
        "--dry-run",
        "--format",
        "json",
        "records",
    ];
    let list = "Id,User.UserId\nM3N4O5P6-A1B2,u9\n";
    let output = import(
        &[("records", records), ("list.csv", list)],
        &[arguments, &dry].concat(),
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report, output.status.code()),
        (expected.0, Some(expected.1))
    );
}

#[test]
fn a_dry_run_tells_what_would_be_counted() {
    let named = json!({"ChannelType": "EMAIL", "User": {"UserId": "u1"}});
    let records = [
        record("_userauth.sign_in", 1_790_000_000_000, &named),
        record("_userauth.auth_fail", 1_790_100_000_000, &json!({})),
        record("purchase", 1_790_000_000_000, &named),
    ];
    let records = records.join("\n");
    let told = |outcomes: Value| json!({"read": 3, "outcomes": outcomes, "rejected": []});
    check(
        &records,
        &[],
        (
            &told(
                json!({"ignored:event_type": 1, "to_be_counted": 1, "to_be_counted:without_user": 1}),
            ),
            0,
        ),
    );
    check(
        &records,
        &["--endpoints", "list.csv"],
        (
            &told(json!({"ignored:event_type": 1, "to_be_counted": 2})),
            0,
        ),
    );
    check(
        &records,
        &["--before", "2026-09-22"],
        (
            &told(
                json!({"ignored:already_captured": 1, "ignored:event_type": 1, "to_be_counted": 1}),
            ),
            0,
        ),
    );
}

#[test]
fn what_is_rejected_or_nothing_at_all_is_a_failure() {
    let rejected = [json!({"source": "records:1", "error": "not JSON: expected ident (column 2)"})];
    check(
        "no\n",
        &[],
        (&json!({"read": 0, "outcomes": {}, "rejected": rejected}), 1),
    );
    check(
        "",
        &[],
        (&json!({"read": 0, "outcomes": {}, "rejected": []}), 1),
    );
}

#[test]
fn a_stack_needs_its_configuration_and_a_path_is_needed_anyway() {
    for (arguments, told) in [
        (
            vec!["--dry-run", "records"],
            "give --config FILE, the configuration that the stack was deployed with",
        ),
        (
            vec!["--data-dir", "data", "--stack", "shop", "records"],
            "cannot be used with",
        ),
        (
            vec!["--data-dir", "data", "--before", "soon", "records"],
            "a date looks like 2026-01-31",
        ),
        (vec!["--data-dir", "data"], "<PATH>..."),
    ] {
        let output = import(&[("records", "")], &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(errors_of(&output).contains(told), "{}", errors_of(&output));
    }
}
