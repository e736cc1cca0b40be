//! The operations on an application's settings.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use rusqlite::Connection;

use super::api_error::ApiError;
use super::state::{ApiResult, App, Server, existing, read};
use crate::pinpoint::app_resource_table;
use crate::pinpoint::app_wire::{ApplicationSettings, ApplicationSettingsUpdate};
use crate::pinpoint::received::Received;

pub(super) async fn get_application_settings(
    State(server): State<Server>,
    Path(app): App,
) -> ApiResult {
    let settings = server.transact(move |connection| settings_of(connection, &app));
    Ok(Json(settings.await?).into_response())
}

pub(super) async fn update_application_settings(
    State(server): State<Server>,
    Path(app): App,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> ApiResult {
    let update: ApplicationSettingsUpdate = read("WriteApplicationSettingsRequest", &body)?;
    let apps = server.apps;
    let settings = server.transact(move |connection| {
        apps.admit(connection, &app, &received)?;
        let settings = settings_of(connection, &app)?.updated(update, &received);
        app_resource_table::put(connection, &app, &settings)?;
        Ok(settings)
    });
    Ok(Json(settings.await?).into_response())
}

fn settings_of(connection: &Connection, app: &str) -> Result<ApplicationSettings, ApiError> {
    let app = existing(connection, app)?;
    let kept = app_resource_table::find(connection, &app.id)?;
    Ok(kept.unwrap_or_else(|| ApplicationSettings::initial(app)))
}
