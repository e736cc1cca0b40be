//! Help and completions.

use crate::support::command::{cognito_pinpoint, done};

const COMMANDS: [&[&str]; 15] = [
    &[],
    &["replay"],
    &["metrics"],
    &["import"],
    &["annotate"],
    &["pinpoint-local"],
    &["config", "check"],
    &["config", "import"],
    &["completions"],
    &["local"],
    &["attach"],
    &["doctor"],
    &["sync"],
    &["republish"],
    &["forget"],
];

#[test]
fn every_command_has_help_with_examples_that_fits_into_a_hundred_columns() {
    for command in COMMANDS {
        let output = done(cognito_pinpoint().args(command).arg("--help"));
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.contains("Example"), "{command:?}: {help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{command:?}: {line}");
        }
    }
}

#[test]
fn each_shell_gets_its_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = done(cognito_pinpoint().args(["completions", shell]));
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("user-pool-id"), "{shell}");
    }
}
