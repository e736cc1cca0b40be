use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000).unwrap()
}

fn event(name: &str) -> String {
    format!(r#"{{"triggerSource":"{name}","request":{{}}}}"#)
}

fn wrapped(time: &str, name: &str) -> String {
    format!(r#"{{"time":"{time}","event":{}}}"#, event(name))
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// Each entry as `source name`, in order, and each rejected one as `source: error`; with the folder's
/// path left out.
fn read(folder: &Path, paths: &[&str], stdin: &[u8]) -> (Vec<String>, Vec<String>) {
    let root = format!("{}/", folder.display());
    let paths: Vec<_> = paths
        .iter()
        .map(|path| {
            if *path == "-" {
                PathBuf::from(path)
            } else {
                folder.join(path)
            }
        })
        .collect();
    let mut spool = Spool::default();
    let inputs = inputs::inputs(&paths, &mut &*stdin, &mut spool);
    let (mut entries, rejected) = Entries::index_of(inputs, spool, now(), &mut |_, _| {});
    let read = entries
        .read()
        .map(|entry| {
            let entry = entry.unwrap();
            let event: serde_json::Value = serde_json::from_str(&entry.event).unwrap();
            format!(
                "{} {}",
                entry.source,
                event["triggerSource"].as_str().unwrap()
            )
        })
        .map(|text| text.replace(&root, ""))
        .collect();
    let rejected = rejected
        .iter()
        .map(|it| format!("{}: {}", it.source, it.error).replace(&root, ""))
        .collect();
    (read, rejected)
}

#[test]
fn entries_come_in_order_of_time_and_those_of_one_moment_as_read() {
    let late = "2026-01-02T00:00:00Z";
    let early = "2026-01-01T00:00:00.000001Z";
    let earlier = "2026-01-01T00:00:00Z";
    let first = [wrapped(late, "1"), wrapped(early, "2"), wrapped(late, "3")].join("\n");
    let second = [wrapped(late, "4"), wrapped(earlier, "5"), event("now")].join("\n");
    let folder = folder(&[("b.jsonl", &first), ("a.jsonl", &second)]);
    let (read, rejected) = read(folder.path(), &["b.jsonl", "a.jsonl"], b"");
    assert_eq!(
        read,
        [
            "a.jsonl:2 5",
            "b.jsonl:2 2",
            "b.jsonl:1 1",
            "b.jsonl:3 3",
            "a.jsonl:1 4",
            "a.jsonl:3 now"
        ]
    );
    assert_eq!(rejected, Vec::<String>::new());
}

#[test]
fn what_is_compressed_is_read_as_if_it_were_not() {
    let times = [
        "2026-01-03T00:00:00Z",
        "2026-01-01T00:00:00Z",
        "2026-01-02T00:00:00Z",
    ];
    let [first, second, third] = times.map(|time| wrapped(time, &time[8..10]));
    let lines = format!("{first}\n{second}\n");
    let members = [gzip(&lines), gzip(&third)].concat();
    let folder = folder(&[("plain.json.gz", &lines)]);
    for (name, bytes) in [
        ("lines.ndjson.gz", gzip(&lines)),
        ("members.jsonl.gz", members.clone()),
        ("twice.gz", gzip_bytes(&members)),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let paths = [
        "lines.ndjson.gz",
        "members.jsonl.gz",
        "twice.gz",
        "-",
        "plain.json.gz",
    ];
    let (found, rejected) = read(folder.path(), &paths, &members);
    let expected = [
        "lines.ndjson.gz:2 01",
        "members.jsonl.gz:2 01",
        "twice.gz:2 01",
        "-:2 01",
        "plain.json.gz:2 01",
        "members.jsonl.gz:3 02",
        "twice.gz:3 02",
        "-:3 02",
        "lines.ndjson.gz:1 03",
        "members.jsonl.gz:1 03",
        "twice.gz:1 03",
        "-:1 03",
        "plain.json.gz:1 03",
    ];
    assert_eq!(found, expected);
    assert_eq!(rejected, Vec::<String>::new());
}

#[test]
fn what_comes_before_damage_to_a_compressed_file_goes_on() {
    let lines = format!("{}\n{}\n", event("1"), event("2"));
    let whole = gzip(&lines);
    let two = [gzip(&lines), gzip(&format!("{}\n", event("3")))].concat();
    let cut_within = stored(&lines, lines.len() - 10);
    let mut wrong_sum = whole.clone();
    wrong_sum[whole.len() - 8] ^= 1;
    let cases: [(Vec<u8>, &[&str], &str); 6] = [
        (
            whole[..whole.len() - 4].to_vec(),
            &["a:1 1", "a:2 2"],
            "a:3: can't be read from here on (",
        ),
        (
            two[..two.len() - 20].to_vec(),
            &["a:1 1", "a:2 2"],
            "a:3: can't be read from here on (",
        ),
        (cut_within, &["a:1 1"], "a:2: can't be read from here on ("),
        (
            wrong_sum,
            &["a:1 1", "a:2 2"],
            "a:3: can't be read from here on (",
        ),
        (
            [whole, b"no gzip".to_vec()].concat(),
            &["a:1 1", "a:2 2"],
            "a:3: can't be read from here on (",
        ),
        (vec![0x1F, 0x8B, 8], &[], "a: can't be read: "),
    ];
    for (bytes, expected, error) in cases {
        let folder = folder(&[("b", &event("b"))]);
        fs::write(folder.path().join("a"), &bytes).unwrap();
        let (found, rejected) = read(folder.path(), &["a", "b"], b"");
        assert_eq!(found, [expected, &["b:1 b"]].concat(), "{rejected:?}");
        assert_eq!(rejected.len(), 1, "{rejected:?}");
        assert!(rejected[0].starts_with(error), "{rejected:?}");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    gzip_bytes(text.as_bytes())
}

fn gzip_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A gzip file of which only so many bytes of the text have arrived.
fn stored(text: &str, arrived: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(text.as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    let end = whole.len() - 8 - (text.len() - arrived);
    whole[..end].to_vec()
}

#[test]
fn what_is_in_a_log_is_given_as_it_was_before_it_came_there() {
    let event = "{ \"triggerSource\" :\t\"x\",\"more\":[1.0e+2,\"\\u00fc ü\"] }";
    let string = serde_json::to_string(event).unwrap();
    let message = format!(r#"{{"timestamp":1769851800000,"message":{string}}}"#);
    let lines = [
        format!("2026-01-31T09:30:00.000Z\tid\tINFO\t{event}"),
        message.clone(),
        serde_json::json!({"@message": message}).to_string(),
    ];
    let folder = folder(&[("a.json", &lines.join("\n"))]);
    let (mut entries, _) = Entries::index(&[folder.path().to_owned()], now(), &mut |_, _| {});
    let read: Vec<_> = entries
        .read()
        .map(|it| it.unwrap())
        .map(|it| (it.time.timestamp(), it.event))
        .collect();
    assert_eq!(read, vec![(1_769_851_800, event.to_owned()); 3]);
}

#[test]
fn several_entries_of_a_line_are_named_by_it_and_their_faults_by_the_column() {
    let early = "2026-01-01T00:00:00Z";
    let text = format!(
        "{}{}{{}}{{\"a\":}}{}\n{}",
        event("1"),
        wrapped(early, "2"),
        event("3"),
        event("4")
    );
    let (found, rejected) = read(folder(&[]).path(), &["-"], text.as_bytes());
    assert_eq!(found, ["-:1 2", "-:1 1", "-:1 3", "-:2 4"]);
    let column = event("1").len() + wrapped(early, "2").len();
    assert_eq!(rejected.len(), 2, "{rejected:?}");
    assert!(rejected[0].starts_with("-:1: no trigger event: "));
    assert!(
        rejected[0].ends_with(&format!(" (column {})", column + 1)),
        "{rejected:?}"
    );
    assert!(rejected[1].starts_with("-:1: not JSON: "));
    assert!(
        rejected[1].ends_with(&format!(" (column {})", column + 8)),
        "{rejected:?}"
    );
}

#[test]
fn what_is_more_than_a_day_ahead_cannot_be_taken() {
    let ahead = |milliseconds: i64| {
        let time = now() + chrono::TimeDelta::milliseconds(milliseconds);
        wrapped(&time.to_rfc3339(), &milliseconds.to_string())
    };
    let lines = [ahead(86_400_001), ahead(86_400_000), ahead(0)].join("\n");
    let (found, rejected) = read(folder(&[]).path(), &["-"], lines.as_bytes());
    assert_eq!(found, ["-:3 0", "-:2 86400000"]);
    assert_eq!(
        rejected,
        [
            "-:1: its time is 2027-01-16 08:00:00.001 UTC, more than 24 hours ahead of this computer's \
          clock: one of them is wrong"
        ]
    );
}

#[test]
fn a_folder_is_its_own_json_files_by_name() {
    let folder = folder(&[
        ("samples/b.json", &event("b")),
        ("samples/a.jsonl", &event("a")),
        (
            "samples/c.json",
            &format!("[{},\n{}]", event("c1"), event("c2")),
        ),
        ("samples/README.md", "no entry"),
        ("samples/deeper/d.json", &event("d")),
        ("samples/folder.json/e.json", &event("e")),
        ("samples/d.ndjson", &event("d")),
        ("samples/e.json.gz", &event("e")),
        ("samples/f.txt.gz", &event("f")),
        ("samples/g.gz", &event("g")),
    ]);
    let (read, rejected) = read(folder.path(), &["samples"], b"");
    let expected = [
        "samples/a.jsonl:1 a",
        "samples/b.json:1 b",
        "samples/c.json:1 c1",
        "samples/c.json:2 c2",
        "samples/d.ndjson:1 d",
        "samples/e.json.gz:1 e",
    ];
    assert_eq!(read, expected);
    assert_eq!(rejected, Vec::<String>::new());
}

#[test]
fn what_comes_through_a_pipe_is_read_like_a_file() {
    let folder = folder(&[("a.json", &event("a"))]);
    let stdin = format!("{}\n{}\n", event("1"), wrapped("2026-01-01T00:00:00Z", "2"));
    let (read, rejected) = read(folder.path(), &["-", "a.json"], stdin.as_bytes());
    assert_eq!(read, ["-:2 2", "-:1 1", "a.json:1 a"]);
    assert_eq!(rejected, Vec::<String>::new());
}

#[test]
fn what_cannot_be_taken_is_named_and_the_rest_goes_on() {
    let mixed = format!("{}\n\nno\n{}\n12\n", event("1"), event("2"));
    let folder = folder(&[
        ("a.jsonl", &mixed),
        ("b.json", "[1,\n  {}\n"),
        ("c.json", &event("c")),
    ]);
    fs::write(folder.path().join("utf16.json"), b"\xFF\xFE{\0}\0").unwrap();
    let paths = ["a.jsonl", "gone.json", "b.json", "utf16.json", "c.json"];
    let (read, rejected) = read(folder.path(), &paths, b"");
    assert_eq!(read, ["a.jsonl:1 1", "a.jsonl:4 2", "c.json:1 c"]);
    let begins: Vec<String> = rejected
        .iter()
        .map(|it| it.split_inclusive(": ").take(2).collect())
        .collect();
    let expected: [&str; 7] = [
        "a.jsonl:3: not JSON: ",
        "a.jsonl:5: a number, not an object: ",
        "gone.json: there is no such file or folder: ",
        "b.json:1: a number, not an object: ",
        "b.json:2: no trigger event: ",
        "b.json:3: the array is not closed: ",
        "utf16.json: is UTF-16: ",
    ];
    assert_eq!(begins, expected);
}

#[test]
fn rejected_entries_sort_as_they_were_read() {
    let folder = folder(&[("b.jsonl", "1\n\n\n\n\n\n\n\n\n2\n3"), ("a.jsonl", "4")]);
    let paths = [folder.path().join("b.jsonl"), folder.path().join("a.jsonl")];
    let (_, rejected) = Entries::index(&paths, now(), &mut |_, _| {});
    let mut shuffled: Vec<_> = rejected.iter().rev().cloned().collect();
    shuffled.sort();
    assert_eq!(shuffled, rejected);
    let json = serde_json::to_value(&rejected[0]).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["source", "error"]);
}

#[test]
fn a_file_that_changes_between_the_passes_is_told_of() {
    let folder = folder(&[("a.jsonl", &[event("1"), event("2")].join("\n"))]);
    let path = folder.path().join("a.jsonl");
    let (mut entries, _) = Entries::index(std::slice::from_ref(&path), now(), &mut |_, _| {});
    fs::write(&path, event("1")).unwrap();
    let read: Vec<_> = entries.read().collect();
    assert!(read[0].is_ok());
    let error = read[1].as_ref().unwrap_err();
    assert!(
        error.error.starts_with("can't be read a second time"),
        "{error:?}"
    );
    assert_eq!(error.source, format!("{}:2", path.display()));
}

#[test]
fn more_files_than_may_be_open_take_turns() {
    let times = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];
    let content = times.map(|time| wrapped(time, "x")).join("\n");
    let folder = tempfile::tempdir().unwrap();
    for number in 0..200 {
        fs::write(folder.path().join(format!("{number:03}.jsonl")), &content).unwrap();
    }
    let (read, _) = read(folder.path(), &[""], b"");
    let expected: Vec<_> = (1..=2)
        .flat_map(|line| (0..200).map(move |file| format!("{file:03}.jsonl:{line} x")))
        .collect();
    assert_eq!(read, expected);
}

#[test]
fn progress_ends_at_the_size_of_all_files() {
    let line = format!("{}\n", event("x"));
    let folder = folder(&[("a.jsonl", &line.repeat(100_000)), ("b.jsonl", &line)]);
    let mut told = Vec::new();
    let paths = [folder.path().to_owned()];
    let (entries, _) = Entries::index(&paths, now(), &mut |done, total| told.push((done, total)));
    let total = u64::try_from(line.len()).unwrap() * 100_001;
    assert_eq!(entries.len(), 100_001);
    assert!(told.len() > 3 && told.is_sorted(), "{told:?}");
    assert_eq!(told.last(), Some(&(total, total)));
}

/// A fixed sequence of numbers without order (a linear congruential generator).
fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    }
}

/// Cuts the line, or puts something into it that is no JSON there.
fn damage(line: &str, number: &mut impl FnMut(usize) -> usize) -> String {
    let (before, after) = line.split_at(1 + number(line.len() - 1));
    match number(6) {
        0 => before.to_owned(),
        1 => format!("{before}{{{after}"),
        2 => format!("{before}[{after}"),
        3 => format!("{before}\"{after}"),
        4 => format!("{before}}}{after}"),
        _ => format!("{before},{after}"),
    }
}

#[test]
fn damage_costs_only_the_lines_it_is_in() {
    for seed in 0..300 {
        let mut number = numbers(seed);
        let mut lines = Vec::new();
        let mut whole = Vec::new();
        for line in 1..=12 {
            let text = wrapped(&format!("2026-01-01T00:00:{line:02}Z"), &line.to_string());
            let is_whole = number(3) > 0;
            lines.push(if is_whole {
                text.clone()
            } else {
                damage(&text, &mut number)
            });
            whole.push(is_whole);
        }
        check_damaged(&lines.join("\n"), 1, &whole);
        check_damaged(&format!("[\n{}\n]\n", lines.join(",\n")), 2, &whole);
        check_damaged_on_one_line(&lines.concat(), &whole);
        check_damaged_on_one_line(&lines.join(" "), &whole);
    }
}

/// Whole values are found, but for one after a damaged one; no part of one is taken for an event.
fn check_damaged_on_one_line(file: &str, whole: &[bool]) {
    let folder = folder(&[("a.json", file)]);
    let path = folder.path().join("a.json");
    let (mut entries, _) = Entries::index(&[path], now(), &mut |_, _| {});
    let times: Vec<_> = entries.read().map(|entry| entry.unwrap().time).collect();
    let mut after_damage = false;
    for (second, is_whole) in (1..).zip(whole) {
        let found = times.iter().any(|it| it.timestamp() % 60 == second);
        assert!(
            found || !is_whole || after_damage,
            "second {second}\n{file}"
        );
        after_damage = !is_whole;
    }
    assert!(times.iter().all(|time| *time < now()), "{file}");
}

/// Whole lines are found, and damaged ones reported, if need be with the damaged one before; no part of
/// one is taken for an event.
fn check_damaged(file: &str, first_line: u32, whole: &[bool]) {
    let folder = folder(&[("a.json", file)]);
    let path = folder.path().join("a.json");
    let (mut entries, rejected) = Entries::index(&[path], now(), &mut |_, _| {});
    let entries: Vec<_> = entries.read().map(Result::unwrap).collect();
    let is_at = |source: &str, line: u32| source.ends_with(&format!(":{line}"));
    let mut after_damage = false;
    for (line, is_whole) in (first_line..).zip(whole) {
        let found = entries.iter().any(|it| is_at(&it.source.to_string(), line));
        let told = rejected.iter().any(|it| is_at(&it.source, line));
        let settled = found || (!is_whole && (told || after_damage));
        assert!(settled, "line {line}\n{file}\n{entries:?}\n{rejected:?}");
        after_damage = !is_whole;
    }
    assert!(
        entries.iter().all(|it| it.time < now()),
        "{file}\n{entries:?}"
    );
}

#[test]
fn events_are_given_byte_for_byte() {
    let event = "{ \"triggerSource\" :\t\"x\",\n\"more\":[1.0e+2,\"\\u00fc ü\"] }";
    let forms = [
        format!("\u{feff}{event}\r\n"),
        format!("{{\"event\" : {event} ,\"time\":\"2026-01-01T00:00:00Z\"}}"),
        format!("[ {event} ]"),
    ];
    for form in forms {
        let folder = folder(&[("a.json", &form)]);
        let paths = [folder.path().to_owned()];
        let (mut entries, _) = Entries::index(&paths, now(), &mut |_, _| {});
        let read: Vec<_> = entries.read().map(|entry| entry.unwrap().event).collect();
        assert_eq!(read, [event], "{form}");
    }
}
