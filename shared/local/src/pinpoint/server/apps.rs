//! The operations on applications.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;

use super::api_error::ApiError;
use super::state::{ApiResult, App, Server, existing, read};
use crate::pinpoint::app_table::{self, Page};
use crate::pinpoint::app_wire::CreateApplicationRequest;
use crate::pinpoint::limits::{self, Rejection};
use crate::pinpoint::received::Received;

/// Applications on a page of GetApps that names no size.
const PAGE_SIZE: u32 = 100;

pub(super) async fn create_app(
    State(server): State<Server>,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> ApiResult {
    let request: CreateApplicationRequest = read("CreateApplicationRequest", &body)?;
    request.tags.as_ref().map_or(Ok(()), limits::check_tags)?;
    let app = server
        .transact(move |connection| Ok(app_table::create(connection, request, &received)?))
        .await?;
    Ok((StatusCode::CREATED, Json(app)).into_response())
}

pub(super) async fn get_app(State(server): State<Server>, Path(app): App) -> ApiResult {
    let found = server.transact(move |connection| existing(connection, &app));
    Ok(Json(found.await?).into_response())
}

pub(super) async fn delete_app(State(server): State<Server>, Path(app): App) -> ApiResult {
    let found = server.transact(move |connection| Ok(app_table::delete(connection, &app)?));
    Ok(Json(found.await?.ok_or(ApiError::ApplicationNotFound)?).into_response())
}

/// The query of GetApps.
#[derive(Deserialize)]
pub(super) struct AppsQuery {
    #[serde(rename = "page-size")]
    page_size: Option<String>,
    token: Option<String>,
}

pub(super) async fn get_apps(
    State(server): State<Server>,
    Query(query): Query<AppsQuery>,
) -> ApiResult {
    let page = page(query)?;
    let apps = server
        .transact(move |connection| Ok(app_table::list(connection, &page)?))
        .await?;
    Ok(Json(apps).into_response())
}

fn page(query: AppsQuery) -> Result<Page, Rejection> {
    let not_valid = |parameter, value| Rejection::Parameter { parameter, value };
    let size = match query.page_size {
        None => PAGE_SIZE,
        Some(size) => match size.parse() {
            Ok(size) if size > 0 => size,
            Ok(_) | Err(_) => return Err(not_valid("page-size", size)),
        },
    };
    let after = match query.token {
        None => 0,
        Some(token) => token.parse().map_err(|_| not_valid("token", token))?,
    };
    Ok(Page { after, size })
}
