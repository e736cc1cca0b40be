//! `cognito-pinpoint config check`: what a configuration comes to, or every fault of it.

mod destinations;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::ExitCode;

use config::{
    ClientConfig, Config, ConfigFaults, Exclude, FederatedUsers, ProjectRegion, UserDataSharing,
};
use domain::ids::{ClientId, UserPoolId};
use serde::Serialize;

use crate::Failure;
use crate::args::{ConfigCheckArgs, Format};

/// What the clients have that are not named.
const DEFAULT: &str = "(default)";

/// For people, a Region that Cognito's table decides, by the pool's.
const BY_POOL: &str = "by the pool";

const NONE: &str = "none";

/// What a configuration comes to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resolved {
    time_zone: &'static str,
    dimensions: Vec<String>,
    exclude: Excluded,
    destinations: Vec<destinations::Row>,
    clients: Vec<Row>,
}

/// Who is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Excluded {
    clients: Vec<String>,
    email_domains: Vec<String>,
    attributes: BTreeMap<String, BTreeSet<String>>,
}

/// What an app client's configuration comes to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    client: String,
    name: Option<String>,
    project: String,
    /// `None` while the pool is not known that decides it.
    region: Option<String>,
    shared: bool,
    federated: bool,
    attempt_window_seconds: u32,
    destinations: Vec<String>,
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
    let resolved = resolved(&config, pool);
    print_notes(&resolved.clients);
    let for_lambda = config.check_for_lambda().err();
    for fault in for_lambda.iter().flat_map(ConfigFaults::iter) {
        eprintln!("note: {fault}");
    }
    print(&resolved, args.format)?;
    Ok(ExitCode::SUCCESS)
}

fn resolved(config: &Config, pool: Option<&UserPoolId>) -> Resolved {
    let clients = config.all();
    let dimensions = config.dimensions().iter();
    Resolved {
        time_zone: config.time_zone().name(),
        dimensions: dimensions.map(ToString::to_string).collect(),
        exclude: excluded(config.exclude()),
        destinations: destinations::rows(config),
        clients: clients
            .map(|(id, client)| row(id, client, region(client, pool)))
            .collect(),
    }
}

fn excluded(exclude: &Exclude) -> Excluded {
    let attributes = exclude.attributes();
    Excluded {
        clients: exclude.clients().map(ClientId::to_string).collect(),
        email_domains: exclude.email_domains().map(str::to_owned).collect(),
        attributes: attributes
            .map(|(name, values)| (name.to_owned(), values.clone()))
            .collect(),
    }
}

fn print_notes(rows: &[Row]) {
    for row in rows
        .iter()
        .filter(|row| !row.shared && !row.user_attributes.is_empty())
    {
        eprintln!(
            "note: {} lists UserAttributes, and sends none: UserDataShared is not true",
            row.client
        );
    }
    let to_pinpoint = |row: &Row| row.destinations.iter().any(|it| it == "pinpoint");
    if rows.iter().any(to_pinpoint) {
        eprintln!(
            "note: Pinpoint's own analytics ended on 2026-10-30: \"pinpoint\" needs another server that speaks its API \
             (AWS_ENDPOINT_URL_PINPOINT); without Destinations all is counted, and nothing is sent"
        );
    }
}

/// The project's Region; `None` if the pool decides that, and is not known.
fn region(client: &ClientConfig, pool: Option<&UserPoolId>) -> Option<String> {
    match (&client.region, pool) {
        (region, Some(pool)) => region.resolve(pool).ok().map(|region| region.to_string()),
        (ProjectRegion::Named(region), None) => Some(region.to_string()),
        (ProjectRegion::ByPool, None) => None,
    }
}

fn name_of(client: Option<&ClientId>) -> String {
    client.map_or(DEFAULT.to_owned(), ClientId::to_string)
}

fn row(client: Option<&ClientId>, config: &ClientConfig, region: Option<String>) -> Row {
    let role = config.role.as_ref();
    Row {
        client: name_of(client),
        name: config.name.clone(),
        project: config.project.to_string(),
        region,
        shared: config.sharing == UserDataSharing::On,
        federated: config.federated == FederatedUsers::Include,
        attempt_window_seconds: config.attempt_window.as_seconds(),
        destinations: config
            .destinations
            .iter()
            .map(ToString::to_string)
            .collect(),
        role: role.map(|role| role.arn.clone()),
        external_id: role.and_then(|role| role.external_id.clone()),
        user_attributes: config.user_attributes.clone(),
    }
}

fn print(resolved: &Resolved, format: Format) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(resolved)?)?,
        Format::Table => {
            let clients = resolved.clients.iter().map(client_for_people);
            let all: Vec<String> = std::iter::once(figures_for_people(resolved))
                .chain(destinations::for_people(&resolved.destinations))
                .chain(clients)
                .collect();
            write!(out, "{}", all.join("\n"))?;
        }
    }
    Ok(())
}

/// What holds for the figures of all clients.
fn figures_for_people(resolved: &Resolved) -> String {
    let mut lines = vec![
        ("time zone", resolved.time_zone.to_owned()),
        ("dimensions", listed(&resolved.dimensions)),
    ];
    let exclude = &resolved.exclude;
    let clients = exclude.clients.iter().map(|id| format!("client {id}"));
    let domains = exclude.email_domains.iter();
    let domains = domains.map(|domain| format!("email addresses at {domain}"));
    let attributes = exclude.attributes.iter();
    let attributes = attributes.flat_map(|(name, values)| {
        let values = values.iter();
        values.map(move |value| format!("users whose {name} is {value:?}"))
    });
    let excluded: Vec<String> = clients.chain(domains).chain(attributes).collect();
    match excluded.as_slice() {
        [] => lines.push(("excluded", NONE.to_owned())),
        _ => lines.extend(excluded.into_iter().map(|what| ("excluded", what))),
    }
    block("figures", &lines)
}

/// A client and, a line for each, what it has.
fn client_for_people(row: &Row) -> String {
    let mut lines: Vec<_> = row.name.iter().map(|it| ("name", it.clone())).collect();
    lines.extend([
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
        ("destinations", listed(&row.destinations)),
    ]);
    let attributes = row.user_attributes.iter();
    lines.extend(attributes.map(|(from, to)| ("user attribute", format!("{from} as {to}"))));
    let role = row.role.iter().map(|role| ("role", role.clone()));
    let external_id = row.external_id.iter().map(|id| ("external id", id.clone()));
    lines.extend(role.chain(external_id));
    block(&format!("client {}", row.client), &lines)
}

fn block(title: &str, lines: &[(&str, String)]) -> String {
    let lines = lines.iter();
    let lines = lines.map(|(name, value)| format!("  {name:16}{value}\n"));
    format!("{title}\n{}", lines.collect::<String>())
}

fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => NONE.to_owned(),
        _ => items
            .iter()
            .map(AsRef::as_ref)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn either(is: bool, yes: &str, no: &str) -> String {
    if is { yes } else { no }.to_owned()
}
