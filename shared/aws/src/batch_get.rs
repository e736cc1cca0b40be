//! Items of a table by their keys: what DynamoDB leaves unprocessed is asked for again.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use pipeline::ports::PortError;

use crate::sdk::port_error;
use crate::tables::USER;
use crate::users::Item;

/// Keys in one BatchGetItem (DynamoDB's limit).
pub const MOST_KEYS: usize = 100;

/// How many times what DynamoDB left unprocessed is asked for.
const TRIES: u32 = 5;

/// The pause before it is asked for again, once for each try so far.
const PAUSE: Duration = Duration::from_millis(50);

/// The items of a users table with these keys, at most [`MOST_KEYS`], that are there.
///
/// # Errors
///
/// If DynamoDB does not answer, or leaves some unprocessed however often it is asked.
pub async fn batch_get<'k>(
    (client, table): (&Client, &str),
    wanted: impl Iterator<Item = &'k String>,
) -> Result<Vec<Item>, PortError> {
    let keys = keys(wanted).map_err(|error| port_error("BatchGetItem", table, error))?;
    let mut wanted = Some(keys);
    let mut items = Vec::new();
    for tried in 0..TRIES {
        let Some(request) = wanted.take() else { break };
        tokio::time::sleep(PAUSE * tried).await;
        let got = client.batch_get_item().request_items(table, request).send();
        let got = got
            .await
            .map_err(|error| port_error("BatchGetItem", table, error))?;
        let responses = got.responses.and_then(|mut tables| tables.remove(table));
        items.extend(responses.unwrap_or_default());
        let unprocessed = got.unprocessed_keys;
        wanted = unprocessed.and_then(|mut tables| tables.remove(table));
    }
    match wanted {
        None => Ok(items),
        Some(_) => {
            let unprocessed =
                std::io::Error::other("keys are left unprocessed: DynamoDB throttles");
            Err(port_error("BatchGetItem", table, unprocessed))
        }
    }
}

fn keys<'a>(users: impl Iterator<Item = &'a String>) -> Result<KeysAndAttributes, BuildError> {
    let key = |user: &String| Item::from([(USER.to_owned(), AttributeValue::S(user.clone()))]);
    KeysAndAttributes::builder()
        .set_keys(Some(users.map(key).collect()))
        .consistent_read(true)
        .build()
}
