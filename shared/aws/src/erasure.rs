//! Erasing what is kept of a user in the event log and in the users table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use chrono::{DateTime, Utc};
use domain::auth_event::UserKey;
use futures::{StreamExt, TryStreamExt};
use pipeline::ports::{PortError, StateErased, UserErasure, UserStates, VersionedState};

use crate::forgotten::DynamoForgotten;
use crate::record::user_key_text;
use crate::sdk::port_error;
use crate::tables::{EVENT_ID, TableNames, USER};
use crate::users::{DynamoUserStates, VERSION};

/// How many items are deleted at a time.
const CONCURRENT_DELETES: usize = 16;

/// What is kept of users in these tables.
#[derive(Debug)]
pub struct DynamoErasure {
    client: Client,
    tables: TableNames,
    states: DynamoUserStates,
    forgotten: DynamoForgotten,
}

impl DynamoErasure {
    /// Erases there.
    pub fn new(client: Client, tables: TableNames) -> Self {
        Self {
            states: DynamoUserStates::new(client.clone(), tables.clone()),
            forgotten: DynamoForgotten::new(client.clone(), tables.users.clone()),
            client,
            tables,
        }
    }

    async fn delete_event(&self, user: &str, event: AttributeValue) -> Result<(), PortError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.event_log)
            .key(USER, AttributeValue::S(user.to_owned()))
            .key(EVENT_ID, event);
        let deleted = delete.send().await;
        deleted.map_err(|e| port_error("DeleteItem", &self.tables.event_log, e))?;
        Ok(())
    }
}

impl UserErasure for DynamoErasure {
    async fn bury(&self, user: &UserKey, at: DateTime<Utc>) -> Result<(), PortError> {
        self.forgotten.bury(user, at).await
    }

    async fn state(&self, user: &UserKey) -> Result<Option<VersionedState>, PortError> {
        let mut loaded = self.states.load(std::slice::from_ref(user)).await?;
        let loaded = loaded.remove(user).transpose();
        loaded.map_err(|unreadable| unreadable.source)
    }

    async fn count_events(&self, user: &UserKey) -> Result<u64, PortError> {
        let pages = self
            .client
            .query()
            .table_name(&self.tables.event_log)
            .key_condition_expression("#user = :user")
            .expression_attribute_names("#user", USER)
            .expression_attribute_values(":user", AttributeValue::S(user_key_text(user)))
            .select(Select::Count)
            .consistent_read(true)
            .into_paginator()
            .send();
        let pages = pages.collect::<Result<Vec<_>, _>>().await;
        let pages = pages.map_err(|e| port_error("Query", &self.tables.event_log, e))?;
        let count = |page: &QueryOutput| u64::try_from(page.count).unwrap_or(0);
        Ok(pages.iter().map(count).sum())
    }

    async fn erase_events(&self, user: &UserKey) -> Result<u64, PortError> {
        let user = user_key_text(user);
        let found = self
            .client
            .query()
            .table_name(&self.tables.event_log)
            .key_condition_expression("#user = :user")
            .expression_attribute_names("#user", USER)
            .expression_attribute_values(":user", AttributeValue::S(user.clone()))
            .projection_expression(EVENT_ID)
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let found = found.collect::<Result<Vec<_>, _>>().await;
        let found = found.map_err(|e| port_error("Query", &self.tables.event_log, e))?;
        let events = found
            .into_iter()
            .filter_map(|mut item| item.remove(EVENT_ID));
        let deletes = events.map(|event| self.delete_event(&user, event));
        let deleted = futures::stream::iter(deletes).buffer_unordered(CONCURRENT_DELETES);
        deleted.try_fold(0, async |count, ()| Ok(count + 1)).await
    }

    async fn erase_state(&self, user: &UserKey, version: u64) -> Result<StateErased, PortError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.users)
            .key(USER, AttributeValue::S(user_key_text(user)))
            .condition_expression("#version = :read")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":read", AttributeValue::N(version.to_string()));
        match delete.send().await {
            Ok(_) => Ok(StateErased::Done),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(StateErased::WrittenSince)
            }
            Err(error) => Err(port_error("DeleteItem", &self.tables.users, error)),
        }
    }
}
