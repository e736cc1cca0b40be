//! The destinations that app clients send to: what each is, where it is, and who sends there.

use config::private_address::is_private_url;
use config::{Config, DestinationConfig, DestinationKind, PrivateAddresses};
use domain::ids::DestinationName;
use serde::Serialize;

use super::name_of;
use crate::table::table;

/// So many app clients are shown by their ids.
const FEW: usize = 2;

/// What is long, and seldom there, stands last.
const HEADER: [&str; 8] = [
    "name",
    "type",
    "app clients",
    "goes to",
    "requests/s",
    "Region",
    "secret",
    "role",
];

/// What a destination comes to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// The stream, bus, URL or file; `None` of Pinpoint, where each app client says it.
    to: Option<String>,
    /// The secret that a webhook's requests are signed with.
    secret_name: Option<String>,
    /// Whether a webhook's server may be in a private network.
    allow_private_address: Option<bool>,
    /// `None` if it is the functions' own.
    region: Option<String>,
    role: Option<String>,
    external_id: Option<String>,
    requests_per_second: Option<u32>,
    clients: Vec<String>,
}

/// Those that are in use.
pub fn rows(config: &Config) -> Vec<Row> {
    let in_use = config.destinations_in_use().into_iter();
    let rows = in_use.map(|name| {
        let clients = config.all();
        let clients = clients.filter(|(_, client)| client.destinations.contains(name));
        let clients = clients.map(|(id, _)| name_of(id));
        row(name, config.destinations().get(name), clients.collect())
    });
    rows.collect()
}

/// One that is defined, or Pinpoint.
fn row(name: &DestinationName, defined: Option<&DestinationConfig>, clients: Vec<String>) -> Row {
    let kind = defined.map(|it| &it.kind);
    let role = defined.and_then(|it| it.role.as_ref());
    let region = defined.and_then(|it| it.region.as_ref());
    let (secret_name, private_addresses) = match kind {
        Some(DestinationKind::Webhook {
            secret,
            private_addresses,
            ..
        }) => (Some(secret.clone()), Some(*private_addresses)),
        Some(_) | None => (None, None),
    };
    Row {
        name: name.to_string(),
        kind: kind.map_or(DestinationName::PINPOINT, DestinationKind::type_name),
        to: kind.map(place),
        secret_name,
        allow_private_address: private_addresses.map(|it| it == PrivateAddresses::Allowed),
        region: region.map(ToString::to_string),
        role: role.map(|role| role.arn.clone()),
        external_id: role.and_then(|role| role.external_id.clone()),
        requests_per_second: defined.and_then(|it| it.requests_per_second),
        clients,
    }
}

fn place(kind: &DestinationKind) -> String {
    match kind {
        DestinationKind::Firehose { stream } | DestinationKind::Kinesis { stream } => {
            stream.clone()
        }
        DestinationKind::EventBridge { bus } => bus.clone(),
        DestinationKind::Webhook { url, .. } => url.clone(),
        DestinationKind::File { path } => path.display().to_string(),
    }
}

/// A line for each; nothing if there are none.
pub fn for_people(rows: &[Row]) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let header = HEADER.map(str::to_owned).to_vec();
    let lines = rows.iter().map(line);
    let lines = without_empty_columns(std::iter::once(header).chain(lines).collect());
    Some(format!("destinations\n{}\n", table(lines).trim_fmt()))
}

fn line(row: &Row) -> Vec<String> {
    let place = row.to.as_deref().unwrap_or("the app client's project");
    let to = match row.allow_private_address {
        Some(true) => format!("{place}, also at a private address"),
        Some(false) if is_private_url(place) => {
            format!("{place}, which is private, and so refused without AllowPrivateAddress")
        }
        Some(false) | None => place.to_owned(),
    };
    let role = match (&row.role, &row.external_id) {
        (Some(role), Some(id)) => format!("{role} with {id}"),
        (role, _) => role.clone().unwrap_or_default(),
    };
    let rate = row.requests_per_second.map(|rate| rate.to_string());
    vec![
        row.name.clone(),
        row.kind.to_owned(),
        match row.clients.len() {
            count if count > FEW => count.to_string(),
            _ => row.clients.join(", "),
        },
        to,
        rate.unwrap_or_default(),
        row.region.clone().unwrap_or_default(),
        row.secret_name.clone().unwrap_or_default(),
        role,
    ]
}

/// Leaves out the columns in which nobody but the header has anything.
fn without_empty_columns(lines: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let has = |column: usize| {
        let mut cells = lines.iter().skip(1).filter_map(|line| line.get(column));
        cells.any(|cell| !cell.is_empty())
    };
    let kept = lines.iter().map(|line| {
        let cells = line.iter().enumerate();
        let cells = cells.filter(|(column, _)| has(*column));
        cells.map(|(_, cell)| cell.clone()).collect()
    });
    kept.collect()
}
