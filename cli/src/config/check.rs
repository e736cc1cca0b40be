//! `cognito-pinpoint config check`: what a configuration comes to, or every fault of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use config::{ClientConfig, FederatedUsers, ProjectRegion, UserDataSharing};
use domain::ids::{ClientId, UserPoolId};
use serde::Serialize;

use crate::Failure;
use crate::args::{ConfigCheckArgs, Format};

/// What the clients have that are not named.
const DEFAULT: &str = "(default)";

/// For people, a Region that Cognito's table decides, by the pool's.
const BY_POOL: &str = "by the pool";

/// What an app client's configuration comes to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    client: String,
    project: String,
    /// `None` while the pool is not known that decides it.
    region: Option<String>,
    shared: bool,
    federated: bool,
    attempt_window_seconds: u32,
    destinations: Vec<&'static str>,
    role: Option<String>,
    external_id: Option<String>,
    user_attributes: BTreeMap<String, String>,
}

/// Prints the configuration as it is resolved. A faulty one ends with exit code 2.
pub fn run(args: &ConfigCheckArgs) -> Result<ExitCode, Failure> {
    let config = super::read(&args.file)?;
    let pool = args.user_pool_id.as_ref();
    if let Some(pool) = pool {
        config.check_regions(pool).map_err(|faults| {
            let name = args.file.display();
            Failure::Usage(format!("the configuration {name} is faulty:\n{faults}"))
        })?;
    }
    let all = config.all();
    let rows: Vec<Row> = all
        .map(|(id, client)| row(id, client, region(client, pool)))
        .collect();
    for row in rows
        .iter()
        .filter(|row| !row.shared && !row.user_attributes.is_empty())
    {
        eprintln!(
            "note: {} lists UserAttributes, and sends none: UserDataShared is not true",
            row.client
        );
    }
    if rows.iter().any(|row| !row.destinations.is_empty()) {
        eprintln!(
            "note: Pinpoint's own analytics ended on 2026-10-30: \"pinpoint\" needs another server that speaks its API \
             (AWS_ENDPOINT_URL_PINPOINT); without Destinations all is counted, and nothing is sent"
        );
    }
    print(&rows, args.format)?;
    Ok(ExitCode::SUCCESS)
}

/// The project's Region; `None` if the pool decides that, and is not known.
fn region(client: &ClientConfig, pool: Option<&UserPoolId>) -> Option<String> {
    match (&client.region, pool) {
        (region, Some(pool)) => region.resolve(pool).ok().map(|region| region.to_string()),
        (ProjectRegion::Named(region), None) => Some(region.to_string()),
        (ProjectRegion::ByPool, None) => None,
    }
}

fn row(client: Option<&ClientId>, config: &ClientConfig, region: Option<String>) -> Row {
    let role = config.role.as_ref();
    Row {
        client: client.map_or(DEFAULT.to_owned(), ClientId::to_string),
        project: config.project.to_string(),
        region,
        shared: config.sharing == UserDataSharing::On,
        federated: config.federated == FederatedUsers::Include,
        attempt_window_seconds: config.attempt_window.as_seconds(),
        destinations: config.destinations.iter().map(|to| to.name()).collect(),
        role: role.map(|role| role.arn.clone()),
        external_id: role.and_then(|role| role.external_id.clone()),
        user_attributes: config.user_attributes.clone(),
    }
}

fn print(rows: &[Row], format: Format) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(rows)?)?,
        Format::Table => {
            let all: Vec<String> = rows.iter().map(for_people).collect();
            write!(out, "{}", all.join("\n"))?;
        }
    }
    Ok(())
}

/// A client and, a line for each, what it has.
fn for_people(row: &Row) -> String {
    let mut lines = vec![
        ("project", row.project.clone()),
        (
            "Region",
            row.region.clone().unwrap_or_else(|| BY_POOL.to_owned()),
        ),
        ("user data", either(row.shared, "shared", "not shared")),
        (
            "federated users",
            either(row.federated, "included", "ignored"),
        ),
        (
            "attempt window",
            format!("{} s", row.attempt_window_seconds),
        ),
        (
            "destinations",
            match row.destinations.as_slice() {
                [] => "none".to_owned(),
                destinations => destinations.join(", "),
            },
        ),
    ];
    let attributes = row.user_attributes.iter();
    lines.extend(attributes.map(|(from, to)| ("user attribute", format!("{from} as {to}"))));
    let role = row.role.iter().map(|role| ("role", role.clone()));
    let external_id = row.external_id.iter().map(|id| ("external id", id.clone()));
    lines.extend(role.chain(external_id));
    let lines = lines
        .iter()
        .map(|(name, value)| format!("  {name:16}{value}\n"));
    format!("client {}\n{}", row.client, lines.collect::<String>())
}

fn either(is: bool, yes: &str, no: &str) -> String {
    if is { yes } else { no }.to_owned()
}
