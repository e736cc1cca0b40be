//! Pinpoint's REST API: which operation a request is, and what every request has in common.

mod apps;
mod endpoints;
mod event_streams;
mod events;
mod failure;
mod operations;
mod settings;
mod signature;
mod state;
mod tags;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};

use super::limits;
use super::store::Store;
use crate::clock::Clock;
use failure::{ErrorReply, Failure};
use state::Server;

pub use state::AppCreation;

/// Bodies up to here are read before they are refused, so that the client hears the refusal.
const READABLE_BYTES: usize = 4 * limits::REQUEST_BYTES;

/// The routes of the API, over `store`. Signatures are not checked, and requests a second are not limited.
pub fn router(store: Store, clock: Arc<dyn Clock>, apps: AppCreation) -> Router {
    let server = Server {
        store,
        clock,
        apps,
        requests: Arc::default(),
    };
    Router::new()
        .route("/v1/apps", post(apps::create_app).get(apps::get_apps))
        .route(
            "/v1/apps/{app}",
            get(apps::get_app).delete(apps::delete_app),
        )
        .route("/v1/apps/{app}/events", post(events::put_events))
        .route("/v1/apps/{app}/events/legacy", post(events::put_events))
        .route(
            "/v1/apps/{app}/endpoints",
            put(endpoints::update_endpoints_batch),
        )
        .route(
            "/v1/apps/{app}/endpoints/{endpoint}",
            put(endpoints::update_endpoint)
                .get(endpoints::get_endpoint)
                .delete(endpoints::delete_endpoint),
        )
        .route(
            "/v1/apps/{app}/users/{user}",
            get(endpoints::get_user_endpoints).delete(endpoints::delete_user_endpoints),
        )
        .route(
            "/v1/apps/{app}/settings",
            get(settings::get_application_settings).put(settings::update_application_settings),
        )
        .route(
            "/v1/apps/{app}/eventstream",
            post(event_streams::put_event_stream)
                .get(event_streams::get_event_stream)
                .delete(event_streams::delete_event_stream),
        )
        .route(
            "/v1/tags/{*arn}",
            get(tags::list_tags_for_resource)
                .post(tags::tag_resource)
                .delete(tags::untag_resource),
        )
        .fallback(no_route)
        .method_not_allowed_fallback(async || Failure::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(READABLE_BYTES))
        .layer(middleware::from_fn_with_state(
            server.clone(),
            with_request_id,
        ))
        .with_state(server)
}

/// Nothing is routed to it: an operation that the server does not have, or none.
async fn no_route(method: Method, uri: Uri) -> Failure {
    let path = uri.path();
    match operations::not_served(method.as_str(), path) {
        Some(operation) => Failure::NotServed(operation),
        None => Failure::NoOperation {
            path: path.to_owned(),
            method,
        },
    }
}

/// No client of Pinpoint says where it comes from, and every browser does: a web page must not reach
/// a server on somebody's loopback interface.
fn is_from_a_page(request: &Request) -> bool {
    let headers = request.headers();
    headers.contains_key("origin") || headers.contains_key("sec-fetch-site")
}

/// Gives the request its id and its time, and the reply the id; an error's body holds it too.
async fn with_request_id(State(server): State<Server>, request: Request, next: Next) -> Response {
    if is_from_a_page(&request) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let (mut parts, body) = request.into_parts();
    let received = server.receive(&parts);
    parts.extensions.insert(received.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut response = match ErrorReply::of(&response) {
        Some(error) => error.respond(&received.request_id),
        None => response,
    };
    if let Ok(id) = HeaderValue::try_from(received.request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
