//! Everything that the functions need, in this process, each behind a proxy that misbehaves as the weather is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::config::Config;
use aws::event_log::DynamoEventLog;
use aws::sdk::{self, Patience};
use aws::tables::{TableNames, create_missing};
use aws_sdk_dynamodb::Client;
use destinations::queue::QUEUES;
use local::dynamodb::{DynamoDbStore, Served, TableStream};
use local::queue::FifoQueues;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::places::{Place, Speech, is_unacceptable_to_pinpoint};
use super::weather::{Part, Weather};
use crate::support::installation::STACK;
use crate::support::misbehaving::Misbehaving;
use crate::support::pinpoint::{Fault, Pinpoint};
use crate::support::runtime_api::Environment;

/// The destinations by their names, with what speaks for each.
pub const DESTINATIONS: [(&str, Part, Speech); 5] = [
    ("pinpoint", Part::Pinpoint, Speech::Pinpoint),
    ("archive", Part::Firehose, Speech::Firehose),
    ("stream", Part::Kinesis, Speech::Kinesis),
    ("bus", Part::EventBridge, Speech::EventBridge),
    ("hook", Part::Webhook, Speech::Webhook),
];

/// An app client: its id, its project, whether it shares user data, how long its attempts are open, and where it sends.
pub struct AppClient {
    pub id: &'static str,
    pub project: &'static str,
    pub shares: bool,
    pub window_seconds: u32,
    pub destinations: &'static [&'static str],
}

/// Two clients of one project with different destinations, one that shares nothing, and one that sends nothing.
pub const CLIENTS: [AppClient; 5] = [
    AppClient {
        id: "1web",
        project: "0123456789abcdef0123456789abcdef",
        shares: true,
        window_seconds: 210,
        destinations: &["pinpoint", "archive"],
    },
    AppClient {
        id: "2mobile",
        project: "0123456789abcdef0123456789abcdef",
        shares: true,
        window_seconds: 60,
        destinations: &["bus", "hook"],
    },
    AppClient {
        id: "3kiosk",
        project: "11111111111111111111111111111111",
        shares: false,
        window_seconds: 2,
        destinations: &["pinpoint", "stream", "hook"],
    },
    AppClient {
        id: "4shop",
        project: "22222222222222222222222222222222",
        shares: true,
        window_seconds: 300,
        destinations: &["archive", "stream", "bus", "pinpoint"],
    },
    AppClient {
        id: "5counted",
        project: "33333333333333333333333333333333",
        shares: true,
        window_seconds: 2,
        destinations: &[],
    },
];

/// The app client with this id.
pub fn client(id: &str) -> &'static AppClient {
    let mut clients = CLIENTS.iter();
    clients.find(|client| client.id == id).unwrap()
}

/// A zone whose days are not UTC's, and which never changes its clocks.
pub const TIME_ZONE: (&str, i32) = ("Asia/Kathmandu", 5 * 3_600 + 45 * 60);

/// All parts. They end when this is dropped.
pub struct Parts {
    pub config: Config,
    pub tables: TableNames,
    pub queues: FifoQueues,
    pub places: BTreeMap<&'static str, Arc<Place>>,
    pub pinpoint: Pinpoint,
    /// Of DynamoDB without faults.
    pub client: Client,
    store: DynamoDbStore,
    environment: Environment,
    faulty: Client,
    folder: TempDir,
    _proxies: Vec<Misbehaving>,
    _servers: Vec<Served>,
}

/// The name of a destination's queue.
pub fn queue(destination: &str) -> String {
    format!("{STACK}-deliver-{destination}.fifo")
}

impl Parts {
    pub async fn start(weather: &Arc<Weather>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = DynamoDbStore::in_memory().unwrap();
        let dynamodb = store.serve().await.unwrap();
        let client = sdk::dynamodb(&sdk::on_loopback(&dynamodb.url(), Patience::BEHIND_THE_LOG));
        let tables = TableNames::with_prefix(STACK);
        create_missing(&client, &tables).await.unwrap();
        let names = DESTINATIONS.map(|(name, ..)| queue(name));
        let names = names.each_ref().map(String::as_str);
        let queues = FifoQueues::serve(&names).await.unwrap();
        let pinpoint = Pinpoint::start().await;
        pinpoint.set(Fault::Refusing(is_unacceptable_to_pinpoint));

        let before_dynamodb = before(weather, Part::DynamoDb, &dynamodb.url()).await;
        let before_sqs = before(weather, Part::Sqs, &queues.endpoint()).await;
        let mut environment = Environment::of_lambda()
            .with("EVENT_LOG_TABLE", &tables.event_log)
            .with("USERS_TABLE", &tables.users)
            .with("METRICS_TABLE", &tables.metrics)
            .with("METRICS_NAMESPACE", STACK)
            .with("AWS_ENDPOINT_URL_DYNAMODB", before_dynamodb.url())
            .with("AWS_ENDPOINT_URL_SQS", before_sqs.url())
            .with(
                "NOT_PUBLISHED_FILE",
                folder.path().join("not-published").to_str().unwrap(),
            )
            .with(QUEUES, queues.url(&queue("*")));
        let faulty = sdk::on_loopback(
            &before_dynamodb.url(),
            Patience::in_sign_in(Duration::from_secs(1)),
        );
        let (mut proxies, mut servers) = (vec![before_dynamodb, before_sqs], vec![dynamodb]);

        let (tls, certificate) = tls();
        let trusted = folder.path().join("trusted.pem");
        std::fs::write(&trusted, certificate).unwrap();
        environment = environment.with("SSL_CERT_FILE", trusted.to_str().unwrap());
        let mut places = BTreeMap::new();
        let mut hook = String::new();
        let secrets = ("secrets", Part::SecretsManager, Speech::SecretsManager);
        for (name, part, speech) in DESTINATIONS.into_iter().chain([secrets]) {
            let place = Place::new(speech, weather.clone());
            let (url, server) = match speech {
                Speech::Pinpoint => (pinpoint.url(), None),
                _ => {
                    let server = place.serve().await;
                    (server.url(), Some(server))
                }
            };
            let proxy = if part == Part::Webhook {
                let weather = weather.clone();
                let decide = move |operation: &str| weather.conduct(part, operation);
                let proxy = Misbehaving::before_over_tls(&url, tls.clone(), decide).await;
                hook = proxy.url().replace("http://", "https://");
                proxy
            } else {
                let proxy = before(weather, part, &url).await;
                environment = environment.with(variable(part), proxy.url());
                proxy
            };
            servers.extend(server);
            proxies.push(proxy);
            if speech != Speech::SecretsManager {
                places.insert(name, place);
            }
        }
        let json = configuration(&hook).to_string();
        Self {
            config: Config::from_json(&json).expect("it has no fault"),
            environment: environment.with("ANALYTICS_CONFIG", json),
            faulty: sdk::dynamodb(&faulty),
            tables,
            queues,
            places,
            pinpoint,
            client,
            store,
            folder,
            _proxies: proxies,
            _servers: servers,
        }
    }

    pub fn environment(&self) -> Environment {
        self.environment.clone()
    }

    /// The event log as a trigger function sees it.
    pub fn faulty_log(&self) -> DynamoEventLog {
        let budget = Duration::from_secs(1);
        DynamoEventLog::new(self.faulty.clone(), self.tables.event_log.clone(), budget)
    }

    /// The event log without faults.
    pub fn log(&self) -> DynamoEventLog {
        let budget = Patience::BEHIND_THE_LOG.operation;
        DynamoEventLog::new(self.client.clone(), self.tables.event_log.clone(), budget)
    }

    /// The event log's stream.
    pub fn stream(&self) -> TableStream {
        self.store.stream(&self.tables.event_log).unwrap()
    }

    /// What was moved out of the way, one record a line.
    pub fn not_published(&self) -> String {
        let file = self.folder.path().join("not-published");
        std::fs::read_to_string(file).unwrap_or_default()
    }
}

async fn before(weather: &Arc<Weather>, part: Part, url: &str) -> Misbehaving {
    let weather = weather.clone();
    let decide = move |operation: &str| weather.conduct(part, operation);
    Misbehaving::before(url, decide).await
}

/// What names a service's endpoint.
fn variable(part: Part) -> &'static str {
    match part {
        Part::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
        Part::Sqs => "AWS_ENDPOINT_URL_SQS",
        Part::Pinpoint => "AWS_ENDPOINT_URL_PINPOINT",
        Part::Firehose => "AWS_ENDPOINT_URL_FIREHOSE",
        Part::Kinesis => "AWS_ENDPOINT_URL_KINESIS",
        Part::EventBridge => "AWS_ENDPOINT_URL_EVENTBRIDGE",
        Part::SecretsManager => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        Part::Webhook => "it is in the configuration",
    }
}

fn configuration(hook: &str) -> Value {
    let clients = CLIENTS.iter().map(|client| {
        let config = json!({
            "ApplicationId": client.project, "UserDataShared": client.shares,
            "AttemptWindowSeconds": client.window_seconds, "Destinations": client.destinations,
        });
        (client.id.to_owned(), config)
    });
    json!({
        "TimeZone": TIME_ZONE.0,
        "Dimensions": ["platform", "client"],
        "Destinations": {
            "archive": {"Type": "firehose", "DeliveryStreamName": "auth-events"},
            "stream": {"Type": "kinesis", "StreamName": "auth-events"},
            "bus": {"Type": "eventbridge", "EventBusName": "auth"},
            "hook": {"Type": "webhook", "Url": format!("{hook}/events"), "SecretName": "hook", "AllowPrivateAddress": true},
        },
        "Clients": clients.collect::<serde_json::Map<_, _>>(),
    })
}

/// What serves over TLS on the loopback interface, and the certificate that is to be trusted for it.
fn tls() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}
