//! Services that take all that reaches them, and remember it in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local::dynamodb::Served;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::weather::Weather;
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

/// What became of it there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Taken,
    Refused,
}

/// Of how many items one is refused for what it is.
const UNACCEPTABLE: u64 = 16;

/// A service. It ends when this is dropped.
pub struct Place {
    speech: Speech,
    weather: Arc<Weather>,
    came: Mutex<Vec<(Verdict, Arrived)>>,
}

impl Place {
    pub fn new(speech: Speech, weather: Arc<Weather>) -> Arc<Self> {
        Arc::new(Self {
            speech,
            weather,
            came: Mutex::default(),
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

    /// Takes what Pinpoint was asked for. What it refused together came to no end.
    pub fn take_asked(&self, asked: &[Asked]) {
        let mut came = self.came.lock().unwrap();
        for asked in asked {
            match (asked.is_refused, of_pinpoint(asked).as_slice()) {
                (true, [lone]) => came.push((Verdict::Refused, lone.clone())),
                (true, _) => {}
                (false, all) => came.extend(all.iter().map(|it| (Verdict::Taken, it.clone()))),
            }
        }
    }

    /// What becomes of each of these, and what is said.
    fn judge(&self, arrived: &[Arrived]) -> (Vec<Verdict>, Response) {
        let refuses = !self.weather.is_over();
        let judge =
            |item: &Arrived| match refuses && self.speech.can_refuse() && item.is_unacceptable() {
                true => Verdict::Refused,
                false => Verdict::Taken,
            };
        let verdicts: Vec<Verdict> = arrived.iter().map(judge).collect();
        match self.speech {
            // For one, it refuses them all.
            Speech::Webhook if verdicts.contains(&Verdict::Refused) => {
                let refused = [Verdict::Refused].repeat(usize::from(arrived.len() == 1));
                (refused, StatusCode::BAD_REQUEST.into_response())
            }
            _ => {
                let answer = self.speech.answer(&verdicts).to_string();
                (verdicts, answer.into_response())
            }
        }
    }

    pub fn arrivals(&self) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for (verdict, arrived) in self.came.lock().unwrap().iter() {
            match verdict {
                Verdict::Taken => arrivals.take(arrived),
                Verdict::Refused => arrivals.refuse(arrived),
            }
        }
        arrivals
    }
}

impl Arrived {
    /// Whether it is refused for what it is, each time that it comes. What is not in use any more never is.
    fn is_unacceptable(&self) -> bool {
        let text = match self {
            Self::Event { id } => id,
            Self::Endpoint {
                address: Some(address),
                ..
            } => address,
            Self::Endpoint { address: None, .. } => return false,
        };
        text.bytes().map(u64::from).sum::<u64>() % UNACCEPTABLE == 0
    }
}

/// Whether Pinpoint is to refuse a request.
pub fn is_unacceptable_to_pinpoint(asked: &Asked) -> bool {
    of_pinpoint(asked).iter().any(Arrived::is_unacceptable)
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

    /// Whether it judges what an item is.
    fn can_refuse(self) -> bool {
        matches!(self, Self::EventBridge | Self::Webhook)
    }

    fn answer(self, verdicts: &[Verdict]) -> Value {
        let list = |one: Value| vec![one; verdicts.len()];
        match self {
            Self::Firehose => {
                json!({"FailedPutCount": 0, "RequestResponses": list(json!({"RecordId": "1"}))})
            }
            Self::Kinesis => {
                let one = json!({"SequenceNumber": "1", "ShardId": "1"});
                json!({"FailedRecordCount": 0, "Records": list(one)})
            }
            Self::EventBridge => {
                let entries: Vec<Value> = verdicts.iter().map(|it| it.entry()).collect();
                json!({"FailedEntryCount": 0, "Entries": entries})
            }
            Self::SecretsManager => json!({"Name": "secret", "SecretString": SECRET}),
            Self::Webhook | Self::Pinpoint => json!({}),
        }
    }
}

impl Verdict {
    /// As EventBridge says it.
    fn entry(self) -> Value {
        match self {
            Self::Taken => json!({"EventId": "1"}),
            Self::Refused => {
                json!({"ErrorCode": "MalformedDetail", "ErrorMessage": "so it is told"})
            }
        }
    }
}

async fn take(State(place): State<Arc<Place>>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let items = place.speech.items(&body);
    let arrived: Vec<Arrived> = items.iter().map(|item| place.speech.item(item)).collect();
    let (verdicts, answer) = place.judge(&arrived);
    let came = verdicts.into_iter().zip(arrived);
    place.came.lock().unwrap().extend(came);
    answer
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
