//! Logs: one JSON object a line on standard output, as CloudWatch Logs takes them.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{Directive, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Whatever `RUST_LOG` says: at `trace`, `lambda_runtime` logs each payload, and with it what is
/// personal.
const MOST_VERBOSE: LevelFilter = LevelFilter::DEBUG;

/// Whatever `RUST_LOG` says, too: a spilled event stands nowhere else than in its log line.
const SPILLED: &str = "aws::event_log=error";

/// Starts logging. `RUST_LOG` says what is logged, down to `debug`; by default, `info` and above.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = match SPILLED.parse::<Directive>() {
        Ok(spilled) => filter.add_directive(spilled),
        Err(_) => filter,
    };
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .finish()
        .with(MOST_VERBOSE)
        .init();
}
