//! Pinpoint's REST API: which operation a request is, and what every request has in common.

mod api_error;
mod apps;
mod endpoints;
mod event_streams;
mod events;
mod events_out;
mod operations;
mod origin;
mod pages;
mod settings;
mod signature;
mod state;
mod tags;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post, put};

use super::limits;
use super::store::Store;
use crate::clock::Clock;
use api_error::{ApiError, ErrorReply};
use pages::Sender;
use state::Server;

pub use events_out::EventsOut;
pub use origin::{NotAnOrigin, Origin};
pub use state::{AppCreation, Options};

/// Bodies up to here are read before they are refused, so that the client hears the refusal.
const READABLE_BYTES: usize = 4 * limits::REQUEST_BYTES;

/// The routes of the API, over `store`. Signatures are not checked, and requests a second are not limited.
pub fn router(store: Store, clock: Arc<dyn Clock>, options: impl Into<Options>) -> Router {
    let options = options.into();
    let server = Server {
        store,
        clock,
        apps: options.apps,
        allowed_origins: options.allowed_origins.into(),
        events_out: options.events_out,
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
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(READABLE_BYTES))
        .layer(middleware::from_fn_with_state(server.clone(), in_common))
        .with_state(server)
}

/// Nothing is routed to it: an operation that the server does not have, or none.
async fn no_route(method: Method, uri: Uri) -> ApiError {
    let path = uri.path();
    match operations::not_served(method.as_str(), path) {
        Some(operation) => ApiError::NotServed(operation),
        None => ApiError::NoOperation {
            path: path.to_owned(),
            method,
        },
    }
}

/// What happens to every request: pages that are not allowed are kept out, and it gets its id and its time. The
/// reply has the id, and an error's body holds it too.
async fn in_common(State(server): State<Server>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let received = server.receive(&parts);
    let sender = Sender::of(&parts.headers, &server.allowed_origins);
    let response = match sender.answer(&parts) {
        Some(answer) => answer,
        None => {
            parts.extensions.insert(received.clone());
            next.run(Request::from_parts(parts, body)).await
        }
    };
    let mut response = match ErrorReply::of(&response) {
        Some(error) => error.respond(&received.request_id),
        None => response,
    };
    if let Ok(id) = HeaderValue::try_from(received.request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    sender.let_read(&mut response);
    response
}
