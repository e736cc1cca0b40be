//! What `make replay` compiles of others' crates need not be compiled again for the whole command, the functions and the tests: it is
//! asked for with the same features.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::support::repository;

/// Compiled in seconds, and little stands on them: the first has more for the console's function, the second for snapshots.
const EXCEPTIONS: [&str; 2] = ["aws_lambda_events", "regex-automata"];

/// The features of each crate of others', by its name and version, where this is built.
fn features(selection: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree", "--locked", "--prefix", "none", "--format", "{p}|{f}",
        ])
        .args(selection)
        .current_dir(repository("."))
        .output()
        .expect("cargo runs");
    let text = String::from_utf8(output.stdout).expect("it is text");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let mut features: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // Of our own, the path is told.
    let others = text.lines().filter(|line| !line.contains("(/"));
    for (package, of_package) in others.filter_map(|line| line.split_once('|')) {
        let package = package.trim_end_matches(" (proc-macro)").to_owned();
        let of_package = of_package.trim_end_matches(" (*)").split(',');
        let named = of_package.filter(|it| !it.is_empty()).map(str::to_owned);
        features.entry(package).or_default().extend(named);
    }
    features
}

#[test]
fn what_a_replay_compiles_is_not_compiled_again() {
    let replay = [
        "--package",
        "cli",
        "--no-default-features",
        "--edges",
        "normal,build",
    ];
    let replay = features(&replay);
    let all = features(&["--workspace", "--edges", "normal,build,dev"]);
    assert!(replay.len() > 100, "{replay:?}");
    let differs = replay.iter().filter(|(package, of_replay)| {
        let is_exception = EXCEPTIONS
            .iter()
            .any(|it| package.split(' ').next() == Some(it));
        !is_exception && all.get(*package) != Some(of_replay)
    });
    let differs: Vec<_> = differs
        .map(|(package, had)| (package, had, all.get(package)))
        .collect();
    assert!(
        differs.is_empty(),
        "turn on in cli/Cargo.toml what these have besides: {differs:#?}"
    );
}
