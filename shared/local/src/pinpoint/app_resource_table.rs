//! What an application has at most one of: its settings and its event stream.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::app_wire::{ApplicationSettings, EventStream};
use super::json_column::Json;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS app_resources (
        app TEXT NOT NULL,
        kind TEXT NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY (app, kind)
    );";

/// A kind of row.
pub(super) trait Resource: Serialize + DeserializeOwned {
    /// The kind's name in the table.
    const KIND: &'static str;
}

impl Resource for ApplicationSettings {
    const KIND: &'static str = "settings";
}

impl Resource for EventStream {
    const KIND: &'static str = "event stream";
}

pub(super) fn put<T: Resource>(
    connection: &Connection,
    app: &str,
    resource: &T,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO app_resources (app, kind, json) VALUES (?, ?, ?)")?
        .execute(params![app, T::KIND, Json(resource)])
        .map(|_| ())
}

pub(super) fn find<T: Resource>(connection: &Connection, app: &str) -> rusqlite::Result<Option<T>> {
    connection
        .prepare_cached("SELECT json FROM app_resources WHERE app = ? AND kind = ?")?
        .query_row([app, T::KIND], |row| Ok(row.get::<_, Json<_>>(0)?.0))
        .optional()
}

/// Deletes a resource and returns it.
pub(super) fn delete<T: Resource>(
    connection: &Connection,
    app: &str,
) -> rusqlite::Result<Option<T>> {
    let resource = find(connection, app)?;
    connection
        .prepare_cached("DELETE FROM app_resources WHERE app = ? AND kind = ?")?
        .execute([app, T::KIND])?;
    Ok(resource)
}

pub(super) fn delete_of_app(connection: &Connection, app: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM app_resources WHERE app = ?")?
        .execute([app])
        .map(|_| ())
}
