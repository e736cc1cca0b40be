//! The endpoints. A row keeps the endpoint's JSON, and beside it what endpoints are looked up by.

use rusqlite::{Connection, OptionalExtension, params};

use super::endpoint::Decision;
use super::error::Error;
use super::json_column::Json;
use super::limits::{self, Rejection};
use super::received::Received;
use super::wire::{Endpoint, EndpointStatus, EndpointUpdate};

/// `key` is the endpoint's id in lower case: ids are distinguished without regard to case.
pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS endpoints (
        app TEXT NOT NULL,
        key TEXT NOT NULL,
        json TEXT NOT NULL,
        channel TEXT AS (json ->> '$.ChannelType') STORED,
        address TEXT AS (json ->> '$.Address') STORED,
        status TEXT AS (json ->> '$.EndpointStatus') STORED,
        user TEXT AS (json ->> '$.User.UserId') STORED,
        PRIMARY KEY (app, key)
    );
    CREATE INDEX IF NOT EXISTS endpoints_of_user ON endpoints (app, user, key);
    CREATE INDEX IF NOT EXISTS endpoints_by_address ON endpoints (app, address, key);";

/// Numbers of distinct endpoints, by what they reach: EMAIL channel, SMS channel, every other or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EndpointCounts {
    /// Neither EMAIL nor SMS.
    pub device: u64,
    /// ChannelType EMAIL.
    pub email: u64,
    /// ChannelType SMS.
    pub sms: u64,
}

/// An update of one endpoint.
pub(super) struct Change<'a> {
    pub(super) app: &'a str,
    pub(super) id: &'a str,
    pub(super) update: EndpointUpdate,
}

/// Creates or updates an endpoint, with all that Pinpoint lets follow from it. A rejected change has
/// written nothing.
pub(super) fn change(
    connection: &Connection,
    change: Change<'_>,
    received: &Received,
) -> rusqlite::Result<Result<Endpoint, Rejection>> {
    let Change { app, id, update } = change;
    if let Err(rejection) = limits::check_endpoint_id(id) {
        return Ok(Err(rejection));
    }
    let known = match find(connection, app, id)? {
        Some(endpoint) if update.is_empty() => return Ok(Ok(endpoint)),
        Some(endpoint) => endpoint,
        None => Endpoint::bare(app, id, received),
    };
    let others = match update.user_joined(&known) {
        Some(user) => of_user(connection, app, user)?,
        None => Vec::new(),
    };
    match Decision::of(known, others, update, received) {
        Ok(decision) => write(connection, decision).map(Ok),
        Err(rejection) => Ok(Err(rejection)),
    }
}

fn write(connection: &Connection, decision: Decision) -> rusqlite::Result<Endpoint> {
    let Decision {
        endpoint,
        retired,
        takes_address_over,
        shares_attributes,
    } = decision;
    if let Some(retired) = retired {
        put(connection, &retired)?;
    }
    if takes_address_over {
        take_address_over(connection, &endpoint)?;
    }
    put(connection, &endpoint)?;
    if shares_attributes {
        share_attributes(connection, &endpoint)?;
    }
    Ok(endpoint)
}

/// Makes other endpoints of the same channel with the same address INACTIVE.
fn take_address_over(connection: &Connection, endpoint: &Endpoint) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT json FROM endpoints
         WHERE app = ?1 AND address = ?2 AND key <> ?3 AND status <> 'INACTIVE'",
    )?;
    let others: Vec<Endpoint> = statement
        .query_map(
            params![endpoint.application_id, endpoint.address, key(&endpoint.id)],
            read,
        )?
        .collect::<rusqlite::Result<_>>()?;
    others
        .into_iter()
        .filter(|other| other.channel_type == endpoint.channel_type)
        .map(|other| Endpoint {
            endpoint_status: EndpointStatus::Inactive,
            ..other
        })
        .try_for_each(|other| put(connection, &other))
}

/// Gives the endpoint's user attributes to the user's other endpoints.
fn share_attributes(connection: &Connection, endpoint: &Endpoint) -> rusqlite::Result<()> {
    let Some(user) = &endpoint.user.user_id else {
        return Ok(());
    };
    for mut other in of_user(connection, &endpoint.application_id, user)? {
        if key(&other.id) != key(&endpoint.id) {
            other
                .user
                .user_attributes
                .clone_from(&endpoint.user.user_attributes);
            put(connection, &other)?;
        }
    }
    Ok(())
}

fn put(connection: &Connection, endpoint: &Endpoint) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO endpoints (app, key, json) VALUES (?, ?, ?)")?
        .execute(params![
            endpoint.application_id,
            key(&endpoint.id),
            Json(endpoint)
        ])
        .map(|_| ())
}

pub(super) fn find(
    connection: &Connection,
    app: &str,
    id: &str,
) -> rusqlite::Result<Option<Endpoint>> {
    connection
        .prepare_cached("SELECT json FROM endpoints WHERE app = ? AND key = ?")?
        .query_row(params![app, key(id)], read)
        .optional()
}

/// The endpoints of a user, by id.
pub(super) fn of_user(
    connection: &Connection,
    app: &str,
    user: &str,
) -> rusqlite::Result<Vec<Endpoint>> {
    connection
        .prepare_cached("SELECT json FROM endpoints WHERE app = ? AND user = ? ORDER BY key")?
        .query_map([app, user], read)?
        .collect()
}

/// Deletes an endpoint and returns it.
pub(super) fn delete(
    connection: &Connection,
    app: &str,
    id: &str,
) -> rusqlite::Result<Option<Endpoint>> {
    let endpoint = find(connection, app, id)?;
    connection
        .prepare_cached("DELETE FROM endpoints WHERE app = ? AND key = ?")?
        .execute(params![app, key(id)])?;
    Ok(endpoint)
}

/// Deletes a user's endpoints and returns them.
pub(super) fn delete_of_user(
    connection: &Connection,
    app: &str,
    user: &str,
) -> rusqlite::Result<Vec<Endpoint>> {
    let endpoints = of_user(connection, app, user)?;
    connection
        .prepare_cached("DELETE FROM endpoints WHERE app = ? AND user = ?")?
        .execute([app, user])?;
    Ok(endpoints)
}

pub(super) fn delete_of_app(connection: &Connection, app: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM endpoints WHERE app = ?")?
        .execute([app])
        .map(|_| ())
}

/// Calls `each` with the JSON of every endpoint, by application and id.
pub(super) fn for_each<E: From<Error>>(
    connection: &Connection,
    unreadable: impl Fn(rusqlite::Error) -> Error,
    mut each: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = connection
        .prepare_cached("SELECT json FROM endpoints ORDER BY app, key")
        .map_err(&unreadable)?;
    let mut rows = statement.query([]).map_err(&unreadable)?;
    while let Some(row) = rows.next().map_err(&unreadable)? {
        let json: String = row.get(0).map_err(&unreadable)?;
        each(&json)?;
    }
    Ok(())
}

pub(super) fn count_active(connection: &Connection) -> rusqlite::Result<EndpointCounts> {
    connection
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE channel = 'EMAIL'),
                    count(*) FILTER (WHERE channel = 'SMS'),
                    count(*) FILTER (WHERE channel IS NULL OR channel NOT IN ('EMAIL', 'SMS'))
             FROM endpoints WHERE status <> 'INACTIVE'",
        )?
        .query_row([], |row| {
            Ok(EndpointCounts {
                email: row.get(0)?,
                sms: row.get(1)?,
                device: row.get(2)?,
            })
        })
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Endpoint> {
    row.get::<_, Json<_>>(0).map(|json| json.0)
}

fn key(id: &str) -> String {
    id.to_lowercase()
}
