//! The event log: one item for each auth event, keyed by user and event id.

mod record;
mod redrive;
mod scan;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::auth_event::AuthEvent;
use pipeline::ports::{Appended, EventLog, PortError};

use crate::record::user_key_text;
use crate::sdk::port_error;
use crate::tables::{EVENT_ID, EXPIRES_AT, USER};

pub use crate::record::RecordError;
pub use record::AuthEventRecord;
pub use redrive::{Redriven, Unpublished};

/// How long events are kept, from their own time.
pub const RETENTION_DAYS: u32 = 35;

/// How long opening the connection may keep a cold start waiting: many times what it takes.
const WARM_UP_BUDGET: Duration = Duration::from_millis(500);

/// The event log in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoEventLog {
    client: Client,
    table: String,
    budget: Duration,
}

impl DynamoEventLog {
    /// A log whose appends take no longer than `budget`, whatever DynamoDB does.
    pub fn new(client: Client, table: String, budget: Duration) -> Self {
        Self {
            client,
            table,
            budget,
        }
    }

    /// Opens the connection, so that the first sign-in need not wait for it. Failing is no fault:
    /// the first append tries again. It takes half a second at most, for somebody's sign-in may be
    /// waiting for this start.
    pub async fn warm_up(&self) {
        let key = || AttributeValue::S("warm-up".to_owned());
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(USER, key())
            .key(EVENT_ID, key());
        // The role may write and not read: being refused opens the connection all the same.
        let _ = tokio::time::timeout(self.budget.min(WARM_UP_BUDGET), get.send()).await;
    }

    async fn put(&self, event: &AuthEvent) -> Result<Appended, PortError> {
        let error = |error| PortError {
            operation: "PutItem",
            what: self.table.clone(),
            source: error,
        };
        let record = AuthEventRecord::from(event);
        let item: std::collections::HashMap<String, AttributeValue> =
            serde_dynamo::aws_sdk_dynamodb_1::to_item(record).map_err(|e| error(e.into()))?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .item(USER, AttributeValue::S(user_key_text(&event.user)))
            .item(EXPIRES_AT, AttributeValue::N(expires_at(event).to_string()))
            .condition_expression("attribute_not_exists(#id)")
            .expression_attribute_names("#id", EVENT_ID);
        match put.send().await {
            Ok(_) => Ok(Appended::Now),
            Err(refused) if refused.as_service_error().is_some_and(is_there) => {
                Ok(Appended::Before)
            }
            Err(refused) => Err(port_error("PutItem", &self.table, refused)),
        }
    }
}

/// Bytes that set apart the events of one moment. Of a generator that each process seeds from the operating system's
/// randomness; nothing rests on an event's id being hard to guess.
pub fn random() -> [u8; 10] {
    std::array::from_fn(|_| fastrand::u8(..))
}

/// Seconds since 1970.
fn expires_at(event: &AuthEvent) -> i64 {
    (event.time + chrono::TimeDelta::days(RETENTION_DAYS.into())).timestamp()
}

fn is_there(error: &PutItemError) -> bool {
    error.is_conditional_check_failed_exception()
}

impl EventLog for DynamoEventLog {
    async fn append(&self, event: &AuthEvent) -> Result<Appended, PortError> {
        match tokio::time::timeout(self.budget, self.put(event)).await {
            Ok(result) => result,
            Err(elapsed) => Err(port_error("PutItem", &self.table, elapsed)),
        }
    }

    fn spill(&self, event: &AuthEvent, cause: &PortError) {
        match serde_json::to_string(&AuthEventRecord::from(event)) {
            Ok(spilled) => tracing::error!(
                spilled,
                %cause,
                "an auth event was spilled: re-ingest it with `cognito-pinpoint replay --spilled`"
            ),
            Err(error) => tracing::error!(%error, %cause, "an auth event was lost"),
        }
    }
}
