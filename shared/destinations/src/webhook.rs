//! A webhook as a destination: requests signed as Standard Webhooks 1.0 has it (<https://www.standardwebhooks.com>), each with a
//! batch of events in the form of CloudEvents 1.0 (<https://github.com/cloudevents/spec>).
//!
//! What one message of the queue holds is one request, so that its `webhook-id` is the same at each retry. A redirect is not
//! followed, and an address of this network's own is not called unless that is allowed.

mod address;
mod cloud_event;
mod secret;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws::sdk::{SdkConfig, describe};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use chrono::Utc;
use config::PrivateAddresses;
use futures::StreamExt;
use pipeline::deliver::{Item, Sent};
use uuid::Uuid;

use crate::item;
use crate::restraint::Pace;
use crate::senders::{Destination, Judged, in_order};
use address::{PrivateAddress, Resolver};
use secret::{Secret, Secrets};

/// How many requests are under way at a time.
const CONCURRENT: usize = 4;

/// How long a request may take.
const ONE_REQUEST: Duration = Duration::from_secs(5);

/// The longest that a server is left alone because it says so: what waits is there within five minutes once it is well.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// The namespace of `webhook-id`s.
const NAMESPACE: Uuid = Uuid::from_u128(0x1d3c_4f5a_8b1e_4a6f_9f0b_6c1e_8d42_75aa);

/// A webhook.
#[derive(Debug)]
pub struct Webhook {
    url: String,
    private_addresses: PrivateAddresses,
    secrets: Secrets,
    connector: Connector,
    pace: Pace,
    /// Until when the server wants to be left alone.
    paused: Mutex<Option<Instant>>,
}

/// The items of one request, with their places.
type Together<'a> = Vec<(usize, Item<'a>)>;

impl Webhook {
    /// Requests to this URL, signed with the secret of this name, at most so many a second.
    pub fn new(
        sdk: &SdkConfig,
        (url, secret): (&str, &str),
        (private_addresses, rate): (PrivateAddresses, Option<u32>),
    ) -> Self {
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
        Self {
            url: url.to_owned(),
            private_addresses,
            secrets: Secrets::new(sdk, secret),
            connector: connector.build_with_resolver(Resolver(private_addresses)),
            pace: Pace::of(rate),
            paused: Mutex::default(),
        }
    }

    /// Sends what goes together. What the server does not take for what is in it may be so for one item: it is sent in halves, and
    /// judged as far as the time allows.
    async fn send_together(&self, items: Together<'_>, secret: &Secret, judged: &Mutex<Judged>) {
        let mut waiting = vec![items];
        while let Some(mut items) = waiting.pop() {
            let sent = self.post(&items, secret).await;
            if sent == Sent::Refused && items.len() > 1 {
                let half = items.split_off(items.len() / 2);
                waiting.extend([half, items]);
            } else if let Ok(mut judged) = judged.lock() {
                judged.extend(items.iter().map(|(place, _)| (*place, sent)));
            }
        }
    }

    /// Sends one request, and judges it as a whole.
    async fn post(&self, items: &[(usize, Item<'_>)], secret: &Secret) -> Sent {
        if self.is_paused() {
            return Sent::Later;
        }
        let request = match self.request(items, secret) {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(error, "a request to a webhook cannot be made");
                return Sent::Misconfigured;
            }
        };
        self.pace.wait().await;
        let answer = tokio::time::timeout(ONE_REQUEST, self.connector.call(request));
        match answer.await {
            Ok(Ok(response)) => {
                let headers = response.headers();
                let pause = headers.get("retry-after").and_then(|it| it.parse().ok());
                self.judge(response.status().as_u16(), pause)
            }
            Ok(Err(error)) => failed(&error),
            Err(_) => {
                tracing::warn!("a webhook does not answer");
                Sent::Later
            }
        }
    }

    fn request(&self, items: &[(usize, Item<'_>)], secret: &Secret) -> Result<HttpRequest, String> {
        if self.private_addresses == PrivateAddresses::Refused && address::is_private_url(&self.url)
        {
            return Err("Url is an address of a private network".to_owned());
        }
        let events = items.iter().map(|(_, item)| cloud_event::of(item));
        let body = serde_json::to_string(&events.collect::<Vec<_>>());
        let body = body.map_err(|error| error.to_string())?;
        let id = id(items.iter().map(|(_, item)| item));
        let timestamp = Utc::now().timestamp();
        let signature = secret.signature(&id, timestamp, &body);
        let mut request = HttpRequest::new(SdkBody::from(body));
        let method = request.set_method("POST");
        let url = request.set_uri(self.url.as_str());
        method.map_err(|error| error.to_string())?;
        url.map_err(|error| format!("Url is none: {error}"))?;
        let headers = request.headers_mut();
        headers.insert("content-type", "application/cloudevents-batch+json");
        headers.insert("user-agent", "cognito-pinpoint");
        headers.insert("webhook-id", id);
        headers.insert("webhook-timestamp", timestamp.to_string());
        headers.insert("webhook-signature", signature);
        Ok(request)
    }

    /// 2xx is taken. 410 says that nobody is there any more, and a redirect that somebody else is: both are for people. 408, 425,
    /// 429 and 5xx may be taken later; every other 4xx is a refusal of what was sent.
    fn judge(&self, status: u16, pause: Option<u64>) -> Sent {
        match status {
            200..=299 => Sent::Accepted,
            300..=399 | 401 | 403 | 404 | 405 | 407 | 410 => {
                tracing::error!(
                    status,
                    "a webhook does not take events: look at its Url and secret, or take it out"
                );
                Sent::Misconfigured
            }
            408 | 425 | 429 | 500..=599 => {
                tracing::warn!(status, "a webhook takes events later");
                self.pause(pause);
                Sent::Later
            }
            400..=499 => {
                tracing::error!(status, "a webhook refuses events for good");
                Sent::Refused
            }
            _ => Sent::Later,
        }
    }

    /// The server is left alone for so many seconds, if it says how many.
    fn pause(&self, seconds: Option<u64>) {
        let pause = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
        if let (Some(pause), Ok(mut paused)) = (pause, self.paused.lock()) {
            *paused = Some(Instant::now() + pause);
        }
    }

    fn is_paused(&self) -> bool {
        let paused = self.paused.lock().ok().and_then(|paused| *paused);
        paused.is_some_and(|until| Instant::now() < until)
    }
}

impl Destination for Webhook {
    async fn send(&self, items: &[Item<'_>], within: Duration) -> Vec<Sent> {
        let judged = Mutex::new(Judged::new());
        let sending = async {
            let secret = match self.secrets.get().await {
                Ok(secret) => secret,
                Err(sent) => {
                    if let Ok(mut judged) = judged.lock() {
                        judged.extend((0..items.len()).map(|place| (place, sent)));
                    }
                    return;
                }
            };
            let requests = together(items).into_iter();
            let requests = requests.map(|items| self.send_together(items, &secret, &judged));
            let requests: Vec<_> = requests.collect();
            let sent = futures::stream::iter(requests).buffer_unordered(CONCURRENT);
            sent.collect::<()>().await;
        };
        if tokio::time::timeout(within, sending).await.is_err() {
            tracing::warn!("a webhook took too long");
        }
        let judged = judged.into_inner().unwrap_or_default();
        in_order(&judged, items.len())
    }
}

/// The items of each message.
fn together<'a>(items: &[Item<'a>]) -> Vec<Together<'a>> {
    let mut together: BTreeMap<usize, Together<'a>> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        let of_message = together.entry(item.message).or_default();
        of_message.push((place, *item));
    }
    together.into_values().collect()
}

/// The same for the same items: by it, a receiver knows what it has already.
fn id<'i>(items: impl Iterator<Item = &'i Item<'i>>) -> String {
    let ids: Vec<String> = items.map(item::id).collect();
    let hash = Uuid::new_v5(&NAMESPACE, ids.join("\n").as_bytes());
    format!("msg_{}", hash.simple())
}

fn failed(error: &ConnectorError) -> Sent {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<PrivateAddress>() {
            tracing::error!(
                "a webhook's Url leads to a private network: allow it with AllowPrivateAddress, if it is meant to"
            );
            return Sent::Misconfigured;
        }
        cause = error.source();
    }
    tracing::warn!(error = describe(error), "a webhook cannot be reached");
    Sent::Later
}

#[cfg(test)]
mod tests;
