//! What every operation works with: the server's state, and how a body is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::request::Parts;
use axum::response::Response;
use rusqlite::Connection;
use serde::de::DeserializeOwned;

use super::api_error::ApiError;
use super::events_out::EventsOut;
use super::origin::Origin;
use super::signature;
use crate::clock::Clock;
use crate::pinpoint::app_table;
use crate::pinpoint::app_wire::ApplicationResponse;
use crate::pinpoint::limits::{self, Rejection};
use crate::pinpoint::received::Received;
use crate::pinpoint::store::Store;

/// What becomes of a write to an application that does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AppCreation {
    /// It is answered 404, as on AWS: CreateApp comes first.
    Explicit,
    /// It makes the application, whose name is then its id. Reading makes none.
    OnFirstUse,
}

/// What is left to whoever starts the server.
#[derive(Clone, Debug)]
pub struct Options {
    /// What becomes of a write to an application that does not exist.
    pub apps: AppCreation,
    /// Web pages of these origins may call the server. All others are refused.
    pub allowed_origins: Vec<Origin>,
    /// Where accepted events are written to besides.
    pub events_out: Option<EventsOut>,
}

impl From<AppCreation> for Options {
    /// No web page may call the server, and no file is written.
    fn from(apps: AppCreation) -> Self {
        Self {
            apps,
            allowed_origins: Vec::new(),
            events_out: None,
        }
    }
}

/// What all requests share. Clones are handles on the same.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) apps: AppCreation,
    pub(super) allowed_origins: Arc<[Origin]>,
    pub(super) events_out: Option<EventsOut>,
    pub(super) requests: Arc<AtomicU64>,
}

pub(super) type App = Path<String>;
pub(super) type Item = Path<(String, String)>;
pub(super) type ApiResult = Result<Response, ApiError>;

impl AppCreation {
    /// Lets a write to the application `app` through.
    pub(super) fn admit(
        self,
        connection: &Connection,
        app: &str,
        received: &Received,
    ) -> Result<(), ApiError> {
        match self {
            Self::OnFirstUse => Ok(app_table::create_on_first_use(connection, app, received)?),
            Self::Explicit => existing(connection, app).map(|_| ()),
        }
    }
}

impl Server {
    /// Ids follow from the time and a count, so that the same requests at the same virtual times always have
    /// the same ids.
    pub(super) fn receive(&self, request: &Parts) -> Received {
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
            region: signature::region(request),
        }
    }

    /// Does `work` in one transaction, off the threads that serve connections.
    pub(super) async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run(|store| store.transaction(|connection| work(connection)))
            .await
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || work(&store)).await?
    }
}

/// The application, which has to be there.
pub(super) fn existing(
    connection: &Connection,
    app: &str,
) -> Result<ApplicationResponse, ApiError> {
    app_table::find(connection, app)?.ok_or(ApiError::ApplicationNotFound)
}

/// A whole body of JSON; `what` names it in the refusal.
pub(super) fn read<T: DeserializeOwned>(what: &'static str, body: &Bytes) -> Result<T, ApiError> {
    within(body, limits::REQUEST_BYTES)?;
    serde_json::from_slice(body).map_err(|source| Rejection::Malformed { what, source }.into())
}

pub(super) fn within(body: &Bytes, limit_bytes: usize) -> Result<(), ApiError> {
    if body.len() > limit_bytes {
        Err(ApiError::PayloadTooLarge { limit_bytes })
    } else {
        Ok(())
    }
}
