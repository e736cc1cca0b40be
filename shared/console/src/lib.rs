//! The console: its page, and the API that reads the figures. Both are read from a [`FiguresStore`], by the same code as
//! `cognito-pinpoint metrics`; nothing is ever written.

pub mod api;
mod console;
pub mod loopback;
mod open_metrics;
mod page;
pub mod security_headers;
#[cfg(feature = "sign-in")]
pub mod sign_in;

pub use console::{Console, ListUsers};

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use pipeline::ports::figures::FiguresStore;

/// The page and the API. What is shown on one's own machine alone is there where the console has it: users, and the figures as
/// OpenMetrics.
pub fn router<S: FiguresStore + 'static>(console: Console<S>) -> Router {
    let mut routes = page::routes().nest("/api/v1", api::routes());
    if console.own.is_some() {
        routes = routes
            .route("/api/v1/users", get(api::users::<S>))
            .route("/metrics", get(open_metrics::metrics::<S>));
    }
    routes
        .fallback(api::nothing_here)
        .method_not_allowed_fallback(api::not_allowed)
        .with_state(Arc::new(console))
}
