//! What is written of a record that cannot be published.

use pipeline::ports::{NotPublishedRecord, PortError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::ascii::ascii;

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
        let message = message().map_err(|error: serde_json::Error| PortError {
            operation: "SendMessage",
            what: "the not-published queue".to_owned(),
            source: error.into(),
        });
        Ok(ascii(&message?))
    }
}

#[cfg(test)]
mod tests {
    use pipeline::outcome::NotPublished;

    use super::*;

    #[test]
    fn a_message_is_ascii_and_holds_the_whole_record() {
        let record = "{\"a\":\"\u{ffff} \u{1f600} ä \\\\ \\\"\"}";
        let moved = NotPublishedRecord {
            reason: NotPublished::Refused,
            record,
        };
        let text = Message::of(&moved).unwrap();
        assert!(text.is_ascii(), "{text}");
        let read: Message = serde_json::from_str(&text).unwrap();
        let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(value(read.record.get()), value(record));
    }
}
