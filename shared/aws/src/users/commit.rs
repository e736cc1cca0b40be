//! Commits: some users' states and the rows that their changes add up to, in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Put, TransactWriteItem};
use domain::activity::{Cohort, CohortRow, DayRow};
use domain::day::Day;
use domain::ids::ProjectId;
use domain::segment::Segment;
use domain::user_state::Effects;
use futures::StreamExt;
use pipeline::ports::{Commit, NotCommitted, PortError};

use super::record::{UserStateRecord, VERSION};
use super::{DUE_SHARDS, Item, alone, last_active, ledger};
use crate::metrics::{cohort_updates, next_shard, random_shard, row_update};
use crate::record::user_key_text;
use crate::sdk::{describe, port_error};
use crate::tables::{DUE_AT, DUE_SHARD, TableNames, USER};

/// Items in one transaction (DynamoDB's limit).
const MOST_ITEMS: usize = 100;

/// Bytes of states and pages in one transaction: DynamoDB takes 4 MB, and the rows are small.
const MOST_STATE_BYTES: usize = 3 * 1024 * 1024;

/// Bytes of one state or page (DynamoDB's limit on an item: 400 KB).
const MOST_ITEM_BYTES: usize = 400 * 1024;

/// How many transactions are under way at a time. Fewer than there are shards.
const AT_ONCE: usize = 4;

/// How many times a transaction is tried, each time on another shard of the rows.
const TRIES: u32 = 5;

/// The pause after the first try that conflicts; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

type Rows = BTreeMap<(ProjectId, Day, Segment), DayRow>;
type Cohorts = BTreeMap<(ProjectId, Cohort), CohortRow>;

/// Commits each, and tells of each, in order, if it was committed.
pub async fn commit(client: &Client, tables: &TableNames, commits: Vec<Commit>) -> Vec<Committed> {
    let mut results: Vec<Option<Committed>> = commits.iter().map(|_| None).collect();
    let mut waiting: Vec<Prepared> = Vec::with_capacity(commits.len());
    for (index, commit) in commits.into_iter().enumerate() {
        match prepared(index, commit, tables) {
            Ok(prepared) => waiting.push(prepared),
            Err(error) => set(&mut results, index, Err(error)),
        }
    }
    let (single, grouped): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(Prepared::is_a_state_alone);
    let puts = single.into_iter();
    let puts = puts.map(|prepared| (prepared.index, prepared.put(&tables.users)));
    let mut done = alone::put_each((client, &tables.users), puts.collect()).await;
    done.extend(in_groups(client, tables, grouped).await);
    for (index, result) in done {
        set(&mut results, index, result);
    }
    let lost = || {
        Err(NotCommitted::Failed(port_error(
            "TransactWriteItems",
            &tables.users,
            std::io::Error::other("not tried"),
        )))
    };
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(lost))
        .collect()
}

/// As many as fit into a transaction each, and some transactions at a time, in different shards of the rows: they would conflict
/// in one. Those that change the same rows come together, since a transaction writes each row once.
async fn in_groups(
    client: &Client,
    tables: &TableNames,
    mut waiting: Vec<Prepared>,
) -> Vec<(usize, Committed)> {
    waiting.sort_by(|one, other| one.rows.keys().cmp(other.rows.keys()));
    let mut transactions = Vec::new();
    let mut shard = random_shard();
    while !waiting.is_empty() {
        let transaction = Transaction {
            client,
            tables,
            shard,
            group: take_group(&mut waiting),
        };
        transactions.push(transaction.run());
        shard = next_shard(shard);
    }
    let running = futures::stream::iter(transactions).buffer_unordered(AT_ONCE);
    let done: Vec<Vec<_>> = running.collect().await;
    done.into_iter().flatten().collect()
}

fn set<T>(slots: &mut [Option<T>], index: usize, value: T) {
    if let Some(slot) = slots.get_mut(index) {
        *slot = Some(value);
    }
}

/// What came of one commit.
pub type Committed = Result<(), NotCommitted>;

/// The commit with its item, unless no table can hold that.
fn prepared(index: usize, commit: Commit, tables: &TableNames) -> Result<Prepared, NotCommitted> {
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
struct Prepared {
    index: usize,
    item: Item,
    bytes: usize,
    read_version: u64,
    rows: Rows,
    cohorts: Cohorts,
    /// The pages of the import's ledger.
    pages: Vec<Item>,
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
    fn is_a_state_alone(&self) -> bool {
        self.rows.is_empty() && self.cohorts.is_empty() && self.pages.is_empty()
    }

    fn put(&self, table: &str) -> Result<Put, BuildError> {
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
pub fn bytes_of_item(item: &Item) -> usize {
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

/// What a group comes to, as far as a transaction has bounds.
#[derive(Default)]
struct Size<'p> {
    rows: BTreeSet<&'p (ProjectId, Day, Segment)>,
    cohorts: BTreeSet<&'p (ProjectId, Cohort)>,
    /// States, pages of the ledger, and the further items of cohorts with many ages.
    others: usize,
    bytes: usize,
}

impl<'p> Size<'p> {
    fn add(&mut self, commit: &'p Prepared) {
        self.rows.extend(commit.rows.keys());
        self.cohorts.extend(commit.cohorts.keys());
        let further = |row: &CohortRow| row.iter().len().div_ceil(Effects::MOST_AGES) - 1;
        let further: usize = commit.cohorts.values().map(further).sum();
        self.others += 1 + commit.pages.len() + further;
        self.bytes += commit.bytes;
    }

    fn fits(&self) -> bool {
        let items = self.rows.len() + self.cohorts.len() + self.others;
        items <= MOST_ITEMS && self.bytes <= MOST_STATE_BYTES
    }
}

/// Takes as many commits off the end as fit into one transaction; at least one.
fn take_group(waiting: &mut Vec<Prepared>) -> Vec<Prepared> {
    let mut size = Size::default();
    let fitting = waiting.iter().rev().take_while(|commit| {
        size.add(commit);
        size.fits()
    });
    let count = fitting.count().max(1).min(waiting.len());
    let mut group = waiting.split_off(waiting.len() - count);
    group.reverse();
    group
}

/// One group on its way.
struct Transaction<'a> {
    client: &'a Client,
    tables: &'a TableNames,
    /// The shard of the rows that it is tried in.
    shard: u8,
    group: Vec<Prepared>,
}

fn put(table: &str, item: Item) -> Result<TransactWriteItem, BuildError> {
    let put = Put::builder().table_name(table).set_item(Some(item));
    Ok(TransactWriteItem::builder().put(put.build()?).build())
}

type TransactionError = SdkError<TransactWriteItemsError>;

/// What to do after a transaction that failed.
enum Judgement {
    /// Somebody else was faster with some rows or states: try again on another shard.
    TryAgain,
    /// These states, by place in the group, were written by somebody else: go on without them.
    Without(Vec<usize>),
    /// It is hopeless together, and may be due to one of them: try each by itself. One by itself is
    /// refused for what is in it.
    OneByOne,
    /// It may have been carried out or not, or is refused for what is everybody's: all must be retried.
    Fail,
}

impl Transaction<'_> {
    async fn run(mut self) -> Vec<(usize, Committed)> {
        let mut results = Vec::new();
        let mut pause = FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            if self.group.is_empty() {
                return results;
            }
            let failure = match self.send().await {
                Ok(()) => {
                    results.extend(self.group.iter().map(|commit| (commit.index, Ok(()))));
                    return results;
                }
                Err(failure) => failure,
            };
            match judge(&failure, self.group.len()) {
                Judgement::TryAgain if left > 0 => {
                    tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
                    pause *= 2;
                    self.shard = random_shard();
                }
                Judgement::Without(places) => results.extend(self.dropped(&places, &failure)),
                Judgement::OneByOne if self.group.len() > 1 => {
                    results.extend(self.one_by_one().await);
                    return results;
                }
                Judgement::OneByOne => {
                    results.extend(self.all(&failure, NotCommitted::Refused));
                    return results;
                }
                Judgement::TryAgain | Judgement::Fail => {
                    results.extend(self.all(&failure, NotCommitted::Failed));
                    return results;
                }
            }
        }
        let overtaken = std::io::Error::other("other writers were always faster");
        results.extend(self.all(&overtaken, NotCommitted::Failed));
        results
    }

    async fn send(&self) -> Result<(), TransactionError> {
        let items = self.items().map_err(SdkError::construction_failure)?;
        let send = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items))
            .send();
        send.await.map(|_| ())
    }

    fn items(&self) -> Result<Vec<TransactWriteItem>, BuildError> {
        let mut rows = Rows::new();
        for (key, row) in self.group.iter().flat_map(|commit| &commit.rows) {
            rows.entry(key.clone()).or_default().add(row);
        }
        rows.retain(|_, row| !row.is_empty());
        let mut cohorts = Cohorts::new();
        for (key, row) in self.group.iter().flat_map(|commit| &commit.cohorts) {
            cohorts.entry(key.clone()).or_default().add(row);
        }
        let (shard, metrics) = (self.shard, &self.tables.metrics);
        let puts = self.group.iter();
        let puts = puts.map(|commit| {
            let put = commit.put(&self.tables.users)?;
            Ok(TransactWriteItem::builder().put(put).build())
        });
        let rows = rows.iter().map(|((project, day, segment), row)| {
            row_update(metrics, (project, shard), (segment, *day), row)
        });
        let cohorts = cohorts.iter().flat_map(|((project, cohort), row)| {
            cohort_updates(metrics, (project, shard), *cohort, row)
        });
        let pages = self.group.iter().flat_map(|commit| &commit.pages);
        let pages = pages.map(|page| put(&self.tables.users, page.clone()));
        puts.chain(rows).chain(cohorts).chain(pages).collect()
    }

    /// Takes these out of the group, failed.
    fn dropped(&mut self, places: &[usize], failure: &TransactionError) -> Vec<(usize, Committed)> {
        let (out, group) = std::mem::take(&mut self.group)
            .into_iter()
            .enumerate()
            .partition::<Vec<_>, _>(|(place, _)| places.contains(place));
        self.group = group.into_iter().map(|(_, commit)| commit).collect();
        out.into_iter()
            .map(|(_, commit)| {
                let error = NotCommitted::Failed(self.error(failure));
                (commit.index, Err(error))
            })
            .collect()
    }

    async fn one_by_one(self) -> Vec<(usize, Committed)> {
        let mut results = Vec::new();
        for commit in self.group {
            let alone = Transaction {
                client: self.client,
                tables: self.tables,
                shard: self.shard,
                group: vec![commit],
            };
            results.extend(Box::pin(alone.run()).await);
        }
        results
    }

    fn all(
        &self,
        failure: &(dyn std::error::Error + 'static),
        not_committed: impl Fn(PortError) -> NotCommitted,
    ) -> Vec<(usize, Committed)> {
        self.group
            .iter()
            .map(|commit| (commit.index, Err(not_committed(self.error(failure)))))
            .collect()
    }

    fn error(&self, failure: &(dyn std::error::Error + 'static)) -> PortError {
        PortError {
            operation: "TransactWriteItems",
            what: self.tables.users.clone(),
            source: describe(failure).into(),
        }
    }
}

/// Judges a failed transaction whose first `states` items are states, and the others rows.
fn judge(failure: &TransactionError, states: usize) -> Judgement {
    let Some(service) = failure.as_service_error() else {
        return Judgement::Fail;
    };
    match service {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            judge_reasons(cancelled.cancellation_reasons(), states)
        }
        TransactWriteItemsError::TransactionInProgressException(_)
        | TransactWriteItemsError::ProvisionedThroughputExceededException(_)
        | TransactWriteItemsError::ThrottlingException(_)
        | TransactWriteItemsError::RequestLimitExceeded(_) => Judgement::TryAgain,
        other if other.meta().code() == Some("ValidationException") => Judgement::OneByOne,
        _ => Judgement::Fail,
    }
}

fn judge_reasons(reasons: &[CancellationReason], states: usize) -> Judgement {
    let codes: Vec<&str> = reasons
        .iter()
        .map(|reason| reason.code().unwrap_or("None"))
        .collect();
    let with = |wanted: &str| -> Vec<usize> {
        let places = codes
            .iter()
            .enumerate()
            .filter(|(_, code)| **code == wanted);
        places.map(|(place, _)| place).collect()
    };
    let mut overtaken = with("ConditionalCheckFailed");
    overtaken.retain(|place| *place < states);
    let refused = [
        with("ValidationError"),
        with("ItemCollectionSizeLimitExceeded"),
    ]
    .concat();
    let a_state = refused.iter().any(|place| *place < states);
    if !overtaken.is_empty() {
        Judgement::Without(overtaken)
    } else if refused.is_empty() {
        Judgement::TryAgain
    } else if a_state || states > 1 {
        Judgement::OneByOne
    } else {
        Judgement::Fail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        codes
            .iter()
            .map(|code| CancellationReason::builder().code(*code).build())
            .collect()
    }

    #[test]
    fn each_cancellation_is_judged_by_its_reasons() {
        for (codes, states, expected) in [
            (vec!["None", "None", "TransactionConflict"], 2, "try again"),
            (vec!["TransactionConflict", "None"], 1, "try again"),
            (
                vec!["None", "ConditionalCheckFailed", "None"],
                2,
                "without [1]",
            ),
            (
                vec!["ConditionalCheckFailed", "None", "TransactionConflict"],
                2,
                "without [0]",
            ),
            (vec!["None", "ThrottlingError"], 1, "try again"),
            (vec!["ValidationError", "None"], 1, "one by one"),
            (vec!["None", "None", "ValidationError"], 2, "one by one"),
            (vec!["None", "ValidationError"], 1, "fail"),
        ] {
            let judged = match judge_reasons(&reasons(&codes), states) {
                Judgement::TryAgain => "try again".to_owned(),
                Judgement::Without(places) => format!("without {places:?}"),
                Judgement::OneByOne => "one by one".to_owned(),
                Judgement::Fail => "fail".to_owned(),
            };
            assert_eq!(judged, expected, "{codes:?}");
        }
    }

    #[test]
    fn a_group_holds_no_more_than_a_transaction_does() {
        let prepared = |index| Prepared {
            index,
            item: Item::new(),
            bytes: 100_000,
            read_version: 0,
            rows: Rows::new(),
            cohorts: Cohorts::new(),
            pages: Vec::new(),
        };
        let mut waiting: Vec<Prepared> = (0..40).map(prepared).collect();
        let sizes = std::iter::from_fn(|| {
            let group = take_group(&mut waiting);
            (!group.is_empty()).then_some(group.len())
        });
        assert_eq!(sizes.collect::<Vec<_>>(), [31, 9]);
    }
}
