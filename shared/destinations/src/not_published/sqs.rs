//! The stack's queue.

use aws::sdk::{SdkConfig, port_error};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use pipeline::ports::{NotPublishedRecord, PortError};

use super::Message;
use crate::sqs;

/// A queue of SQS.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue at this URL.
    pub fn new(sdk: &SdkConfig, url: String) -> Self {
        let client = sqs::client(sdk);
        Self { client, url }
    }

    /// Sends the records in their order, and no further than to the first that is not taken.
    pub async fn send(&self, records: &[NotPublishedRecord<'_>]) -> Result<(), PortError> {
        let messages = records.iter().map(Message::of);
        let messages: Vec<String> = messages.collect::<Result<_, _>>()?;
        for batch in sqs::batches(messages, String::len) {
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
