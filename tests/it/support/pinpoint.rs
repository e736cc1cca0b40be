//! The Pinpoint-compatible server, with faults before it and a memory of what it was asked.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use local::clock::SystemClock;
use local::dynamodb::Served;
use local::pinpoint::{AppCreation, EventMark, Store, router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What is wrong with Pinpoint.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing.
    Nothing,
    /// It never answers.
    Silence,
    /// It answers everything with this status.
    Always(u16),
    /// It answers UpdateEndpointsBatch with this status.
    Batches(u16),
    /// In the replies of PutEvents, this endpoint and its events have this status.
    Endpoint(String, u16),
    /// It refuses, as a whole and for good, requests of which this is so.
    Refusing(fn(&Asked) -> bool),
}

/// A request that Pinpoint was sent.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub body: Value,
    /// Whether it was refused for what it was.
    pub is_refused: bool,
}

/// Pinpoint. It ends when this is dropped.
pub struct Pinpoint {
    store: Store,
    state: Arc<Faulty>,
    server: Served,
}

struct Faulty {
    fault: Mutex<Fault>,
    asked: Mutex<Vec<Asked>>,
}

impl Pinpoint {
    /// Starts it with nothing wrong.
    pub async fn start() -> Self {
        let store = Store::in_memory().expect("a store");
        let state = Faulty {
            fault: Mutex::new(Fault::Nothing),
            asked: Mutex::default(),
        };
        let state = Arc::new(state);
        let router = router(
            store.clone(),
            Arc::new(SystemClock),
            AppCreation::OnFirstUse,
        )
        .layer(from_fn_with_state(state.clone(), before));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let server = Served::new(address, async move { axum::serve(listener, router).await });
        Self {
            store,
            state,
            server,
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// From now on, this is wrong.
    pub fn set(&self, fault: Fault) {
        *self.state.fault.lock().expect("no test has panicked") = fault;
    }

    /// What it was asked, in order, whether it did it or not.
    pub fn asked(&self) -> Vec<Asked> {
        self.state
            .asked
            .lock()
            .expect("no test has panicked")
            .clone()
    }

    /// The events that it accepted, as its event stream has them.
    pub fn events(&self) -> Vec<Value> {
        let mut events = Vec::new();
        let all = self.store.for_each_event(EventMark::default(), |event| {
            events.push(serde_json::from_str(event)?);
            Ok::<_, local::pinpoint::Error>(())
        });
        all.expect("its events can be read");
        events
    }

    /// Its endpoints.
    pub fn endpoints(&self) -> Vec<Value> {
        let mut endpoints = Vec::new();
        let all = self.store.for_each_endpoint(|endpoint| {
            endpoints.push(serde_json::from_str(endpoint)?);
            Ok::<_, local::pinpoint::Error>(())
        });
        all.expect("its endpoints can be read");
        endpoints
    }
}

/// The ids of the events in these requests of PutEvents, sorted.
pub fn event_ids(asked: &[Asked]) -> Vec<String> {
    let batches = asked
        .iter()
        .filter_map(|asked| asked.body["BatchItem"].as_object());
    let events = batches.flat_map(|batch| batch.values().filter_map(|it| it["Events"].as_object()));
    let mut ids: Vec<String> = events.flat_map(|events| events.keys().cloned()).collect();
    ids.sort();
    ids
}

async fn before(State(state): State<Arc<Faulty>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .expect("the request comes whole");
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let mut asked = Asked {
        method: method.clone(),
        path: path.clone(),
        body: json,
        is_refused: false,
    };
    let fault = state.fault.lock().expect("no test has panicked").clone();
    if let Fault::Refusing(is_unacceptable) = fault {
        asked.is_refused = is_unacceptable(&asked);
    }
    state
        .asked
        .lock()
        .expect("no test has panicked")
        .push(asked.clone());
    let is_batch = method == Method::PUT && path.ends_with("/endpoints");
    let go_on = |body: Bytes| {
        let mut parts = parts;
        parts.headers.remove("content-length");
        next.run(Request::from_parts(parts, Body::from(body)))
    };
    match fault {
        Fault::Silence => std::future::pending().await,
        Fault::Always(status) => refusal(status),
        Fault::Batches(status) if is_batch => refusal(status),
        Fault::Refusing(_) if asked.is_refused => refusal(400),
        Fault::Endpoint(endpoint, status) if path.ends_with("/events") => {
            let mut request = asked.body;
            let batch = request["BatchItem"]
                .as_object_mut()
                .expect("it is PutEvents");
            let Some(left_out) = batch.remove(&endpoint) else {
                return go_on(body).await;
            };
            let reply = go_on(request.to_string().into()).await;
            with_item(reply, &endpoint, item(&left_out, status)).await
        }
        Fault::Nothing | Fault::Batches(_) | Fault::Endpoint(..) | Fault::Refusing(_) => {
            go_on(body).await
        }
    }
}

fn refusal(status: u16) -> Response {
    let status = StatusCode::from_u16(status).expect("it is a status");
    (
        status,
        Json(json!({"Message": "so it is told", "RequestID": "1"})),
    )
        .into_response()
}

/// The same status for an endpoint and for each of its events.
fn item(sent: &Value, status: u16) -> Value {
    let judged = json!({"StatusCode": status, "Message": "so it is told"});
    let events = sent["Events"]
        .as_object()
        .into_iter()
        .flat_map(|events| events.keys());
    let events: serde_json::Map<_, _> = events.map(|id| (id.clone(), judged.clone())).collect();
    json!({"EndpointItemResponse": judged, "EventsItemResponse": events})
}

async fn with_item(reply: Response, endpoint: &str, item: Value) -> Response {
    let status = reply.status();
    let body = to_bytes(reply.into_body(), usize::MAX)
        .await
        .expect("the reply comes whole");
    let mut body: Value = serde_json::from_slice(&body).expect("a reply is JSON");
    body["Results"][endpoint] = item;
    (status, Json(body)).into_response()
}
