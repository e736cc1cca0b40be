//! `cognito-pinpoint annotate`: what is noted on a day, once however often, and what is refused.

use std::path::{Path, PathBuf};
use std::process::Output;

use aws::metrics::DynamoMetrics;
use aws::sdk::{self, Patience};
use aws::tables::TableNames;
use chrono::{TimeDelta, Utc};
use domain::day::Day;
use domain::ids::ProjectId;
use local::dynamodb::DynamoDbStore;
use pipeline::ports::figures::FiguresStore;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{check_refused, cognito_pinpoint, done, errors_of};

/// The only project of a replay without a configuration.
const PROJECT: &str = "00000000000000000000000000000000";

/// A folder that a replay kept its store in.
struct Data {
    _folder: TempDir,
    path: PathBuf,
}

impl Data {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let mut replay = cognito_pinpoint();
        replay.args(["replay", "--data-dir"]).arg(&path);
        done(replay.arg("events/post-authentication.json"));
        Self {
            _folder: folder,
            path,
        }
    }

    fn annotate(&self, arguments: &[&str]) -> Output {
        annotate(&self.path, arguments)
    }

    fn says(&self, arguments: &[&str]) -> String {
        let output = self.annotate(arguments);
        assert!(output.status.success(), "{}", errors_of(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The annotations of these days, as a page has them.
    async fn annotations(&self, from: &str, to: &str) -> Value {
        let store = DynamoDbStore::open(&self.path.join("dynamodb.sqlite")).unwrap();
        let served = store.serve().await.unwrap();
        let client = sdk::dynamodb(&sdk::on_loopback(&served.url(), Patience::BEHIND_THE_LOG));
        let metrics = DynamoMetrics::new(client, TableNames::default().metrics);
        let [from, to] = [from, to].map(|day| Day::parse(day).unwrap());
        let project = ProjectId::new(PROJECT);
        let annotations = metrics.annotations(&project, (from, to)).await.unwrap();
        json!(figures::annotations(&project, &annotations))
    }
}

fn annotate(data: &Path, arguments: &[&str]) -> Output {
    let mut annotate = cognito_pinpoint();
    annotate.arg("annotate").arg("--data-dir").arg(data);
    annotate.args(arguments).output().unwrap()
}

fn object(date: &str, text: &str) -> Value {
    json!({"project": PROJECT, "date": date, "text": text})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_annotated_once_however_often_and_until_it_is_deleted() {
    let data = Data::new();
    for (arguments, said) in [
        (
            vec!["2026-03-02", "v2.4 released"],
            "2026-03-02 annotated: v2.4 released\n",
        ),
        (
            vec!["2026-03-02", " v2.4 released "],
            "2026-03-02 was annotated before: v2.4 released\n",
        ),
        (
            vec!["2026-03-02", "a campaign: \"Größer\" 🦀"],
            "2026-03-02 annotated: a campaign: \"Größer\" 🦀\n",
        ),
        (
            vec!["2026-03-04", "v2.4.1: fix"],
            "2026-03-04 annotated: v2.4.1: fix\n",
        ),
        (
            vec!["--delete", "2026-03-04", "v2.4.1: fix"],
            "2026-03-04 is no longer annotated: v2.4.1: fix\n",
        ),
        (
            vec!["2026-03-05", "v2.4.2: fix"],
            "2026-03-05 annotated: v2.4.2: fix\n",
        ),
    ] {
        assert_eq!(data.says(&arguments), said);
    }
    let [campaign, released, fix] = [
        object("2026-03-02", "a campaign: \"Größer\" 🦀"),
        object("2026-03-02", "v2.4 released"),
        object("2026-03-05", "v2.4.2: fix"),
    ];
    let all = data.annotations("2014-01-01", "2026-12-31").await;
    assert_eq!(all, json!([campaign, released, fix]));
    let of_a_day = data.annotations("2026-03-05", "2026-03-05").await;
    assert_eq!(of_a_day, json!([fix]));
    assert_eq!(
        data.annotations("2026-03-03", "2026-03-04").await,
        json!([])
    );
}

#[test]
fn what_is_no_annotation_is_refused_with_exit_code_2() {
    let data = Data::new();
    data.says(&["2026-03-02", "v2.4 released"]);
    let ahead = (Utc::now() + TimeDelta::days(33)).date_naive().to_string();
    let long = "x".repeat(201);
    for (arguments, problem) in [
        (vec!["2026-02-30", "x"], "a date looks like 2026-01-31"),
        (vec!["2013-12-31", "x"], "2013-12-31 is no day to annotate"),
        (vec![&ahead, "x"], "31 days ahead"),
        (vec!["today", ""], "an annotation has a text"),
        (vec!["today", &long], "at most 200 characters; this has 201"),
        (vec!["today", "a\nb"], "one line without control characters"),
        (
            vec!["today", "\u{1b}[2J"],
            "one line without control characters",
        ),
        (vec!["today"], "<TEXT>"),
        (
            vec![
                "--project",
                "f0000000000000000000000000000000",
                "today",
                "x",
            ],
            PROJECT,
        ),
        (vec!["--stack", "shop", "today", "x"], "cannot be used with"),
        (
            vec!["--delete", "2026-03-02", "v2.5"],
            "but these:\nv2.4 released",
        ),
        (
            vec!["--delete", "2026-03-03", "v2.4 released"],
            "but no annotation",
        ),
    ] {
        let output = data.annotate(&arguments);
        check_refused(&output, problem, &arguments);
    }
    let missing = annotate(Path::new("missing"), &["today", "x"]);
    assert_eq!(missing.status.code(), Some(2), "{}", errors_of(&missing));
    assert!(!Path::new("missing").exists());
}
