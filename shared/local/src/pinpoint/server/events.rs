//! The operation on events.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};

use super::api_error::ApiError;
use super::state::{ApiResult, App, Server, within};
use crate::pinpoint::received::Received;
use crate::pinpoint::store::Store;
use crate::pinpoint::{limits, put_events};

/// PutEvents. It has a second path, `events/legacy`, which is in no documentation: Amplify's library for
/// JavaScript, up to version 5, sends the end of a session there when a page closes.
pub(super) async fn put_events(
    State(server): State<Server>,
    Path(app): App,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> ApiResult {
    within(&body, limits::EVENTS_REQUEST_BYTES)?;
    let (apps, events_out) = (server.apps, server.events_out.clone());
    let work = move |store: &Store| {
        let batch = put_events::judge(&body)?;
        let response = store.transaction(|connection| {
            apps.admit(connection, &app, &received)?;
            Ok::<_, ApiError>(put_events::record(connection, &app, batch, &received)?)
        })?;
        if let Some(events_out) = events_out {
            events_out.catch_up(store);
        }
        Ok(response)
    };
    Ok((StatusCode::ACCEPTED, Json(server.run(work).await?)).into_response())
}
