//! The server, over a socket. Cases are data: requests in, whole replies out. The clock is virtual and request
//! ids follow from it and from the number of requests, so nothing is left out of a comparison.

mod apps;
mod endpoints;
mod limits;
mod operations;
mod pages;
mod reading;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{AppCreation, Error, EventMark, Options, Store, serve};
use crate::clock::VirtualClock;

const NOON: &str = "2026-01-31T12:00:00Z";
const ENDPOINT: &str = "PUT /v1/apps/a/endpoints/e";
const EVENTS: &str = "POST /v1/apps/a/events";

/// A server that lasts as long as this.
struct Server {
    address: SocketAddr,
    clock: VirtualClock,
    store: Store,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Reply {
    status: u16,
    head: String,
    body: Value,
}

impl Server {
    fn start(apps: AppCreation) -> Self {
        Self::over(Store::in_memory().unwrap(), apps)
    }

    fn over(store: Store, options: impl Into<Options>) -> Self {
        let options = options.into();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let clock = VirtualClock::new(time(NOON));
        let (shutdown, stopped) = oneshot::channel();
        let (served, told) = (store.clone(), Arc::new(clock.clone()));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let stopped = async { stopped.await.unwrap_or(()) };
                serve(listener, served, told, options, stopped)
                    .await
                    .unwrap();
            });
        });
        Self {
            address,
            clock,
            store,
            shutdown: Some(shutdown),
            thread: Some(thread),
        }
    }

    /// Sends a request such as `GET /v1/apps`; `Value::Null` is no body.
    fn ask(&self, request: &str, body: &Value) -> Reply {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(request, body.as_bytes())
    }

    fn send(&self, request: &str, body: &[u8]) -> Reply {
        self.send_with(request, &[], body)
    }

    fn send_with(&self, request: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        Reply {
            status,
            head: head.to_lowercase(),
            body,
        }
    }

    fn get(&self, path: &str) -> Value {
        self.ask(&format!("GET /v1/apps/a/{path}"), &Value::Null)
            .body
    }

    fn events(&self, since: EventMark) -> Vec<Value> {
        let mut events = Vec::new();
        self.store
            .for_each_event(since, |line| {
                events.push(serde_json::from_str(line).unwrap());
                Ok::<_, Error>(())
            })
            .unwrap();
        events
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.take().unwrap().send(()).unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The id of a server's request number `n` at [`NOON`], counted from 0.
fn request_id(n: u64) -> String {
    format!("019c13ec-9e00-7000-8000-{n:012x}")
}

fn event(members: Value) -> Value {
    let mut event = json!({"EventType": "tap", "Timestamp": NOON});
    event
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    event
}

fn batch(endpoint: Value, events: Value) -> Value {
    json!({"BatchItem": {"e": {"Endpoint": endpoint, "Events": events}}})
}

fn repeated<T: Clone>(name: &str, value: T, count: usize) -> std::collections::BTreeMap<String, T> {
    (0..count)
        .map(|number| (format!("{name}{number}"), value.clone()))
        .collect()
}

/// Sends requests one after the other to a new server, and compares every status and body.
#[track_caller]
fn check(apps: AppCreation, exchange: &[(&str, Value, u16, Value)]) {
    let server = Server::start(apps);
    for (number, (request, body, status, expected)) in exchange.iter().enumerate() {
        let reply = server.ask(request, body);
        assert_eq!(
            (reply.status, &reply.body),
            (*status, expected),
            "request {number}: {request}"
        );
    }
}
