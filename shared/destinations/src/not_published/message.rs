//! What is written of a record that cannot be published.

use pipeline::ports::{NotPublishedRecord, PortError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A record in the not-published queue.
#[derive(Debug, Serialize, Deserialize)]
pub struct Message {
    /// The stable name of the reason, such as `not_published:state_unreadable`.
    pub reason: String,
    /// The record as Lambda gave it.
    pub record: Box<RawValue>,
}

impl Message {
    /// The JSON of a message of this record.
    ///
    /// # Errors
    ///
    /// None in practice: what is no JSON was never read as a record.
    pub fn of(moved: &NotPublishedRecord<'_>) -> Result<String, PortError> {
        let message = || {
            serde_json::to_string(&Self {
                reason: moved.reason.name().to_owned(),
                record: RawValue::from_string(moved.record.to_owned())?,
            })
        };
        message().map_err(|error: serde_json::Error| PortError {
            operation: "SendMessage",
            what: "the not-published queue".to_owned(),
            source: error.into(),
        })
    }
}
