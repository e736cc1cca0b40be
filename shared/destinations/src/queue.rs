//! The queues between counting and destinations: a FIFO queue of SQS for each destination, messages in it as JSON, and what
//! takes them out.

mod message;
#[cfg(feature = "sqs")]
mod receive;
#[cfg(feature = "sqs")]
mod send;

pub use message::{decoded, encoded};
#[cfg(feature = "sqs")]
pub use receive::{Queued, Received, deliver_batch};
#[cfg(feature = "sqs")]
pub use send::{Queues, QueuesError};

/// The environment variable with the queues' URLs: one, with a `*` for the destination's name.
pub const QUEUES: &str = "DESTINATION_QUEUES";
