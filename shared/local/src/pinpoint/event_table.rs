//! The accepted events, in order of acceptance. Each row keeps the event's JSON as it was sent and its
//! endpoint's as it was then.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::error::Error;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        app TEXT NOT NULL,
        endpoint_id TEXT NOT NULL,
        event_id TEXT NOT NULL,
        event_type TEXT NOT NULL,
        arrival_ms INTEGER NOT NULL,
        event_json TEXT NOT NULL,
        endpoint_json TEXT NOT NULL
    );";

/// A row.
pub(super) struct StoredEvent {
    pub(super) app: String,
    pub(super) endpoint_id: String,
    pub(super) event_id: String,
    pub(super) event_type: String,
    /// Milliseconds since 1970.
    pub(super) arrival_ms: i64,
    /// The event as it was sent.
    pub(super) event_json: String,
    /// Its endpoint when it was accepted.
    pub(super) endpoint_json: String,
}

pub(super) fn insert(connection: &Connection, event: &StoredEvent) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO events
             (app, endpoint_id, event_id, event_type, arrival_ms, event_json, endpoint_json)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            event.app,
            event.endpoint_id,
            event.event_id,
            event.event_type,
            event.arrival_ms,
            event.event_json,
            event.endpoint_json,
        ])
        .map(|_| ())
}

/// The position of the newest event; 0 if there is none.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(max(position), 0) FROM events")?
        .query_row([], |row| row.get(0))
}

/// Calls `each` with the events after a position, one by one, and returns the position of the last.
pub(super) fn for_each<E: From<Error>>(
    connection: &Connection,
    after: i64,
    unreadable: impl Fn(rusqlite::Error) -> Error,
    mut each: impl FnMut(StoredEvent) -> Result<(), E>,
) -> Result<i64, E> {
    let mut statement = connection
        .prepare_cached(
            "SELECT app, endpoint_id, event_id, event_type, arrival_ms, event_json, endpoint_json, position
             FROM events WHERE position > ? ORDER BY position",
        )
        .map_err(&unreadable)?;
    let rows = statement.query_map([after], |row| Ok((row.get(7)?, read(row)?)));
    let mut last = after;
    for row in rows.map_err(&unreadable)? {
        let (position, event) = row.map_err(&unreadable)?;
        each(event)?;
        last = position;
    }
    Ok(last)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        app: row.get(0)?,
        endpoint_id: row.get(1)?,
        event_id: row.get(2)?,
        event_type: row.get(3)?,
        arrival_ms: row.get(4)?,
        event_json: row.get(5)?,
        endpoint_json: row.get(6)?,
    })
}

/// The number of events after a position, by event type.
pub(super) fn count(
    connection: &Connection,
    after: i64,
) -> rusqlite::Result<BTreeMap<String, u64>> {
    connection
        .prepare_cached(
            "SELECT event_type, count(*) FROM events WHERE position > ? GROUP BY event_type",
        )?
        .query_map([after], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

pub(super) fn delete_of_app(connection: &Connection, app: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM events WHERE app = ?")?
        .execute([app])
        .map(|_| ())
}
