//! The log's stream at work: published batch by batch as the event source mapping has it done, its
//! attempts expired as the schedule has it done.

use std::sync::Arc;

use ::config::Config;
use aws::event_log::DynamoEventLog;
use aws::forgotten::DynamoForgotten;
use aws::stream::{Batch, Outside, publish_batch};
use aws::users::DynamoUserStates;
use aws_lambda_events::dynamodb::EventRecord;
use chrono::{DateTime, Utc};
use destinations::directly::Directly;
use destinations::not_published::NotPublished;
use destinations::senders::Senders;
use local::dynamodb::TableStream;
use pipeline::expire::expire;
use pipeline::publish::{Judged, Verdict};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::Failure;
use crate::data_folder::Checkpoint;
use crate::outcomes::Outcomes;

/// How many records are published at a time. The more, the fewer times a user's state is read and
/// written.
pub const BATCH: usize = 5_000;

/// How many times a batch that does not move on is retried.
const TRIES: u32 = 5;

/// Publishes a log.
pub struct Publisher {
    /// What figures are broken down by, and in whose days.
    pub config: Arc<Config>,
    /// Where the expiry of attempts is appended.
    pub log: DynamoEventLog,
    /// The log's stream.
    pub stream: TableStream,
    /// The users' states and the daily rows.
    pub states: DynamoUserStates,
    /// Where events and endpoints are delivered.
    pub outbox: Directly<Senders, DynamoEventLog, DynamoForgotten>,
    /// Where records go that cannot be published.
    pub not_published: NotPublished,
    /// How far the stream has been published.
    pub checkpoint: Checkpoint,
    /// What became of the published events.
    pub outcomes: Outcomes,
    /// The analytics events that came of them, by type.
    pub analytics: Outcomes,
}

impl Publisher {
    /// Publishes all that is in the log.
    pub async fn publish(&mut self) -> Result<(), Failure> {
        while self.publish_some().await? > 0 {}
        Ok(())
    }

    /// Publishes all that is in the log, and expires all attempts that are due by then.
    pub async fn publish_until(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        self.publish().await?;
        while self.expire(now).await? {
            self.publish().await?;
        }
        Ok(())
    }

    /// The same while others append: what comes meanwhile is left for the next time, as far as it does
    /// not fill a batch.
    async fn publish_full(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        while self.publish_some().await? == BATCH {}
        while self.expire(now).await? {
            while self.publish_some().await? == BATCH {}
        }
        Ok(())
    }

    /// Publishes up to [`BATCH`] records, and gives their number.
    async fn publish_some(&mut self) -> Result<usize, Failure> {
        for _ in 0..=TRIES {
            let after = self.checkpoint.number();
            let batch: Batch = serde_json::from_str(&self.stream.records_after(after, BATCH)?)?;
            let Some(last) = batch.records.last() else {
                return Ok(0);
            };
            let last: EventRecord = serde_json::from_str(last.get())?;
            let (last, records) = (last.change.sequence_number, batch.records.len());
            if self.publish_batch(&batch).await {
                self.checkpoint.move_to(last)?;
                return Ok(records);
            }
        }
        Err(Failure::Outside(
            "events were not published: see the log".to_owned(),
        ))
    }

    /// `false` if some records must be retried.
    async fn publish_batch(&mut self, batch: &Batch) -> bool {
        let outside = Outside {
            config: &self.config,
            states: &self.states,
            outbox: &self.outbox,
            queue: &self.not_published,
        };
        let published = publish_batch(batch, Utc::now(), outside).await;
        for judged in &published.judged {
            self.tally(judged);
        }
        published.response.batch_item_failures.is_empty()
    }

    fn tally(&mut self, judged: &Judged) {
        match judged.verdict {
            Verdict::Ended(outcome) => self.outcomes.add(outcome.name()),
            Verdict::Applied | Verdict::Repeated | Verdict::Failed | Verdict::Unpublishable(_) => {}
        }
        for event_type in &judged.analytics {
            self.analytics.add(event_type.name());
        }
    }

    /// Appends the expiry of attempts that are due. `false` if there was none to append.
    async fn expire(&mut self, now: DateTime<Utc>) -> Result<bool, Failure> {
        let expired = expire(now, &self.states, &self.log, || true).await?;
        if expired.failed > 0 {
            return Err(Failure::Outside(format!(
                "{} attempts did not expire",
                expired.failed
            )));
        }
        Ok(expired.appended > 0)
    }
}

/// A publisher at work beside those who append to its log.
pub struct Publishing {
    turns: mpsc::Sender<Turn>,
    task: JoinHandle<Result<Publisher, Failure>>,
}

/// What a publisher is asked for.
enum Turn {
    /// What fills batches, and the attempts that are due by now.
    Full(DateTime<Utc>),
    /// Everything, and the attempts that are due by now; then somebody waits to hear of it.
    All(DateTime<Utc>, oneshot::Sender<()>),
}

impl Publishing {
    /// Sets a publisher to work.
    pub fn start(publisher: Publisher) -> Self {
        let (turns, taken) = mpsc::channel(1);
        Self {
            turns,
            task: tokio::spawn(take_turns(publisher, taken)),
        }
    }

    /// Has what fills batches published, and the attempts expired that are due by `now`. Waits while
    /// two such turns are to be taken already, so that those who append do not run away.
    pub async fn full(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        self.turn(Turn::Full(now)).await
    }

    /// Waits until everything is published, and the attempts are expired that are due by `now`.
    pub async fn all(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        let (done, heard) = oneshot::channel();
        self.turn(Turn::All(now, done)).await?;
        match heard.await {
            Ok(()) => Ok(()),
            Err(_) => self.ended_early().await,
        }
    }

    /// Waits for the turns to be taken, and gives the publisher back.
    pub async fn end(self) -> Result<Publisher, Failure> {
        drop(self.turns);
        self.task.await?
    }

    async fn turn(&mut self, turn: Turn) -> Result<(), Failure> {
        match self.turns.send(turn).await {
            Ok(()) => Ok(()),
            Err(_) => self.ended_early().await,
        }
    }

    /// Why the publisher takes no turns any more.
    async fn ended_early(&mut self) -> Result<(), Failure> {
        (&mut self.task).await??;
        Err(Failure::Outside("the publisher ended early".to_owned()))
    }
}

async fn take_turns(
    mut publisher: Publisher,
    mut turns: mpsc::Receiver<Turn>,
) -> Result<Publisher, Failure> {
    while let Some(turn) = turns.recv().await {
        match turn {
            Turn::Full(now) => publisher.publish_full(now).await?,
            Turn::All(now, done) => {
                publisher.publish_until(now).await?;
                // Who no longer waits need not hear of it.
                let _ = done.send(());
            }
        }
    }
    Ok(publisher)
}
