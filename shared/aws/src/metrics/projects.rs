//! The projects of a metrics table: an item for each, under one key, so that one Query lists them. A project's item
//! says how it is counted, and is written by whoever counts first.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use chrono::{DateTime, SecondsFormat, Utc};
use config::Config;
use domain::dimension::Dimension;
use domain::ids::{ClientId, ProjectId};
use pipeline::ports::figures::{CountedTo, Project};
use pipeline::ports::{Captured, PortError};

use crate::sdk::port_error;
use crate::tables::{PROJECT_SHARD, SEGMENT_DAY};
use crate::users::Item;

/// The key that they share, where a row has its project and shard.
const PROJECTS: &str = "projects";

const TIME_ZONE: &str = "timeZone";
const COUNTING_SINCE: &str = "countingSince";
const DIMENSIONS: &str = "dimensions";
const CLIENT_NAMES: &str = "clientNames";
const COUNTED_TO: &str = "countedTo";
const COUNTED_AT: &str = "countedAt";

fn item_of(project: &Project) -> Item {
    let text = |text: String| AttributeValue::S(text);
    let dimensions = project.dimensions.iter().map(|(dimension, since)| {
        let since = since.map(time_text).unwrap_or_default();
        (dimension.to_string(), text(since))
    });
    let names = project.client_names.iter();
    let names = names.map(|(id, name)| (id.to_string(), text(name.clone())));
    let mut item = HashMap::from([
        (PROJECT_SHARD.to_owned(), text(PROJECTS.to_owned())),
        (SEGMENT_DAY.to_owned(), text(project.id.to_string())),
        (TIME_ZONE.to_owned(), text(project.zone.to_string())),
        (
            DIMENSIONS.to_owned(),
            AttributeValue::M(dimensions.collect()),
        ),
        (CLIENT_NAMES.to_owned(), AttributeValue::M(names.collect())),
    ]);
    if let Some(since) = project.counting_since {
        item.insert(COUNTING_SINCE.to_owned(), text(time_text(since)));
    }
    item
}

/// What is not known, such as a dimension of a newer version, is passed over.
fn project_of(item: &Item) -> Option<Project> {
    let text = |name: &str| item.get(name)?.as_s().ok().map(String::as_str);
    let map = |name: &str| item.get(name).and_then(|map| map.as_m().ok());
    let dimensions = map(DIMENSIONS).into_iter().flatten();
    let dimensions = dimensions.filter_map(|(name, since)| {
        let since = since.as_s().ok().and_then(|since| time(since));
        Some((Dimension::parse(name).ok()?, since))
    });
    let names = map(CLIENT_NAMES).into_iter().flatten();
    let names = names.filter_map(|(id, name)| Some((ClientId::new(id), name.as_s().ok()?.clone())));
    Some(Project {
        id: ProjectId::new(text(SEGMENT_DAY)?),
        zone: text(TIME_ZONE)?.parse().ok()?,
        counting_since: text(COUNTING_SINCE).and_then(time),
        dimensions: dimensions.collect(),
        client_names: names.collect(),
        counted: counted(item),
    })
}

fn counted(item: &Item) -> Option<CountedTo> {
    let moment = |name: &str| time(item.get(name)?.as_s().ok()?);
    Some(CountedTo {
        newest: moment(COUNTED_TO)?,
        at: moment(COUNTED_AT)?,
    })
}

fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.with_timezone(&Utc))
}

/// The project's item, which is put unless it is there, with what the configuration and a captured event add to it.
///
/// # Errors
///
/// If DynamoDB does not give or take it.
pub async fn ensure(
    (client, table): (&Client, &str),
    id: &ProjectId,
    config: &Config,
    captured: Option<Captured>,
) -> Result<Project, PortError> {
    let found = match get((client, table), id).await? {
        Some(found) => found,
        None => {
            put_first(
                (client, table),
                Project::first(id.clone(), config, captured),
            )
            .await?
        }
    };
    match found.with(config, captured) {
        None => Ok(found),
        Some(wanted) => add((client, table), &found, &wanted).await,
    }
}

/// The project's item, if it is there.
///
/// # Errors
///
/// If DynamoDB does not give it.
pub async fn get(
    (client, table): (&Client, &str),
    id: &ProjectId,
) -> Result<Option<Project>, PortError> {
    let get = client
        .get_item()
        .table_name(table)
        .key(PROJECT_SHARD, AttributeValue::S(PROJECTS.to_owned()))
        .key(SEGMENT_DAY, AttributeValue::S(id.to_string()))
        .consistent_read(true);
    let got = get.send().await;
    let got = got.map_err(|error| port_error("GetItem", table, error))?;
    got.item.map(|item| read(table, &item)).transpose()
}

/// The loser of several who are first reads the winner's.
async fn put_first(
    (client, table): (&Client, &str),
    project: Project,
) -> Result<Project, PortError> {
    let put = client
        .put_item()
        .table_name(table)
        .set_item(Some(item_of(&project)))
        .condition_expression("attribute_not_exists(#key)")
        .expression_attribute_names("#key", PROJECT_SHARD);
    match put.send().await {
        Ok(_) => Ok(project),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
        {
            let found = get((client, table), &project.id).await?;
            Ok(found.unwrap_or(project))
        }
        Err(error) => Err(port_error("PutItem", table, error)),
    }
}

/// Adds what is wanted and was not found. What others have added meanwhile stays, and comes first. What clients are called
/// is only shown: counting goes on without it.
async fn add(to: (&Client, &str), found: &Project, wanted: &Project) -> Result<Project, PortError> {
    let mut added = found.clone();
    let rules = rules(found, wanted);
    if !rules.is_empty() {
        added = update(to, &found.id, &rules).await?;
    }
    let new = wanted.client_names.iter();
    let new = new.filter(|(id, name)| found.client_names.get(*id) != Some(*name));
    let new: Vec<Action> = new.map(|(id, name)| Action::name(id, name)).collect();
    for some in new.chunks(MOST_ACTIONS) {
        if let Err(error) = update(to, &found.id, some).await {
            tracing::warn!(%error, "what some app clients are called is not recorded");
        }
    }
    added.client_names.clone_from(&wanted.client_names);
    Ok(added)
}

/// How many actions one expression may have: it has 4 KB.
const MOST_ACTIONS: usize = 40;

/// Sets one value of the item.
struct Action {
    /// The map that it is in, if it is in one, and its name.
    path: (Option<&'static str>, String),
    value: String,
    /// Whether what is there already stays.
    once: bool,
}

impl Action {
    fn name(id: &ClientId, name: &str) -> Self {
        Self {
            path: (Some(CLIENT_NAMES), id.to_string()),
            value: name.to_owned(),
            once: false,
        }
    }

    fn once(map: Option<&'static str>, name: String, value: String) -> Self {
        Self {
            path: (map, name),
            value,
            once: true,
        }
    }
}

/// What says since when the project, and each new dimension, is counted.
fn rules(found: &Project, wanted: &Project) -> Vec<Action> {
    let since = wanted
        .counting_since
        .filter(|_| found.counting_since.is_none());
    let since = since.map(|since| Action::once(None, COUNTING_SINCE.to_owned(), time_text(since)));
    let new = wanted.dimensions.iter();
    let new = new.filter(|(dimension, _)| !found.dimensions.contains_key(dimension));
    let new = new.map(|(dimension, since)| {
        let since = since.map(time_text).unwrap_or_default();
        Action::once(Some(DIMENSIONS), dimension.to_string(), since)
    });
    since.into_iter().chain(new).collect()
}

async fn update(
    (client, table): (&Client, &str),
    id: &ProjectId,
    actions: &[Action],
) -> Result<Project, PortError> {
    let mut update = client
        .update_item()
        .table_name(table)
        .key(PROJECT_SHARD, AttributeValue::S(PROJECTS.to_owned()))
        .key(SEGMENT_DAY, AttributeValue::S(id.to_string()))
        .return_values(ReturnValue::AllNew);
    let mut texts = Vec::with_capacity(actions.len());
    for (number, Action { path, value, once }) in actions.iter().enumerate() {
        let map = path.0.map_or(String::new(), |map| format!("{map}."));
        let place = format!("{map}#n{number}");
        texts.push(if *once {
            format!("{place} = if_not_exists({place}, :v{number})")
        } else {
            format!("{place} = :v{number}")
        });
        update = update
            .expression_attribute_names(format!("#n{number}"), &path.1)
            .expression_attribute_values(format!(":v{number}"), AttributeValue::S(value.clone()));
    }
    let update = update.update_expression(format!("SET {}", texts.join(", ")));
    let updated = update.send().await;
    let updated = updated.map_err(|error| port_error("UpdateItem", table, error))?;
    read(table, &updated.attributes.unwrap_or_default())
}

/// Writes down how far the project's events have been counted, unless somebody else has counted newer ones.
///
/// # Errors
///
/// If DynamoDB does not take it.
pub async fn counted_to(
    (client, table): (&Client, &str),
    id: &ProjectId,
    counted: CountedTo,
) -> Result<(), PortError> {
    let update = client
        .update_item()
        .table_name(table)
        .key(PROJECT_SHARD, AttributeValue::S(PROJECTS.to_owned()))
        .key(SEGMENT_DAY, AttributeValue::S(id.to_string()))
        .update_expression("SET #newest = :newest, #at = :at")
        .condition_expression(
            "attribute_exists(#key) AND (attribute_not_exists(#newest) OR #newest < :newest)",
        )
        .expression_attribute_names("#key", PROJECT_SHARD)
        .expression_attribute_names("#newest", COUNTED_TO)
        .expression_attribute_names("#at", COUNTED_AT)
        .expression_attribute_values(":newest", AttributeValue::S(time_text(counted.newest)))
        .expression_attribute_values(":at", AttributeValue::S(time_text(counted.at)));
    match update.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
        {
            Ok(())
        }
        Err(error) => Err(port_error("UpdateItem", table, error)),
    }
}

/// The projects, by id.
///
/// # Errors
///
/// If DynamoDB does not give them, or an item is not what was written.
pub async fn list(client: &Client, table: &str) -> Result<Vec<Project>, PortError> {
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
    items.iter().map(|item| read(table, item)).collect()
}

fn read(table: &str, item: &Item) -> Result<Project, PortError> {
    project_of(item).ok_or_else(|| {
        let problem = std::io::Error::other("a project's item is not what was written");
        port_error("GetItem", table, problem)
    })
}
