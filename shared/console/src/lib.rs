//! The console: its page, and the API that reads the figures. Both are read from a [`FiguresStore`], by the same code as
//! `cognito-pinpoint metrics`; nothing is ever written.

pub mod api;
mod console;
pub mod loopback;
mod open_metrics;
pub mod security_headers;
#[cfg(feature = "sign-in")]
pub mod sign_in;

pub use console::Console;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use pipeline::ports::figures::{FiguresStore, UserIndex};

/// What everybody may see who may see anything: figures, and nobody by name.
pub fn figures<S: FiguresStore + 'static>(console: Arc<Console<S>>) -> Router {
    Router::new()
        .nest("/api/v1", api::routes())
        .fallback(api::nothing_here)
        .with_state(console)
}

/// What is shown on one's own machine besides: the users, and the figures as OpenMetrics.
pub fn own<S: FiguresStore + UserIndex + 'static>(console: Arc<Console<S>>) -> Router {
    Router::new()
        .route("/api/v1/users", get(api::users::<S>))
        .route("/metrics", get(open_metrics::metrics::<S>))
        .with_state(console)
}
