//! What `events/README.md` says comes of its scenarios, its tables held against replays and imports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{cognito_pinpoint, json_of};
use crate::support::repository;

const README: &str = "events/README.md";

/// The pool that all samples are of.
const POOL: &str = "eu-west-1_AAAA11111";

/// A table of the page: the names of its columns, and its rows.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The tables of a part of the page.
fn tables(text: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for block in lines.split(|line| !line.starts_with('|')) {
        let [head, _, rows @ ..] = block else {
            continue;
        };
        tables.push(Table {
            columns: cells(head),
            rows: rows.iter().map(|row| cells(row)).collect(),
        });
    }
    tables
}

/// The parts of the page under a heading of their own, by its first word.
fn sections() -> BTreeMap<String, String> {
    let readme = std::fs::read_to_string(repository(README)).unwrap();
    let sections = readme.split("\n### ").skip(1).map(|section| {
        let (title, text) = section.split_once('\n').unwrap();
        let text = text.split("\n## ").next().unwrap();
        let name = title.split([',', ' ']).next().unwrap();
        (name.to_owned(), text.to_owned())
    });
    sections.collect()
}

/// What stands in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// A folder that samples were replayed or imported into, and the last replay's report.
struct Replayed {
    _folder: TempDir,
    data: PathBuf,
    report: Value,
}

impl Replayed {
    /// What comes of each file with its configuration, one after the other.
    fn of(replays: &[(Option<PathBuf>, PathBuf)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut report = Value::Null;
        for (config, events) in replays {
            let mut replay = cognito_pinpoint();
            replay.args(["replay", "--format", "json", "--data-dir"]);
            replay.arg(&data);
            if let Some(config) = config {
                replay.arg("--config").arg(config);
            }
            report = json_of(replay.arg(events));
        }
        Self {
            _folder: folder,
            data,
            report,
        }
    }

    fn metrics(&self, arguments: &[&str]) -> Vec<Value> {
        let days = self.report["days"].as_array().unwrap();
        let date = |day: Option<&Value>| day.unwrap()["date"].as_str().unwrap().to_owned();
        let mut metrics = cognito_pinpoint();
        metrics.args(["metrics", "--format", "json", "--data-dir"]);
        metrics.arg(&self.data);
        metrics.args(["--from", &date(days.first()), "--to", &date(days.last())]);
        let printed = json_of(metrics.args(arguments));
        printed.as_array().unwrap().clone()
    }
}

fn scenario(name: &str) -> PathBuf {
    repository("events/scenarios").join(format!("{name}.jsonl"))
}

/// What is replayed for a folder of `events/configured`: its own events or the scenario of its name, and what comes then.
pub fn configured(folder: &Path, config: &str) -> Vec<(Option<PathBuf>, PathBuf)> {
    let own = folder.join("events.jsonl");
    let name = folder.file_name().unwrap().to_str().unwrap();
    let events = if own.exists() { own } else { scenario(name) };
    let config = folder.join(config);
    let mut replays = vec![(Some(config.clone()), events)];
    let then = folder.join("events-then.jsonl");
    if then.exists() {
        let config_then = folder.join("config-then.json");
        let config = if config_then.exists() {
            config_then
        } else {
            config
        };
        replays.push((Some(config), then));
    }
    replays
}

fn configured_of(name: &str, config: &str) -> Vec<(Option<PathBuf>, PathBuf)> {
    configured(&repository("events/configured").join(name), config)
}

/// What a row of scenarios says, or what a report does: outcomes, analytics events, endpoints, and the highest MAU.
type Summary = (Value, Vec<i64>, Vec<i64>, i64);

fn numbers(cell: &str) -> Vec<i64> {
    let numbers = cell.split('/').map(|number| number.trim().parse().unwrap());
    numbers.collect()
}

fn promised(row: &[String]) -> Summary {
    let [_, _, outcomes, events, endpoints, mau] = row else {
        panic!("{row:?}")
    };
    let outcomes = outcomes.split("<br>").map(|outcome| {
        let (count, name) = outcome.split_once(' ').unwrap();
        (
            name.trim_matches('`').to_owned(),
            json!(count.parse::<i64>().unwrap()),
        )
    });
    let outcomes = Value::Object(outcomes.collect());
    let mau = mau.parse().unwrap();
    (outcomes, numbers(events), numbers(endpoints), mau)
}

fn came(report: &Value) -> Summary {
    let all = |of: &Value, names: [&str; 3]| {
        let numbers = names.map(|name| of[name].as_i64().unwrap());
        numbers.to_vec()
    };
    let kinds = [
        "_userauth.sign_up",
        "_userauth.sign_in",
        "_userauth.auth_fail",
    ];
    let days = report["days"].as_array().unwrap().iter();
    let mau = days.filter_map(|day| day["mau"].as_i64()).max();
    (
        report["outcomes"].clone(),
        all(&report["published"], kinds),
        all(&report["endpoints"], ["device", "email", "sms"]),
        mau.unwrap(),
    )
}

/// Each scenario and each folder of configured ones has a row, and comes to what it says.
#[test]
fn every_scenario_comes_to_what_its_row_says() {
    let readme = std::fs::read_to_string(repository(README)).unwrap();
    let (_, scenarios) = readme.split_once("\n## Scenarios\n").unwrap();
    let of_six = |table: &Table| {
        let last = table.columns.last().is_some_and(|it| it == "highest MAU");
        last && ["file", "folder"].contains(&table.columns[0].as_str())
    };
    let rows = tables(scenarios).into_iter().filter(of_six);
    let mut wrong = Vec::new();
    let mut named = Vec::new();
    for row in rows.flat_map(|table| table.rows) {
        let quoted = quoted(&row[0]);
        let replays = match quoted[..] {
            [file] if file.ends_with(".jsonl") => {
                vec![(None, repository("events/scenarios").join(file))]
            }
            [folder] => configured_of(folder, "config.json"),
            [folder, config] => configured_of(folder, config),
            _ => panic!("{row:?}"),
        };
        named.push(quoted[0].to_owned());
        let came = came(&Replayed::of(&replays).report);
        if came != promised(&row) {
            wrong.push(format!("{}: {came:?}", row[0]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for folder in ["scenarios", "configured"] {
        for entry in std::fs::read_dir(repository("events").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(named.contains(&name), "{name} has no row");
        }
    }
}

/// What is in the store that a section's tables are of, counted in this time zone if the section has several.
fn replayed(name: &str, zone: Option<&str>) -> Replayed {
    let folder = repository("events/configured").join(name);
    if name == "history" {
        return history();
    }
    if !folder.exists() {
        return Replayed::of(&[(None, scenario(name))]);
    }
    let is_in_zone = |config: &String| {
        let text = std::fs::read_to_string(folder.join(config)).unwrap();
        zone.is_none_or(|zone| text.contains(&format!("\"{zone}\"")))
    };
    let configs = std::fs::read_dir(&folder).unwrap();
    let configs = configs.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut configs: Vec<String> = configs.filter(|it| it.starts_with("config")).collect();
    configs.sort();
    match configs.iter().find(|config| is_in_zone(config)) {
        Some(config) => Replayed::of(&configured_of(name, config)),
        None => Replayed::of(&[(None, scenario(name))]),
    }
}

/// What was captured, and then the months before, imported twice.
fn history() -> Replayed {
    let mut replayed = Replayed::of(&[(None, repository("events/history/events.jsonl"))]);
    let import = || {
        let mut import = cognito_pinpoint();
        import.args([
            "import",
            "--format",
            "json",
            "--user-pool-id",
            POOL,
            "--data-dir",
        ]);
        import.arg(&replayed.data).args([
            "--endpoints",
            "events/history/endpoints.csv",
            "events/history/event-stream",
        ]);
        json_of(&mut import)
    };
    let reports = [import(), import()].map(|report| report["outcomes"].clone());
    assert_eq!(
        reports,
        [
            json!({"ignored:already_captured": 1, "ignored:already_signed_up": 1, "ignored:event_type": 2, "ignored:no_user": 1, "imported": 9}),
            json!({"ignored:already_captured": 1, "ignored:already_imported": 10, "ignored:event_type": 2, "ignored:no_user": 1}),
        ]
    );
    let mut metrics = cognito_pinpoint();
    metrics
        .args(["metrics", "--format", "json", "--data-dir"])
        .arg(&replayed.data);
    replayed.report["days"] = json_of(metrics.args(["--from", "2026-02-01", "--to", "2026-05-31"]));
    replayed
}

/// A column's name in JSON.
fn field(column: &str) -> &'static str {
    match column {
        "sign-ups" => "signUps",
        "sign-ins" => "signIns",
        "failures" => "authFailures",
        "new users" => "newUsers",
        "DAU" => "dau",
        "WAU" => "wau",
        "MAU" => "mau",
        "highest MAU" => "mau",
        "calendarMau" => "calendarMau",
        other => panic!("no figure is called {other:?}"),
    }
}

/// A row as its figures are: those of the objects that are of it, each column's added up, or the highest.
fn figures_of(columns: &[String], objects: &[&Value]) -> Vec<String> {
    let figures = columns.iter().skip(1).map(|column| {
        let of_each = objects.iter().filter_map(|it| it[field(column)].as_i64());
        match column.starts_with("highest") {
            true => of_each.max().unwrap_or(0).to_string(),
            false => of_each.sum::<i64>().to_string(),
        }
    });
    figures.collect()
}

/// What the rows of a table should be; `None` if it is of something else.
fn expected(name: &str, table: &Table) -> Option<Vec<Vec<String>>> {
    let head = table.columns[0].as_str();
    let zone = head.split_once(" in ").map(|(_, zone)| zone);
    let by = |arguments: &[&str], is_of: &dyn Fn(&Value, &str) -> bool| {
        let all = replayed(name, zone).metrics(arguments);
        let rows = table.rows.iter().map(|row| {
            let of_it: Vec<&Value> = all.iter().filter(|it| is_of(it, &row[0])).collect();
            [vec![row[0].clone()], figures_of(&table.columns, &of_it)].concat()
        });
        rows.collect()
    };
    match head.split(' ').next().unwrap() {
        "date" => Some(by(&[], &|it, cell| it["date"] == cell)),
        "month" => Some(by(&["--months"], &|it, cell| it["month"] == cell)),
        "cohort" => Some(cohorts(name, head, table)),
        dimension if dimension.starts_with('`') => {
            let dimension = dimension.trim_matches('`');
            let is_of = |it: &Value, cell: &str| {
                let values = dimension.split('+').zip(quoted(cell));
                let values = values.map(|(of, value)| (of.to_owned(), json!(value)));
                it["segment"] == Value::Object(values.collect())
            };
            Some(by(&["--by", dimension], &is_of))
        }
        _ => None,
    }
}

fn cohorts(name: &str, head: &str, table: &Table) -> Vec<Vec<String>> {
    let interval = head.strip_prefix("cohort, by ").unwrap();
    let all = replayed(name, None).metrics(&["--retention", interval]);
    assert_eq!(all.len(), table.rows.len(), "{name}: each cohort has a row");
    let rows = all.iter().map(|cohort| {
        let active = cohort["active"].as_array().unwrap().iter();
        let cohort = cohort["cohort"].as_str().unwrap().to_owned();
        let mut row: Vec<String> = [cohort]
            .into_iter()
            .chain(active.map(Value::to_string))
            .collect();
        row.resize(table.columns.len(), String::new());
        row
    });
    rows.collect()
}

#[test]
fn every_table_of_figures_is_what_is_counted() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (name, text) in sections() {
        for table in tables(&text) {
            let Some(expected) = expected(&name, &table) else {
                continue;
            };
            checked += 1;
            if table.rows != expected {
                wrong.push(format!("{name}: {:?} {expected:#?}", table.columns));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 15, "only {checked} tables were found");
}
