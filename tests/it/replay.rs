//! `cognito-pinpoint replay` and `metrics`, held against what they promise.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::samples::configured;
use crate::support::command::{cognito_pinpoint, errors_of, json_of};
use crate::support::repository;
use crate::support::trigger::Trigger;

/// A row of `events/README.md`'s first table, as the replay of the file should report it.
struct Sample {
    file: String,
    outcomes: Value,
    published: Value,
    endpoints: Value,
    active: i64,
}

fn samples() -> Vec<Sample> {
    let readme = std::fs::read_to_string(repository("events/README.md")).unwrap();
    let (singles, _) = readme.split_once("\n## Scenarios\n").unwrap();
    let rows = singles
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains(".json`"));
    rows.map(sample).collect()
}

fn sample(row: &str) -> Sample {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [file, _, outcome, event, endpoints, active] = cells[..] else {
        panic!("{row}")
    };
    let has = |list: &str, name: &str| u8::from(list.split(", ").any(|item| item == name));
    Sample {
        file: file.trim_matches('`').to_owned(),
        outcomes: json!({ (outcome.trim_matches('`')): 1 }),
        published: json!({
            "_userauth.sign_up": has(event, "sign_up"),
            "_userauth.sign_in": has(event, "sign_in"),
            "_userauth.auth_fail": has(event, "auth_fail"),
        }),
        endpoints: json!({
            "device": has(endpoints, "device"), "email": has(endpoints, "email"), "sms": has(endpoints, "sms"),
        }),
        active: active.parse().unwrap(),
    }
}

fn replay() -> Command {
    let mut command = cognito_pinpoint();
    command.args(["replay", "--format", "json"]);
    command
}

#[test]
fn every_sample_event_comes_to_what_its_row_says() {
    let samples = samples();
    let files = std::fs::read_dir(repository("events"))
        .unwrap()
        .map(|file| file.unwrap().path());
    let files = files
        .filter(|file| file.extension().is_some_and(|e| e == "json"))
        .count();
    assert_eq!(samples.len(), files, "each file has a row");
    let mut wrong = Vec::new();
    for sample in samples {
        let report = json_of(replay().arg(format!("events/{}", sample.file)));
        let active: i64 = report["days"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|d| d["dau"].as_i64())
            .sum();
        let came = (
            &report["outcomes"],
            &report["published"],
            &report["endpoints"],
            active,
        );
        if came
            != (
                &sample.outcomes,
                &sample.published,
                &sample.endpoints,
                sample.active,
            )
        {
            wrong.push(format!("{}: {came:?}", sample.file));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_scenario_comes_to_what_it_did() {
    insta::glob!("../../events/scenarios", "*.jsonl", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let [events, endpoints] = ["events", "endpoints"].map(|file| folder.path().join(file));
        let report = json_of(
            replay()
                .arg("--events-out")
                .arg(&events)
                .arg("--endpoints-out")
                .arg(&endpoints)
                .arg(format!("events/scenarios/{name}")),
        );
        let whole = json!({
            "report": like_days_folded(report),
            "events": event_streams(&events),
            "endpoints": lines(&endpoints),
        });
        insta::assert_json_snapshot!(whole);
    });
}

/// A folder has a configuration and events, and perhaps a configuration and events that come then.
#[test]
fn every_configured_scenario_comes_to_what_it_did() {
    insta::glob!("../../events/configured", "*/config.json", |path| {
        let scenario = path.parent().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let endpoints = folder.path().join("endpoints");
        let mut replays = Vec::new();
        for (config, events) in configured(scenario, "config.json") {
            let mut replay = replay();
            replay.arg("--data-dir").arg(folder.path());
            replay.arg("--endpoints-out").arg(&endpoints).arg("--force");
            replay.arg("--config").arg(config.unwrap());
            let report = json_of(replay.arg(events));
            replays
                .push(json!({"report": like_days_folded(report), "endpoints": lines(&endpoints)}));
        }
        let name = scenario.file_name().unwrap().to_str().unwrap();
        insta::with_settings!({snapshot_suffix => name}, {
            insta::assert_json_snapshot!(replays);
        });
    });
}

/// The report, a run of days that differ in their dates alone as one, with the last one's date.
fn like_days_folded(mut report: Value) -> Value {
    let mut folded: Vec<(Value, Value)> = Vec::new();
    for mut day in report["days"].as_array().unwrap().clone() {
        let date = day["date"].take();
        match folded.last_mut() {
            Some((last, dates)) if *last == day => dates["to"] = date,
            _ => folded.push((day, json!({"from": date, "to": date}))),
        }
    }
    let dated = folded.into_iter().map(|(mut day, dates)| {
        day["date"] = if dates["from"] == dates["to"] {
            dates["from"].clone()
        } else {
            dates
        };
        day
    });
    report["days"] = dated.collect();
    report
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The events, with the endpoint that each holds in a string taken out of it, to be read.
fn event_streams(file: &Path) -> Vec<Value> {
    let mut events = lines(file);
    for event in &mut events {
        let endpoint = &mut event["client_context"]["custom"]["endpoint"];
        *endpoint = serde_json::from_str(endpoint.as_str().unwrap()).unwrap();
    }
    events
}

#[test]
fn late_events_of_a_second_replay_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut reports = Vec::new();
    for name in ["late-events", "late-events-second-replay"] {
        let mut command = replay();
        command
            .arg("--data-dir")
            .arg(folder.path())
            .arg(format!("events/scenarios/{name}.jsonl"));
        reports.push(like_days_folded(json_of(&mut command)));
    }
    insta::assert_json_snapshot!(reports);
}

#[test]
fn what_cannot_be_replayed_is_named_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(repository("events/post-authentication.json")).unwrap();
    let good: Value = serde_json::from_str(&good).unwrap();
    let wrong = |pointer: &str, value: Value| {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    let lines = [
        good.to_string(),
        "{\"triggerSource\":".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        wrong("/triggerSource", 5.into()),
        wrong("/request", "secret".into()),
        wrong("/request/userAttributes", json!(["secret"])),
        wrong("/userPoolId", Value::Null),
        json!({"time": "yesterday", "event": good}).to_string(),
        json!({"event": good}).to_string(),
        json!({"time": "2026-01-31T00:00:00Z", "event": "secret"}).to_string(),
        good.to_string(),
    ];
    std::fs::write(folder.path().join("bad.jsonl"), lines.join("\n")).unwrap();
    let output = replay()
        .current_dir(folder.path())
        .args(["missing.json", "bad.jsonl"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", errors_of(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["replayed"], 2);
    insta::assert_json_snapshot!(report["rejected"]);
}

#[test]
fn every_fault_of_a_configuration_is_told_and_nothing_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    let text = json!({
        "Clients": {
            "one": {"ApplicationId": "short", "UserDataShard": true},
            "two": {"ApplicationId": "0".repeat(32), "AttemptWindowSeconds": 0},
        },
    });
    std::fs::write(&config, text.to_string()).unwrap();
    let data = folder.path().join("data");
    let output = replay()
        .arg("--config")
        .arg(&config)
        .arg("--data-dir")
        .arg(&data)
        .arg("events")
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), output.stdout.len(), data.exists()),
        (Some(2), 0, false)
    );
    let errors = errors_of(&output);
    for path in [
        "Clients.one.ApplicationId",
        "Clients.one.UserDataShard",
        "Clients.two.AttemptWindowSeconds",
    ] {
        assert!(errors.contains(path), "{errors}");
    }
}

#[test]
fn clients_without_configuration_are_ignored_and_others_have_their_own_project() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    let project = "0123456789abcdef0123456789abcdef";
    let text = json!({"Clients": {"1webexample0000000000000": {"ApplicationId": project, "IncludeFederatedUsers": true}}});
    std::fs::write(&config, text.to_string()).unwrap();
    let report = json_of(
        replay()
            .arg("--config")
            .arg(&config)
            .arg("events/scenarios/two-clients.jsonl"),
    );
    insta::assert_json_snapshot!(report);
}

#[test]
fn bad_usage_has_exit_code_2() {
    for arguments in [
        vec!["replay"],
        vec!["replay", "--format", "yaml", "events"],
        vec!["replay", "--config", "missing.json", "events"],
        vec![
            "replay",
            "--events-out",
            "missing/folder/out.jsonl",
            "events",
        ],
        vec![
            "metrics",
            "--project",
            "p",
            "--from",
            "2026-01-01",
            "--to",
            "2026-01-02",
        ],
        vec![
            "metrics",
            "--data-dir",
            "missing",
            "--project",
            "p",
            "--from",
            "2026-01-01",
            "--to",
            "2026-01-02",
        ],
        vec![
            "metrics",
            "--data-dir",
            "d",
            "--project",
            "p",
            "--from",
            "2026-02-30",
            "--to",
            "2026-03-02",
        ],
        vec![
            "metrics",
            "--data-dir",
            "d",
            "--project",
            "p",
            "--from",
            "2026-03-02",
            "--to",
            "2026-03-01",
        ],
        vec![
            "metrics",
            "--data-dir",
            "d",
            "--stack",
            "t",
            "--project",
            "p",
            "--from",
            "2026-03-02",
            "--to",
            "2026-03-01",
        ],
    ] {
        let output = cognito_pinpoint().args(&arguments).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            errors_of(&output)
        );
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
}

#[test]
fn one_replay_at_a_time_uses_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let lock = std::fs::File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let output = replay()
        .arg("--data-dir")
        .arg(folder.path())
        .arg("events")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(errors_of(&output).contains("another command is using it"));
}

/// Whatever was captured before the interruption is published by the next replay, and nothing twice:
/// interrupted before anything was published, and after something was.
#[test]
fn an_interrupted_replay_leaves_a_store_that_the_next_one_can_use() {
    let is_large = |file: PathBuf| file.metadata().is_ok_and(|file| file.len() > 1_000_000);
    interrupted(&|data| is_large(data.join("dynamodb.sqlite-wal")), 1..5_000);
    interrupted(&|data| data.join("published-up-to").exists(), 5_000..12_000);
}

fn interrupted(when: &dyn Fn(&Path) -> bool, captured: std::ops::Range<i64>) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = many_sign_ins(folder.path(), 12_000);
    let mut command = replay();
    let mut child = command
        .arg("--data-dir")
        .arg(&data)
        .arg(&file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !when(&data) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the replay ended before it was interrupted"
        );
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let nothing = folder.path().join("nothing.jsonl");
    std::fs::write(&nothing, "").unwrap();
    let after = report_of(1, replay().arg("--data-dir").arg(&data).arg(&nothing));
    assert!(
        captured.contains(&sign_ins(&after)),
        "{} are counted",
        sign_ins(&after)
    );
    assert_eq!(after["days"][0]["dau"], 1);

    let again = json_of(
        replay()
            .arg("--data-dir")
            .arg(&data)
            .arg("events/scenarios/mfa.jsonl"),
    );
    assert_eq!(again["published"]["_userauth.sign_in"], 4);
    assert_eq!(sign_ins(&again), sign_ins(&after) + 4);
}

fn many_sign_ins(folder: &Path, count: usize) -> PathBuf {
    let event = std::fs::read_to_string(repository("events/post-authentication.json")).unwrap();
    let event: Value = serde_json::from_str(&event).unwrap();
    let line = json!({"time": "2026-01-31T12:00:00Z", "event": event}).to_string();
    let file = folder.join("many.jsonl");
    std::fs::write(&file, vec![line; count].join("\n")).unwrap();
    file
}

fn sign_ins(report: &Value) -> i64 {
    report["days"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|day| day["signIns"].as_i64())
        .sum()
}

#[test]
fn metrics_are_the_replays_days_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let report = json_of(
        replay()
            .arg("--data-dir")
            .arg(&data)
            .arg("events/scenarios/ordinary-week.jsonl"),
    );
    let metrics = |format: &str| {
        let mut command = cognito_pinpoint();
        command.arg("metrics").arg("--data-dir").arg(&data);
        command.args([
            "--project",
            "00000000000000000000000000000000",
            "--format",
            format,
        ]);
        command.args(["--from", "2026-03-02", "--to", "2026-03-08"]);
        command
    };
    assert_eq!(json_of(&mut metrics("json")), report["days"]);
    let printed: BTreeMap<&str, String> = ["table", "csv"]
        .into_iter()
        .map(|format| {
            (
                format,
                String::from_utf8(metrics(format).output().unwrap().stdout).unwrap(),
            )
        })
        .collect();
    insta::assert_json_snapshot!(printed);
}

#[test]
fn spilled_events_of_any_project_are_replayed_without_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("saved.log");
    let spilled = |project: &str, id: u8, kind: &str| {
        let event = json!({"eventId": format!("019c1404-8b80-7000-8000-0000000000{id:02}"), "type": kind,
            "time": "2026-01-31T12:00:00.000Z", "project": project, "userPoolId": "eu-west-1_AAAA11111", "sub": "s-1"});
        json!({"level": "ERROR", "message": "an auth event was spilled", "spilled": event.to_string()}).to_string()
    };
    let (one, two) = ("1".repeat(32), "2".repeat(32));
    let lines = [
        spilled(&one, 1, "SignedIn"),
        spilled(&two, 2, "SignUpConfirmed"),
        spilled(&one, 1, "SignedIn"),
    ];
    std::fs::write(&log, lines.join("\n")).unwrap();
    let report = json_of(replay().arg("--spilled").arg(&log));
    assert_eq!(
        report["outcomes"],
        json!({"already_in_log": 1, "published": 2})
    );
    let days = report["days"].as_array().unwrap();
    let days: Vec<_> = days
        .iter()
        .map(|day| (&day["project"], &day["signIns"], &day["signUps"]))
        .collect();
    assert_eq!(
        days,
        [
            (&json!(one), &json!(1), &json!(0)),
            (&json!(two), &json!(0), &json!(1))
        ]
    );
}

/// What a replay prints, that ends with this exit code.
fn report_of(code: i32, command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", errors_of(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A report without its days.
fn totals(mut report: Value) -> Value {
    report.as_object_mut().unwrap().remove("days");
    report
}

fn days_of(report: &Value) -> Vec<(&str, i64, i64)> {
    let days = report["days"].as_array().unwrap().iter();
    days.map(|day| {
        let number = |name: &str| day[name].as_i64().unwrap();
        (
            day["date"].as_str().unwrap(),
            number("signIns"),
            number("dau"),
        )
    })
    .collect()
}

fn sign_ins_taken(count: u8, emails: u8) -> Value {
    json!({
        "replayed": count,
        "rejected": [],
        "outcomes": {"published": count},
        "published": {"_userauth.sign_up": 0, "_userauth.sign_in": count, "_userauth.auth_fail": 0},
        "endpoints": {"device": count, "email": emails, "sms": 0},
    })
}

#[test]
fn events_one_after_another_on_one_line_are_all_replayed() {
    let untimed = json_of(replay().arg("events/forms/firehose.json"));
    assert_eq!(totals(untimed), sign_ins_taken(3, 3));
    let timed = json_of(replay().arg("events/forms/firehose-timed.json"));
    let expected = [
        ("2026-03-01", 1, 1),
        ("2026-03-02", 1, 1),
        ("2026-03-03", 1, 1),
    ];
    assert_eq!(days_of(&timed), expected);
    assert_eq!(totals(timed), sign_ins_taken(3, 3));
}

#[test]
fn spilled_events_are_found_in_every_form_of_a_log() {
    for log in [
        "bare.jsonl",
        "insights-field.csv",
        "insights-results-field.json",
        "subscription.gz",
        "export",
        "export/7ce6d7e7/000000.gz",
    ] {
        let report = json_of(
            replay()
                .arg("--spilled")
                .arg(format!("events/spilled/{log}")),
        );
        assert_eq!(days_of(&report), [("2026-03-25", 3, 3)], "{log}");
        assert_eq!(totals(report), sign_ins_taken(3, 3), "{log}");
    }
}

#[test]
fn what_is_far_in_the_future_is_rejected_and_costs_its_user_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let into_one = |name: &str| {
        let mut command = replay();
        command.arg("--data-dir").arg(folder.path());
        command.arg(format!("events/forms/{name}.jsonl"));
        command
    };
    let error = "its time is 2062-03-02 09:00:00 UTC, more than 24 hours ahead of this computer's clock: \
                 one of them is wrong";
    assert_eq!(
        report_of(1, &mut into_one("year-2062")),
        json!({
            "replayed": 0,
            "rejected": [{"source": "events/forms/year-2062.jsonl:1", "error": error}],
            "outcomes": {},
            "published": {"_userauth.sign_up": 0, "_userauth.sign_in": 0, "_userauth.auth_fail": 0},
            "endpoints": {"device": 0, "email": 0, "sms": 0},
            "days": [],
        })
    );
    let report = json_of(&mut into_one("after-year-2062"));
    assert_eq!(
        days_of(&report),
        [("2026-03-24", 1, 1), ("2026-03-25", 1, 1)]
    );

    let log = folder.path().join("log");
    let record = json!({"eventId": "019c1404-8b80-7000-8000-000000000001", "type": "SignedIn", "sub": "s-1",
        "time": "2062-03-02T09:00:00.000Z", "project": "1".repeat(32), "userPoolId": "eu-west-1_AAAA11111"});
    std::fs::write(&log, json!({"spilled": record}).to_string()).unwrap();
    let report = report_of(1, replay().arg("--spilled").arg(&log));
    assert_eq!(
        (
            &report["replayed"],
            &report["rejected"],
            &report["outcomes"]
        ),
        (
            &json!(0),
            &json!([{"source": format!("{}:1", log.display()), "error": error}]),
            &json!({})
        )
    );
}

#[test]
fn what_is_of_before_2014_is_rejected_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let sign_in = |time: &str| {
        let event = Trigger::PostAuthentication.event("ana", &json!({}));
        json!({"time": time, "event": event}).to_string()
    };
    let events = folder.path().join("events.jsonl");
    let lines = ["2013-12-31T23:59:59.999Z", "2014-01-01T00:00:00Z"].map(sign_in);
    std::fs::write(&events, lines.join("\n")).unwrap();
    let record = json!({"eventId": "019c1404-8b80-7000-8000-000000000001", "type": "SignedIn", "sub": "s-1",
        "time": "2013-12-31T23:59:59.999Z", "project": "1".repeat(32), "userPoolId": "eu-west-1_AAAA11111"});
    let log = folder.path().join("log");
    std::fs::write(&log, json!({"spilled": record}).to_string()).unwrap();
    let error = "its time is 2013-12-31 23:59:59.999 UTC, before 2014, when there was no Cognito: the time is wrong";
    for (path, replayed, report) in [
        (&events, 1, report_of(1, replay().arg(&events))),
        (&log, 0, report_of(1, replay().arg("--spilled").arg(&log))),
    ] {
        let source = format!("{}:1", path.display());
        assert_eq!(
            (&report["replayed"], &report["rejected"]),
            (
                &json!(replayed),
                &json!([{"source": source, "error": error}])
            )
        );
    }
}

#[test]
fn who_is_excluded_is_counted_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    let json = json!({"Exclude": {"EmailDomains": ["example.test"]}, "Default": {"ApplicationId": "1".repeat(32)}});
    std::fs::write(&config, json.to_string()).unwrap();
    let events = folder.path().join("events.jsonl");
    let lines = ["ana@Example.test", "ana@example.org"].map(|email| {
        let mut event = Trigger::PostAuthentication.event("ana", &json!({}));
        event["request"]["userAttributes"]["email"] = email.into();
        json!({"time": "2026-03-25T09:00:00Z", "event": event}).to_string()
    });
    std::fs::write(&events, lines.join("\n")).unwrap();
    let report = json_of(replay().arg("--config").arg(&config).arg(&events));
    assert_eq!(
        report["outcomes"],
        json!({"ignored:excluded": 1, "published": 1})
    );
    assert_eq!(days_of(&report), [("2026-03-25", 1, 1)]);
}

/// The lines of the log that hold an event are taken as they are; what is said of the others works.
#[test]
fn events_that_an_app_logged_are_replayed() {
    let log = "events/forms/app-log.txt";
    let report = report_of(1, replay().arg(log));
    let expected = [
        ("2026-03-25", 1, 1),
        ("2026-03-26", 1, 1),
        ("2026-03-27", 1, 1),
        ("2026-03-28", 1, 1),
        ("2026-03-29", 1, 1),
    ];
    assert_eq!(days_of(&report), expected);
    let rejected = report["rejected"].as_array().unwrap();
    let advice = "grep triggerSource LOG | cognito-pinpoint replay -";
    let advised = rejected
        .iter()
        .filter(|it| it["error"].as_str().unwrap().ends_with(advice));
    assert_eq!((rejected.len(), advised.count()), (5, 5), "{rejected:#?}");

    let text = std::fs::read_to_string(repository(log)).unwrap();
    let grepped = text.lines().filter(|line| line.contains("triggerSource"));
    let grepped: Vec<&str> = grepped.collect();
    let report = report_of_stdin(&grepped.join("\n"));
    assert_eq!(days_of(&report), expected);
    assert_eq!(totals(report), sign_ins_taken(5, 5));

    let answer = json!({"events": grepped.iter().map(|line| json!({"timestamp": 1_774_440_000_000_i64, "message": line}))
        .collect::<Vec<_>>()});
    let made_of_it: Vec<String> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(
        totals(report_of_stdin(&made_of_it.join("\n"))),
        sign_ins_taken(5, 5)
    );
}

fn report_of_stdin(text: &str) -> Value {
    let mut command = replay();
    let mut child = command
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn nothing_to_replay_is_a_failure_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("README.md"), "no event\n").unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let cases: [(&[&str], &Path, &str); 3] = [
        (
            &[],
            folder.path(),
            "there was nothing to replay: give files that hold trigger events",
        ),
        (&[], &empty, "there was nothing to replay: "),
        (
            &["--spilled"],
            folder.path(),
            "there was nothing to replay: no log line holds a spilled event",
        ),
    ];
    for (arguments, path, error) in cases {
        let output = replay().args(arguments).arg(path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{path:?}");
        assert!(errors_of(&output).contains(error), "{}", errors_of(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["replayed"], 0);
    }
}

#[test]
fn a_log_that_names_spilled_events_that_cannot_be_read_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    std::fs::write(
        &log,
        "{\"level\":\"ERROR\",\"spilled\":\"{\\\"eventId\\\":\"}\n",
    )
    .unwrap();
    let report = report_of(1, replay().arg("--spilled").arg(&log));
    let error = "the string under `spilled` is not JSON";
    assert_eq!(
        report["rejected"],
        json!([{"source": format!("{}:1", log.display()), "error": error}])
    );
}

#[test]
fn outputs_are_overwritten_only_when_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let [kept, other] = ["kept.jsonl", "other.jsonl"].map(|name| folder.path().join(name));
    std::fs::write(&kept, "mine\n").unwrap();
    std::fs::write(&other, "").unwrap();
    for (one, another) in [
        ("--events-out", "--endpoints-out"),
        ("--endpoints-out", "--events-out"),
    ] {
        let mut command = replay();
        command.arg(one).arg(&kept).arg(another).arg(&other);
        command.arg("events/post-authentication.json");
        let output = command.output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        let error = format!(
            "{} is there already: give another file, or --force",
            kept.display()
        );
        assert!(
            errors_of(&output).contains(&error),
            "{}",
            errors_of(&output)
        );
        assert_eq!(std::fs::read(&kept).unwrap(), b"mine\n");
    }
    let mut command = replay();
    command.arg("--events-out").arg(&kept).arg("--force");
    command.args([
        "--endpoints-out",
        "/dev/null",
        "events/post-authentication.json",
    ]);
    json_of(&mut command);
    assert_eq!(lines(&kept).len(), 1);
}

#[test]
fn a_table_lists_only_some_of_many_rejected_lines() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.jsonl"), "{}\n".repeat(23)).unwrap();
    let mut command = cognito_pinpoint();
    command.current_dir(folder.path());
    let output = command.args(["replay", "bad.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = errors_of(&output);
    let listed: Vec<&str> = errors
        .lines()
        .filter(|it| it.starts_with("bad.jsonl:"))
        .collect();
    assert_eq!(listed.len(), 20, "{errors}");
    assert!(
        errors.ends_with("and 3 more; --format json lists all\n"),
        "{errors}"
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("rejected   23\n"), "{printed}");
}
