use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const EVENT: &str = r#"{"id":"019","note":"a \"b\" \\ ü","nested":{"spilled":"no"}}"#;

/// The log line of [`EVENT`], as an object and as a string; at the top and under `fields`.
fn lines() -> [String; 4] {
    let string = serde_json::to_string(EVENT).unwrap();
    let time = "2026-01-31T09:30:00.000Z";
    [
        format!(r#"{{"timestamp":"{time}","level":"ERROR","spilled":{EVENT},"error":"\"x\""}}"#),
        format!(r#"{{"timestamp":"{time}","level":"ERROR","spilled":{string}}}"#),
        format!(r#"{{"level":"ERROR","fields":{{"message":"spilled","spilled":{string}}}}}"#),
        format!(r#"{{ "fields" : {{ "spilled" : {EVENT} }} , "target" : "capture" }}"#),
    ]
}

/// Each event as `line json`, and each rejected line as `line: error`; then the lines passed over.
fn read(log: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, log).unwrap();
    let name = format!("{}:", path.display());
    let mut spilled = Spilled::new(&[path]);
    let mut found: Vec<_> = spilled
        .by_ref()
        .map(|it| match it {
            Ok(event) => format!("{} {}", event.source, event.json),
            Err(rejected) => format!("{}: {}", rejected.source, rejected.error),
        })
        .map(|text| text.replace(&name, ""))
        .collect();
    found.push(format!("{} passed over", spilled.passed_over()));
    found
}

fn check(log: &str, line: u32, passed_over: u64) {
    let expected = [
        format!("{line} {EVENT}"),
        format!("{passed_over} passed over"),
    ];
    assert_eq!(read(log.as_bytes()), expected, "{log}");
}

fn quoted(line: &str) -> String {
    serde_json::to_string(&format!("{line}\n")).unwrap()
}

#[test]
fn a_log_as_it_was_written() {
    for line in lines() {
        check(&line, 1, 0);
        check(
            &format!("INIT_START\r\n\r\nSTART RequestId: 1\r\n{line}\r\nEND\r\n"),
            4,
            3,
        );
    }
}

#[test]
fn a_log_with_something_before_each_line() {
    for line in lines() {
        check(&format!("2026-01-31T00:00:00.000Z {line}\n"), 1, 0);
        check(
            &format!("2026-01-31T00:00:00.000000+00:00 2026/01/31/[$LATEST]0f {line}\n"),
            1,
            0,
        );
        check(
            &format!("EVENTS\t38\t1769\t{line}\t2026/01/31/[$LATEST]0f\t1769\n"),
            1,
            0,
        );
        check(&format!("an odd \" before {{it}} {line}\n"), 1, 0);
    }
}

#[test]
fn the_answers_of_cloudwatch_logs_operations() {
    for line in lines() {
        let message = quoted(&line);
        check(
            &format!(
                "{{\n \"events\": [\n  {{\n   \"message\": {message},\n   \"t\": 1\n  }}\n ]\n}}"
            ),
            4,
            7,
        );
        check(
            &format!(r#"{{"events":[{{"timestamp":1,"message":{message}}}]}}"#),
            1,
            0,
        );
        check(&format!("[\n    {message},\n    \"START\"\n]\n"), 2, 3);
        check(
            &format!(r#"{{"results":[[{{"field":"@message","value":{message}}}]]}}"#),
            1,
            0,
        );
        check(
            &format!(r#"[{{"@message":{line},"@timestamp":"2026"}}]"#),
            1,
            0,
        );
        let twice = quoted(&format!(r#"{{"record":{message}}}"#));
        check(&format!(r#"{{"message":{twice}}}"#), 1, 0);
    }
}

#[test]
fn a_csv_file_of_logs_insights() {
    for line in lines() {
        let cell = line.replace('"', "\"\"");
        check(
            &format!("@timestamp,@message\n\"2026-01-31 09:30:00.000\",\"{cell}\"\n"),
            2,
            1,
        );
        check(&format!("@message,@log\n\"{cell}\n\",1:log\n"), 2, 2);
    }
}

#[test]
fn a_log_line_printed_over_several_lines() {
    for line in lines() {
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let found = read(format!("2026-01-31T09:30:00+00:00 stream\n{pretty}\nEND\n").as_bytes());
        assert_eq!(found.len(), 2, "{found:?}");
        let json = found[0].split_once(' ').unwrap().1;
        let event: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(
            event,
            serde_json::from_str::<serde_json::Value>(EVENT).unwrap()
        );
    }
}

#[test]
fn several_events_in_one_line() {
    let [first, second, ..] = lines();
    let expected = [
        format!("1 {EVENT}"),
        format!("1 {EVENT}"),
        "0 passed over".to_owned(),
    ];
    assert_eq!(read(format!("{first}\t{second}").as_bytes()), expected);
    let events = format!(r#"{{"events":[{},{}]}}"#, quoted(&first), quoted(&second));
    assert_eq!(read(events.as_bytes()), expected);
}

#[test]
fn other_logs_are_passed_over() {
    let log = "spilled\n{\"message\":\"it was spilled: see below\"}\n{\"outcomes\":{\"spilled\":2}}\n\
               {\"outcome\":\"spilled\"}\nkey: \"spilled\" alone\n{\"spilled\":null}\n\n{\n";
    assert_eq!(read(log.as_bytes()), ["7 passed over"]);
}

#[test]
fn a_line_that_should_hold_an_event_and_does_not_is_rejected() {
    let whole = &lines()[0];
    let half = &whole[..whole.len() / 2];
    let cases: &[(&str, &str)] = &[
        (
            half,
            "the object under `spilled` is not closed: is the line complete?",
        ),
        (
            r#"{"spilled":"{\"id\":"#,
            "the string under `spilled` is not closed: is the line complete?",
        ),
        (
            r#"{"spilled":"{\"id\":"}"#,
            "the string under `spilled` is not JSON",
        ),
        (
            r#"{"spilled":"[]"}"#,
            "the string under `spilled` holds no object",
        ),
        (
            r#"{"spilled":{"id":}}"#,
            "the object under `spilled` is not JSON",
        ),
        (
            r#"{"spilled":[]}"#,
            "what is under `spilled` is neither an object nor a string",
        ),
        (
            r#"{"spilled":"#,
            "nothing is under `spilled`: is the line complete?",
        ),
        (
            r#"{\"spilled\":{\"id\":1}"#,
            "`spilled` stands in no JSON: is the line complete?",
        ),
    ];
    for (line, error) in cases {
        let found = read(format!("{line}\n{whole}\n").as_bytes());
        let expected = [
            format!("1: {error}"),
            format!("2 {EVENT}"),
            "0 passed over".to_owned(),
        ];
        assert_eq!(found, expected, "{line}");
    }
    assert_eq!(
        read(b"{\"spilled\":{\"a\":\"\xFF\"}}"),
        ["1: the line is not UTF-8", "0 passed over"]
    );
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["gone", "empty.gz", "packed.zip", "log"].map(|name| folder.path().join(name));
    fs::write(&paths[1], b"\x1F\x8B\x08").unwrap();
    fs::write(&paths[2], b"PK\x03\x04").unwrap();
    fs::write(&paths[3], &lines()[0]).unwrap();
    let found: Vec<_> = Spilled::new(&paths).collect();
    let errors: Vec<_> = found
        .iter()
        .filter_map(|it| it.as_ref().err())
        .cloned()
        .collect();
    assert!(errors.is_sorted());
    let begins = ["there is no such file", "can't be read", "is compressed"];
    assert_eq!(errors.len(), begins.len(), "{errors:?}");
    for (error, begins) in errors.iter().zip(begins) {
        assert!(error.error.starts_with(begins), "{errors:?}");
    }
    assert_eq!(found[3].as_ref().unwrap().json, EVENT);
}

/// An event as it is spilled.
const RECORD: &str =
    r#"{"eventId":"019","type":"SignedIn","project":"0","metadata":{"locale":"fr \"FR\""}}"#;

#[test]
fn the_field_by_itself() {
    let string = serde_json::to_string(RECORD).unwrap();
    let cell = RECORD.replace('"', "\"\"");
    let sorted = r#"{"a":{"b":{}},"eventId":"019","project":"0","type":"SignedIn"}"#;
    let cases = [
        (format!("{RECORD}\n"), "1", 0, RECORD),
        (format!("{string}\n"), "1", 0, RECORD),
        (format!("{sorted}\n"), "1", 0, sorted),
        (
            format!("2026-01-31T00:00:00.000Z {RECORD}\n"),
            "1",
            0,
            RECORD,
        ),
        (
            format!("@timestamp,spilled\n2026-01-31,\"{cell}\"\n"),
            "2",
            1,
            RECORD,
        ),
        (
            format!("{{\n\"field\": \"spilled\",\n\"value\": {string}\n}}\n"),
            "3",
            3,
            RECORD,
        ),
        (
            format!(r#"{{"results":[[{{"field":"spilled","value":{string}}}]]}}"#),
            "1",
            0,
            RECORD,
        ),
    ];
    for (log, line, passed_over, event) in cases {
        let expected = [
            format!("{line} {event}"),
            format!("{passed_over} passed over"),
        ];
        assert_eq!(read(log.as_bytes()), expected, "{log}");
    }
    let many = RECORD.repeat(20);
    assert_eq!(read(many.as_bytes()).len(), 21);
    let half = &RECORD[..RECORD.len() - 2];
    assert_eq!(
        read(half.as_bytes()),
        [
            "1: a spilled event is on this line, but not all of it: is the line complete?",
            "0 passed over"
        ]
    );
}

#[test]
fn a_folder_is_all_files_within_it_but_hidden_ones() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        "7ce/000001.gz",
        "7ce/000000",
        ".hidden",
        "b/.hidden/c",
        "aws-logs-write-test",
    ];
    for name in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = name.replace('/', "_");
        let line = lines()[0].replace("019", &text);
        fs::write(
            &path,
            if name.ends_with(".gz") {
                gzip(&line)
            } else {
                line.into()
            },
        )
        .unwrap();
    }
    let found: Vec<_> = Spilled::new(&[folder.path().to_owned()])
        .map(|it| it.unwrap().json)
        .collect();
    let expected = ["7ce_000000", "7ce_000001.gz", "aws-logs-write-test"];
    assert_eq!(found, expected.map(|name| EVENT.replace("019", name)));
}

#[test]
fn what_comes_before_damage_to_a_compressed_log_goes_on() {
    let log = format!("{}\nSTART\n", lines()[0]);
    let whole = gzip(&log);
    let damage = "can't be read from here on (corrupt deflate stream): is the file complete?";
    let found = read(&[whole.clone(), whole[..10].to_vec(), vec![0xFF; 9]].concat());
    assert_eq!(
        found,
        [
            format!("1 {EVENT}"),
            format!("3: {damage}"),
            "1 passed over".to_owned()
        ]
    );
    let found = read(&whole[..whole.len() - 3]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[1].starts_with("3: can't be read from here on ("),
        "{found:?}"
    );
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
