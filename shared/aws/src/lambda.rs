//! The Lambda functions: each `main.rs` calls one of these.

mod expire;
mod publish;
mod trigger;

use std::time::{Duration, SystemTime};

use domain::config::Config;
use lambda_runtime::{Context, Error};

pub use expire::run as run_expire;
pub use publish::run as run_publish;
pub use trigger::run as run_trigger;

/// The configuration in `ANALYTICS_CONFIG`, or in the file that `ANALYTICS_CONFIG_FILE` names.
fn configuration() -> Result<Config, Error> {
    let text = match (
        std::env::var("ANALYTICS_CONFIG"),
        std::env::var("ANALYTICS_CONFIG_FILE"),
    ) {
        (Ok(text), _) => text,
        (Err(_), Ok(file)) => std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?,
        (Err(_), Err(_)) => {
            return Err("neither ANALYTICS_CONFIG nor ANALYTICS_CONFIG_FILE is set".into());
        }
    };
    Ok(Config::from_json(&text)?)
}

/// What is left of a function's time when it gives up.
const RESERVE: Duration = Duration::from_secs(1);

/// How long an invocation may still take.
fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now());
    left.unwrap_or_default().saturating_sub(RESERVE)
}
