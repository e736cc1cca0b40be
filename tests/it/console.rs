//! `cognito-pinpoint console`: its API answers what the commands print, and says what is wrong with what it does not answer.

mod everything;
mod openapi;
mod page;
mod queries;
mod refused;
mod served;

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::command::{done, json_of};
use served::{PROJECT, Served};

/// Days of the app that are over, as the first and the last of them.
fn days() -> [String; 2] {
    [17, 2].map(|ago| (Utc::now() - TimeDelta::days(ago)).date_naive().to_string())
}

/// What a command prints to standard output.
fn printed(served: &Served, command: &str, arguments: &[&str]) -> String {
    let mut command = served.command(command);
    String::from_utf8(done(command.args(arguments)).stdout).unwrap()
}

/// What a path of the API answers is what a command prints, as JSON and as CSV.
fn check(served: &Served, (path, name): (&str, &str), (command, arguments): (&str, &[&str])) {
    let json = served.get(path).json();
    let expected = json_of(
        served
            .command(command)
            .args(["--format", "json"])
            .args(arguments),
    );
    let more = json["more"].clone();
    let mut object = json!({"project": PROJECT, "timeZone": "Europe/Berlin", name: expected});
    if !more.is_null() {
        object["more"] = more;
    }
    assert_eq!(json, object, "{path}");
    let separator = if path.contains('?') { '&' } else { '?' };
    let csv = served.get(&format!("{path}{separator}format=csv"));
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let expected = printed(served, command, &[&["--format", "csv"], arguments].concat());
    assert_eq!(csv.text(), expected, "{path}");
    assert!(expected.lines().count() >= 1, "{path} has names");
    let accepted = served.ask(&format!("GET /api/v1/{path}"), &[("accept", "text/csv")]);
    assert_eq!(accepted.text(), expected, "{path}");
}

#[test]
fn the_api_answers_what_metrics_prints() {
    let served = Served::acme();
    let [from, to] = days();
    for (days, dates) in [
        (
            format!("from={from}&to={to}"),
            ["--from", &from, "--to", &to],
        ),
        // Nothing happened, and columns have names all the same.
        (
            "from=2020-01-01&to=2020-01-02".to_owned(),
            ["--from", "2020-01-01", "--to", "2020-01-02"],
        ),
        // Nothing can have happened.
        (
            "from=9998-01-01&to=9998-01-02".to_owned(),
            ["--from", "9998-01-01", "--to", "9998-01-02"],
        ),
    ] {
        for (path, arguments) in [
            ("days", &[][..]),
            ("days?by=platform", &["--by", "platform"]),
            ("days?by=client%2Bplatform", &["--by", "client+platform"]),
            (
                "days?by=attribute:custom:tenant",
                &["--by", "attribute:custom:tenant"],
            ),
            ("days?where=platform=iOS", &["--where", "platform=iOS"]),
            ("days?where=platform%3DiOS", &["--where", "platform=iOS"]),
            (
                "days?where=platform=%3Cscript%3E=",
                &["--where", "platform=<script>="],
            ),
            (
                "days?where=client=Web&where=platform=web",
                &["--where", "client=Web", "--where", "platform=web"],
            ),
            (
                "days?by=platform&where=client=Web",
                &["--by", "platform", "--where", "client=Web"],
            ),
            ("months", &["--months"]),
            ("retention", &["--retention", "week"]),
            ("retention?interval=month", &["--retention", "month"]),
        ] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let name = match path.split('?').next().unwrap() {
                "retention" => "cohorts",
                name => name,
            };
            let path = format!("{path}{separator}{days}");
            check(
                &served,
                (&path, name),
                ("metrics", &[&dates[..], arguments].concat()),
            );
        }
    }
}

#[test]
fn the_api_lists_the_users_that_the_command_lists() {
    let served = Served::acme();
    let [from, _] = days();
    let since = format!("users?newSince={from}");
    for (path, arguments) in [
        ("users?inactiveFor=5d", ["--inactive-for", "5d"].as_slice()),
        ("users?inactiveFor=100d", &["--inactive-for", "100d"]),
        ("users?neverReturned=true", &["--never-returned"]),
        (&since, &["--new-since", &from]),
    ] {
        check(&served, (path, "users"), ("users", arguments));
    }
    let one = served.get("users?neverReturned=true&limit=1").json();
    assert_eq!(
        (one["users"].as_array().unwrap().len(), &one["more"]),
        (1, &json!(true))
    );
}

#[test]
fn segments_come_to_the_sums_of_their_days() {
    let served = Served::acme();
    let [from, to] = days();
    let dates = format!("from={from}&to={to}");
    for asked in [
        "by=client",
        "by=client%2Bplatform",
        "by=client&where=platform=web",
    ] {
        let whole = served.get(&format!("days?from={to}&to={to}")).json();
        let whole = whole["days"][0]["mau"].as_f64().unwrap();
        let mut expected: BTreeMap<String, Value> = BTreeMap::new();
        let days = served.get(&format!("days?{dates}&{asked}")).json();
        for day in days["days"].as_array().unwrap() {
            let of_segment = expected.entry(day["segment"].to_string());
            add(
                of_segment.or_insert_with(|| json!({"segment": day["segment"]})),
                day,
                whole,
            );
        }
        let segments = served.get(&format!("segments?{dates}&{asked}")).json();
        assert_eq!(
            (&segments["from"], &segments["to"]),
            (&json!(from), &json!(to))
        );
        let segments = segments["segments"].as_array().unwrap().iter();
        let found = segments.map(|it| (it["segment"].to_string(), it.clone()));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), expected, "{asked}");
        assert!(expected.len() > 1, "{asked}: {expected:?}");
    }
}

fn add(totals: &mut Value, day: &Value, whole: f64) {
    for name in ["signUps", "signIns", "authFailures", "newUsers"] {
        let before = totals[name].as_i64().unwrap_or(0);
        totals[name] = json!(before + day[name].as_i64().unwrap());
    }
    totals["dau"] = day["dau"].clone();
    totals["mau"] = day["mau"].clone();
    let share = day["mau"].as_f64().unwrap() / whole;
    totals["share"] = json!((share * 10_000.0).round() / 10_000.0);
}

#[test]
fn the_icon_is_kept_for_a_day_and_figures_are_not() {
    let served = Served::acme();
    for (path, expected) in [
        ("/assets/icon.svg", Some("public, max-age=86400")),
        ("/", None),
        ("/api/v1/projects", None),
    ] {
        let reply = served.ask(&format!("GET {path}"), &[]);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("cache-control"), expected, "{path}");
    }
}

#[test]
fn nobody_signs_out_where_nobody_has_signed_in() {
    let page = Served::acme().ask("GET /", &[]).text();
    assert!(page.contains("Counted since"), "{page}");
    assert!(!page.contains("Sign out"), "{page}");
}

#[test]
fn a_project_says_what_there_is_to_ask() {
    let served = Served::acme();
    let mut projects = served.get("projects").json();
    let project = projects["projects"][0].as_object_mut().unwrap();
    let mut moment = |name: &str| project.remove(name).unwrap().as_str().unwrap().to_owned();
    let [since, first, last] = ["countingSince", "firstDay", "lastDay"].map(&mut moment);
    assert!(
        since.ends_with('Z') && first < last,
        "{since} {first} {last}"
    );
    let dimensions = [
        "platform",
        "appVersion",
        "locale",
        "client",
        "provider",
        "attribute:custom:tenant",
        "client+platform",
    ];
    let client = json!({"1acmeexample23456789": "Web", "2acmeexample23456789": "iOS",
        "3acmeexample23456789": "Android", "4acmeexample23456789": "Partner portal"});
    let found = project["dimensions"].as_array().unwrap();
    let mut found: Vec<&str> = found.iter().map(|it| it.as_str().unwrap()).collect();
    found.sort_unstable();
    let mut expected = dimensions;
    expected.sort_unstable();
    assert_eq!(found, expected);
    project.remove("dimensions");
    assert_eq!(
        projects,
        json!({"projects": [{"id": PROJECT, "timeZone": "Europe/Berlin", "labels": {"client": client}}]})
    );
}

#[test]
fn annotations_are_those_that_were_noted() {
    let served = Served::acme();
    let [from, to] = days();
    printed(&served, "annotate", &[&from, "v1 <b>released</b>"]);
    let noted = json!([{"project": PROJECT, "date": from, "text": "v1 <b>released</b>"}]);
    let reply = served.get(&format!("annotations?from={from}&to={to}"));
    assert_eq!(reply.json()["annotations"], noted);
    let none = served.get("annotations?from=2020-01-01&to=2020-01-02&format=csv");
    assert_eq!(none.text(), "project,date,text\n");
}

/// The samples that a running day comes to.
fn samples(served: &Served) -> Vec<String> {
    let today = ["--format", "json", "--from", "today", "--to", "today"];
    let day = &json_of(served.command("metrics").args(today))[0];
    let project = format!("project=\"{PROJECT}\"");
    vec![
        format!(
            "cognito_active_users{{{project},days=\"1\"}} {}",
            day["dau"]
        ),
        format!(
            "cognito_active_users{{{project},days=\"7\"}} {}",
            day["wau"]
        ),
        format!(
            "cognito_active_users{{{project},days=\"30\"}} {}",
            day["mau"]
        ),
        format!("cognito_new_users{{{project}}} {}", day["newUsers"]),
        format!("cognito_sign_ups{{{project}}} {}", day["signUps"]),
        format!("cognito_sign_ins{{{project}}} {}", day["signIns"]),
        format!("cognito_auth_failures{{{project}}} {}", day["authFailures"]),
    ]
}

#[test]
fn openmetrics_has_the_running_day() {
    let served = Served::acme();
    // A test may run across midnight.
    let before = samples(&served);
    let reply = served.ask("GET /metrics", &[]);
    let after = samples(&served);
    assert_eq!(
        reply.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let text = reply.text();
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    let found: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(found == before || found == after, "{text}\n{before:?}");
}
