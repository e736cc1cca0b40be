//! Who was forgotten, and when: a tombstone of each in the users table, under a hash of the user's key. It says of nobody who
//! they were, and stays: what waits in a queue, or comes of a history, may be of before.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::auth_event::UserKey;
use pipeline::ports::{ForgottenUsers, PortError, Tombstones};
use uuid::Uuid;

use crate::batch_get::{MOST_KEYS, batch_get};
use crate::record::user_key_text;
use crate::sdk::port_error;
use crate::tables::USER;

const FORGOTTEN_AT: &str = "forgottenAt";

/// The namespace of the hashes.
const NAMESPACE: Uuid = Uuid::from_u128(0x0fb0_1c1e_7f6a_4f35_9a0e_2d41_55c8_3b96);

/// The tombstones in a users table.
#[derive(Clone, Debug)]
pub struct DynamoForgotten {
    client: Client,
    table: String,
}

impl DynamoForgotten {
    /// Those in this users table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Writes down that the user is forgotten.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not take it.
    pub async fn bury(&self, user: &UserKey, at: DateTime<Utc>) -> Result<(), PortError> {
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(USER, AttributeValue::S(key(user)))
            .item(FORGOTTEN_AT, AttributeValue::S(at));
        let put = put.send().await;
        put.map_err(|error| port_error("PutItem", &self.table, error))?;
        Ok(())
    }
}

impl ForgottenUsers for DynamoForgotten {
    async fn forgotten(&self, users: &[&UserKey]) -> Result<Tombstones, PortError> {
        let by_key: BTreeMap<String, &UserKey> =
            users.iter().map(|user| (key(user), *user)).collect();
        let keys: Vec<&String> = by_key.keys().collect();
        let mut forgotten = Vec::new();
        for some in keys.chunks(MOST_KEYS) {
            for item in batch_get((&self.client, &self.table), some.iter().copied()).await? {
                let text = |name: &str| item.get(name)?.as_s().ok();
                let user = text(USER).and_then(|key| by_key.get(key));
                let at = text(FORGOTTEN_AT).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
                let (Some(user), Some(at)) = (user, at) else {
                    let problem = std::io::Error::other("a tombstone is not what was written");
                    return Err(port_error("BatchGetItem", &self.table, problem));
                };
                forgotten.push(((*user).clone(), at.with_timezone(&Utc)));
            }
        }
        Ok(forgotten.into_iter().collect())
    }
}

fn key(user: &UserKey) -> String {
    let hash = Uuid::new_v5(&NAMESPACE, user_key_text(user).as_bytes());
    format!("forgotten#{}", hash.simple())
}
