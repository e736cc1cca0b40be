//! Logs: one JSON object a line on standard output, as CloudWatch Logs takes them.

use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` says what is logged; by default, `info` and above.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .init();
}
