//! Pinpoint's REST API: which operation a request is, and what it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use rusqlite::Connection;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::app_table::{self, Page};
use super::endpoint::Received;
use super::endpoint_table::{self, Change};
use super::failure::{ErrorReply, Failure};
use super::limits::{self, Rejection};
use super::put_events;
use super::store::Store;
use super::wire::{
    CreateApplicationRequest, EndpointBatchRequest, EndpointUpdate, EndpointsResponse, MessageBody,
};
use crate::clock::Clock;

/// What becomes of a write to an application that does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AppCreation {
    /// It is answered 404, as on AWS: CreateApp comes first.
    Explicit,
    /// It makes the application, whose name is then its id. Reading makes none.
    OnFirstUse,
}

/// Bodies up to here are read before they are refused, so that the client hears the refusal.
const READABLE_BYTES: usize = 4 * limits::REQUEST_BYTES;
/// Applications on a page of GetApps that names no size.
const PAGE_SIZE: u32 = 100;

#[derive(Clone)]
struct Server {
    store: Store,
    clock: Arc<dyn Clock>,
    apps: AppCreation,
    requests: Arc<AtomicU64>,
}

type App = Path<String>;
type Item = Path<(String, String)>;
type Outcome = Result<Response, Failure>;

/// The routes of the API, over `store`. Signatures are not checked, and requests a second are not limited.
pub fn router(store: Store, clock: Arc<dyn Clock>, apps: AppCreation) -> Router {
    let server = Server {
        store,
        clock,
        apps,
        requests: Arc::default(),
    };
    Router::new()
        .route("/v1/apps", post(create_app).get(get_apps))
        .route("/v1/apps/{app}", get(get_app).delete(delete_app))
        .route("/v1/apps/{app}/events", post(put_events))
        .route("/v1/apps/{app}/endpoints", put(update_endpoints_batch))
        .route(
            "/v1/apps/{app}/endpoints/{endpoint}",
            put(update_endpoint)
                .get(get_endpoint)
                .delete(delete_endpoint),
        )
        .route(
            "/v1/apps/{app}/users/{user}",
            get(get_user_endpoints).delete(delete_user_endpoints),
        )
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(READABLE_BYTES))
        .layer(middleware::from_fn_with_state(
            server.clone(),
            with_request_id,
        ))
        .with_state(server)
}

/// No client of Pinpoint says where it comes from, and every browser does: a web page must not reach
/// a server on somebody's loopback interface.
fn is_from_a_page(request: &Request) -> bool {
    let headers = request.headers();
    headers.contains_key("origin") || headers.contains_key("sec-fetch-site")
}

/// Gives the request its id and its time, and the reply the id; an error's body holds it too.
async fn with_request_id(
    State(server): State<Server>,
    mut request: Request,
    next: Next,
) -> Response {
    if is_from_a_page(&request) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let received = server.receive();
    request.extensions_mut().insert(received.clone());
    let response = next.run(request).await;
    let mut response = match ErrorReply::of(&response) {
        Some(error) => error.respond(&received.request_id),
        None => response,
    };
    if let Ok(id) = HeaderValue::try_from(received.request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

async fn put_events(
    State(server): State<Server>,
    Path(app): App,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> Outcome {
    within(&body, limits::EVENTS_REQUEST_BYTES)?;
    let apps = server.apps;
    let work = move |store: &Store| {
        let batch = put_events::judge(&body)?;
        store.transaction(|connection| {
            apps.admit(connection, &app, &received)?;
            Ok(put_events::record(connection, &app, batch, &received)?)
        })
    };
    Ok((StatusCode::ACCEPTED, Json(server.run(work).await?)).into_response())
}

async fn update_endpoint(
    State(server): State<Server>,
    Path((app, id)): Item,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> Outcome {
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
async fn update_endpoints_batch(
    State(server): State<Server>,
    Path(app): App,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> Outcome {
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

async fn get_endpoint(State(server): State<Server>, Path((app, id)): Item) -> Outcome {
    let found = server.transact(move |connection| Ok(endpoint_table::find(connection, &app, &id)?));
    Ok(Json(found.await?.ok_or(Failure::NotFound)?).into_response())
}

async fn delete_endpoint(State(server): State<Server>, Path((app, id)): Item) -> Outcome {
    let found =
        server.transact(move |connection| Ok(endpoint_table::delete(connection, &app, &id)?));
    let endpoint = found.await?.ok_or(Failure::NotFound)?;
    Ok((StatusCode::ACCEPTED, Json(endpoint)).into_response())
}

/// A user of whom nothing is known has no endpoints; that is no error.
async fn get_user_endpoints(State(server): State<Server>, Path((app, user)): Item) -> Outcome {
    let work = move |connection: &Connection| {
        app_table::find(connection, &app)?.ok_or(Failure::NotFound)?;
        Ok(endpoint_table::of_user(connection, &app, &user)?)
    };
    Ok(Json(EndpointsResponse {
        item: server.transact(work).await?,
    })
    .into_response())
}

async fn delete_user_endpoints(State(server): State<Server>, Path((app, user)): Item) -> Outcome {
    let work = move |connection: &Connection| {
        app_table::find(connection, &app)?.ok_or(Failure::NotFound)?;
        Ok(endpoint_table::delete_of_user(connection, &app, &user)?)
    };
    let endpoints = EndpointsResponse {
        item: server.transact(work).await?,
    };
    Ok((StatusCode::ACCEPTED, Json(endpoints)).into_response())
}

async fn create_app(
    State(server): State<Server>,
    Extension(received): Extension<Received>,
    body: Bytes,
) -> Outcome {
    let request: CreateApplicationRequest = read("CreateApplicationRequest", &body)?;
    let app = server
        .transact(move |connection| Ok(app_table::create(connection, request, &received)?))
        .await?;
    Ok((StatusCode::CREATED, Json(app)).into_response())
}

async fn get_app(State(server): State<Server>, Path(app): App) -> Outcome {
    let found = server.transact(move |connection| Ok(app_table::find(connection, &app)?));
    Ok(Json(found.await?.ok_or(Failure::NotFound)?).into_response())
}

async fn delete_app(State(server): State<Server>, Path(app): App) -> Outcome {
    let found = server.transact(move |connection| Ok(app_table::delete(connection, &app)?));
    Ok(Json(found.await?.ok_or(Failure::NotFound)?).into_response())
}

/// The query of GetApps.
#[derive(Deserialize)]
struct AppsQuery {
    #[serde(rename = "page-size")]
    page_size: Option<String>,
    token: Option<String>,
}

async fn get_apps(State(server): State<Server>, Query(query): Query<AppsQuery>) -> Outcome {
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

impl AppCreation {
    /// Lets a write to the application `app` through.
    fn admit(self, connection: &Connection, app: &str, received: &Received) -> Result<(), Failure> {
        match self {
            Self::OnFirstUse => Ok(app_table::create_on_first_use(connection, app, received)?),
            Self::Explicit => match app_table::find(connection, app)? {
                Some(_) => Ok(()),
                None => Err(Failure::NotFound),
            },
        }
    }
}

impl Server {
    /// Ids follow from the time and a count, so that the same requests at the same virtual times always have
    /// the same ids.
    fn receive(&self) -> Received {
        let at = self.clock.now();
        let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let [a, b, c, d, e, f, g, h] = self.requests.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let id = uuid::Builder::from_unix_timestamp_millis(
            milliseconds,
            &[0, 0, a, b, c, d, e, f, g, h],
        );
        Received {
            request_id: id.into_uuid().to_string(),
            at,
        }
    }

    /// Does `work` in one transaction, off the threads that serve connections.
    async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.run(|store| store.transaction(|connection| work(connection)))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || work(&store)).await?
    }
}

fn accepted(received: &Received) -> Response {
    let body = MessageBody {
        message: "Accepted".to_owned(),
        request_id: received.request_id.clone(),
    };
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

fn read<T: DeserializeOwned>(what: &'static str, body: &Bytes) -> Result<T, Failure> {
    within(body, limits::REQUEST_BYTES)?;
    serde_json::from_slice(body).map_err(|source| Rejection::Malformed { what, source }.into())
}

fn within(body: &Bytes, limit_bytes: usize) -> Result<(), Failure> {
    if body.len() > limit_bytes {
        Err(Failure::PayloadTooLarge { limit_bytes })
    } else {
        Ok(())
    }
}
