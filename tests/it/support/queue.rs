//! A queue of SQS on the loopback interface, as far as this project asks for one.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use local::dynamodb::Served;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The queue's name.
pub const NAME: &str = "tests-not-published";

/// The queue. It ends when this is dropped.
pub struct Queue {
    state: Arc<Mutex<Messages>>,
    server: Served,
}

#[derive(Default)]
struct Messages {
    /// Each with its number, and whether it is hidden from those who ask.
    messages: Vec<(usize, String, bool)>,
    sent: usize,
    refuses: bool,
}

impl Queue {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(Messages::default()));
        let router = Router::new()
            .fallback(post(answer))
            .with_state(state.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Served::new(address, async move { axum::serve(listener, router).await });
        Self { state, server }
    }

    pub fn endpoint(&self) -> String {
        self.server.url()
    }

    pub fn url(&self) -> String {
        format!("{}/000000000000/{NAME}", self.server.url())
    }

    /// Takes nothing from now on, or takes everything again.
    pub fn refuse(&self, refuses: bool) {
        self.state.lock().unwrap().refuses = refuses;
    }

    /// Puts a message there.
    pub fn send(&self, body: String) {
        self.state.lock().unwrap().send(body);
    }

    /// The bodies of its messages.
    pub fn bodies(&self) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        let bodies = state.messages.iter().map(|(_, body, _)| body);
        bodies
            .map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }
}

impl Messages {
    fn send(&mut self, body: String) -> usize {
        self.sent += 1;
        self.messages.push((self.sent, body, false));
        self.sent
    }

    fn receive(&mut self) -> Vec<Value> {
        let waiting = self.messages.iter_mut().filter(|(_, _, hidden)| !hidden);
        let received = waiting.take(10).map(|(number, body, hidden)| {
            *hidden = true;
            json!({"MessageId": number.to_string(), "ReceiptHandle": number.to_string(), "Body": body,
                "Attributes": {"SentTimestamp": "1700000000000"}})
        });
        received.collect()
    }

    fn answer(&mut self, operation: &str, request: &Value) -> Value {
        let number: Option<usize> = request["ReceiptHandle"]
            .as_str()
            .map(|it| it.parse().unwrap());
        match operation {
            "ReceiveMessage" => json!({"Messages": self.receive()}),
            "SendMessageBatch" => {
                let entries = request["Entries"].as_array().unwrap().iter();
                let sent = entries.map(|entry| {
                    let number = self.send(entry["MessageBody"].as_str().unwrap().to_owned());
                    json!({"Id": entry["Id"], "MessageId": number.to_string(), "MD5OfMessageBody": ""})
                });
                json!({"Successful": sent.collect::<Vec<_>>(), "Failed": []})
            }
            "DeleteMessage" => {
                self.messages.retain(|(other, _, _)| Some(*other) != number);
                json!({})
            }
            "ChangeMessageVisibility" => {
                for (other, _, hidden) in &mut self.messages {
                    *hidden &= Some(*other) != number;
                }
                json!({})
            }
            other => panic!("{other} is not answered here"),
        }
    }
}

/// What a queue answers that takes all, and that nobody looks into.
fn taken(request: &Value) -> Value {
    let entries = request["Entries"].as_array().unwrap().iter();
    let taken =
        entries.map(|entry| json!({"Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": ""}));
    json!({"Successful": taken.collect::<Vec<_>>(), "Failed": []})
}

async fn answer(
    State(state): State<Arc<Mutex<Messages>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = state.lock().unwrap();
    let request: Value = serde_json::from_slice(&body).unwrap();
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.trim_start_matches("AmazonSQS.");
    let of_another = |url: &str| !url.ends_with(NAME);
    if operation == "SendMessageBatch" && request["QueueUrl"].as_str().is_some_and(of_another) {
        return taken(&request).to_string().into_response();
    }
    if state.refuses {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if operation != "GetQueueUrl" {
        return state
            .answer(operation, &request)
            .to_string()
            .into_response();
    }
    if request["QueueName"] == NAME {
        let url = format!(
            "http://{}/000000000000/{NAME}",
            headers["host"].to_str().unwrap()
        );
        return json!({"QueueUrl": url}).to_string().into_response();
    }
    let error =
        json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"});
    (StatusCode::BAD_REQUEST, error.to_string()).into_response()
}
