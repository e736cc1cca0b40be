//! The operations on the tags of resources. Here only applications are resources.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use rusqlite::Connection;

use super::api_error::ApiError;
use super::state::{ApiResult, Server, read};
use crate::pinpoint::app_table;
use crate::pinpoint::app_wire::{ApplicationResponse, TagsModel};
use crate::pinpoint::limits::{self, Rejection};

type Arn = Path<String>;

pub(super) async fn list_tags_for_resource(
    State(server): State<Server>,
    Path(arn): Arn,
) -> ApiResult {
    let app = server.transact(move |connection| tagged(connection, &arn));
    let tags = app.await?.tags;
    Ok(Json(TagsModel { tags }).into_response())
}

/// A tag replaces the one of its key; the others stay.
pub(super) async fn tag_resource(
    State(server): State<Server>,
    Path(arn): Arn,
    body: Bytes,
) -> ApiResult {
    let TagsModel { tags: more } = read("TagsModel", &body)?;
    let work = move |connection: &Connection| {
        let app = tagged(connection, &arn)?;
        let mut tags = app.tags.clone();
        tags.extend(more);
        limits::check_tags(&tags)?;
        Ok(app_table::set_tags(connection, app, tags)?)
    };
    server.transact(work).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A key that the resource does not have is no error.
pub(super) async fn untag_resource(
    State(server): State<Server>,
    Path(arn): Arn,
    Query(query): Query<Vec<(String, String)>>,
) -> ApiResult {
    let keys = tag_keys(query)?;
    let work = move |connection: &Connection| {
        let app = tagged(connection, &arn)?;
        let mut tags = app.tags.clone();
        tags.retain(|key, _| !keys.contains(key));
        Ok(app_table::set_tags(connection, app, tags)?)
    };
    server.transact(work).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `tagKeys=one&tagKeys=two`
fn tag_keys(query: Vec<(String, String)>) -> Result<Vec<String>, Rejection> {
    let keys: Vec<String> = query
        .into_iter()
        .filter_map(|(name, key)| (name == "tagKeys").then_some(key))
        .collect();
    if keys.is_empty() {
        return Err(Rejection::TagKeysMissing);
    }
    Ok(keys)
}

fn tagged(connection: &Connection, arn: &str) -> Result<ApplicationResponse, ApiError> {
    app_table::find_by_arn(connection, arn)?.ok_or(ApiError::NotFound)
}
