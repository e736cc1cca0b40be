//! The operations on endpoints.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use rusqlite::Connection;

use super::api_error::ApiError;
use super::state::{ApiResult, App, Item, Server, existing, read};
use crate::pinpoint::endpoint_table::{self, Change};
use crate::pinpoint::limits::{self, Rejection};
use crate::pinpoint::received::Received;
use crate::pinpoint::wire::{EndpointBatchRequest, EndpointUpdate, EndpointsResponse, MessageBody};

pub(super) async fn update_endpoint(
    State(server): State<Server>,
    Path((app, id)): Item,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> ApiResult {
    let update: EndpointUpdate = read("EndpointRequest", &body)?;
    let (apps, reply) = (server.apps, accepted(&received));
    server
        .transact(move |connection| {
            apps.admit(connection, &app, &received)?;
            let change = Change {
                app: &app,
                id: &id,
                update,
            };
            endpoint_table::change(connection, change, &received)??;
            Ok(())
        })
        .await?;
    Ok(reply)
}

/// All of the batch or nothing: one endpoint that is not valid fails the request.
pub(super) async fn update_endpoints_batch(
    State(server): State<Server>,
    Path(app): App,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> ApiResult {
    let request: EndpointBatchRequest = read("EndpointBatchRequest", &body)?;
    let count = request.item.len();
    if count > limits::ENDPOINTS_IN_REQUEST {
        return Err(Rejection::TooManyEndpoints(count).into());
    }
    let (apps, reply) = (server.apps, accepted(&received));
    server
        .transact(move |connection| {
            apps.admit(connection, &app, &received)?;
            for item in request.item {
                let id = item.id.unwrap_or_default();
                let change = Change {
                    app: &app,
                    id: &id,
                    update: item.update,
                };
                endpoint_table::change(connection, change, &received)?.map_err(|rejection| {
                    Rejection::Endpoint {
                        id: id.clone(),
                        source: Box::new(rejection),
                    }
                })?;
            }
            Ok(())
        })
        .await?;
    Ok(reply)
}

pub(super) async fn get_endpoint(State(server): State<Server>, Path((app, id)): Item) -> ApiResult {
    let found = server.transact(move |connection| Ok(endpoint_table::find(connection, &app, &id)?));
    Ok(Json(found.await?.ok_or(ApiError::NotFound)?).into_response())
}

pub(super) async fn delete_endpoint(
    State(server): State<Server>,
    Path((app, id)): Item,
) -> ApiResult {
    let found =
        server.transact(move |connection| Ok(endpoint_table::delete(connection, &app, &id)?));
    let endpoint = found.await?.ok_or(ApiError::NotFound)?;
    Ok((StatusCode::ACCEPTED, Json(endpoint)).into_response())
}

/// A user of whom nothing is known has no endpoints; that is no error.
pub(super) async fn get_user_endpoints(
    State(server): State<Server>,
    Path((app, user)): Item,
) -> ApiResult {
    let work = move |connection: &Connection| {
        existing(connection, &app)?;
        Ok(endpoint_table::of_user(connection, &app, &user)?)
    };
    Ok(Json(EndpointsResponse {
        item: server.transact(work).await?,
    })
    .into_response())
}

pub(super) async fn delete_user_endpoints(
    State(server): State<Server>,
    Path((app, user)): Item,
) -> ApiResult {
    let work = move |connection: &Connection| {
        existing(connection, &app)?;
        Ok(endpoint_table::delete_of_user(connection, &app, &user)?)
    };
    let endpoints = EndpointsResponse {
        item: server.transact(work).await?,
    };
    Ok((StatusCode::ACCEPTED, Json(endpoints)).into_response())
}

fn accepted(received: &Received) -> Response {
    let body = MessageBody {
        message: "Accepted".to_owned(),
        request_id: received.request_id.clone(),
    };
    (StatusCode::ACCEPTED, Json(body)).into_response()
}
