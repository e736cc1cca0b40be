//! The segment values that are distinguished in a project: one item beside its rows.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::dimension::Dimension;
use domain::ids::ProjectId;
use domain::segment::KnownValues;
use pipeline::ports::{PortError, ValuesKept};

use crate::record::escaped;
use crate::sdk::port_error;
use crate::tables::{PROJECT_SHARD, SEGMENT_DAY};
use crate::users::Item;

const VERSION: &str = "version";

/// The values, and how many times they were written: 0 if they were not.
#[derive(Clone, Default, Debug)]
pub struct VersionedValues {
    /// See [`VersionedValues`].
    pub version: u64,
    /// See [`VersionedValues`].
    pub values: KnownValues,
}

/// Reads them.
///
/// # Errors
///
/// If DynamoDB does not give the item.
pub async fn read(
    client: &Client,
    table: &str,
    project: &ProjectId,
) -> Result<VersionedValues, PortError> {
    let get = client
        .get_item()
        .table_name(table)
        .set_key(Some(key(project)))
        .consistent_read(true);
    let got = get
        .send()
        .await
        .map_err(|error| port_error("GetItem", table, error))?;
    let item = got.item.unwrap_or_default();
    let version = item
        .get(VERSION)
        .and_then(|it| it.as_n().ok()?.parse().ok());
    Ok(VersionedValues {
        version: version.unwrap_or(0),
        values: known(&item),
    })
}

/// Writes them over the version before.
///
/// # Errors
///
/// If DynamoDB does not take the item.
pub async fn write(
    (client, table): (&Client, &str),
    project: &ProjectId,
    written: &VersionedValues,
) -> Result<ValuesKept, PortError> {
    let mut item = key(project);
    let version = AttributeValue::N(written.version.to_string());
    item.insert(VERSION.to_owned(), version);
    for (dimension, values) in written.values.iter() {
        let values = values.iter();
        let values = values.map(|value| AttributeValue::S(value.to_string()));
        item.insert(dimension.to_string(), AttributeValue::L(values.collect()));
    }
    let before = written.version.saturating_sub(1);
    let put = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#version) OR #version = :before")
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":before", AttributeValue::N(before.to_string()));
    match put.send().await {
        Ok(_) => Ok(ValuesKept::Now),
        Err(error) if is_overtaken(&error) => Ok(ValuesKept::Overtaken),
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

/// The lists of the item. What is no dimension is passed over.
fn known(item: &Item) -> KnownValues {
    let mut known = KnownValues::default();
    for (name, values) in item {
        let (Ok(dimension), Ok(values)) = (Dimension::parse(name), values.as_l()) else {
            continue;
        };
        for value in values.iter().filter_map(|value| value.as_s().ok()) {
            known.admit(&dimension, value);
        }
    }
    known
}
