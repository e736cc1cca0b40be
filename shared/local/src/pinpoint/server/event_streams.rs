//! The operations on event streams, which are kept and given back. No event is sent to one.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::{Extension, Json};

use super::api_error::ApiError;
use super::state::{ApiResult, App, Server, existing, read};
use crate::pinpoint::app_resource_table;
use crate::pinpoint::app_wire::{EventStream, WriteEventStream};
use crate::pinpoint::received::Received;
use crate::pinpoint::timestamp::Timestamp;

pub(super) async fn put_event_stream(
    State(server): State<Server>,
    Path(app): App,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> ApiResult {
    let request: WriteEventStream = read("WriteEventStream", &body)?;
    let apps = server.apps;
    let stream = server.transact(move |connection| {
        apps.admit(connection, &app, &received)?;
        let stream = EventStream {
            application_id: app,
            destination_stream_arn: request.destination_stream_arn,
            last_modified_date: Timestamp::at(received.at),
            role_arn: request.role_arn,
        };
        app_resource_table::put(connection, &stream.application_id, &stream)?;
        Ok(stream)
    });
    Ok(Json(stream.await?).into_response())
}

pub(super) async fn get_event_stream(State(server): State<Server>, Path(app): App) -> ApiResult {
    let stream = server.transact(move |connection| {
        existing(connection, &app)?;
        app_resource_table::find::<EventStream>(connection, &app)?.ok_or(ApiError::NotFound)
    });
    Ok(Json(stream.await?).into_response())
}

pub(super) async fn delete_event_stream(State(server): State<Server>, Path(app): App) -> ApiResult {
    let stream = server.transact(move |connection| {
        existing(connection, &app)?;
        app_resource_table::delete::<EventStream>(connection, &app)?.ok_or(ApiError::NotFound)
    });
    Ok(Json(stream.await?).into_response())
}
