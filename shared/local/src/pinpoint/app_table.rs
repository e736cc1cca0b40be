//! The applications. On AWS these are the projects of one account and Region.

use rusqlite::{Connection, OptionalExtension, params};

use super::app_wire::{ApplicationResponse, ApplicationsResponse, CreateApplicationRequest, Tags};
use super::json_column::Json;
use super::received::Received;
use super::timestamp::Timestamp;
use super::{app_resource_table, endpoint_table, event_table};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS apps (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        json TEXT NOT NULL
    );";

/// A page of [`list`].
pub(super) struct Page {
    /// The position of the last application of the page before.
    pub(super) after: i64,
    /// At most so many applications.
    pub(super) size: u32,
}

/// Makes an application with a new id.
pub(super) fn create(
    connection: &Connection,
    request: CreateApplicationRequest,
    received: &Received,
) -> rusqlite::Result<ApplicationResponse> {
    let id: String =
        connection.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?;
    insert(connection, &id, request, received)
}

/// Makes the application `id` if there is none.
pub(super) fn create_on_first_use(
    connection: &Connection,
    id: &str,
    received: &Received,
) -> rusqlite::Result<()> {
    if find(connection, id)?.is_none() {
        let request = CreateApplicationRequest {
            name: id.to_owned(),
            tags: None,
        };
        insert(connection, id, request, received)?;
    }
    Ok(())
}

fn insert(
    connection: &Connection,
    id: &str,
    request: CreateApplicationRequest,
    received: &Received,
) -> rusqlite::Result<ApplicationResponse> {
    let app = ApplicationResponse {
        arn: received.region.app_arn(id),
        id: id.to_owned(),
        name: request.name,
        tags: request.tags.unwrap_or_default(),
        creation_date: Timestamp::at(received.at),
    };
    connection
        .prepare_cached("INSERT INTO apps (id, json) VALUES (?, ?)")?
        .execute(params![id, Json(&app)])?;
    Ok(app)
}

pub(super) fn find(
    connection: &Connection,
    id: &str,
) -> rusqlite::Result<Option<ApplicationResponse>> {
    connection
        .prepare_cached("SELECT json FROM apps WHERE id = ?")?
        .query_row([id], |row| Ok(row.get::<_, Json<_>>(0)?.0))
        .optional()
}

/// The application with this ARN.
pub(super) fn find_by_arn(
    connection: &Connection,
    arn: &str,
) -> rusqlite::Result<Option<ApplicationResponse>> {
    let Some((_, id)) = arn.rsplit_once(":apps/") else {
        return Ok(None);
    };
    Ok(find(connection, id)?.filter(|app| app.arn == arn))
}

/// Gives the application these tags in place of those that it has.
pub(super) fn set_tags(
    connection: &Connection,
    app: ApplicationResponse,
    tags: Tags,
) -> rusqlite::Result<()> {
    let app = ApplicationResponse { tags, ..app };
    connection
        .prepare_cached("UPDATE apps SET json = ? WHERE id = ?")?
        .execute(params![Json(&app), app.id])
        .map(|_| ())
}

/// Applications in order of their making. The token is the position of the page's last one.
pub(super) fn list(connection: &Connection, page: &Page) -> rusqlite::Result<ApplicationsResponse> {
    let mut statement = connection.prepare_cached(
        "SELECT position, json FROM apps WHERE position > ? ORDER BY position LIMIT ?",
    )?;
    let mut rows: Vec<(i64, ApplicationResponse)> = statement
        .query_map(params![page.after, i64::from(page.size) + 1], |row| {
            Ok((row.get(0)?, row.get::<_, Json<_>>(1)?.0))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next_token = rows
        .last()
        .filter(|_| more)
        .map(|(position, _)| position.to_string());
    Ok(ApplicationsResponse {
        item: rows.into_iter().map(|(_, app)| app).collect(),
        next_token,
    })
}

/// Deletes an application with all that it has.
pub(super) fn delete(
    connection: &Connection,
    id: &str,
) -> rusqlite::Result<Option<ApplicationResponse>> {
    let app = find(connection, id)?;
    app_resource_table::delete_of_app(connection, id)?;
    endpoint_table::delete_of_app(connection, id)?;
    event_table::delete_of_app(connection, id)?;
    connection
        .prepare_cached("DELETE FROM apps WHERE id = ?")?
        .execute([id])?;
    Ok(app)
}
