//! The Lambda functions: each `main.rs` calls one of these.

mod expire;
mod gauge;
mod publish;
mod trigger;

use std::time::{Duration, SystemTime};

use lambda_runtime::Context;

pub use expire::run as run_expire;
pub use gauge::run as run_gauge;
pub use publish::run as run_publish;
pub use trigger::run as run_trigger;

/// What is left of a function's time when it stops.
const RESERVE: Duration = Duration::from_secs(1);

/// How long an invocation may take where nobody says: what the stack gives these functions.
const UNTOLD: Duration = Duration::from_secs(60);

/// How long an invocation may still take. `cargo lambda watch` gives a fixed deadline in January 1970.
pub fn time_left(context: &Context) -> Duration {
    let left = match context.deadline().duration_since(SystemTime::now()) {
        Ok(left) => left,
        Err(over) if over.duration() > UNTOLD => UNTOLD,
        Err(_) => Duration::ZERO,
    };
    left.saturating_sub(RESERVE)
}
