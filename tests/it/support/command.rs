//! Running the `cognito-pinpoint` command.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

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

/// Today's figures of the project, in the account that an emulator has.
pub fn figures_of_today(url: &str) -> Value {
    let today = chrono::Utc::now().date_naive().to_string();
    let mut metrics = in_account(url);
    metrics
        .args(["metrics", "--table", "cognito-pinpoint-metrics"])
        .args(["--project", PROJECT, "--format", "json"])
        .args(["--from", &today, "--to", &today]);
    json_of(&mut metrics)[0].clone()
}

/// What the command prints, if it succeeds.
pub fn json_of(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        errors_of(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the command prints to standard error.
pub fn errors_of(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
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
