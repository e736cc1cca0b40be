//! Enqueueing what goes to destinations.

use std::collections::BTreeMap;

use aws::sdk::{SdkConfig, port_error};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use config::DestinationName;
use futures::StreamExt;
use pipeline::ports::{Outbox, PortError};
use pipeline::route::Message;
use uuid::Uuid;

use super::{QUEUES, encoded};
use crate::sqs;

/// How many requests are under way at a time.
const CONCURRENT: usize = 8;

/// The namespace of groups and of deduplication ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x52c6_9c1d_4be7_4d3a_9a55_3d8c_0f8e_b6a1);

/// A FIFO queue for each destination.
#[derive(Clone, Debug)]
pub struct Queues {
    pub(super) client: Client,
    urls: BTreeMap<DestinationName, String>,
}

/// Why it is not known which queues there are.
#[derive(Debug, thiserror::Error)]
#[error("{QUEUES} is no JSON object of names and URLs: {0}")]
pub struct QueuesError(serde_json::Error);

/// A message as one entry of a request.
struct Entry {
    /// Its place among all that are enqueued.
    place: usize,
    group: String,
    deduplication: String,
    body: String,
}

impl Queues {
    /// Those that the environment names in [`QUEUES`]: none, if it is not set.
    ///
    /// # Errors
    ///
    /// If it is not what was expected.
    pub fn from_environment(sdk: &SdkConfig) -> Result<Self, QueuesError> {
        let text = std::env::var(QUEUES).unwrap_or_default();
        let named: BTreeMap<String, String> = match text.trim() {
            "" => BTreeMap::new(),
            text => serde_json::from_str(text).map_err(QueuesError)?,
        };
        let urls = named.into_iter();
        let urls = urls.map(|(name, url)| (DestinationName::new(name), url));
        Ok(Self {
            client: sqs::client(sdk),
            urls: urls.collect(),
        })
    }

    /// The URL of the queue with this ARN.
    pub(super) fn with_arn(&self, arn: &str) -> Option<&str> {
        let name = arn.rsplit(':').next()?;
        let mut urls = self.urls.values();
        let found = urls.find(|url| url.rsplit('/').next() == Some(name));
        found.map(String::as_str)
    }

    fn url(&self, destination: &DestinationName) -> Result<&String, PortError> {
        let missing = || PortError {
            operation: "SendMessageBatch",
            what: format!("the queue of {destination}"),
            source: format!("{QUEUES} names none: deploy the stack again").into(),
        };
        self.urls.get(destination).ok_or_else(missing)
    }

    /// Sends one request, and gives what was not taken, by place.
    async fn send(
        &self,
        destination: &DestinationName,
        entries: Vec<Entry>,
    ) -> Vec<(usize, PortError)> {
        let places: Vec<usize> = entries.iter().map(|entry| entry.place).collect();
        let failed = |error: PortError| places.iter().map(|place| (*place, error.copy())).collect();
        let url = match self.url(destination) {
            Ok(url) => url,
            Err(error) => return failed(error),
        };
        let built: Result<Vec<_>, _> = entries.into_iter().map(Entry::build).collect();
        let built = match built {
            Ok(built) => built,
            Err(error) => return failed(port_error("SendMessageBatch", url, error)),
        };
        let send = self.client.send_message_batch().queue_url(url);
        match send.set_entries(Some(built)).send().await {
            Err(error) => failed(port_error("SendMessageBatch", url, error)),
            Ok(sent) => {
                let taken: Vec<&str> = sent.successful().iter().map(|it| it.id()).collect();
                let is_left = |place: &&usize| !taken.contains(&place.to_string().as_str());
                let why = sent
                    .failed()
                    .first()
                    .map_or("it does not say why", |failed| failed.code());
                let error = |place: &usize| {
                    let why = std::io::Error::other(why.to_owned());
                    (*place, port_error("SendMessageBatch", url, why))
                };
                places.iter().filter(is_left).map(error).collect()
            }
        }
    }
}

impl Entry {
    /// Messages of one endpoint are taken in their order; all else keeps none, and is a group of its own.
    fn of(place: usize, message: &Message) -> serde_json::Result<Self> {
        let body = encoded(message)?;
        let hash = |text: &str| Uuid::new_v5(&NAMESPACE, text.as_bytes()).to_string();
        let deduplication = hash(&body);
        let order = message.body.in_order_of();
        Ok(Self {
            place,
            group: order.map_or_else(
                || deduplication.clone(),
                |of| hash(&format!("{} {}", of.0, of.1)),
            ),
            deduplication,
            body,
        })
    }

    fn build(self) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
        SendMessageBatchRequestEntry::builder()
            .id(self.place.to_string())
            .message_group_id(self.group)
            .message_deduplication_id(self.deduplication)
            .message_body(self.body)
            .build()
    }
}

impl Outbox for Queues {
    /// Of one user's endpoints no two are in the same call, so requests go side by side.
    async fn enqueue(&self, messages: &[&Message]) -> Vec<Result<(), PortError>> {
        let mut results: Vec<Result<(), PortError>> = messages.iter().map(|_| Ok(())).collect();
        let mut fail = |place: usize, error: PortError| {
            if let Some(result) = results.get_mut(place) {
                *result = Err(error);
            }
        };
        let mut entries: BTreeMap<&DestinationName, Vec<Entry>> = BTreeMap::new();
        for (place, message) in messages.iter().enumerate() {
            match Entry::of(place, message) {
                Ok(entry) => entries.entry(&message.destination).or_default().push(entry),
                Err(error) => fail(
                    place,
                    port_error("SendMessageBatch", message.destination.as_str(), error),
                ),
            }
        }
        let requests = entries.into_iter().flat_map(|(destination, entries)| {
            let batches = sqs::batches(entries, |entry| entry.body.len()).into_iter();
            batches.map(move |batch| (destination, batch))
        });
        let requests = requests.map(|(destination, batch)| self.send(destination, batch));
        let requests: Vec<_> = requests.collect();
        let sent = futures::stream::iter(requests).buffer_unordered(CONCURRENT);
        let failed: Vec<_> = sent.collect().await;
        for (place, error) in failed.into_iter().flatten() {
            fail(place, error);
        }
        results
    }
}

#[cfg(test)]
mod tests;
