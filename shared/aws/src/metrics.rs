//! The daily rows: how they are written, a shard at a time, and read, added up over all shards.

pub(crate) mod projects;
pub(crate) mod values;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::activity::{DayRow, DayRows, Recency};
use domain::day::Day;
use domain::ids::ProjectId;
use domain::segment::{Dimension, Segment, SegmentValue};
use futures::{StreamExt, TryStreamExt};
use pipeline::ports::PortError;

use crate::record::escaped;
use crate::sdk::port_error;
use crate::tables::{PROJECT_SHARD, SEGMENT_DAY};

/// Over how many items each row is spread, so that writers seldom meet.
const SHARDS: u8 = 8;

/// What stands for the whole project where a dimension's name stands otherwise.
const WHOLE: &str = "whole";

const SIGN_UPS: &str = "signUps";
const SIGN_INS: &str = "signIns";
const AUTH_FAILURES: &str = "authFailures";

/// A shard of the rows, at random.
pub(crate) fn random_shard() -> u8 {
    fastrand::u8(0..SHARDS)
}

/// The update that adds `row` to a day's row, in one shard.
pub(crate) fn row_update(
    table: &str,
    (project, shard): (&ProjectId, u8),
    (segment, day): (&Segment, Day),
    row: &DayRow,
) -> Result<TransactWriteItem, BuildError> {
    let mut update = Update::builder()
        .table_name(table)
        .key(PROJECT_SHARD, AttributeValue::S(shard_key(project, shard)))
        .key(SEGMENT_DAY, AttributeValue::S(row_key(segment, day)));
    let mut additions = Vec::new();
    for (index, (name, number)) in attributes(row).enumerate() {
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

/// The daily rows of a metrics table.
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

    /// The projects that anything was counted for, by id.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not give them.
    pub async fn projects(&self) -> Result<Vec<ProjectId>, PortError> {
        projects::list(&self.client, &self.table).await
    }

    /// The whole project's rows of these days.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not give them, or they are not what was written.
    pub async fn whole(
        &self,
        project: &ProjectId,
        from: Day,
        to: Day,
    ) -> Result<DayRows, PortError> {
        let mut rows = self.rows(project, WHOLE, (from, to)).await?;
        Ok(rows.remove("").unwrap_or_default())
    }

    /// The rows of these days of each value of a dimension.
    ///
    /// # Errors
    ///
    /// As [`DynamoMetrics::whole`].
    pub async fn by(
        &self,
        project: &ProjectId,
        dimension: Dimension,
        (from, to): (Day, Day),
    ) -> Result<BTreeMap<SegmentValue, DayRows>, PortError> {
        let rows = self.rows(project, dimension.name(), (from, to)).await?;
        Ok(rows
            .into_iter()
            .map(|(value, rows)| (SegmentValue::new(&value), rows))
            .collect())
    }

    async fn rows(
        &self,
        project: &ProjectId,
        dimension: &'static str,
        days: (Day, Day),
    ) -> Result<BTreeMap<String, DayRows>, PortError> {
        let shards = futures::stream::iter(0..SHARDS)
            .map(|shard| self.shard(project, shard, dimension, days))
            .buffer_unordered(SHARDS.into());
        let shards: Vec<_> = shards.try_collect().await?;
        let mut rows: BTreeMap<String, DayRows> = BTreeMap::new();
        for (day, value, row) in shards.into_iter().flatten() {
            rows.entry(value).or_default().add(day, &row);
        }
        Ok(rows)
    }

    /// One Query, page by page.
    async fn shard(
        &self,
        project: &ProjectId,
        shard: u8,
        dimension: &'static str,
        (from, to): (Day, Day),
    ) -> Result<Vec<(Day, String, DayRow)>, PortError> {
        let between = [format!("{dimension}#{from}#"), format!("{dimension}#{to}$")];
        let [first, last] = between.map(AttributeValue::S);
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#shard = :shard AND #day BETWEEN :first AND :last")
            .expression_attribute_names("#shard", PROJECT_SHARD)
            .expression_attribute_names("#day", SEGMENT_DAY)
            .expression_attribute_values(":shard", AttributeValue::S(shard_key(project, shard)))
            .expression_attribute_values(":first", first)
            .expression_attribute_values(":last", last)
            .into_paginator()
            .items()
            .send();
        let items = pages
            .try_collect()
            .await
            .map_err(|e| port_error("Query", &self.table, e))?;
        items.into_iter().map(|item| self.row(item)).collect()
    }

    fn row(
        &self,
        item: HashMap<String, AttributeValue>,
    ) -> Result<(Day, String, DayRow), PortError> {
        read_row(&item).ok_or_else(|| {
            let problem = std::io::Error::other("a row is not what was written");
            port_error("Query", &self.table, problem)
        })
    }
}

fn shard_key(project: &ProjectId, shard: u8) -> String {
    format!("{}#{shard}", escaped(project.as_str()))
}

/// Sorts by dimension, then day, then value, so that one Query gives some days of all values.
fn row_key(segment: &Segment, day: Day) -> String {
    match segment {
        Segment::Whole => format!("{WHOLE}#{day}#"),
        Segment::Of(dimension, value) => format!("{}#{day}#{value}", dimension.name()),
    }
}

fn attributes(row: &DayRow) -> impl Iterator<Item = (String, i64)> {
    let counters = [
        (SIGN_UPS, row.sign_ups),
        (SIGN_INS, row.sign_ins),
        (AUTH_FAILURES, row.auth_failures),
    ];
    let counters = counters
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count));
    let recency = row
        .recency
        .iter()
        .map(|(recency, users)| (recency_name(*recency), *users));
    counters.chain(recency).filter(|(_, count)| *count != 0)
}

/// `r1` to `r90` for days, `beyond` and `never`.
fn recency_name(recency: Recency) -> String {
    match recency {
        Recency::BEYOND => "beyond".to_owned(),
        Recency::NEVER => "never".to_owned(),
        days => format!("r{}", days.code()),
    }
}

fn recency_from_name(name: &str) -> Option<Recency> {
    match name {
        "beyond" => Some(Recency::BEYOND),
        "never" => Some(Recency::NEVER),
        days => Recency::from_code(days.strip_prefix('r')?.parse().ok()?),
    }
}

fn read_row(item: &HashMap<String, AttributeValue>) -> Option<(Day, String, DayRow)> {
    let key = item.get(SEGMENT_DAY)?.as_s().ok()?;
    let mut key = key.splitn(3, '#').skip(1);
    let (day, value) = (Day::parse(key.next()?).ok()?, key.next()?);
    let mut row = DayRow::default();
    for (name, number) in item {
        let AttributeValue::N(number) = number else {
            continue;
        };
        let number: i64 = number.parse().ok()?;
        match name.as_str() {
            SIGN_UPS => row.sign_ups = number,
            SIGN_INS => row.sign_ins = number,
            AUTH_FAILURES => row.auth_failures = number,
            name => row.add_users(recency_from_name(name)?, number),
        }
    }
    Some((day, value.to_owned(), row))
}
