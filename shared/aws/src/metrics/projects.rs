//! The projects of a metrics table: an item for each, under one key, so that one Query lists them.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::ProjectId;
use pipeline::ports::PortError;

use crate::sdk::port_error;
use crate::tables::{PROJECT_SHARD, SEGMENT_DAY};

/// The key that they share, where a row has its project and shard.
const PROJECTS: &str = "projects";

/// Puts the project's item, unless it is there.
///
/// # Errors
///
/// If DynamoDB does not take it.
pub async fn put(client: &Client, table: &str, project: &ProjectId) -> Result<(), PortError> {
    let put = client
        .put_item()
        .table_name(table)
        .item(PROJECT_SHARD, AttributeValue::S(PROJECTS.to_owned()))
        .item(SEGMENT_DAY, AttributeValue::S(project.to_string()))
        .condition_expression("attribute_not_exists(#key)")
        .expression_attribute_names("#key", PROJECT_SHARD);
    match put.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
        {
            Ok(())
        }
        Err(error) => Err(port_error("PutItem", table, error)),
    }
}

/// The projects, by id.
///
/// # Errors
///
/// If DynamoDB does not give them.
pub async fn list(client: &Client, table: &str) -> Result<Vec<ProjectId>, PortError> {
    let items = client
        .query()
        .table_name(table)
        .key_condition_expression("#key = :projects")
        .expression_attribute_names("#key", PROJECT_SHARD)
        .expression_attribute_values(":projects", AttributeValue::S(PROJECTS.to_owned()))
        .into_paginator()
        .items()
        .send();
    let items: Vec<_> = items
        .try_collect()
        .await
        .map_err(|error| port_error("Query", table, error))?;
    let id = |item: &HashMap<String, AttributeValue>| {
        Some(ProjectId::new(item.get(SEGMENT_DAY)?.as_s().ok()?))
    };
    Ok(items.iter().filter_map(id).collect())
}
