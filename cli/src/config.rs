//! `cognito-pinpoint config`: checks a configuration, or imports one from a user pool.

mod check;
#[cfg(feature = "account")]
mod import;

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::ExitCode;

use ::config::Config;
use aws::configuration::{ConfigurationError, ConfigurationSource, LAYER_FILE};

use crate::Failure;
use crate::args::ConfigCommand;

/// Runs what was asked for.
pub async fn run(command: ConfigCommand) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Check(args) => check::run(&args),
        #[cfg(feature = "account")]
        ConfigCommand::Import(args) => import::run(&args).await,
        #[cfg(not(feature = "account"))]
        ConfigCommand::Import(_) => Err(crate::account::not_built()),
    }
}

/// The configuration of a deployed stack: in a file, or else where the functions have theirs.
pub fn of_stack(file: Option<&Path>) -> Result<Config, Failure> {
    if let Some(file) = file {
        return read(file);
    }
    let source = ConfigurationSource::from_environment();
    source.read().map_err(|error| {
        Failure::Usage(match error {
            // Nobody has said where it is, and this is no function.
            ConfigurationError::Unreadable { file, source }
                if file == LAYER_FILE && source.kind() == ErrorKind::NotFound =>
            {
                "give --config FILE, the configuration that the stack was deployed with (or set ANALYTICS_CONFIG_FILE to its path)"
                    .to_owned()
            }
            ConfigurationError::Unreadable { .. } => format!("{error}; or give --config FILE"),
            ConfigurationError::Faulty(_) => error.to_string(),
        })
    })
}

/// The configuration in a file; `-` is the standard input.
pub fn read(file: &Path) -> Result<Config, Failure> {
    let name = file.display();
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let text = text.map_err(|error| {
        Failure::Usage(format!("the configuration {name} cannot be read: {error}"))
    })?;
    Config::from_json(&text)
        .map_err(|faults| Failure::Usage(format!("the configuration {name} is faulty:\n{faults}")))
}
