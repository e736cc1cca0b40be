//! Enqueueing what goes to destinations.

use std::collections::BTreeMap;

use aws::sdk::{SdkConfig, port_error};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::ids::DestinationName;
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
    /// Their URLs, with [`NAME`] for the destination's name; empty where there are none.
    urls: String,
}

/// What stands for a destination's name.
const NAME: char = '*';

/// Why it is not known where the queues are.
#[derive(Debug, thiserror::Error)]
pub enum QueuesError {
    /// The variable does not say where the name is.
    #[error("{QUEUES} is {0:?}, which has no {NAME} for a destination's name")]
    NoName(String),
}

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
        Self::at(sdk, std::env::var(QUEUES).unwrap_or_default())
    }

    /// Those with these URLs: one, with a `*` for the destination's name.
    ///
    /// # Errors
    ///
    /// If there is no `*` in it.
    pub fn at(sdk: &SdkConfig, urls: String) -> Result<Self, QueuesError> {
        if !urls.is_empty() && !urls.contains(NAME) {
            return Err(QueuesError::NoName(urls));
        }
        let client = sqs::client(sdk);
        Ok(Self { client, urls })
    }

    /// The one at this URL: for messages of its destination alone.
    pub fn of_one(sdk: &SdkConfig, url: String) -> Self {
        let client = sqs::client(sdk);
        Self { client, urls: url }
    }

    /// The URL of the queue with this ARN.
    pub(super) fn with_arn(&self, arn: &str) -> Option<String> {
        let (folder, _) = self.urls.rsplit_once('/')?;
        let (_, name) = arn.rsplit_once(':')?;
        Some(format!("{folder}/{name}"))
    }

    fn url(&self, destination: &DestinationName) -> Result<String, PortError> {
        if self.urls.is_empty() {
            return Err(PortError {
                operation: "SendMessageBatch",
                what: format!("the queue of {destination}"),
                source: format!("{QUEUES} is not set: deploy the stack again").into(),
            });
        }
        Ok(self.urls.replace(NAME, destination.as_str()))
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
            Err(error) => return failed(port_error("SendMessageBatch", &url, error)),
        };
        let send = self.client.send_message_batch().queue_url(&url);
        match send.set_entries(Some(built)).send().await {
            Err(error) => failed(port_error("SendMessageBatch", &url, error)),
            Ok(sent) => {
                let taken: Vec<&str> = sent.successful().iter().map(|it| it.id()).collect();
                let is_left = |place: &&usize| !taken.contains(&place.to_string().as_str());
                let why = sent
                    .failed()
                    .first()
                    .map_or("it does not say why", |failed| failed.code());
                let error = |place: &usize| {
                    let why = std::io::Error::other(why.to_owned());
                    (*place, port_error("SendMessageBatch", &url, why))
                };
                places.iter().filter(is_left).map(error).collect()
            }
        }
    }
}

impl Entry {
    /// Messages of one endpoint are taken in their order, and none of them is a repetition of another: what was enqueued in vain
    /// may come again after something else has come, and is the newest then. All else keeps no order, and is a group of its own.
    fn of(place: usize, message: &Message) -> serde_json::Result<Self> {
        let body = encoded(message)?;
        let hash = |text: &str| Uuid::new_v5(&NAMESPACE, text.as_bytes()).to_string();
        let (group, deduplication) = match message.body.in_order_of() {
            Some((project, endpoint)) => {
                let group = hash(&format!("{project} {endpoint}"));
                (group, Uuid::new_v4().to_string())
            }
            None => (hash(&body), hash(&body)),
        };
        Ok(Self {
            place,
            group,
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
