//! One transaction: tried on another shard of the rows where it conflicts, and judged by what DynamoDB says.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};
use pipeline::ports::{NotCommitted, PortError};

use super::prepared::Prepared;
use super::{Cohorts, Committed, Rows};
use crate::metrics::{cohort_updates, random_shard, row_update};
use crate::sdk::describe;
use crate::tables::TableNames;
use crate::users::Item;

/// How many times a transaction is tried, each time on another shard of the rows.
const TRIES: u32 = 5;

/// The pause after the first try that conflicts; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// One group on its way.
pub struct Transaction<'a> {
    /// Of DynamoDB.
    pub client: &'a Client,
    /// Where it is written.
    pub tables: &'a TableNames,
    /// The shard of the rows that it is tried in.
    pub shard: u8,
    /// What is committed together.
    pub group: Vec<Prepared>,
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
    /// Commits the group, and tells of each, by place, if it was committed.
    pub async fn run(mut self) -> Vec<(usize, Committed)> {
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
}
