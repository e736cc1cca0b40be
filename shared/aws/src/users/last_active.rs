//! The index of the users by their last active day: what a list of those who have not come back is read from.

use std::hash::{DefaultHasher, Hash, Hasher};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::activity::ActiveDays;
use domain::auth_event::UserKey;
use domain::day::Day;
use domain::ids::ProjectId;
use domain::segment::Segment;
use domain::user_state::UserState;
use pipeline::ports::PortError;
use pipeline::ports::figures::{IndexPage, LastActive, ListedUser, PageAt, UserIndex};

use super::{DynamoUserStates, Item};
use crate::record::{RecordError, escaped, parse_user_key};
use crate::tables::{
    ACTIVE_DAYS, FIRST_ACTIVE, LAST_ACTIVE, LAST_ACTIVE_INDEX, LAST_ACTIVE_SHARD, USER,
};

/// Partitions of the index for each project: each takes 1,000 writes a second.
pub const SHARDS: u64 = 16;

/// Stands for the last active day of a user who was never active: before every day.
const NEVER: &str = "0000-00-00";

/// What a state is found by in the index; nothing for those who are no user, or were not active: but who was there
/// before anything was counted is found.
pub(super) fn attributes(user: &UserKey, state: &UserState) -> Vec<(String, AttributeValue)> {
    let none = ActiveDays::default();
    let days = state.activity.get(&Segment::Whole).unwrap_or(&none);
    let active = days.first().zip(days.newest());
    if user.sub().is_none() || (active.is_none() && state.seed.is_none()) {
        return Vec::new();
    }
    let mut hasher = DefaultHasher::new();
    user.hash(&mut hasher);
    let shard = hasher.finish() % SHARDS;
    let text = |name: &str, text: String| (name.to_owned(), AttributeValue::S(text));
    let last = active.map_or(NEVER.to_owned(), |(_, last)| last.to_string());
    let count = AttributeValue::N(days.as_slice().len().to_string());
    let mut attributes = vec![
        text(LAST_ACTIVE_SHARD, partition(&user.project, shard)),
        text(LAST_ACTIVE, last),
        (ACTIVE_DAYS.to_owned(), count),
    ];
    attributes.extend(active.map(|(first, _)| text(FIRST_ACTIVE, first.to_string())));
    attributes
}

fn partition(project: &ProjectId, shard: u64) -> String {
    format!("{}#{shard}", escaped(project.as_str()))
}

impl UserIndex for DynamoUserStates {
    type Page = Item;

    const PARTITIONS: u64 = SHARDS;

    async fn last_active(
        &self,
        (project, shard): (&ProjectId, u64),
        wanted: LastActive,
        page: PageAt<Item>,
    ) -> Result<IndexPage<Item>, PortError> {
        let (most, after) = match page {
            PageAt::First(most) => (most.and_then(|most| i32::try_from(most).ok()), None),
            PageAt::Next(after) => (None, Some(after)),
        };
        let query = self
            .client
            .query()
            .table_name(&self.tables.users)
            .index_name(LAST_ACTIVE_INDEX)
            .expression_attribute_names("#shard", LAST_ACTIVE_SHARD)
            .expression_attribute_values(":shard", AttributeValue::S(partition(project, shard)))
            .set_limit(most)
            .set_exclusive_start_key(after);
        let bounded = |condition: &str, day: Day| {
            query
                .clone()
                .key_condition_expression(format!("#shard = :shard AND #day {condition} :day"))
                .expression_attribute_names("#day", LAST_ACTIVE)
                .expression_attribute_values(":day", AttributeValue::S(day.to_string()))
        };
        let query = match wanted {
            LastActive::Any => query.clone().key_condition_expression("#shard = :shard"),
            LastActive::UpTo(day) => bounded("<=", day),
            LastActive::From(day) => bounded(">=", day),
        };
        let found = query.send().await;
        let found = found.map_err(|error| self.users_error("Query", error))?;
        let users = found.items.unwrap_or_default();
        let users: Result<Vec<_>, _> = users.iter().map(listed).collect();
        Ok(IndexPage {
            users: users.map_err(|error| self.users_error("Query", error))?,
            next: found.last_evaluated_key,
        })
    }
}

fn listed(item: &Item) -> Result<ListedUser, RecordError> {
    let missing = |name| move || RecordError::new(name, "it is not there");
    let text = |name: &'static str| item.get(name).and_then(|value| value.as_s().ok());
    let day = |name: &'static str| text(name).and_then(|text| Day::parse(text).ok());
    let user = parse_user_key(text(USER).ok_or_else(missing("user"))?)?;
    let count = item.get(ACTIVE_DAYS).and_then(|count| count.as_n().ok());
    Ok(ListedUser {
        sub: user.sub().ok_or_else(missing("sub"))?.clone(),
        pool: user.pool,
        active: day(FIRST_ACTIVE).zip(day(LAST_ACTIVE)),
        active_days: count.and_then(|count| count.parse().ok()).unwrap_or(0),
    })
}
