//! An event that could not be published is put into the log once more, when its reason is mended.
//!
//! Exactly once: the item gets a mark, and the write is conditional on the mark that the record has which could
//! not be published. So of all copies of that record (the queue may hold several, and deliver each more than
//! once) one writes. The write makes a record of the stream with a place of its own, after everything that its
//! user's state has seen, and publish counts that one as any other. A record that could not be published was
//! never counted: see `pipeline::publish`. The mark outlives every message: the item is kept from now on as long
//! as a new one, which is longer than SQS keeps anything.

use std::collections::HashMap;

use aws_lambda_events::dynamodb::EventRecord;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use domain::auth_event::{AuthEvent, Position};
use pipeline::ports::PortError;

use super::{AuthEventRecord, DynamoEventLog, RETENTION_DAYS, RecordError, is_there};
use crate::sdk::port_error;
use crate::stream::position;
use crate::tables::{EVENT_ID, EXPIRES_AT, REDRIVEN, USER};

/// An event of the log that could not be published.
#[derive(Clone, PartialEq, Debug)]
pub struct Unpublished {
    /// Where the record stood that could not be.
    pub position: Position,
    /// The event.
    pub event: AuthEvent,
    item: HashMap<String, AttributeValue>,
}

/// What came of putting an event into the log once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Redriven {
    /// It is there, and will be published.
    Now,
    /// It was put there before, for another copy of the same record.
    Before,
}

impl Unpublished {
    /// Reads a record of the stream, as Lambda gave it.
    ///
    /// # Errors
    ///
    /// If it holds no auth event.
    pub fn read(record: &str) -> Result<Self, RecordError> {
        let record: EventRecord =
            serde_json::from_str(record).map_err(|error| RecordError::new("record", error))?;
        let position = position(&record)?;
        let image = record.change.new_image;
        let event: AuthEventRecord = serde_dynamo::from_item(image.clone())
            .map_err(|error| RecordError::new("NewImage", error))?;
        let item: HashMap<String, AttributeValue> = image.into();
        for key in [USER, EVENT_ID] {
            if !item.contains_key(key) {
                return Err(RecordError::new(key, "it is not there"));
            }
        }
        Ok(Self {
            position,
            event: event.try_into()?,
            item,
        })
    }

    /// The mark that the record has, if it was redriven before.
    fn mark(&self) -> Option<&String> {
        self.item.get(REDRIVEN)?.as_n().ok()
    }

    /// When the log may delete the item (seconds since 1970); 0 if it does not say.
    fn expires_at(&self) -> i64 {
        let expires = self.item.get(EXPIRES_AT);
        let expires = expires.and_then(|it| it.as_n().ok());
        expires.and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    /// The item with its new mark, kept from `now` on.
    fn marked(&self, now: DateTime<Utc>) -> HashMap<String, AttributeValue> {
        let before: i64 = self.mark().and_then(|mark| mark.parse().ok()).unwrap_or(0);
        let mark = now.timestamp_millis().max(before + 1);
        let expires = (now + TimeDelta::days(RETENTION_DAYS.into())).timestamp();
        let mut item = self.item.clone();
        item.insert(REDRIVEN.to_owned(), AttributeValue::N(mark.to_string()));
        item.insert(
            EXPIRES_AT.to_owned(),
            AttributeValue::N(expires.to_string()),
        );
        item
    }
}

impl DynamoEventLog {
    /// Puts the event into the log once more, unless that was done for a copy of the same record.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not take it. It may be there all the same; trying again is safe.
    pub async fn redrive(
        &self,
        unpublished: &Unpublished,
        now: DateTime<Utc>,
    ) -> Result<Redriven, PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(unpublished.marked(now)))
            .expression_attribute_names("#redriven", REDRIVEN);
        let put = match unpublished.mark() {
            // Before its time, what is gone was erased: its user is forgotten.
            None if unpublished.expires_at() > now.timestamp() => put
                .condition_expression("attribute_exists(#id) AND attribute_not_exists(#redriven)")
                .expression_attribute_names("#id", EVENT_ID),
            None => put.condition_expression("attribute_not_exists(#redriven)"),
            Some(mark) => put
                .condition_expression("#redriven = :before")
                .expression_attribute_values(":before", AttributeValue::N(mark.clone())),
        };
        match put.send().await {
            Ok(_) => Ok(Redriven::Now),
            Err(refused) if refused.as_service_error().is_some_and(is_there) => {
                Ok(Redriven::Before)
            }
            Err(refused) => Err(port_error("PutItem", &self.table, refused)),
        }
    }
}
