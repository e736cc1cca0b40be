//! The rows of a project: how they are written, a shard at a time, and read, added up over all shards.

mod annotations;
mod cohorts;
pub(crate) mod projects;
mod rows;
pub(crate) mod values;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::activity::{CohortRow, DayRows};
use domain::annotation::Annotation;
use domain::day::{Day, Interval};
use domain::dimension::Dimension;
use domain::ids::ProjectId;
use domain::segment::SegmentValue;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use pipeline::ports::PortError;
use pipeline::ports::figures::{FiguresStore, Project};

use crate::record::escaped;
use crate::sdk::port_error;
use crate::tables::{PROJECT_SHARD, SEGMENT_DAY};
use crate::users::Item;

pub(crate) use cohorts::cohort_updates;
pub(crate) use rows::row_update;

/// Over how many items each row is spread, so that writers seldom meet.
const SHARDS: u8 = 8;

/// What stands for the whole project where a dimension's name stands otherwise.
const WHOLE: &str = "whole";

/// A shard of the rows, at random.
pub(crate) fn random_shard() -> u8 {
    fastrand::u8(0..SHARDS)
}

/// Another shard, for what happens at the same time.
pub(crate) fn next_shard(shard: u8) -> u8 {
    (shard + 1) % SHARDS
}

/// The partition of a project's rows of one dimension, or of its cohorts, in one shard. Each has its own: DynamoDB takes
/// 1,000 write units a second in one partition.
fn partition(project: &ProjectId, of: &str, shard: u8) -> AttributeValue {
    AttributeValue::S(format!("{}#{of}#{shard}", escaped(project.as_str())))
}

/// The update that adds these numbers to an item; those that are nothing are left out.
fn addition(
    table: &str,
    (partition, sort): (AttributeValue, String),
    numbers: impl Iterator<Item = (String, i64)>,
) -> Result<TransactWriteItem, BuildError> {
    let mut update = Update::builder()
        .table_name(table)
        .key(PROJECT_SHARD, partition)
        .key(SEGMENT_DAY, AttributeValue::S(sort));
    let mut additions = Vec::new();
    for (index, (name, number)) in numbers.filter(|(_, number)| *number != 0).enumerate() {
        additions.push(format!("#n{index} :v{index}"));
        update = update
            .expression_attribute_names(format!("#n{index}"), name)
            .expression_attribute_values(
                format!(":v{index}"),
                AttributeValue::N(number.to_string()),
            );
    }
    let update = update
        .update_expression(format!("ADD {}", additions.join(", ")))
        .build()?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// The numbers of an item, by name. An item that is no row has none.
fn numbers(item: &Item) -> impl Iterator<Item = (&str, i64)> {
    item.iter().filter_map(|(name, value)| {
        let number = value.as_n().ok()?.parse().ok()?;
        Some((name.as_str(), number))
    })
}

/// The rows of a metrics table.
#[derive(Clone, Debug)]
pub struct DynamoMetrics {
    client: Client,
    table: String,
}

impl DynamoMetrics {
    /// The rows in this table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl FiguresStore for DynamoMetrics {
    async fn projects(&self) -> Result<Vec<Project>, PortError> {
        projects::list(&self.client, &self.table).await
    }

    async fn span(&self, project: &ProjectId) -> Result<Option<(Day, Day)>, PortError> {
        let first = self.ends(project, End::First);
        let last = self.ends(project, End::Last);
        let (first, last) = futures::try_join!(first, last)?;
        Ok(first.into_iter().min().zip(last.into_iter().max()))
    }

    async fn whole(&self, project: &ProjectId, days: (Day, Day)) -> Result<DayRows, PortError> {
        let mut rows = self.rows(project, WHOLE, days).await?;
        Ok(rows.remove("").unwrap_or_default())
    }

    async fn by(
        &self,
        project: &ProjectId,
        dimension: &Dimension,
        days: (Day, Day),
    ) -> Result<BTreeMap<SegmentValue, DayRows>, PortError> {
        let rows = self.rows(project, &dimension.to_string(), days).await?;
        Ok(rows
            .into_iter()
            .map(|(value, rows)| (SegmentValue::new(&value), rows))
            .collect())
    }

    async fn cohorts(
        &self,
        project: &ProjectId,
        interval: Interval,
        (from, to): (Day, Day),
    ) -> Result<BTreeMap<Day, CohortRow>, PortError> {
        let between = [from.to_string(), to.to_string()];
        let mut pages = self.pages(project, cohorts::partition_of(interval), between);
        let mut cohorts: BTreeMap<Day, CohortRow> = BTreeMap::new();
        while let Some(items) = pages.try_next().await? {
            for item in &items {
                let read = cohorts::read(item);
                let (start, row) = read.ok_or_else(|| self.not_as_written())?;
                cohorts.entry(start).or_default().add(&row);
            }
        }
        Ok(cohorts)
    }

    async fn annotations(
        &self,
        project: &ProjectId,
        days: (Day, Day),
    ) -> Result<Vec<Annotation>, PortError> {
        self.annotations_of(project, days).await
    }
}

/// An end of a project's days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    First,
    Last,
}

impl DynamoMetrics {
    /// The first or the last day of each shard of the whole project's rows.
    async fn ends(&self, project: &ProjectId, end: End) -> Result<Vec<Day>, PortError> {
        let ends = futures::stream::iter(0..SHARDS)
            .map(|shard| self.end(partition(project, WHOLE, shard), end))
            .buffer_unordered(SHARDS.into());
        let ends: Vec<Option<Day>> = ends.try_collect().await?;
        Ok(ends.into_iter().flatten().collect())
    }

    async fn end(&self, partition: AttributeValue, end: End) -> Result<Option<Day>, PortError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#shard = :shard")
            .expression_attribute_names("#shard", PROJECT_SHARD)
            .expression_attribute_values(":shard", partition)
            .scan_index_forward(end == End::First)
            .limit(1)
            .send()
            .await
            .map_err(|error| port_error("Query", &self.table, error))?;
        let item = found.items().first();
        let read = item.map(|item| rows::read(item).ok_or_else(|| self.not_as_written()));
        Ok(read.transpose()?.map(|(day, _, _)| day))
    }

    async fn rows(
        &self,
        project: &ProjectId,
        dimension: &str,
        (from, to): (Day, Day),
    ) -> Result<BTreeMap<String, DayRows>, PortError> {
        let between = [format!("{from}#"), format!("{to}$")];
        let mut pages = self.pages(project, dimension, between);
        let mut rows: BTreeMap<String, DayRows> = BTreeMap::new();
        while let Some(items) = pages.try_next().await? {
            for item in &items {
                let (day, value, row) = rows::read(item).ok_or_else(|| self.not_as_written())?;
                match rows.get_mut(value) {
                    Some(of_value) => of_value.add(day, &row),
                    None => rows.entry(value.to_owned()).or_default().add(day, &row),
                }
            }
        }
        Ok(rows)
    }

    /// The items of all shards whose sort keys lie between these, a page at a time: years of many values are far more than
    /// what they add up to.
    fn pages(
        &self,
        project: &ProjectId,
        of: &str,
        between: [String; 2],
    ) -> BoxStream<'_, Result<Vec<Item>, PortError>> {
        let between = between.map(AttributeValue::S);
        let shards = (0..SHARDS).map(|shard| partition(project, of, shard));
        let shards = shards.map(|partition| self.query(partition, between.clone()));
        futures::stream::select_all(shards).boxed()
    }

    /// The items of a partition whose sort keys lie between these: one Query, page by page.
    fn query(
        &self,
        partition: AttributeValue,
        [first, last]: [AttributeValue; 2],
    ) -> BoxStream<'_, Result<Vec<Item>, PortError>> {
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#shard = :shard AND #day BETWEEN :first AND :last")
            .expression_attribute_names("#shard", PROJECT_SHARD)
            .expression_attribute_names("#day", SEGMENT_DAY)
            .expression_attribute_values(":shard", partition)
            .expression_attribute_values(":first", first)
            .expression_attribute_values(":last", last)
            .into_paginator()
            .send();
        let items = futures::stream::try_unfold(pages, async |mut pages| {
            let page = pages.try_next().await;
            let page = page.map_err(|error| port_error("Query", &self.table, error))?;
            Ok(page.map(|page| (page.items.unwrap_or_default(), pages)))
        });
        items.boxed()
    }

    fn not_as_written(&self) -> PortError {
        let problem = std::io::Error::other("a row is not what was written");
        port_error("Query", &self.table, problem)
    }
}

#[cfg(test)]
mod tests;
