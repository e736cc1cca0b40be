use std::fs;
use std::path::Path;

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
fn read(folder: &Path, paths: &[&str], stdin: &str) -> (Vec<String>, Vec<String>) {
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
    let inputs = inputs::inputs(&paths, &mut stdin.as_bytes());
    let (mut entries, rejected) = Entries::index_of(inputs, now(), &mut |_, _| {});
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
    let (read, rejected) = read(folder.path(), &["b.jsonl", "a.jsonl"], "");
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
    ]);
    let (read, rejected) = read(folder.path(), &["samples"], "");
    let expected = [
        "samples/a.jsonl:1 a",
        "samples/b.json:1 b",
        "samples/c.json:1 c1",
        "samples/c.json:2 c2",
    ];
    assert_eq!(read, expected);
    assert_eq!(rejected, Vec::<String>::new());
}

#[test]
fn what_comes_through_a_pipe_is_read_like_a_file() {
    let folder = folder(&[("a.json", &event("a"))]);
    let stdin = format!("{}\n{}\n", event("1"), wrapped("2026-01-01T00:00:00Z", "2"));
    let (read, rejected) = read(folder.path(), &["-", "a.json"], &stdin);
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
    let (read, rejected) = read(folder.path(), &paths, "");
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
    let (read, _) = read(folder.path(), &[""], "");
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
    }
}

/// Whole lines are found, and damaged ones told of, if need be with the damaged one before; no part of
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
