//! The segment values that are distinguished in a project: one item beside its rows.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::ProjectId;
use domain::segment::{Dimension, KnownValues, SegmentValue};
use pipeline::ports::PortError;

use crate::record::escaped;
use crate::sdk::port_error;
use crate::tables::{PROJECT_SHARD, SEGMENT_DAY};

/// How many times another writer may be faster.
const TRIES: usize = 5;

const VERSION: &str = "version";

type Item = HashMap<String, AttributeValue>;

/// Admits these values as far as there is room, and gives all that are distinguished.
///
/// # Errors
///
/// If DynamoDB does not give or take the item.
pub async fn admit(
    client: &Client,
    table: &str,
    project: &ProjectId,
    wanted: &[(Dimension, SegmentValue)],
) -> Result<KnownValues, PortError> {
    for _ in 0..TRIES {
        let item = read(client, table, project).await?;
        let before = known(&item);
        let mut after = before.clone();
        for (dimension, value) in wanted {
            after.admit(*dimension, value);
        }
        if after == before || write(client, table, project, &item, &after).await? {
            return Ok(after);
        }
    }
    let overtaken = std::io::Error::other("other writers were always faster");
    Err(port_error("PutItem", table, overtaken))
}

async fn read(client: &Client, table: &str, project: &ProjectId) -> Result<Item, PortError> {
    let get = client
        .get_item()
        .table_name(table)
        .set_key(Some(key(project)))
        .consistent_read(true);
    let got = get
        .send()
        .await
        .map_err(|error| port_error("GetItem", table, error))?;
    Ok(got.item.unwrap_or_default())
}

/// `false` if another writer was faster.
async fn write(
    client: &Client,
    table: &str,
    project: &ProjectId,
    read: &Item,
    known: &KnownValues,
) -> Result<bool, PortError> {
    let version = read
        .get(VERSION)
        .and_then(|version| version.as_n().ok()?.parse().ok())
        .unwrap_or(0u64);
    let mut item = key(project);
    item.insert(
        VERSION.to_owned(),
        AttributeValue::N((version + 1).to_string()),
    );
    for dimension in Dimension::ALL {
        let values: Vec<_> = known
            .of(dimension)
            .map(|value| AttributeValue::S(value.to_string()))
            .collect();
        item.insert(dimension.name().to_owned(), AttributeValue::L(values));
    }
    let put = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#version) OR #version = :read")
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":read", AttributeValue::N(version.to_string()));
    match put.send().await {
        Ok(_) => Ok(true),
        Err(error) if is_overtaken(&error) => Ok(false),
        Err(error) => Err(port_error("PutItem", table, error)),
    }
}

fn is_overtaken(error: &SdkError<PutItemError>) -> bool {
    error
        .as_service_error()
        .is_some_and(PutItemError::is_conditional_check_failed_exception)
}

fn key(project: &ProjectId) -> Item {
    HashMap::from([
        (
            PROJECT_SHARD.to_owned(),
            AttributeValue::S(format!("{}#values", escaped(project.as_str()))),
        ),
        (
            SEGMENT_DAY.to_owned(),
            AttributeValue::S("values".to_owned()),
        ),
    ])
}

fn known(item: &Item) -> KnownValues {
    let mut known = KnownValues::default();
    for dimension in Dimension::ALL {
        let values = item
            .get(dimension.name())
            .and_then(|values| values.as_l().ok())
            .into_iter()
            .flatten();
        for value in values.filter_map(|value| value.as_s().ok()) {
            known.admit(dimension, &SegmentValue::new(value));
        }
    }
    known
}
