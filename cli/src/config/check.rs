//! `cognito-pinpoint config check`: what a configuration comes to, or every fault of it.

use std::io::Write;
use std::process::ExitCode;

use domain::config::{
    ClientConfig, Config, Destination, FederatedUsers, ProjectRegion, UserDataSharing,
};
use domain::ids::UserPoolId;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Failure;
use crate::args::{ConfigCheckArgs, Format};
use crate::days::{cells, table};

/// What the clients have that are not named.
const DEFAULT: &str = "(default)";

/// A Region that Cognito's table decides, by the pool.
const BY_POOL: &str = "by the pool";

/// What an app client's configuration comes to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    client: String,
    project: String,
    region: String,
    shared: bool,
    federated: bool,
    window_seconds: u32,
    destinations: String,
    role: String,
    external_id: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    user_attributes: Map<String, Value>,
}

/// Prints the configuration as it is resolved. A faulty one ends with exit code 2.
pub fn run(args: &ConfigCheckArgs) -> Result<ExitCode, Failure> {
    let config = super::read(&args.file)?;
    let rows = rows(&config, args.user_pool_id.as_ref()).map_err(|faults| {
        let name = args.file.display();
        Failure::Usage(format!("the configuration {name} is faulty:\n{faults}"))
    })?;
    for row in rows
        .iter()
        .filter(|row| !row.shared && !row.user_attributes.is_empty())
    {
        eprintln!(
            "note: {} lists UserAttributes, and sends none: UserDataShared is not true",
            row.client
        );
    }
    print(rows, args.format)?;
    Ok(ExitCode::SUCCESS)
}

/// A row for each client and for the default, or every Region that does not go with the pool.
fn rows(config: &Config, pool: Option<&UserPoolId>) -> Result<Vec<Row>, String> {
    let clients = config
        .clients()
        .map(|(id, client)| (id.to_string(), format!("Clients.{id}"), client));
    let default = config.default();
    let default = default.map(|client| (DEFAULT.to_owned(), "Default".to_owned(), client));
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for (name, path, client) in clients.chain(default) {
        match region(client, pool) {
            Ok(region) => rows.push(row(name, region, client)),
            Err(fault) => faults.push(format!("{path}.Region: {fault}")),
        }
    }
    if faults.is_empty() {
        Ok(rows)
    } else {
        Err(faults.join("\n"))
    }
}

/// Every Region that does not go with the pool.
pub fn regions(config: &Config, pool: &UserPoolId) -> Result<(), String> {
    rows(config, Some(pool)).map(|_| ())
}

fn region(client: &ClientConfig, pool: Option<&UserPoolId>) -> Result<String, String> {
    match (&client.region, pool) {
        (region, Some(pool)) => {
            let resolved = region.resolve(pool).map_err(|error| error.to_string())?;
            Ok(resolved.to_string())
        }
        (ProjectRegion::Named(region), None) => Ok(region.to_string()),
        (ProjectRegion::ByPool, None) => Ok(BY_POOL.to_owned()),
    }
}

fn row(name: String, region: String, client: &ClientConfig) -> Row {
    let role = client.role.as_ref();
    let destinations: Vec<_> = client
        .destinations
        .iter()
        .copied()
        .map(Destination::name)
        .collect();
    let attributes = client.user_attributes.iter();
    Row {
        client: name,
        project: client.project.to_string(),
        region,
        shared: client.sharing == UserDataSharing::On,
        federated: client.federated == FederatedUsers::Include,
        window_seconds: client.attempt_window.as_seconds(),
        destinations: destinations.join(","),
        role: role.map(|role| role.arn.clone()).unwrap_or_default(),
        external_id: role
            .and_then(|role| role.external_id.clone())
            .unwrap_or_default(),
        user_attributes: attributes
            .map(|(from, to)| (from.clone(), Value::from(to.clone())))
            .collect(),
    }
}

fn print(mut rows: Vec<Row>, format: Format) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?,
        Format::Table => {
            for row in &mut rows {
                row.user_attributes.clear();
            }
            writeln!(out, "{}", table(cells(&rows)?))?;
        }
    }
    Ok(())
}
