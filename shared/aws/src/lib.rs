//! DynamoDB and Lambda: the event log, the users, the metrics, and the handlers. Of AWS's SDKs it names
//! DynamoDB's alone, so that a trigger builds and links no other.

mod batch_get;
pub mod configuration;
pub mod embedded_metrics;
pub mod erasure;
pub mod event_log;
pub mod forgotten;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod metrics;
pub mod sdk;
pub mod stream;
pub mod tables;
pub mod telemetry;
pub mod users;

pub mod record;
mod sdk_error;
