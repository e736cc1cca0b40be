//! Services of AWS that take all they are sent, and count the requests: queues, Firehose, EventBridge and Pinpoint.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use destinations::queue::Received;
use local::dynamodb::Served;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Messages that SQS hands out together of a FIFO queue.
const MOST_MESSAGES: usize = 10;

/// The services. They end when this is dropped.
pub struct Counting {
    state: Shared,
    server: Served,
}

type Shared = Arc<Mutex<Asked>>;

#[derive(Default)]
struct Asked {
    /// How many items each request of an operation had.
    items: BTreeMap<&'static str, Vec<usize>>,
    /// What waits in each queue, by the queue's name.
    queues: BTreeMap<String, Vec<Value>>,
}

impl Counting {
    pub async fn start() -> Self {
        let state = Shared::default();
        let routes = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(state.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Served::new(address, async move { axum::serve(listener, routes).await });
        Self { state, server }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The queues' URLs, with a `*` for a destination's name.
    pub fn queues(&self) -> String {
        format!("{}/000000000000/*", self.server.url())
    }

    /// How many items each request of an operation had since the last time.
    pub fn items(&self) -> BTreeMap<&'static str, Vec<usize>> {
        std::mem::take(&mut self.state.lock().unwrap().items)
    }

    /// What waits in a destination's queue, in the batches that a mapping makes of it. Nothing waits there any more.
    pub fn batches(&self, destination: &str) -> Vec<Vec<Received>> {
        let waiting = self.state.lock().unwrap().queues.remove(destination);
        let received: Vec<Received> = waiting.into_iter().flatten().map(received).collect();
        let batches = received.chunks(MOST_MESSAGES);
        batches.map(<[Received]>::to_vec).collect()
    }
}

fn received(entry: Value) -> Received {
    let text = |name: &str| entry[name].as_str().unwrap().to_owned();
    Received {
        id: text("MessageDeduplicationId"),
        receipt_handle: String::new(),
        times: 1,
        body: text("MessageBody"),
        group: Some(text("MessageGroupId")),
    }
}

async fn answer(
    State(state): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let target = headers
        .get("x-amz-target")
        .map_or("", |it| it.to_str().unwrap());
    let mut asked = state.lock().unwrap();
    match target.rsplit('.').next() {
        Some("SendMessageBatch") => asked.send(&request).into_response(),
        Some("PutRecordBatch") => asked.put_records(&request).into_response(),
        Some("PutEvents") => asked.put_entries(&request).into_response(),
        _ => match uri.path().rsplit_once('/') {
            Some((_, "events")) => {
                (StatusCode::ACCEPTED, asked.put_events(&request)).into_response()
            }
            other => panic!("{other:?} is not answered here"),
        },
    }
}

impl Asked {
    fn count(&mut self, operation: &'static str, items: usize) {
        self.items.entry(operation).or_default().push(items);
    }

    fn send(&mut self, request: &Value) -> String {
        let entries = request["Entries"].as_array().unwrap();
        self.count("SendMessageBatch", entries.len());
        let name = request["QueueUrl"].as_str().unwrap().rsplit('/').next();
        let queue = self.queues.entry(name.unwrap().to_owned()).or_default();
        queue.extend(entries.iter().cloned());
        let sent = entries.iter();
        let sent = sent.map(|it| json!({"Id": it["Id"], "MessageId": "m", "MD5OfMessageBody": ""}));
        json!({"Successful": sent.collect::<Vec<_>>(), "Failed": []}).to_string()
    }

    fn put_records(&mut self, request: &Value) -> String {
        let records = request["Records"].as_array().unwrap().len();
        self.count("PutRecordBatch", records);
        let taken = vec![json!({"RecordId": "r"}); records];
        json!({"FailedPutCount": 0, "RequestResponses": taken}).to_string()
    }

    fn put_entries(&mut self, request: &Value) -> String {
        let entries = request["Entries"].as_array().unwrap().len();
        self.count("EventBridge's PutEvents", entries);
        let taken = vec![json!({"EventId": "e"}); entries];
        json!({"FailedEntryCount": 0, "Entries": taken}).to_string()
    }

    fn put_events(&mut self, request: &Value) -> String {
        let batches = request["BatchItem"].as_object().unwrap();
        let taken = json!({"StatusCode": 202, "Message": "Accepted"});
        let mut results = json!({});
        let mut events = 0;
        for (endpoint, batch) in batches {
            let ids = batch["Events"].as_object().unwrap().keys();
            let of_events: Value = ids.map(|id| (id.clone(), taken.clone())).collect();
            events += of_events.as_object().unwrap().len();
            results[endpoint] =
                json!({"EndpointItemResponse": taken, "EventsItemResponse": of_events});
        }
        self.count("PutEvents", events);
        json!({"Results": results}).to_string()
    }
}
