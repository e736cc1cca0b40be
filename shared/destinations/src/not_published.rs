//! Where records of the log's stream go that cannot be published for a reason of their own user's: the
//! stack's queue, or a file beside a local installation.

mod file;
mod message;
#[cfg(feature = "sqs")]
mod sqs;

use std::path::PathBuf;

#[cfg(feature = "sqs")]
use aws::sdk::SdkConfig;
use pipeline::ports::{NotPublishedQueue, NotPublishedRecord, PortError};

pub use message::Message;

/// The environment variable that names the queue.
pub const QUEUE_URL: &str = "NOT_PUBLISHED_QUEUE_URL";
/// The environment variable that names a file in its place, for an installation on this machine.
pub const FILE: &str = "NOT_PUBLISHED_FILE";

/// Where such records go.
#[derive(Clone, Debug)]
pub enum NotPublished {
    /// To a queue of SQS.
    #[cfg(feature = "sqs")]
    Queue(sqs::Queue),
    /// To the end of a file, one a line.
    File(PathBuf),
    /// Nowhere that outlives this process: they are logged, and passed over.
    Log,
    /// Nowhere: they fail, and are retried.
    Nowhere,
}

impl NotPublished {
    /// What the environment says: [`QUEUE_URL`], else [`FILE`], else nowhere.
    #[cfg(feature = "sqs")]
    pub fn from_environment(sdk: &SdkConfig) -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        match (set(QUEUE_URL), set(FILE)) {
            (Some(url), _) => Self::Queue(sqs::Queue::new(sdk, url)),
            (None, Some(file)) => Self::File(file.into()),
            (None, None) => Self::Nowhere,
        }
    }
}

impl NotPublishedQueue for NotPublished {
    async fn put(&self, records: &[NotPublishedRecord<'_>]) -> Result<(), PortError> {
        match self {
            #[cfg(feature = "sqs")]
            Self::Queue(queue) => queue.send(records).await,
            Self::File(file) => file::append(file, records),
            Self::Log => {
                for moved in records {
                    let reason = moved.reason.name();
                    tracing::error!(reason, "a record cannot be published");
                }
                Ok(())
            }
            Self::Nowhere => Err(PortError {
                operation: "SendMessage",
                what: "the not-published queue".to_owned(),
                source: format!("{QUEUE_URL} is not set").into(),
            }),
        }
    }
}
