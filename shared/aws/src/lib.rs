//! The one crate that names AWS SDKs: the ports of `pipeline` on DynamoDB, Pinpoint and Cognito, and the
//! Lambda handlers that put them to use.

pub mod assume_role;
#[cfg(feature = "commands")]
pub mod cloudwatch;
pub mod configuration;
pub mod erasure;
pub mod event_log;
#[cfg(feature = "commands")]
pub mod functions;
pub mod lambda;
pub mod metrics;
pub mod pinpoint;
pub mod sdk;
pub mod stream;
pub mod tables;
pub mod telemetry;
#[cfg(feature = "commands")]
pub mod user_pool;
pub mod users;

mod record;
