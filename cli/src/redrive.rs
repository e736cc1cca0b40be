//! `cognito-pinpoint redrive`: what could not be published is folded again, once its reason is mended.
//!
//! Each event goes into the event log once more, from where publish-events counts it like any other, and
//! then its message is deleted. Whatever fails in between, each is counted once: see
//! `aws::event_log::Unpublished`. What is moved to the queue again while the command runs is for the next run.

use std::collections::BTreeMap;
use std::process::ExitCode;

use admin::not_published::{NotPublishedQueue, Received, queue_name};
use aws::event_log::{DynamoEventLog, Redriven, Unpublished};
use aws::sdk;
use chrono::{DateTime, Utc};
use destinations::not_published::Message;
use pipeline::ports::PortError;
use serde_json::Value;

use crate::APPEND_BUDGET;
use crate::Failure;
use crate::account::account;
use crate::args::account::RedriveArgs;
use crate::text::listed;

/// Where Lambda says which batch it dead-lettered.
const BATCH: &str = "/DDBStreamBatchInfo";

/// A message of the queue.
enum Found {
    /// An event that publish-events moved there, and why.
    Event(Box<Unpublished>, String),
    /// Something else, and what to do about it.
    Other(String),
}

/// The queue and the log of a stack, and when the command began.
struct Site {
    queue: NotPublishedQueue,
    log: DynamoEventLog,
    started: DateTime<Utc>,
}

/// Redrives all that is in the queue. Exit code 1 if anything is left there.
pub async fn run(args: &RedriveArgs) -> Result<ExitCode, Failure> {
    let started = Utc::now();
    let sdk = account(&args.account).await?;
    let stack = args.account.stack();
    let queue = NotPublishedQueue::of_stack(&sdk, stack).await?;
    let queue = queue.ok_or_else(|| {
        Failure::Outside(format!(
            "there is no queue {}: look at --stack, and at the Region",
            queue_name(stack)
        ))
    })?;
    let tables = args.account.tables();
    let log = DynamoEventLog::new(sdk::dynamodb(&sdk), tables.event_log, APPEND_BUDGET);
    let messages = received(&queue, started).await?;
    let site = Site {
        queue,
        log,
        started,
    };
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut left = 0u64;
    let mut waiting = in_order(messages).into_iter();
    while let Some((message, found)) = waiting.next() {
        let handled = match found {
            Found::Other(advice) => {
                left += 1;
                eprintln!("left in the queue: {advice}");
                site.queue.leave(&message).await.map(|()| None)
            }
            Found::Event(_, reason) if args.dry_run => {
                let outcome = format!("to be redriven ({reason})");
                site.queue.leave(&message).await.map(|()| Some(outcome))
            }
            Found::Event(event, _) => redrive(&site, &event, &message).await,
        };
        match handled {
            Ok(outcome) => outcome
                .into_iter()
                .for_each(|it| *outcomes.entry(it).or_default() += 1),
            Err(error) => {
                leave(
                    &site.queue,
                    std::iter::once(message).chain(waiting.map(|it| it.0)),
                )
                .await;
                return Err(error.into());
            }
        }
    }
    if outcomes.is_empty() && left == 0 {
        println!("nothing to do: the queue is empty");
    } else {
        println!("{}", listed(&outcomes));
    }
    Ok(ExitCode::from(u8::from(left > 0)))
}

/// Puts an event into the log once more, and then deletes its message.
async fn redrive(
    site: &Site,
    event: &Unpublished,
    message: &Received,
) -> Result<Option<String>, PortError> {
    let outcome = match site.log.redrive(event, site.started).await? {
        Redriven::Now => "redriven",
        Redriven::Before => "redriven before, or forgotten",
    };
    site.queue.delete(message).await?;
    Ok(Some(outcome.to_owned()))
}

/// Lets others receive these: what stays hidden looks as if the queue were empty.
async fn leave(queue: &NotPublishedQueue, messages: impl Iterator<Item = Received>) {
    for message in messages {
        if let Err(error) = queue.leave(&message).await {
            eprintln!("a message stays hidden for a quarter of an hour: {error}");
        }
    }
}

/// All that was sent before `started`.
async fn received(
    queue: &NotPublishedQueue,
    started: DateTime<Utc>,
) -> Result<Vec<Received>, Failure> {
    let mut all = Vec::new();
    loop {
        let some = queue.receive().await?;
        if some.is_empty() {
            return Ok(all);
        }
        let is_newer = |message: &Received| message.sent.is_some_and(|sent| sent > started);
        let (newer, older): (Vec<_>, Vec<_>) = some.into_iter().partition(is_newer);
        all.extend(older);
        if !newer.is_empty() {
            leave(queue, newer.into_iter()).await;
            return Ok(all);
        }
    }
}

/// In the order of the log, so that each user's events come in theirs.
fn in_order(messages: Vec<Received>) -> Vec<(Received, Found)> {
    let mut found: Vec<_> = messages
        .into_iter()
        .map(|message| {
            let found = read(&message);
            (message, found)
        })
        .collect();
    found.sort_by_key(|(_, found)| match found {
        Found::Event(event, _) => {
            let number = event.position.sequence_number.trim_start_matches('0');
            (number.len(), number.to_owned())
        }
        Found::Other(_) => (0, String::new()),
    });
    found
}

fn read(message: &Received) -> Found {
    if let Ok(Message { reason, record }) = serde_json::from_str(&message.body) {
        return match Unpublished::read(record.get()) {
            Ok(unpublished) => Found::Event(Box::new(unpublished), reason),
            Err(error) => Found::Other(format!("a record that holds no auth event: {error}")),
        };
    }
    let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
    Found::Other(match body.pointer(BATCH) {
        Some(batch) => dead_lettered(batch),
        None => "a message that is not of this project; delete it in SQS's console".to_owned(),
    })
}

/// Of a batch that it dead-lettered, Lambda says where it stood and not what it held.
fn dead_lettered(batch: &Value) -> String {
    let of = |name: &str| {
        batch
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("?")
            .to_owned()
    };
    let size = batch.get("batchSize").and_then(Value::as_u64).unwrap_or(0);
    format!(
        "{size} records that Lambda dead-lettered, sequence numbers {} to {} of shard {}, at about {}: they were not counted, \
         and their events are in the event log until they are 35 days old; find there those that were captured about \
         then, and delete this message in SQS's console",
        of("startSequenceNumber"),
        of("endSequenceNumber"),
        of("shardId"),
        of("approximateArrivalOfLastRecord"),
    )
}
