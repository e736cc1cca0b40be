//! The stack's queue.

use aws::sdk::{SdkConfig, endpoint_from_environment, port_error};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use pipeline::ports::{NotPublishedRecord, PortError};

use super::Message;

/// Messages in one request (SQS's limit).
const MOST_MESSAGES: usize = 10;

/// Bytes of messages in one request: SQS took 256 KB before it took 1 MB, and compatible servers still do.
const MOST_BYTES: usize = 250_000;

/// A queue of SQS.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue at this URL.
    pub fn new(sdk: &SdkConfig, url: String) -> Self {
        let mut config = aws_sdk_sqs::config::Builder::from(sdk);
        if sdk.endpoint_url().is_none() {
            config.set_endpoint_url(endpoint_from_environment("SQS"));
        }
        let client = Client::from_conf(config.build());
        Self { client, url }
    }

    /// Sends the records in their order, and no further than to the first that is not taken.
    pub async fn send(&self, records: &[NotPublishedRecord<'_>]) -> Result<(), PortError> {
        let messages = records.iter().map(Message::of);
        let messages: Vec<String> = messages.collect::<Result<_, _>>()?;
        for batch in batches(messages) {
            self.send_batch(batch).await?;
        }
        Ok(())
    }

    async fn send_batch(&self, messages: Vec<String>) -> Result<(), PortError> {
        let entries = messages.into_iter().enumerate().map(|(place, body)| {
            let entry = SendMessageBatchRequestEntry::builder().id(place.to_string());
            entry.message_body(body).build()
        });
        let entries: Vec<_> = entries
            .collect::<Result<_, _>>()
            .map_err(|error| self.error(error))?;
        let send = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries));
        let sent = send.send().await.map_err(|error| self.error(error))?;
        match sent.failed().first() {
            None => Ok(()),
            Some(failed) => {
                let code = failed.code();
                let problem = failed.message().unwrap_or("it does not say why");
                Err(self.error(std::io::Error::other(format!("{code}: {problem}"))))
            }
        }
    }

    fn error<E>(&self, error: E) -> PortError
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        port_error("SendMessageBatch", &self.url, error)
    }
}

/// The messages in their order, as many together as one request takes.
fn batches(messages: Vec<String>) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        match batches.last_mut() {
            Some(last) if last.len() < MOST_MESSAGES && bytes + message.len() <= MOST_BYTES => {
                bytes += message.len();
                last.push(message);
            }
            Some(_) | None => {
                bytes = message.len();
                batches.push(vec![message]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_holds_ten_messages_and_no_more_bytes_than_sqs_takes() {
        let of = |sizes: &[usize]| sizes.iter().map(|size| "x".repeat(*size)).collect();
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![1; 25], vec![10, 10, 5]),
            (vec![100_000, 150_000, 1, 400_000, 1], vec![2, 1, 1, 1]),
        ] {
            let sizes_of = batches(of(&sizes)).into_iter().map(|batch| batch.len());
            assert_eq!(sizes_of.collect::<Vec<_>>(), expected, "{sizes:?}");
        }
    }
}
