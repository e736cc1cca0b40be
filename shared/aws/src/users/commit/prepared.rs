//! A commit whose items are made, and what they weigh.

use std::hash::{DefaultHasher, Hash, Hasher};

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use pipeline::ports::{Commit, NotCommitted};

use super::{Cohorts, Rows};
use crate::record::user_key_text;
use crate::sdk::port_error;
use crate::tables::{DUE_AT, DUE_SHARD, TableNames, USER};
use crate::users::record::{UserStateRecord, VERSION};
use crate::users::{DUE_SHARDS, Item, last_active, ledger};

/// Bytes of one state or page (DynamoDB's limit on an item: 400 KB).
const MOST_ITEM_BYTES: usize = 400 * 1024;

/// The commit with its item, unless no table can hold that.
pub fn prepared(
    index: usize,
    commit: Commit,
    tables: &TableNames,
) -> Result<Prepared, NotCommitted> {
    let prepared = Prepared::new(index, commit)
        .map_err(|error| NotCommitted::Refused(port_error("Put", &tables.users, error)))?;
    let pages = prepared.pages.iter().map(bytes_of_item);
    let bytes = pages.fold(bytes_of_item(&prepared.item), usize::max);
    if bytes <= MOST_ITEM_BYTES {
        return Ok(prepared);
    }
    let error = std::io::Error::other(format!(
        "a state or a page of the ledger takes {bytes} bytes, over an item's limit"
    ));
    Err(NotCommitted::TooLarge(port_error(
        "Put",
        &tables.users,
        error,
    )))
}

/// A commit whose item is made.
pub struct Prepared {
    /// Its place among those that are committed.
    pub index: usize,
    /// The state.
    pub item: Item,
    /// What all of its items but rows and cohorts weigh.
    pub bytes: usize,
    /// The version of the state that was read; 0 is none.
    pub read_version: u64,
    /// What is added to the daily rows.
    pub rows: Rows,
    /// What is added to the cohorts.
    pub cohorts: Cohorts,
    /// The pages of the import's ledger.
    pub pages: Vec<Item>,
}

impl Prepared {
    fn new(index: usize, commit: Commit) -> Result<Self, serde_dynamo::Error> {
        let mut state = commit.state;
        let read_version = state.version;
        state.version += 1;
        let mut item: Item =
            serde_dynamo::aws_sdk_dynamodb_1::to_item(UserStateRecord::from(&state))?;
        item.insert(
            USER.to_owned(),
            AttributeValue::S(user_key_text(&commit.user)),
        );
        if let Some(due) = state.state.attempts.first_due() {
            let shard = due_shard(&commit.user);
            item.insert(DUE_SHARD.to_owned(), AttributeValue::N(shard.to_string()));
            item.insert(
                DUE_AT.to_owned(),
                AttributeValue::N(due.timestamp_millis().to_string()),
            );
        }
        item.extend(last_active::attributes(&commit.user, &state.state));
        let pages = commit.ledger.iter();
        let pages = pages.map(|(page, ids)| ledger::item(&commit.user, page, ids));
        let pages: Vec<Item> = pages.collect();
        let project = commit.user.project;
        let rows = commit.rows.into_iter();
        let rows = rows.map(|((day, segment), row)| ((project.clone(), day, segment), row));
        let cohorts = commit.cohorts.into_iter();
        let cohorts = cohorts.map(|(cohort, row)| ((project.clone(), cohort), row));
        Ok(Self {
            index,
            bytes: bytes_of_item(&item) + pages.iter().map(bytes_of_item).sum::<usize>(),
            item,
            read_version,
            rows: rows.collect(),
            cohorts: cohorts.collect(),
            pages,
        })
    }

    /// Whether nothing is written with the state.
    pub fn is_a_state_alone(&self) -> bool {
        self.rows.is_empty() && self.cohorts.is_empty() && self.pages.is_empty()
    }

    /// Writes the state, unless somebody has since it was read.
    pub fn put(&self, table: &str) -> Result<Put, BuildError> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(self.item.clone()));
        let put = if self.read_version == 0 {
            put.condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", USER)
        } else {
            put.condition_expression("#version = :read")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(
                    ":read",
                    AttributeValue::N(self.read_version.to_string()),
                )
        };
        put.build()
    }
}

/// The partition of the index of due attempts. Any spread will do: it is written with the state.
fn due_shard(user: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    user.hash(&mut hasher);
    hasher.finish() % DUE_SHARDS
}

/// About as many bytes as DynamoDB counts.
fn bytes_of_item(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + bytes_of(value))
        .sum()
}

fn bytes_of(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::L(list) => list.iter().map(|value| 1 + bytes_of(value)).sum(),
        AttributeValue::M(map) => bytes_of_item(map),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        _ => 1,
    }
}
