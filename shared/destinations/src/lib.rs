//! Where analytics events and endpoints are sent, the queues before that, and the roles to send them with; and where records
//! go that cannot be published.

pub mod assume_role;
pub mod directly;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod not_published;
pub mod pinpoint;
pub mod queue;
pub mod senders;

mod ascii;
mod event_stream;
mod file;
mod item;
#[cfg(test)]
mod samples;
#[cfg(feature = "sqs")]
mod sqs;
