//! `cognito-pinpoint config import`: the analytics configuration of a user pool's app clients, as
//! Cognito has it, becomes this service's.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use admin::user_pool::{AppClient, UserPool};
use config::Config;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::account::account_of;
use crate::args::ConfigImportArgs;

/// Writes the configuration, and tells what in it would be refused. Exit code 1 if anything would.
pub async fn run(args: &ConfigImportArgs) -> Result<ExitCode, Failure> {
    check_output(args)?;
    let sdk = account_of(&args.account, &args.user_pool_id).await?;
    let pool = UserPool::new(&sdk, args.user_pool_id.clone());
    let clients = pool.app_clients().await?;
    let configured = configured(&clients);
    if configured.is_empty() {
        return Err(Failure::Outside(format!(
            "none of the {} app clients of {} has an AnalyticsConfiguration: write one by hand, as docs/configuration.md shows",
            clients.len(),
            pool.id(),
        )));
    }
    let count = configured.len();
    let text = serde_json::to_string_pretty(&json!({"Clients": configured}))? + "\n";
    write(args, &text)?;
    eprintln!(
        "imported {count} of {} app clients of {}{}",
        clients.len(),
        pool.id(),
        without(&clients),
    );
    eprintln!(
        "no Destinations were written: all is counted, and nothing is sent; docs/configuration.md says what to add where something \
         of yours speaks Pinpoint's API"
    );
    let checked = Config::from_json(&text).and_then(|config| config.check_regions(pool.id()));
    let Err(faults) = checked else {
        return Ok(ExitCode::SUCCESS);
    };
    eprintln!("to be mended before it is used:\n{faults}");
    Ok(ExitCode::FAILURE)
}

fn configured(clients: &[AppClient]) -> Map<String, Value> {
    let all = clients.iter().filter_map(|client| {
        let analytics = client.analytics.clone()?;
        Some((client.id.to_string(), Value::Object(analytics)))
    });
    all.collect()
}

/// The clients that have none.
fn without(clients: &[AppClient]) -> String {
    let none = clients.iter().filter(|client| client.analytics.is_none());
    let names: Vec<String> = none
        .map(|client| format!("{} ({})", client.id, client.name))
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("; without an AnalyticsConfiguration: {}", names.join(", "))
    }
}

/// A file that is there is somebody's work: it is replaced only with `--force`.
fn check_output(args: &ConfigImportArgs) -> Result<(), Failure> {
    let name = args.output.display();
    let folder = args
        .output
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let folder = folder.display();
        return Err(Failure::Usage(format!(
            "{name} cannot be written: there is no folder {folder}"
        )));
    }
    if args.output.exists() && !args.force {
        return Err(Failure::Usage(format!(
            "{name} is there already: give another --output, or --force"
        )));
    }
    Ok(())
}

fn write(args: &ConfigImportArgs, text: &str) -> Result<(), Failure> {
    if args.output == Path::new("-") {
        return Ok(std::io::stdout().lock().write_all(text.as_bytes())?);
    }
    let name = args.output.display();
    let mut options = OpenOptions::new();
    options
        .write(true)
        .truncate(true)
        .create(args.force)
        .create_new(!args.force);
    let file = options
        .open(&args.output)
        .map_err(|error| Failure::Usage(format!("{name} cannot be written: {error}")));
    Ok(file?.write_all(text.as_bytes())?)
}
