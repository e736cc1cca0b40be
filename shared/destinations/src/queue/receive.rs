//! Delivering what a queue has handed out.

use std::collections::{BTreeMap, BTreeSet};

use aws::sdk::describe;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::change_message_visibility_batch::{
    ChangeMessageVisibilityBatchError, ChangeMessageVisibilityBatchOutput,
};
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use futures::StreamExt;
use pipeline::deliver::{Deliver, Destinations, Done, Outcome, deliver};
use pipeline::ports::{EventLog, ForgottenUsers, PortError};
use pipeline::route::Message;

use super::{Queues, decoded};
use crate::sqs;

/// How long a message is hidden after it was not taken for the first time, and at most (seconds). It doubles with each.
const FIRST_HIDDEN: i32 = 5;
const LONGEST_HIDDEN: i32 = 120;

/// How many requests are under way at a time.
const CONCURRENT: usize = 4;

/// A message that its queue has handed out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// Its id in the queue.
    pub id: String,
    /// What it is put back or deleted by.
    pub receipt_handle: String,
    /// How many times it was handed out, this one included.
    pub times: u32,
    /// What it holds.
    pub body: String,
    /// Its message group.
    pub group: Option<String>,
}

/// What a batch came to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Queued {
    /// The ids of the messages that are to be handed out again.
    pub again: Vec<String>,
    /// Those among them of which nothing has failed: their turn has not come.
    pub waiting: BTreeSet<String>,
    /// How many items came to which end.
    pub outcomes: BTreeMap<Outcome, usize>,
}

/// Delivers messages that a queue has handed out, in their order. What cannot be read stays as well, with what comes after it in its
/// group: a newer version may.
///
/// # Errors
///
/// If it is not known who was forgotten: then nothing was sent, and all is handed out again.
pub async fn deliver_batch<D: Destinations, L: EventLog + Sync, F: ForgottenUsers>(
    batch: &[Received],
    by: &Deliver<'_, D, L, F>,
) -> Result<Queued, PortError> {
    let mut readable: Vec<(&Received, Message)> = Vec::with_capacity(batch.len());
    let mut queued = Queued::default();
    let mut held: BTreeSet<&str> = BTreeSet::new();
    for received in batch {
        let group = received.group.as_deref();
        if group.is_some_and(|group| held.contains(group)) {
            queued.again.push(received.id.clone());
            continue;
        }
        match decoded(&received.body) {
            Ok(message) => readable.push((received, message)),
            Err(error) => {
                tracing::error!(message = received.id, %error, "a message cannot be read: it waits for a version that can");
                queued.again.push(received.id.clone());
                held.extend(group);
            }
        }
    }
    let (received, messages): (Vec<_>, Vec<_>) = readable.into_iter().unzip();
    let delivered = deliver(&messages, by).await?;
    queued.outcomes = delivered.outcomes;
    for (received, done) in received.into_iter().zip(delivered.done) {
        if done == Done::Waits {
            queued.waiting.insert(received.id.clone());
        }
        if done != Done::Taken {
            queued.again.push(received.id.clone());
        }
    }
    Ok(queued)
}

impl Queued {
    /// For how long each message that is to be handed out again is hidden (seconds): the longer the more often it has failed. One
    /// whose turn has not come is there again soon, however often that was so.
    pub fn hidden<'r>(&self, batch: &'r [Received]) -> Vec<(&'r Received, i32)> {
        let again = batch.iter().filter(|it| self.again.contains(&it.id));
        again
            .map(|received| match self.waiting.contains(&received.id) {
                true => (received, FIRST_HIDDEN),
                false => (received, hidden_for(received.times)),
            })
            .collect()
    }
}

impl Queues {
    /// Hides messages of the queue with this ARN, each for so many seconds: a function's answer cannot say for how long. Where that
    /// fails, the queue's own time-out hides them.
    pub async fn hide(&self, arn: &str, messages: Vec<(&Received, i32)>) {
        let Some(url) = self.with_arn(arn) else {
            tracing::warn!(
                arn,
                "it is not known where the queue is: its messages are hidden by its own time-out"
            );
            return;
        };
        let entries = messages
            .into_iter()
            .enumerate()
            .filter_map(|(place, (message, seconds))| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(place.to_string())
                    .receipt_handle(&message.receipt_handle)
                    .visibility_timeout(seconds);
                entry.build().ok()
            });
        let batches = sqs::batches(entries.collect(), |_| 1).into_iter();
        let requests = batches.map(|batch| {
            let request = self
                .client
                .change_message_visibility_batch()
                .queue_url(&url);
            request.set_entries(Some(batch)).send()
        });
        let mut requests = futures::stream::iter(requests).buffer_unordered(CONCURRENT);
        while let Some(hidden) = requests.next().await {
            if let Some(error) = not_hidden(hidden.as_ref()) {
                tracing::warn!(
                    arn,
                    error,
                    "messages are hidden by their queue's own time-out"
                );
            }
        }
    }
}

/// Why messages of a request are not hidden, if any are not.
fn not_hidden(
    reply: Result<
        &ChangeMessageVisibilityBatchOutput,
        &SdkError<ChangeMessageVisibilityBatchError>,
    >,
) -> Option<String> {
    match reply {
        Err(error) => Some(describe(error)),
        Ok(output) => {
            let first = output.failed().first()?;
            let count = output.failed().len();
            Some(format!("{} for {count} of them", first.code()))
        }
    }
}

/// How long a message is hidden that was handed out so many times (seconds).
fn hidden_for(times: u32) -> i32 {
    let doubled = 2_i32.checked_pow(times.saturating_sub(1));
    let hidden = doubled.and_then(|doubled| FIRST_HIDDEN.checked_mul(doubled));
    hidden.unwrap_or(LONGEST_HIDDEN).min(LONGEST_HIDDEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_often_a_message_failed_the_longer_it_is_hidden() {
        let times = [0, 1, 2, 3, 4, 5, 6, 100];
        assert_eq!(times.map(hidden_for), [5, 5, 10, 20, 40, 80, 120, 120]);
    }

    #[test]
    fn a_message_whose_turn_has_not_come_is_there_again_soon_however_often_that_was_so() {
        let batch = ["taken", "failed", "waits"].map(|id| Received {
            id: id.to_owned(),
            receipt_handle: id.to_owned(),
            times: 4,
            body: String::new(),
            group: None,
        });
        let queued = Queued {
            again: ["failed", "waits"].map(str::to_owned).into(),
            waiting: ["waits".to_owned()].into(),
            ..Queued::default()
        };
        let hidden = queued.hidden(&batch);
        assert_eq!(hidden, [(&batch[1], 40), (&batch[2], 5)]);
    }
}
