//! A webhook as a destination: requests signed as Standard Webhooks 1.0 has it (<https://www.standardwebhooks.com>), each with a
//! batch of events in the form of CloudEvents 1.0 (<https://github.com/cloudevents/spec>).
//!
//! What one message of the queue holds is one request, so that its `webhook-id` is the same at each retry; what is sent in halves, or
//! left over, has its own. A redirect is not followed, and an address of this network's own is not called unless that is allowed.

mod address;
mod cloud_event;
mod secret;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

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
use config::private_address::is_private_url;
use domain::ids::DestinationName;
use futures::StreamExt;
use pipeline::deliver::{Item, Sent};
use tokio::time::Instant;
use uuid::Uuid;

use crate::halves::{Request, Verdict, in_halves};
use crate::item;
use crate::restraint::{Pace, Turn};
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
    name: DestinationName,
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
    /// The destination of this name: requests to this URL, signed with the secret of that name, at most so many a second.
    pub fn new(
        sdk: &SdkConfig,
        (name, url): (&DestinationName, &str),
        secret: &str,
        (private_addresses, rate): (PrivateAddresses, Option<u32>),
    ) -> Self {
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
        Self {
            name: name.clone(),
            url: url.to_owned(),
            private_addresses,
            secrets: Secrets::new(sdk, secret),
            connector: connector.build_with_resolver(Resolver(private_addresses)),
            pace: Pace::of(rate),
            paused: Mutex::default(),
        }
    }

    /// Sends one request, and judges it as a whole.
    async fn post(&self, items: &[(usize, Item<'_>)], by: (&Secret, Instant)) -> Sent {
        let (secret, until) = by;
        if self.is_paused() {
            return Sent::Later;
        }
        let request = match self.request(items, secret) {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(destination = %self.name, error, "a request to a webhook cannot be made");
                return Sent::Misconfigured;
            }
        };
        if self.pace.wait(until).await == Turn::TooLate {
            return Sent::Waiting;
        }
        let answer = tokio::time::timeout(ONE_REQUEST, self.connector.call(request));
        match answer.await {
            Ok(Ok(response)) => {
                let headers = response.headers();
                let pause = headers.get("retry-after").and_then(|it| it.parse().ok());
                self.judge(response.status().as_u16(), pause)
            }
            Ok(Err(error)) => self.failed(&error),
            Err(_) => {
                tracing::warn!(destination = %self.name, "a webhook does not answer");
                Sent::Later
            }
        }
    }

    fn request(&self, items: &[(usize, Item<'_>)], secret: &Secret) -> Result<HttpRequest, String> {
        if self.private_addresses == PrivateAddresses::Refused && is_private_url(&self.url) {
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
                    destination = %self.name,
                    status,
                    "a webhook does not take events: look at its Url and secret, or take it out"
                );
                Sent::Misconfigured
            }
            408 | 425 | 429 | 500..=599 => {
                tracing::warn!(destination = %self.name, status, "a webhook takes events later");
                self.pause(pause);
                Sent::Later
            }
            400..=499 => {
                tracing::error!(destination = %self.name, status, "a webhook refuses events for good");
                Sent::Refused
            }
            _ => Sent::Later,
        }
    }

    fn failed(&self, error: &ConnectorError) -> Sent {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if error.is::<PrivateAddress>() {
                tracing::error!(
                    destination = %self.name,
                    "a webhook's Url leads to a private network: allow it with AllowPrivateAddress, if it is meant to"
                );
                return Sent::Misconfigured;
            }
            cause = error.source();
        }
        tracing::warn!(destination = %self.name, error = describe(error), "a webhook cannot be reached");
        Sent::Later
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
        let until = Instant::now() + within;
        let secret = match tokio::time::timeout_at(until, self.secrets.get()).await {
            Ok(Ok(secret)) => secret,
            Ok(Err(sent)) => return vec![sent; items.len()],
            Err(_) => return vec![Sent::Later; items.len()],
        };
        let requests = Requests {
            webhook: self,
            secret: &secret,
            until,
        };
        let sending = together(items).into_iter();
        let sending: Vec<_> = sending.map(|items| requests.send_all(items)).collect();
        let mut sending = futures::stream::iter(sending).buffer_unordered(CONCURRENT);
        let mut judged = Judged::new();
        while let Some(of_message) = sending.next().await {
            judged.extend(of_message);
        }
        in_order(&judged, items.len())
    }
}

/// Requests that are signed with this secret, and must be over in time.
struct Requests<'w> {
    webhook: &'w Webhook,
    secret: &'w Secret,
    until: Instant,
}

impl<'w> Request for Requests<'w> {
    type Item = Item<'w>;

    async fn send(&self, items: &[(usize, Item<'w>)]) -> Verdict {
        let by = (self.secret, self.until);
        Verdict::Whole(self.webhook.post(items, by).await)
    }
}

impl<'w> Requests<'w> {
    /// Sends what goes together, and judges it as far as the time allows.
    async fn send_all(&self, items: Together<'w>) -> Judged {
        let mut judged = Judged::new();
        let sending = in_halves(self, &items, &mut judged);
        if tokio::time::timeout_at(self.until, sending).await.is_err() {
            tracing::warn!(destination = %self.webhook.name, "a webhook took too long");
        }
        judged
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

#[cfg(test)]
mod tests;
