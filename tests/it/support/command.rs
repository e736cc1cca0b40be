//! Running the `cognito-pinpoint` command.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::installation::PROJECT;
use super::{binary, repository};

/// The command, in the repository's folder.
pub fn cognito_pinpoint() -> Command {
    let mut command = Command::new(binary("cognito-pinpoint"));
    command.current_dir(repository("."));
    command
}

/// The command, in the account that an emulator has.
pub fn in_account(url: &str) -> Command {
    let mut command = cognito_pinpoint();
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_REGION", "us-east-1");
    command
}

/// The figures of the last two days, as this command of `metrics` reads them: a test may run across
/// midnight. What is counted by day is added up; of the windows, the last day's is given.
pub fn figures(metrics: &mut Command) -> Value {
    let today = chrono::Utc::now().date_naive();
    let yesterday = today.pred_opt().expect("there is one").to_string();
    metrics
        .args(["--format", "json", "--from", &yesterday])
        .args(["--to", &today.to_string()]);
    let days = json_of(metrics);
    let sum = |name: &str| {
        [0, 1]
            .map(|day| days[day][name].as_i64().unwrap())
            .iter()
            .sum::<i64>()
    };
    json!({
        "signUps": sum("signUps"), "signIns": sum("signIns"), "authFailures": sum("authFailures"),
        "newUsers": sum("newUsers"), "wau": days[1]["wau"], "mau": days[1]["mau"],
    })
}

/// The project's, in the account that an emulator has.
pub fn figures_in_account(url: &str) -> Value {
    let mut metrics = in_account(url);
    metrics.args([
        "metrics",
        "--stack",
        "cognito-pinpoint",
        "--project",
        PROJECT,
    ]);
    figures(&mut metrics)
}

/// What the command prints, if it succeeds.
pub fn json_of(command: &mut Command) -> Value {
    serde_json::from_slice(&done(command).stdout).unwrap()
}

/// Runs a command that must succeed.
pub fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        errors_of(&output)
    );
    output
}

/// What the command prints to standard error.
pub fn errors_of(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A command that was asked for what cannot be says so, and prints nothing else.
pub fn check_refused(output: &Output, problem: &str, arguments: &[&str]) {
    let errors = errors_of(output);
    assert_eq!(
        (output.status.code(), output.stdout.len()),
        (Some(2), 0),
        "{arguments:?}: {errors}"
    );
    assert!(errors.contains(problem), "{arguments:?}: {errors}");
}

/// A program of the tests' virtual environment, with credentials that mean nothing.
pub fn python_program(name: &str) -> Command {
    let program: PathBuf = repository(".venv/bin").join(name);
    assert!(
        program.exists(),
        "{} is not there: run `make test`",
        program.display()
    );
    let mut command = Command::new(program);
    command
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PAGER", "");
    command
}
