//! `cognito-pinpoint config`: checks a configuration, or imports one from a user pool.

mod check;
mod import;

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use aws::configuration::{ConfigurationError, Source};
use aws::sdk::SdkConfig;
use domain::config::Config;

use crate::Failure;
use crate::account::account_of;
use crate::args::{ConfigCommand, InstallationArgs};

/// Runs what was asked for.
pub async fn run(command: ConfigCommand) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Check(args) => check::run(&args),
        ConfigCommand::Import(args) => import::run(&args).await,
    }
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

/// The configuration of an installation, in a file or else where the functions have theirs, and the
/// account that it is in. What can be told without the account is told first.
pub async fn of_installation(of: &InstallationArgs) -> Result<(Config, SdkConfig), Failure> {
    if let Some(file) = &of.config {
        let config = read(file)?;
        return Ok((config, account_of(&of.user_pool_id).await?));
    }
    let source = Source::from_environment()
        .map_err(|error| Failure::Usage(format!("{error}; or give --config FILE")))?;
    let sdk = account_of(&of.user_pool_id).await?;
    let config = source.read(&sdk).await.map_err(|error| match error {
        ConfigurationError::Unavailable(_) => Failure::from(error),
        ConfigurationError::Nowhere
        | ConfigurationError::Unreadable { .. }
        | ConfigurationError::Faulty(_) => Failure::Usage(error.to_string()),
    })?;
    Ok((config, sdk))
}
