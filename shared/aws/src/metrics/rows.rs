//! Day rows as items: the day and the segment's value are the sort key, the counters and the histogram attributes.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::activity::{DayRow, Recency};
use domain::counter::Counter;
use domain::day::Day;
use domain::ids::ProjectId;
use domain::segment::Segment;

use super::{WHOLE, addition, numbers, partition};
use crate::tables::SEGMENT_DAY;
use crate::users::Item;

/// The update that adds `row` to a day's row, in one shard.
pub fn row_update(
    table: &str,
    (project, shard): (&ProjectId, u8),
    (segment, day): (&Segment, Day),
    row: &DayRow,
) -> Result<TransactWriteItem, BuildError> {
    let (dimension, value) = match segment {
        Segment::Whole => (WHOLE.to_owned(), ""),
        Segment::Of(dimension, value) => (dimension.to_string(), value.as_str()),
    };
    let counters = row.counters();
    let counters = counters.map(|(counter, count)| (counter.name().to_owned(), count));
    let recency = row.recency();
    let recency = recency.map(|(recency, users)| (recency_name(recency), users));
    let key = (
        partition(project, &dimension, shard),
        format!("{day}#{value}"),
    );
    addition(table, key, counters.chain(recency))
}

/// The day, the segment's value and the row. A name that is not known is passed over: a newer version may count more.
pub fn read(item: &Item) -> Option<(Day, &str, DayRow)> {
    let (day, value) = item.get(SEGMENT_DAY)?.as_s().ok()?.split_once('#')?;
    let mut row = DayRow::default();
    for (name, number) in numbers(item) {
        if let Some(counter) = Counter::from_name(name) {
            row.count(counter, number);
        } else if let Some(recency) = recency_from_name(name) {
            row.add_users(recency, number);
        }
    }
    Some((Day::parse(day).ok()?, value, row))
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
