//! Logs: one JSON object a line on standard output, as CloudWatch Logs takes them.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Whatever `RUST_LOG` says: at `trace`, `lambda_runtime` logs each payload, and with it what is
/// personal.
const MOST_VERBOSE: LevelFilter = LevelFilter::DEBUG;

/// Whatever `RUST_LOG` says, too: a spilled event stands nowhere else than in its log line.
const SPILLED: &str = "aws::event_log";

/// Starts logging. `RUST_LOG` says what is logged, down to `debug`; by default, `info` and above.
pub fn start() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_max_level(MOST_VERBOSE)
        .finish()
        .with(from_environment("info").with_target(SPILLED, LevelFilter::ERROR))
        .init();
}

/// What `RUST_LOG` says, such as `info,aws=debug`; `unless` where it says nothing, or nothing that can be read.
pub fn from_environment(unless: &str) -> Targets {
    let given = std::env::var("RUST_LOG").ok();
    let targets = given.and_then(|given| given.parse().ok());
    targets.unwrap_or_else(|| unless.parse().unwrap_or_default())
}
