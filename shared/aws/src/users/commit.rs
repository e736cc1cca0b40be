//! Commits: some users' states and the rows that their changes add up to, in one transaction.

mod prepared;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client;
use domain::activity::{Cohort, CohortRow, DayRow};
use domain::day::Day;
use domain::ids::ProjectId;
use domain::segment::Segment;
use domain::user_state::Effects;
use futures::StreamExt;
use pipeline::ports::{Commit, NotCommitted};

use super::alone;
use crate::metrics::{next_shard, random_shard};
use crate::sdk::port_error;
use crate::tables::TableNames;
use prepared::{Prepared, prepared};
use transaction::Transaction;

/// Items in one transaction (DynamoDB's limit).
const MOST_ITEMS: usize = 100;

/// Bytes of states and pages in one transaction: DynamoDB takes 4 MB, and the rows are small.
const MOST_STATE_BYTES: usize = 3 * 1024 * 1024;

/// How many transactions are under way at a time. Fewer than there are shards.
const AT_ONCE: usize = 4;

type Rows = BTreeMap<(ProjectId, Day, Segment), DayRow>;
type Cohorts = BTreeMap<(ProjectId, Cohort), CohortRow>;

/// What came of one commit.
pub type Committed = Result<(), NotCommitted>;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::Item;

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
