//! Running the `cognito-pinpoint` command.

use std::process::{Command, Output};

use serde_json::Value;

use super::{binary, repository};

/// The command, in the repository's folder.
pub fn cognito_pinpoint() -> Command {
    let mut command = Command::new(binary("cognito-pinpoint"));
    command.current_dir(repository("."));
    command
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
