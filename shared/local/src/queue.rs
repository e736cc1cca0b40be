//! FIFO queues as SQS has them, in this process: behind SQS's JSON protocol for those who send, and with what Lambda's event
//! source mapping does for those who take out. Messages of one group are handed out in their order, and none while one of
//! them is out. They are kept in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::dynamodb::Served;

/// The account that the queues are in.
const ACCOUNT: &str = "000000000000";

/// For how long the same deduplication id is not taken again in a group (SQS's).
const DEDUPLICATED: Duration = Duration::from_secs(5 * 60);

/// For how long a message is hidden that was handed out, unless somebody says otherwise: what the stack gives its queues.
const HIDDEN: Duration = Duration::from_secs(120);

/// Messages in one batch (what a mapping takes of a FIFO queue at most).
const MOST_MESSAGES: usize = 10;

/// Queues on the loopback interface. They end when the last copy is dropped.
#[derive(Clone, Debug)]
pub struct FifoQueues {
    queues: Shared,
    server: Arc<Served>,
}

type Shared = Arc<Mutex<BTreeMap<String, VecDeque<Waiting>>>>;

#[derive(Clone, Debug)]
struct Waiting {
    id: String,
    group: String,
    deduplication: String,
    body: String,
    sent: Instant,
    /// The same by the wall clock, in milliseconds since 1970.
    sent_at: i64,
    times: u32,
    hidden_until: Option<Instant>,
    /// It was taken, and stays for the sake of its deduplication id.
    is_taken: bool,
}

impl FifoQueues {
    /// Serves queues of these names.
    ///
    /// # Errors
    ///
    /// If nothing can listen on the loopback interface.
    pub async fn serve(names: &[&str]) -> std::io::Result<Self> {
        let empty = names
            .iter()
            .map(|name| ((*name).to_owned(), VecDeque::new()));
        let queues: Shared = Arc::new(Mutex::new(empty.collect()));
        let routes = Router::new()
            .fallback(post(answer))
            .with_state(queues.clone());
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = Served::new(address, async move { axum::serve(listener, routes).await });
        Ok(Self {
            queues,
            server: Arc::new(server),
        })
    }

    /// Where SQS's protocol is spoken.
    pub fn endpoint(&self) -> String {
        self.server.url()
    }

    /// A queue's URL.
    pub fn url(&self, name: &str) -> String {
        format!("{}/{ACCOUNT}/{name}", self.server.url())
    }

    /// The next batch of a queue, as a mapping hands it to a function; `None` if nothing is to be handed out.
    pub fn batch(&self, name: &str) -> Option<Value> {
        self.batch_of(name, MOST_MESSAGES)
    }

    /// The same with at most so many messages.
    pub fn batch_of(&self, name: &str, most: usize) -> Option<Value> {
        let most = most.min(MOST_MESSAGES);
        let messages = receive(locked(&self.queues).get_mut(name)?, most, Instant::now());
        let records = messages.iter().map(|message| {
            json!({
                "messageId": message.id, "receiptHandle": message.id, "body": message.body,
                "attributes": {"ApproximateReceiveCount": message.times.to_string(), "MessageGroupId": message.group,
                    "SentTimestamp": message.sent_at.to_string()},
                "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
                "eventSourceARN": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"),
            })
        });
        let records: Vec<Value> = records.collect();
        (!records.is_empty()).then(|| json!({"Records": records}))
    }

    /// Takes the messages of a batch out, but for those that a function wants to be handed out again: these stay hidden for as
    /// long as it has said.
    pub fn taken(&self, name: &str, batch: &Value, again: &BTreeSet<String>) {
        let taken: BTreeSet<&str> = ids(batch).filter(|id| !again.contains(*id)).collect();
        if let Some(queue) = locked(&self.queues).get_mut(name) {
            for message in queue.iter_mut().filter(|it| taken.contains(it.id.as_str())) {
                message.is_taken = true;
            }
        }
    }

    /// Hands out the messages of a batch again, as when they were hidden for their time: its function has said nothing.
    pub fn put_back(&self, name: &str, batch: &Value) {
        let ids: BTreeSet<&str> = ids(batch).collect();
        if let Some(queue) = locked(&self.queues).get_mut(name) {
            for message in queue.iter_mut().filter(|it| ids.contains(it.id.as_str())) {
                message.hidden_until = None;
            }
        }
    }

    /// How many messages wait in a queue, handed out or not.
    pub fn waiting(&self, name: &str) -> usize {
        let queues = locked(&self.queues);
        let waiting = queues.get(name).into_iter().flatten();
        waiting.filter(|message| !message.is_taken).count()
    }

    /// For how long the first message that waits in a queue is still hidden.
    pub fn hidden_for(&self, name: &str) -> Option<Duration> {
        let queues = locked(&self.queues);
        let mut waiting = queues.get(name)?.iter().filter(|it| !it.is_taken);
        let until = waiting.next()?.hidden_until?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    /// Hands out what is hidden at once.
    pub fn show(&self, name: &str) {
        if let Some(queue) = locked(&self.queues).get_mut(name) {
            queue
                .iter_mut()
                .for_each(|message| message.hidden_until = None);
        }
    }
}

fn locked(queues: &Shared) -> MutexGuard<'_, BTreeMap<String, VecDeque<Waiting>>> {
    queues.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The ids of a batch's messages.
fn ids(batch: &Value) -> impl Iterator<Item = &str> {
    let records = batch.get("Records").and_then(Value::as_array);
    let records = records.into_iter().flatten();
    records.filter_map(|record| record.get("messageId").and_then(Value::as_str))
}

fn receive(queue: &mut VecDeque<Waiting>, most: usize, now: Instant) -> Vec<Waiting> {
    let is_out = |message: &Waiting| message.hidden_until.is_some_and(|until| until > now);
    let waiting = queue.iter().filter(|message| !message.is_taken);
    let held: BTreeSet<String> = waiting
        .filter(|message| is_out(message))
        .map(|message| message.group.clone())
        .collect();
    let free = queue
        .iter_mut()
        .filter(|message| !message.is_taken && !held.contains(&message.group));
    let received = free.take(most).map(|message| {
        message.times += 1;
        message.hidden_until = Some(now + HIDDEN);
        message.clone()
    });
    received.collect()
}

fn send(queue: &mut VecDeque<Waiting>, entry: &Value, now: Instant) -> String {
    queue.retain(|message| !message.is_taken || now - message.sent < DEDUPLICATED);
    let text = |name: &str| {
        entry
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (group, deduplication) = (text("MessageGroupId"), text("MessageDeduplicationId"));
    let mut known = queue.iter();
    let known = known.find(|it| {
        it.group == group && it.deduplication == deduplication && now - it.sent < DEDUPLICATED
    });
    if let Some(known) = known {
        return known.id.clone();
    }
    let id = uuid::Uuid::new_v4().to_string();
    queue.push_back(Waiting {
        id: id.clone(),
        group,
        deduplication,
        body: text("MessageBody"),
        sent: now,
        sent_at: chrono::Utc::now().timestamp_millis(),
        times: 0,
        hidden_until: None,
        is_taken: false,
    });
    id
}

fn hide(queue: &mut VecDeque<Waiting>, entry: &Value, now: Instant) {
    let id = entry.get("ReceiptHandle").and_then(Value::as_str);
    let seconds = entry
        .get("VisibilityTimeout")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    for message in queue.iter_mut().filter(|it| Some(it.id.as_str()) == id) {
        message.hidden_until = Some(now + Duration::from_secs(seconds));
    }
}

async fn answer(State(queues): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let target = headers.get("x-amz-target").and_then(|it| it.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("AmazonSQS."));
    let name = request
        .get("QueueUrl")
        .and_then(Value::as_str)
        .and_then(|url| url.rsplit('/').next());
    let mut queues = locked(&queues);
    if operation == Some("GetQueueUrl")
        && let Some(url) = url_of(&request, &headers, &queues)
    {
        return json!({"QueueUrl": url}).to_string().into_response();
    }
    let Some(queue) = name.and_then(|name| queues.get_mut(name)) else {
        return no_such_queue();
    };
    let now = Instant::now();
    let entries = request
        .get("Entries")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let answer: Vec<Value> = match operation {
        Some("SendMessageBatch") => entries
            .map(|entry| {
                json!({"Id": entry.get("Id"), "MessageId": send(queue, entry, now), "MD5OfMessageBody": ""})
            })
            .collect(),
        Some("ChangeMessageVisibilityBatch") => entries
            .map(|entry| {
                hide(queue, entry, now);
                json!({"Id": entry.get("Id")})
            })
            .collect(),
        Some(_) | None => return error("com.amazonaws.sqs#UnsupportedOperation", "it is not answered here"),
    };
    json!({"Successful": answer, "Failed": []})
        .to_string()
        .into_response()
}

/// The URL of the queue that is asked for by its name, as whoever asks reaches this server; `None` if there is none.
fn url_of(
    request: &Value,
    headers: &HeaderMap,
    queues: &BTreeMap<String, VecDeque<Waiting>>,
) -> Option<String> {
    let name = request.get("QueueName").and_then(Value::as_str)?;
    let host = headers.get("host").and_then(|it| it.to_str().ok())?;
    queues
        .contains_key(name)
        .then(|| format!("http://{host}/{ACCOUNT}/{name}"))
}

/// What SQS answers where there is no such queue. Clients know it by the header, which has the name of before the JSON protocol.
fn no_such_queue() -> Response {
    let name = "AWS.SimpleQueueService.NonExistentQueue;Sender";
    let answer = error(
        "com.amazonaws.sqs#QueueDoesNotExist",
        "there is no such queue",
    );
    ([("x-amzn-query-error", name)], answer).into_response()
}

fn error(code: &str, message: &str) -> Response {
    let body = json!({"__type": code, "message": message}).to_string();
    (StatusCode::BAD_REQUEST, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(group: &str, body: &str) -> Value {
        json!({"MessageGroupId": group, "MessageDeduplicationId": body, "MessageBody": body})
    }

    fn bodies(messages: &[Waiting]) -> Vec<&str> {
        messages
            .iter()
            .map(|message| message.body.as_str())
            .collect()
    }

    #[test]
    fn a_group_is_handed_out_in_order_and_not_while_one_of_it_is_out() {
        let (mut queue, now) = (VecDeque::new(), Instant::now());
        for (group, body) in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a1")] {
            send(&mut queue, &entry(group, body), now);
        }
        let first = receive(&mut queue, MOST_MESSAGES, now);
        assert_eq!(bodies(&first), ["a1", "b1", "a2"]);
        send(&mut queue, &entry("a", "a3"), now);
        send(&mut queue, &entry("c", "c1"), now);
        assert_eq!(bodies(&receive(&mut queue, MOST_MESSAGES, now)), ["c1"]);
        hide(
            &mut queue,
            &json!({"ReceiptHandle": first[0].id, "VisibilityTimeout": 5}),
            now,
        );
        hide(
            &mut queue,
            &json!({"ReceiptHandle": first[2].id, "VisibilityTimeout": 5}),
            now,
        );
        let soon = now + Duration::from_secs(5);
        let again = receive(&mut queue, MOST_MESSAGES, soon);
        assert_eq!(bodies(&again), ["a1", "a2", "a3"]);
        assert_eq!(
            again.iter().map(|it| it.times).collect::<Vec<_>>(),
            [2, 2, 1]
        );
    }
}
