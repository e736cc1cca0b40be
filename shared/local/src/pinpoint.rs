//! A server that speaks Pinpoint's API (`mobiletargeting`, version 2016-12-01) as far as events, endpoints and
//! applications go, keeps what it accepts in SQLite, and gives it back: endpoints as GetEndpoint answers them,
//! events as Pinpoint's event stream wrote them. It enforces Pinpoint's limits. It has no campaigns, segments,
//! journeys or messages, checks no signatures and limits no rates. An application's settings and event stream are
//! kept and given back, and mean nothing here. All Regions share their applications; an application's ARN is in
//! the Region that it was made from.

mod app_resource_table;
mod app_table;
mod app_wire;
mod endpoint;
mod endpoint_table;
mod error;
mod event_stream;
mod event_table;
mod json_column;
mod limits;
mod put_events;
mod received;
mod region;
mod server;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod timestamp;
mod wire;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::clock::Clock;

pub use endpoint_table::EndpointCounts;
pub use error::Error;
pub use server::{AppCreation, EventsOut, NotAnOrigin, Options, Origin, router};
pub use store::{EventMark, Store};

/// Serves `store` on `listener` until `shutdown` is done and the requests then under way are answered.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    clock: Arc<dyn Clock>,
    options: impl Into<Options>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection of the Pinpoint server stays with Nagle's algorithm");
        }
    });
    axum::serve(listener, router(store, clock, options))
        .with_graceful_shutdown(shutdown)
        .await
}
