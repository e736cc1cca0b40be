//! What is imported counts like what was captured, once, whatever else is counted before and after.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, Months, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::PROJECT;
use crate::brute_force::Numbers;
use crate::brute_force::by_dimension::{Count, ask, date};
use crate::support::command::{cognito_pinpoint, done};
use crate::support::trigger::{Trigger, entry};

const POOL: &str = "eu-west-1_AAAA11111";

/// Something of the history, as a record tells it.
#[derive(Clone)]
struct Past {
    time: DateTime<Utc>,
    kind: &'static str,
    /// Whom the record names.
    user: Option<String>,
    endpoint: String,
}

impl Past {
    /// Whether nothing can be counted of it: the session of nobody.
    fn says_nothing(&self) -> bool {
        self.kind == "_session.start" && self.user.is_none()
    }

    /// As a record that arrived so long after.
    fn record(&self, arrival: i64) -> Value {
        let user = self.user.as_ref();
        let user = user.map_or(json!({}), |user| json!({"User": {"UserId": user}}));
        json!({
            "event_type": self.kind, "event_timestamp": self.time.timestamp_millis(),
            "arrival_timestamp": self.time.timestamp_millis() + arrival, "event_version": "3.1",
            "application": {"app_id": PROJECT, "sdk": {}}, "client": {"client_id": self.endpoint},
            "device": {"platform": {"name": "ios"}}, "session": {}, "attributes": {}, "metrics": {},
            "client_context": {"custom": {"endpoint": user.to_string()}}, "awsAccountId": "111122223333",
        })
    }

    fn count(&self, signed_up: &mut BTreeSet<String>, count: &mut Count) {
        let counter = match self.kind {
            "_userauth.sign_up" => match &self.user {
                Some(user) if !signed_up.insert(user.clone()) => return,
                _ => Some("signUps"),
            },
            "_userauth.sign_in" => Some("signIns"),
            "_userauth.auth_fail" => Some("authFailures"),
            _ => None,
        };
        let day = self.time.date_naive();
        if let Some(counter) = counter {
            *count.counters.entry((counter, day)).or_default() += 1;
        }
        if let Some(user) = self
            .user
            .as_ref()
            .filter(|_| counter != Some("authFailures"))
        {
            count.active(user, day);
        }
    }
}

fn since() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// Three months, and some days more, of thirty users.
fn history() -> Vec<Past> {
    let mut numbers = Numbers(5);
    let start: DateTime<Utc> = "2025-12-01T00:00:00Z".parse().unwrap();
    let mut all: Vec<Past> = (0..700)
        .map(|number| {
            let user = numbers.below(30);
            let kinds = [
                "_userauth.sign_in",
                "_session.start",
                "_userauth.auth_fail",
                "_userauth.sign_up",
            ];
            let kind = kinds[usize::try_from(numbers.below(9).min(3)).unwrap()];
            Past {
                time: start
                    + Duration::milliseconds(number * 12_000_000 + numbers.below(9_000_000)),
                kind: if numbers.below(3) > 0 {
                    "_userauth.sign_in"
                } else {
                    kind
                },
                user: (numbers.below(20) > 0).then(|| format!("u{user:02}")),
                endpoint: format!("e{user:02}"),
            }
        })
        .collect();
    // Which of two sign-ups counts depends on which is first: they are on one day.
    all.retain(|past| past.kind != "_userauth.sign_up" || past.user.is_none());
    for (seconds, user) in [(0, "u01"), (1, "u01"), (2, "u02")] {
        all.push(Past {
            time: start + Duration::days(20) + Duration::seconds(seconds),
            kind: "_userauth.sign_up",
            user: Some(user.to_owned()),
            endpoint: "e".to_owned(),
        });
    }
    all
}

/// Tokens that were captured since: who, and when.
fn captured() -> Vec<(String, DateTime<Utc>)> {
    let mut numbers = Numbers(6);
    (0..200)
        .map(|number| {
            (
                format!("u{:02}", numbers.below(40)),
                since() + Duration::hours(5 * number),
            )
        })
        .collect()
}

/// What is to be counted of all that.
fn expected(history: &[Past], before: DateTime<Utc>) -> Count {
    let (mut count, mut signed_up) = (Count::default(), BTreeSet::new());
    for past in history.iter().filter(|past| past.time < before) {
        past.count(&mut signed_up, &mut count);
    }
    for (user, time) in captured() {
        count.active(&user, time.date_naive());
    }
    count
}

/// A folder with a store and files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let tokens = captured().into_iter().map(|(user, time)| {
            entry(time, Trigger::RefreshTokens.event(&user, &json!({}))).to_string()
        });
        let tokens: Vec<String> = tokens.collect();
        std::fs::write(folder.path("live.jsonl"), tokens.join("\n")).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn replay(&self) {
        let mut replay = cognito_pinpoint();
        replay
            .arg("replay")
            .arg("--data-dir")
            .arg(self.path("data"));
        done(replay.arg(self.path("live.jsonl")));
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut import = cognito_pinpoint();
        import.args([
            "import",
            "--user-pool-id",
            POOL,
            "--format",
            "json",
            "--data-dir",
            "data",
        ]);
        import.args(arguments).current_dir(self.0.path());
        import
    }

    /// What an import tells, and its exit code.
    fn import(&self, arguments: &[&str]) -> (Value, Option<i32>) {
        let output = self.command(arguments).output().unwrap();
        let report = serde_json::from_slice(&output.stdout);
        (report.unwrap(), output.status.code())
    }

    fn check(&self, count: &Count) {
        let span = ["--from", "2025-11-30", "--to", "2026-04-20"];
        let of = |arguments: &[&str]| {
            ask(
                &self.path("data"),
                "metrics",
                PROJECT,
                &[&span[..], arguments].concat(),
            )
        };
        let days = date(span[1])
            .iter_days()
            .take_while(|day| *day <= date(span[3]));
        let days: Vec<Value> = days.map(|day| count.day(PROJECT, day, None)).collect();
        assert_eq!(of(&[]), days);
        for interval in ["week", "month"] {
            let cohorts = count.cohorts(PROJECT, interval, (span[1], span[3]));
            assert_eq!(of(&["--retention", interval]), cohorts);
        }
        let months = (0..6).map(|month| {
            let first = date("2025-11-01") + Months::new(month);
            let users = count.between(first, first + Months::new(1) - Duration::days(1));
            json!({"project": PROJECT, "month": first.format("%Y-%m").to_string(), "calendarMau": users.len()})
        });
        assert_eq!(of(&["--months"]), months.collect::<Vec<_>>());
    }
}

fn gzip(file: &Path, text: &[u8]) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut gz = GzEncoder::new(std::fs::File::create(file).unwrap(), Compression::default());
    gz.write_all(text).unwrap();
    gz.finish().unwrap();
}

/// As Firehose writes them: hours in folders in folders, compressed, without endings.
fn write_as_firehose(folder: &Path, history: &[Past]) {
    for (number, some) in history.chunks(90).enumerate() {
        let records: Vec<String> = some
            .iter()
            .map(|past| past.record(900).to_string())
            .collect();
        gzip(
            &folder.join(format!("2026/{}/{number:02}/stream-1-part", number % 3)),
            records.join("\n").as_bytes(),
        );
    }
}

/// In one file, the other way round, spaced otherwise, and as they arrived again.
fn write_otherwise(file: &Path, history: &[Past]) {
    let records = history.iter().rev();
    let records = records.map(|past| serde_json::to_string_pretty(&past.record(77)).unwrap());
    std::fs::write(file, records.collect::<String>()).unwrap();
}

#[test]
fn two_records_count_as_they_stand() {
    let folder = Folder::new();
    let record = |kind, time, user: &str| {
        let past = Past {
            time: DateTime::from_timestamp_millis(time).unwrap(),
            kind,
            user: Some(user.to_owned()),
            endpoint: "m3n4o5p6-a1b2".to_owned(),
        };
        past.record(900).to_string()
    };
    let records = [
        record("_userauth.sign_in", 1_790_000_000_000, "u1"),
        record("_userauth.sign_up", 1_790_000_100_000, "u2"),
    ];
    std::fs::write(folder.path("records.jsonl"), records.join("\n")).unwrap();
    let told = |outcome: &str| json!({"read": 2, "outcomes": {(outcome): 2}, "rejected": []});
    assert_eq!(
        folder.import(&["records.jsonl"]),
        (told("imported"), Some(0))
    );
    assert_eq!(
        folder.import(&["records.jsonl"]),
        (told("ignored:already_imported"), Some(0))
    );
    let days = ask(
        &folder.path("data"),
        "metrics",
        PROJECT,
        &["--from", "2026-09-21", "--to", "2026-09-22"],
    );
    let day = |date, [counted, dau]: [i64; 2]| {
        json!({"project": PROJECT, "date": date, "signUps": counted, "signIns": counted, "authFailures": 0,
            "newUsers": dau, "dau": dau, "wau": 2, "mau": 2})
    };
    assert_eq!(days, [day("2026-09-21", [1, 2]), day("2026-09-22", [0, 0])]);
}

#[test]
fn months_of_files_count_once_whatever_was_counted_before_and_however_they_are_cut() {
    let history = history();
    let (nothing, something): (Vec<&Past>, Vec<&Past>) =
        history.iter().partition(|past| past.says_nothing());
    let nothing = nothing.len();
    let known = something.iter().filter(|past| past.time < since()).count();
    let (past, later) = (known, something.len() - known);
    assert!(later > 20, "{later}");
    let expected = expected(&history, since());
    let folder = Folder::new();
    write_as_firehose(&folder.path("files"), &history);
    write_otherwise(&folder.path("otherwise"), &history);
    folder.replay();
    let told = |outcomes: Value| {
        (
            json!({"read": past + later + nothing, "outcomes": outcomes, "rejected": []}),
            Some(0),
        )
    };
    let first = told(
        json!({"ignored:already_captured": later, "ignored:already_signed_up": 1, "ignored:no_user": nothing, "imported": past - 1}),
    );
    assert_eq!(folder.import(&["files"]), first);
    folder.check(&expected);
    let again = told(
        json!({"ignored:already_captured": later, "ignored:already_imported": past, "ignored:no_user": nothing}),
    );
    for files in ["files", "otherwise"] {
        assert_eq!(folder.import(&[files]), again, "{files}");
    }
    folder.check(&expected);
}

#[test]
fn what_was_imported_before_events_were_captured_counts_the_same() {
    let history = history();
    let folder = Folder::new();
    write_otherwise(&folder.path("files"), &history);
    folder.import(&["files", "--before", "2026-03-01"]);
    folder.replay();
    folder.import(&["files"]);
    folder.check(&expected(&history, since()));
}

#[test]
fn what_happened_up_to_a_day_that_is_named_is_taken_although_events_were_captured() {
    let history = history();
    let folder = Folder::new();
    write_otherwise(&folder.path("files"), &history);
    folder.replay();
    folder.import(&["files", "--before", "2026-03-05"]);
    folder.check(&expected(&history, "2026-03-05T00:00:00Z".parse().unwrap()));
}

#[test]
fn an_import_that_is_killed_goes_on_where_it_was() {
    let history = history();
    let folder = Folder::new();
    write_as_firehose(&folder.path("files"), &history);
    folder.replay();
    let imported = || {
        let span = ["--from", "2025-12-01", "--to", "2026-02-28"];
        let days = ask(&folder.path("data"), "metrics", PROJECT, &span);
        days.iter().any(|day| day["signIns"] != 0)
    };
    let mut import = folder.command(&["files", "--records-per-second", "60"]);
    let import = import.stdout(std::process::Stdio::null());
    let mut import = import.spawn().unwrap();
    while !imported() {
        assert_eq!(import.try_wait().unwrap(), None);
    }
    import.kill().unwrap();
    import.wait().unwrap();
    let (report, code) = folder.import(&["files"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(
        report["outcomes"]["ignored:already_imported"]
            .as_u64()
            .unwrap()
            > 0,
        "{report}"
    );
    assert!(
        report["outcomes"]["imported"].as_u64().unwrap() > 0,
        "{report}"
    );
    folder.check(&expected(&history, since()));
}

#[test]
fn lists_of_endpoints_say_whose_a_record_is_and_a_record_of_nobody_counts_in_the_counters_alone() {
    let mut history = history();
    history.truncate(100);
    for past in &mut history {
        past.user = None;
    }
    let listed: Vec<Past> = history
        .iter()
        .map(|past| Past {
            user: (past.endpoint.as_str() < "e20").then(|| past.endpoint.replace('e', "u")),
            ..past.clone()
        })
        .collect();
    let rows = (0..20).map(|number| format!("E{number:02},u{number:02}\n"));
    let csv = format!(
        "Id,ChannelType,User.UserId\n{}",
        rows.collect::<String>().replace(",u", ",EMAIL,u")
    );
    let rows = (0..20).map(|number| json!({"Id": format!("e{number:02}"), "User": {"UserId": format!("u{number:02}")}}));
    let json: String = rows.map(|row| format!("{row}\n")).collect();
    for (arguments, counted) in [
        (&["files"][..], &history),
        (&["files", "--endpoints", "list.csv"], &listed),
        (&["files", "--endpoints", "list"], &listed),
    ] {
        let folder = Folder::new();
        write_otherwise(&folder.path("files"), &history);
        std::fs::write(folder.path("list.csv"), &csv).unwrap();
        gzip(&folder.path("list"), json.as_bytes());
        folder.replay();
        assert_eq!(folder.import(arguments).1, Some(0));
        let expected = expected(counted, since());
        folder.check(&expected);
        // What was counted stays so; of a session, nothing was.
        let counted_now = counted.iter().zip(&listed).map(|(counted, listed)| {
            let past = if counted.says_nothing() {
                listed
            } else {
                counted
            };
            past.clone()
        });
        folder.import(&["files", "--endpoints", "list.csv"]);
        folder.check(&self::expected(&counted_now.collect::<Vec<_>>(), since()));
    }
}

#[test]
fn what_cannot_be_read_is_named_by_its_place_and_the_rest_counts() {
    let mut history = history();
    history.truncate(20);
    let mut lines: Vec<String> = history
        .iter()
        .map(|past| past.record(1).to_string())
        .collect();
    lines.insert(3, "{\"event_type\": ".to_owned());
    lines.push(lines[0].replace(PROJECT, &"9".repeat(32)));
    let folder = Folder::new();
    gzip(&folder.path("files/part"), lines.join("\n").as_bytes());
    folder.replay();
    let (report, code) = folder.import(&["files"]);
    let sources: Vec<&str> = report["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["source"].as_str().unwrap())
        .collect();
    assert_eq!(
        (sources, code),
        (vec!["files/part:4", "files/part:22"], Some(1)),
        "{report}"
    );
    folder.check(&expected(&history, since()));
}
