//! Where analytics events and endpoints are sent, the queues before that, and the roles to send them with; and where records
//! go that cannot be published.

pub mod assume_role;
pub mod directly;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod not_published;
pub mod pinpoint;
pub mod queue;
mod restraint;
pub mod senders;
#[cfg(feature = "all")]
pub mod webhook;

mod ascii;
#[cfg(any(feature = "all", feature = "sqs"))]
mod batches;
mod ended;
mod event_stream;
#[cfg(feature = "all")]
mod eventbridge;
pub mod file;
#[cfg(feature = "all")]
mod firehose;
mod halves;
mod item;
#[cfg(feature = "all")]
mod kinesis;
#[cfg(feature = "all")]
mod put;
#[cfg(test)]
mod samples;
#[cfg(feature = "sqs")]
mod sqs;
