//! States from which no row follows, such as of a token on a day on which the user was active before: each is put by
//! itself, which costs half of what it does in a transaction.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::Put;
use futures::StreamExt;
use pipeline::ports::NotCommitted;

use super::commit::Committed;
use crate::sdk::port_error;

/// How many are put at the same time.
const AT_ONCE: usize = 16;

/// Puts each, and tells of each what came of it, by its index.
pub async fn put_each(
    (client, table): (&Client, &str),
    puts: Vec<(usize, Result<Put, BuildError>)>,
) -> Vec<(usize, Committed)> {
    let puts = futures::stream::iter(puts);
    let puts = puts.map(|(index, put)| async move {
        let put = put.map_err(SdkError::construction_failure);
        let sent = match put {
            Ok(put) => send(client, put).await,
            Err(error) => Err(error),
        };
        (index, sent.map_err(|error| judged(table, error)))
    });
    puts.buffer_unordered(AT_ONCE).collect().await
}

async fn send(client: &Client, put: Put) -> Result<(), SdkError<PutItemError>> {
    let request = client
        .put_item()
        .table_name(put.table_name)
        .set_item(Some(put.item))
        .set_condition_expression(put.condition_expression)
        .set_expression_attribute_names(put.expression_attribute_names)
        .set_expression_attribute_values(put.expression_attribute_values);
    request.send().await.map(drop)
}

/// What is wrong with the item is its user's own; all else is retried, also what somebody else was faster with.
fn judged(table: &str, error: SdkError<PutItemError>) -> NotCommitted {
    let service = error.as_service_error();
    let refused = service.is_some_and(|error| error.meta().code() == Some("ValidationException"));
    let error = port_error("PutItem", table, error);
    if refused {
        NotCommitted::Refused(error)
    } else {
        NotCommitted::Failed(error)
    }
}
