//! Services that take all that reaches them, and remember it in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local::dynamodb::Served;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::pinpoint::Asked;

/// What a webhook's requests are signed with.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What one service speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speech {
    Firehose,
    Kinesis,
    EventBridge,
    Webhook,
    SecretsManager,
    /// It is remembered elsewhere what is taken.
    Pinpoint,
}

/// What an endpoint was said to be: its address, or that it is not in use.
pub type Address = Option<String>;

/// What arrived at a service, or was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arrived {
    Event {
        id: String,
    },
    Endpoint {
        project: String,
        endpoint: String,
        address: Address,
    },
}

/// A service. It ends when this is dropped.
pub struct Place {
    speech: Speech,
    taken: Mutex<Vec<Arrived>>,
    /// How many had been taken when each of these was refused.
    refused: Mutex<Vec<(usize, Arrived)>>,
}

impl Place {
    pub fn new(speech: Speech) -> Arc<Self> {
        Arc::new(Self {
            speech,
            taken: Mutex::default(),
            refused: Mutex::default(),
        })
    }

    /// Has it served.
    pub async fn serve(self: &Arc<Self>) -> Served {
        let router = Router::new()
            .fallback(post(take))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        Served::new(address, async move { axum::serve(listener, router).await })
    }

    /// Takes note that an item of a request was refused for good.
    pub fn refuse(&self, item: &Value) {
        self.note_refusal(self.speech.item(item));
    }

    /// The same of an event.
    pub fn refuse_event(&self, id: &str) {
        self.note_refusal(Arrived::Event { id: id.to_owned() });
    }

    fn note_refusal(&self, item: Arrived) {
        let taken = self.taken.lock().unwrap().len();
        self.refused.lock().unwrap().push((taken, item));
    }

    /// Takes what Pinpoint was asked for, and did.
    pub fn take_asked(&self, asked: &[Asked]) {
        let mut taken = self.taken.lock().unwrap();
        taken.extend(asked.iter().flat_map(of_pinpoint));
    }

    pub fn arrivals(&self) -> Arrivals {
        let taken = self.taken.lock().unwrap();
        let refused = self.refused.lock().unwrap();
        let mut arrivals = Arrivals::default();
        let mut refused = refused.iter().peekable();
        for (place, arrived) in taken.iter().enumerate() {
            while let Some((_, arrived)) = refused.next_if(|(before, _)| *before <= place) {
                arrivals.refuse(arrived);
            }
            arrivals.take(arrived);
        }
        refused.for_each(|(_, arrived)| arrivals.refuse(arrived));
        arrivals
    }
}

/// All that came to a service.
#[derive(Default)]
pub struct Arrivals {
    /// How often each event was taken.
    pub events: BTreeMap<String, u64>,
    pub refused_events: BTreeSet<String>,
    /// What each endpoint of a project was said to be last.
    pub endpoints: BTreeMap<(String, String), Address>,
    /// All addresses that each was said to have.
    pub addresses: BTreeMap<(String, String), BTreeSet<Address>>,
    pub updates: u64,
    pub refused_updates: u64,
}

impl Arrivals {
    fn take(&mut self, arrived: &Arrived) {
        match arrived {
            Arrived::Event { id } => *self.events.entry(id.clone()).or_default() += 1,
            Arrived::Endpoint { .. } => {
                self.updates += 1;
                self.update(arrived);
            }
        }
    }

    /// A refusal of an endpoint is its end as well: who asks last was heard last.
    fn refuse(&mut self, arrived: &Arrived) {
        match arrived {
            Arrived::Event { id } => drop(self.refused_events.insert(id.clone())),
            Arrived::Endpoint { .. } => {
                self.refused_updates += 1;
                self.update(arrived);
            }
        }
    }

    fn update(&mut self, arrived: &Arrived) {
        if let Arrived::Endpoint {
            project,
            endpoint,
            address,
        } = arrived
        {
            let key = (project.clone(), endpoint.clone());
            let addresses = self.addresses.entry(key.clone()).or_default();
            addresses.insert(address.clone());
            self.endpoints.insert(key, address.clone());
        }
    }

    /// How many events were taken more than once, each time counted.
    pub fn repeats(&self) -> u64 {
        self.events.values().map(|times| times - 1).sum()
    }
}

impl Speech {
    fn items(self, body: &Value) -> Vec<Value> {
        let items = match self {
            Self::Firehose | Self::Kinesis => &body["Records"],
            Self::EventBridge => &body["Entries"],
            Self::Webhook => body,
            Self::SecretsManager | Self::Pinpoint => &Value::Null,
        };
        items.as_array().cloned().unwrap_or_default()
    }

    fn item(self, item: &Value) -> Arrived {
        match self {
            Self::Firehose | Self::Kinesis => {
                let data = STANDARD.decode(text(&item["Data"])).unwrap();
                of_event_stream(&serde_json::from_slice(&data).unwrap())
            }
            Self::EventBridge => {
                let detail = serde_json::from_str(&text(&item["Detail"])).unwrap();
                of_detail(&detail, &detail["endpoint"])
            }
            Self::Webhook => {
                let (mut data, id) = (item["data"].clone(), &item["id"]);
                data["id"] = id.clone();
                of_detail(&data, &data)
            }
            Self::SecretsManager | Self::Pinpoint => panic!("{self:?} takes no items"),
        }
    }

    fn answer(self, items: usize) -> Value {
        let list = |one: Value| vec![one; items];
        match self {
            Self::Firehose => {
                json!({"FailedPutCount": 0, "RequestResponses": list(json!({"RecordId": "1"}))})
            }
            Self::Kinesis => {
                let one = json!({"SequenceNumber": "1", "ShardId": "1"});
                json!({"FailedRecordCount": 0, "Records": list(one)})
            }
            Self::EventBridge => {
                json!({"FailedEntryCount": 0, "Entries": list(json!({"EventId": "1"}))})
            }
            Self::SecretsManager => json!({"Name": "secret", "SecretString": SECRET}),
            Self::Webhook | Self::Pinpoint => json!({}),
        }
    }
}

async fn take(State(place): State<Arc<Place>>, body: Bytes) -> String {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let items = place.speech.items(&body);
    let arrived: Vec<Arrived> = items.iter().map(|item| place.speech.item(item)).collect();
    place.taken.lock().unwrap().extend(arrived);
    place.speech.answer(items.len()).to_string()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn address(value: &Value) -> Address {
    value.as_str().map(str::to_owned)
}

fn of_event_stream(record: &Value) -> Arrived {
    if record["event_type"] != "_endpoint.updated" {
        let id = text(&record["event_id"]);
        return Arrived::Event { id };
    }
    let endpoint = text(&record["client_context"]["custom"]["endpoint"]);
    let endpoint: Value = serde_json::from_str(&endpoint).unwrap();
    Arrived::Endpoint {
        project: text(&endpoint["ApplicationId"]),
        endpoint: text(&endpoint["Id"]),
        address: address(&endpoint["Address"]),
    }
}

/// A contact endpoint has a channel.
fn of_detail(detail: &Value, endpoint: &Value) -> Arrived {
    if endpoint["channel"].is_null() {
        let id = text(&detail["id"]);
        return Arrived::Event { id };
    }
    Arrived::Endpoint {
        project: text(&detail["project"]),
        endpoint: text(&detail["endpointId"]),
        address: address(&endpoint["address"]),
    }
}

/// Of `/v1/apps/{project}/events`, `…/endpoints/{id}` and `…/endpoints`.
fn of_pinpoint(asked: &Asked) -> Vec<Arrived> {
    let parts: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    let update = |id: String, endpoint: &Value| Arrived::Endpoint {
        project: parts[2].to_owned(),
        endpoint: id,
        address: match endpoint["EndpointStatus"].as_str() {
            Some("INACTIVE") => None,
            _ => address(&endpoint["Address"]),
        },
    };
    match parts.get(3..) {
        Some(["events"]) => {
            let batch = asked.body["BatchItem"].as_object().into_iter().flatten();
            let ids = batch.flat_map(|(_, item)| item["Events"].as_object().into_iter().flatten());
            ids.map(|(id, _)| Arrived::Event { id: id.clone() })
                .collect()
        }
        Some(["endpoints"]) => {
            let items = asked.body["Item"].as_array().into_iter().flatten();
            items.map(|item| update(text(&item["Id"]), item)).collect()
        }
        Some(["endpoints", id]) => vec![update((*id).to_owned(), &asked.body)],
        _ => panic!("{} is not known", asked.path),
    }
}
