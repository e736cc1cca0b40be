//! The one crate that names AWS SDKs: the ports of `pipeline` on DynamoDB and Pinpoint, and the Lambda
//! handlers that put them to use.

pub mod event_log;
pub mod lambda;
pub mod metrics;
pub mod pinpoint;
pub mod sdk;
pub mod stream;
pub mod tables;
pub mod telemetry;
pub mod users;

mod assume_role;
mod record;
