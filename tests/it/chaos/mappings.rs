//! What Lambda does between streams, queues and functions: batches in order, retries from the lowest failed record, and now and
//! then a batch once more than it need be.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use local::dynamodb::TableStream;
use serde_json::{Value, json};

use super::parts::{Parts, queue};
use super::workers::Worker;
use crate::support::installation::{batch, number};
use crate::support::runtime_api::Reply;

/// How long publish-events and deliver-events are given.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Shards of the stream. A user's records are all in one.
pub const SHARDS: usize = 2;

/// Of how many batches one is handed out again although it was taken.
const TWICE: u32 = 25;

/// The stream as far as it was read, by shard.
pub struct Records {
    stream: TableStream,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    last: Option<String>,
    shards: [Vec<Value>; SHARDS],
}

impl Records {
    pub fn new(stream: TableStream) -> Self {
        Self {
            stream,
            read: Mutex::default(),
        }
    }

    /// Up to so many records of a shard from a place on, read on if there are none.
    fn from(&self, shard: usize, place: usize, most: usize) -> Vec<Value> {
        let mut read = self.read.lock().unwrap();
        if read.shards[shard].len() <= place {
            self.read_on(&mut read);
        }
        let records = read.shards[shard].iter().skip(place);
        records.take(most).cloned().collect()
    }

    fn read_on(&self, read: &mut Read) {
        let records = self.stream.records_after(read.last.as_deref(), 500);
        let records: Value = serde_json::from_str(&records.unwrap()).unwrap();
        for record in records["Records"].as_array().into_iter().flatten() {
            read.last = Some(number(record).to_owned());
            let mut hasher = DefaultHasher::new();
            record["dynamodb"]["Keys"]["user"]
                .to_string()
                .hash(&mut hasher);
            let shard = usize::try_from(hasher.finish() % SHARDS as u64).unwrap();
            read.shards[shard].push(record.clone());
        }
    }

    /// All records that were read, by shard.
    pub fn all(&self) -> [Vec<Value>; SHARDS] {
        self.read.lock().unwrap().shards.clone()
    }

    pub fn count(&self) -> usize {
        self.read.lock().unwrap().shards.iter().map(Vec::len).sum()
    }
}

/// The mapping of one shard, as far as it has come.
pub struct Shard {
    number: usize,
    done: usize,
    /// So many at most in the next batch: half, where a batch failed as a whole.
    most: usize,
    rng: Rng,
}

impl Shard {
    pub fn new(number: usize, rng: Rng) -> Self {
        Self {
            number,
            done: 0,
            most: usize::MAX,
            rng,
        }
    }

    /// How many records are done with.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Hands out the next batch. `false` if there is none.
    pub async fn hand_out(&mut self, records: &Records, publish: &mut Worker) -> bool {
        let most = self.rng.usize(1..=150).min(self.most);
        let next = records.from(self.number, self.done, most);
        if next.is_empty() {
            return false;
        }
        match publish.invoke(batch(&next), TIMEOUT).await.reply() {
            Some(reply) if reply.result.is_ok() => {
                self.done += lowest_failed(&next, &reply);
                self.most = usize::MAX;
            }
            Some(_) | None => self.most = (next.len() / 2).max(1),
        }
        if self.rng.u32(0..TWICE) == 0 {
            // As when Lambda does not hear of an answer; also what was long before.
            let from = self.done.saturating_sub(self.rng.usize(1..200));
            let most = self.rng.usize(1..150).min(self.done - from);
            let again = records.from(self.number, from, most);
            if !again.is_empty() {
                publish.invoke(batch(&again), TIMEOUT).await;
            }
        }
        true
    }
}

/// How many records come before the lowest that is to be retried.
fn lowest_failed(given: &[Value], reply: &Reply) -> usize {
    let again = identifiers(reply);
    let lowest = given
        .iter()
        .position(|record| again.contains(number(record)));
    let known: HashSet<&str> = given.iter().map(number).collect();
    assert!(
        again.iter().all(|it| known.contains(it.as_str())),
        "{again:?} were not given"
    );
    lowest.unwrap_or(given.len())
}

fn identifiers(reply: &Reply) -> BTreeSet<String> {
    let response = reply.json();
    let failures = response["batchItemFailures"].as_array().into_iter();
    let ids = failures
        .flatten()
        .filter_map(|it| it["itemIdentifier"].as_str());
    ids.map(str::to_owned).collect()
}

/// Hands out the next batch of a destination's queue. `false` if there is none.
pub async fn deliver(parts: &Parts, destination: &str, worker: &mut Worker, rng: &mut Rng) -> bool {
    let queue = queue(destination);
    let Some(batch) = parts.queues.batch_of(&queue, rng.usize(1..=10)) else {
        return false;
    };
    match worker.invoke(batch.to_string(), TIMEOUT).await.reply() {
        Some(reply) if reply.result.is_ok() && rng.u32(0..TWICE) > 0 => {
            parts.queues.taken(&queue, &batch, &identifiers(&reply));
        }
        // What was delivered is handed out again where SQS does not hear of it.
        Some(_) | None => parts.queues.put_back(&queue, &batch),
    }
    true
}

/// Has expire-attempts run once.
pub async fn expire(worker: &mut Worker) {
    let event = json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "111122223333",
        "time": "2026-01-31T12:00:00Z", "region": "eu-west-1", "resources": [], "detail": {},
    });
    worker.invoke(event.to_string(), TIMEOUT).await;
}
