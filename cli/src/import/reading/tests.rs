use std::fs;
use std::io::Write;
use std::path::Path;

use domain::auth_event::Who;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;

/// Two records, as Pinpoint wrote them.
const RECORDS: &str = r#"{"event_type": "_userauth.sign_in", "event_timestamp": 1790000000000, "arrival_timestamp": 1790000000900, "event_version": "3.1", "application": {"app_id": "00000000000000000000000000000000", "sdk": {}}, "client": {"client_id": "m3n4o5p6-a1b2"}, "device": {"locale": {"code": "en_US"}, "platform": {"name": "ios"}}, "session": {}, "attributes": {}, "metrics": {}, "client_context": {"custom": {"endpoint": "{\"ChannelType\": \"EMAIL\", \"User\": {\"UserId\": \"u1\"}}"}}, "awsAccountId": "111122223333"}
{"event_type": "_userauth.sign_up", "event_timestamp": 1790000100000, "arrival_timestamp": 1790000100900, "event_version": "3.1", "application": {"app_id": "00000000000000000000000000000000", "sdk": {}}, "client": {"client_id": "m3n4o5p6-a1b2"}, "device": {"locale": {"code": "en_US"}, "platform": {"name": "ios"}}, "session": {}, "attributes": {}, "metrics": {}, "client_context": {"custom": {"endpoint": "{\"ChannelType\": \"EMAIL\", \"User\": {\"UserId\": \"u2\"}}"}}, "awsAccountId": "111122223333"}
"#;

fn record(user: &str) -> String {
    of_project(&"0".repeat(32), user)
}

fn of_project(project: &str, user: &str) -> String {
    format!(
        r#"{{"event_type":"_session.start","event_timestamp":"1790000000000","application":{{"app_id":"{project}"}},"client":{{"client_id":"{user}"}},"client_context":{{"custom":{{"endpoint":"{{\"User\":{{\"UserId\":\"{user}\"}}}}"}}}}}}"#
    )
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// What is read of a folder, as `source user`, in order, and the tally.
fn read_folder(folder: &Path, batch: usize) -> (Vec<Vec<String>>, Tally) {
    let reading = Reading {
        paths: vec![folder.to_owned()],
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        projects: BTreeSet::from([ProjectId::new("0".repeat(32))]),
        endpoints: Endpoints::default(),
        batch,
    };
    let root = format!("{}/", folder.display());
    let (mut receiver, thread) = reading.start();
    let mut batches = Vec::new();
    while let Some(batch) = receiver.blocking_recv() {
        let shown = batch.iter().map(|(event, source)| {
            let user = match &event.user.who {
                Who::User(sub) => sub.as_str(),
                Who::Nobody(_) | Who::NotFound(..) => "-",
            };
            format!("{source} {user}").replace(&root, "")
        });
        batches.push(shown.collect());
    }
    (batches, thread.join().unwrap())
}

/// What is read of these files, and what is rejected, with the beginning of each error only.
fn check(files: &[(&str, &[u8])], expected: &[&str], rejected: &[&str]) {
    let folder = folder(files);
    let (batches, tally) = read_folder(folder.path(), 5_000);
    assert_eq!(batches.concat(), expected);
    let root = format!("{}/", folder.path().display());
    let found: Vec<String> = tally
        .rejected
        .iter()
        .map(|it| format!("{}: {}", it.source, it.error).replace(&root, ""))
        .collect();
    assert_eq!(found.len(), rejected.len(), "{found:?}");
    for (found, rejected) in found.iter().zip(rejected) {
        assert!(found.starts_with(rejected), "{found}");
    }
    let read = u64::try_from(expected.len()).unwrap();
    assert_eq!(tally.read, read + tally.other_types);
}

#[test]
fn every_file_of_every_folder_is_read_but_hidden_ones_whatever_its_name() {
    check(
        &[
            ("records.jsonl", RECORDS.as_bytes()),
            ("2026/09/21/firehose-1-2026-09-21", &gzip(&record("u3"))),
            ("2026/09/22/a.parquet", record("u4").as_bytes()),
            ("plain.gz", record("u5").as_bytes()),
            (".hidden", b"no"),
            (".cache/also.jsonl", b"no"),
            ("empty", b""),
        ],
        &[
            "2026/09/21/firehose-1-2026-09-21:1 u3",
            "2026/09/22/a.parquet:1 u4",
            "plain.gz:1 u5",
            "records.jsonl:1 u1",
            "records.jsonl:2 u2",
        ],
        &[],
    );
}

#[test]
fn values_may_stand_in_any_form() {
    let [one, two] = ["u1", "u2"].map(record);
    for form in [
        format!("{one}{two}"),
        format!("{one} {two}\n"),
        format!("{one}\r\n\r\n{two}"),
        format!("[{one},{two}]"),
    ] {
        for bytes in [form.clone().into_bytes(), gzip(&form)] {
            let folder = folder(&[("f", &bytes)]);
            let users: Vec<String> = read_folder(folder.path(), 9).0.concat();
            let users = users.iter().map(|it| it.split_once(' ').unwrap().1);
            assert_eq!(users.collect::<Vec<_>>(), ["u1", "u2"], "{form}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
    let lines = format!(
        "{}\nno\n{{}}\n{}\n{{\"event_type\":\"tap\"}}\n",
        record("u1"),
        record("u2")
    );
    let packed = gzip(&lines);
    check(
        &[
            (
                "a-cut.jsonl",
                format!("{}\n{}", record("u3"), &record("u4")[..60]).as_bytes(),
            ),
            ("b-lines.gz", &packed),
            ("c-short", &packed[..packed.len() - 4]),
            ("d.zip", b"PK\x03\x04..."),
            ("e", record("u5").as_bytes()),
        ],
        &[
            "a-cut.jsonl:1 u3",
            "b-lines.gz:1 u1",
            "b-lines.gz:4 u2",
            "c-short:1 u1",
            "c-short:4 u2",
            "e:1 u5",
        ],
        &[
            "a-cut.jsonl:2: not JSON: EOF while parsing",
            "b-lines.gz:2: not JSON: expected",
            "b-lines.gz:3: no event-stream record: `event_type` is missing",
            "c-short:2: not JSON: expected",
            "c-short:3: no event-stream record: `event_type` is missing",
            "c-short:6: can't be read from here on (",
            "d.zip: is compressed, but not with gzip: unpack it first",
        ],
    );
}

#[test]
fn a_project_that_is_not_configured_is_named_once() {
    let other = of_project(&"f".repeat(32), "u9");
    check(
        &[
            (
                "a",
                format!("{}\n{other}\n{other}\n", record("u1")).as_bytes(),
            ),
            ("b", format!("{other}\nno\n").as_bytes()),
        ],
        &["a:1 u1"],
        &[
            "a:2: the project ffffffffffffffffffffffffffffffff is not configured, and its records are not taken (3 of them; ",
            "b:2: not JSON: ",
        ],
    );
}

#[test]
fn batches_are_no_larger_than_asked_for() {
    let lines: String = (1..=5).map(|it| record(&format!("u{it}")) + "\n").collect();
    let folder = folder(&[("f", lines.as_bytes())]);
    let (batches, tally) = read_folder(folder.path(), 2);
    let expected: [&[&str]; 3] = [&["f:1 u1", "f:2 u2"], &["f:3 u3", "f:4 u4"], &["f:5 u5"]];
    assert_eq!(batches, expected);
    assert_eq!(tally.read, 5);
}
