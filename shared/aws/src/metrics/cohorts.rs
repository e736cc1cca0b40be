//! Cohorts as items: the first day of the cohort's interval is the sort key, the ages are attributes.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::activity::{Cohort, CohortRow};
use domain::day::{Day, Interval};
use domain::ids::ProjectId;
use domain::user_state::Effects;

use super::{SHARDS, addition, numbers, partition};
use crate::tables::SEGMENT_DAY;
use crate::users::Item;

/// What stands where a dimension's name stands otherwise.
pub fn partition_of(interval: Interval) -> &'static str {
    match interval {
        Interval::Week => "weekly cohorts",
        Interval::Month => "monthly cohorts",
    }
}

/// The updates that add `row` to a cohort: one, in one shard, or if there are too many ages for an expression, more, each
/// in the next shard.
pub fn cohort_updates(
    table: &str,
    (project, shard): (&ProjectId, u8),
    cohort: Cohort,
    row: &CohortRow,
) -> Vec<Result<TransactWriteItem, BuildError>> {
    let ages: Vec<(u32, i64)> = row.iter().collect();
    let parts = ages.chunks(Effects::MOST_AGES).zip(0u8..);
    let update = |(ages, part): (&[(u32, i64)], u8)| {
        let shard = shard.wrapping_add(part) % SHARDS;
        let partition = partition(project, partition_of(cohort.interval), shard);
        let ages = ages.iter().map(|(age, users)| (format!("a{age}"), *users));
        addition(table, (partition, cohort.start.to_string()), ages)
    };
    parts.map(update).collect()
}

/// The first day of the cohort's interval, and the row.
pub fn read(item: &Item) -> Option<(Day, CohortRow)> {
    let start = Day::parse(item.get(SEGMENT_DAY)?.as_s().ok()?).ok()?;
    let mut row = CohortRow::default();
    for (name, users) in numbers(item) {
        if let Some(age) = name.strip_prefix('a').and_then(|age| age.parse().ok()) {
            row.add_users(age, users);
        }
    }
    Some((start, row))
}
