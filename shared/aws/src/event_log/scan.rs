//! The log, read from end to end: a Scan keeps the items of a key together.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::auth_event::AuthEvent;
use domain::ids::EventId;
use pipeline::ports::{LogPage, LogPlace, LoggedDays, LoggedEvent, LoggedEvents, PortError};

use super::{AuthEventRecord, DynamoEventLog, RecordError};
use crate::record::{parse_user_key, user_key_text};
use crate::sdk::port_error;
use crate::tables::{EVENT_ID, REDRIVEN, USER};
use crate::users::Item;

/// Times are text of one form, so they sort as text, and a date sorts before the times of its day.
const FILTER: &str =
    "#project = :project AND (#time BETWEEN :first AND :end OR #type IN (:signUp, :expired))";

impl LoggedEvents for DynamoEventLog {
    async fn page(
        &self,
        wanted: &LoggedDays,
        after: Option<&LogPlace>,
    ) -> Result<LogPage, PortError> {
        let text = |text: String| AttributeValue::S(text);
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .set_exclusive_start_key(after.map(key))
            .filter_expression(FILTER)
            .expression_attribute_names("#project", "project")
            .expression_attribute_names("#time", "time")
            .expression_attribute_names("#type", "type")
            .expression_attribute_values(":project", text(wanted.project.to_string()))
            .expression_attribute_values(":first", text(wanted.first.to_string()))
            .expression_attribute_values(":end", text(wanted.last.plus(1).to_string()))
            .expression_attribute_values(":signUp", text("SignUpConfirmed".to_owned()))
            .expression_attribute_values(":expired", text("AttemptExpired".to_owned()));
        let scanned = scan.send().await;
        let scanned = scanned.map_err(|error| port_error("Scan", &self.table, error))?;
        let next = scanned.last_evaluated_key.map(|key| place(&key));
        let next = next.transpose();
        let mut page = LogPage {
            next: next.map_err(|error| port_error("Scan", &self.table, error))?,
            read: u64::try_from(scanned.scanned_count).unwrap_or(0),
            ..LogPage::default()
        };
        for item in scanned.items.unwrap_or_default() {
            match logged(item) {
                Ok(event) => page.events.push(event),
                Err(error) => {
                    tracing::warn!(%error, "an item of the log holds no auth event");
                    page.unreadable += 1;
                }
            }
        }
        Ok(page)
    }
}

impl DynamoEventLog {
    /// About how many events the log holds: DynamoDB counts them every six hours.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not say.
    pub async fn about_events(&self) -> Result<u64, PortError> {
        let described = self.client.describe_table().table_name(&self.table).send();
        let described = described.await;
        let described = described.map_err(|e| port_error("DescribeTable", &self.table, e))?;
        let count = described.table.and_then(|table| table.item_count);
        Ok(count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or(0))
    }
}

fn key(place: &LogPlace) -> Item {
    Item::from([
        (
            USER.to_owned(),
            AttributeValue::S(user_key_text(&place.user)),
        ),
        (
            EVENT_ID.to_owned(),
            AttributeValue::S(place.event.to_string()),
        ),
    ])
}

fn place(key: &Item) -> Result<LogPlace, RecordError> {
    let text = |name: &'static str| {
        let text = key.get(name).and_then(|it| it.as_s().ok());
        text.ok_or_else(|| RecordError::new(name, "it is not there"))
    };
    let event = EventId::parse(text(EVENT_ID)?);
    Ok(LogPlace {
        user: parse_user_key(text(USER)?)?,
        event: event.map_err(|error| RecordError::new(EVENT_ID, error))?,
    })
}

fn logged(item: Item) -> Result<LoggedEvent, RecordError> {
    let redriven = item.get(REDRIVEN).and_then(|mark| mark.as_n().ok());
    let redriven = redriven.and_then(|mark| mark.parse().ok());
    let redriven = redriven.and_then(DateTime::<Utc>::from_timestamp_millis);
    let record: AuthEventRecord = serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|error| RecordError::new("item", error))?;
    let event = AuthEvent::try_from(record)?;
    Ok(LoggedEvent { event, redriven })
}
