//! The queue of what a stack could not publish.

use aws::sdk::{endpoint_from_environment, port_error};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use chrono::{DateTime, Utc};
use pipeline::ports::PortError;

/// Messages in one request (SQS's limit).
const MOST_MESSAGES: i32 = 10;

/// How long nobody else receives a message that was received (seconds): longer than a command takes.
const HIDDEN: i32 = 900;

/// How long to wait for a message (seconds): a queue that is asked without waiting may hide some.
const WAIT: i32 = 2;

/// What a stack's queue is called.
pub fn queue_name(stack: &str) -> String {
    format!("{stack}-not-published")
}

/// A stack's queue.
#[derive(Clone, Debug)]
pub struct NotPublishedQueue {
    client: Client,
    url: String,
}

/// A message that was received: nobody else receives it for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// What was sent.
    pub body: String,
    /// When.
    pub sent: Option<DateTime<Utc>>,
    receipt: String,
}

impl NotPublishedQueue {
    /// The queue of this stack; `None` if it has none.
    ///
    /// # Errors
    ///
    /// If that is not known.
    pub async fn of_stack(sdk: &SdkConfig, stack: &str) -> Result<Option<Self>, PortError> {
        let mut config = aws_sdk_sqs::config::Builder::from(sdk);
        if sdk.endpoint_url().is_none() {
            config.set_endpoint_url(endpoint_from_environment("SQS"));
        }
        let client = Client::from_conf(config.build());
        let name = queue_name(stack);
        match client.get_queue_url().queue_name(&name).send().await {
            Ok(got) => Ok(got.queue_url.map(|url| Self { client, url })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_queue_does_not_exist()) =>
            {
                Ok(None)
            }
            Err(error) => Err(port_error("GetQueueUrl", &name, error)),
        }
    }

    /// Some messages; none if there are none.
    ///
    /// # Errors
    ///
    /// If SQS gives no answer, or refuses.
    pub async fn receive(&self) -> Result<Vec<Received>, PortError> {
        let receive = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(MOST_MESSAGES)
            .visibility_timeout(HIDDEN)
            .wait_time_seconds(WAIT)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let received = receive.send().await;
        let received = received.map_err(|error| port_error("ReceiveMessage", &self.url, error))?;
        let messages = received.messages.unwrap_or_default().into_iter();
        Ok(messages.filter_map(read).collect())
    }

    /// Deletes a message.
    ///
    /// # Errors
    ///
    /// If SQS gives no answer, or refuses.
    pub async fn delete(&self, message: &Received) -> Result<(), PortError> {
        let delete = self
            .client
            .delete_message()
            .queue_url(&self.url)
            .receipt_handle(&message.receipt);
        let deleted = delete.send().await;
        deleted.map_err(|error| port_error("DeleteMessage", &self.url, error))?;
        Ok(())
    }

    /// Leaves a message in the queue for whoever asks next.
    ///
    /// # Errors
    ///
    /// If SQS gives no answer, or refuses: it is there all the same, after a while.
    pub async fn leave(&self, message: &Received) -> Result<(), PortError> {
        let change = self
            .client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(&message.receipt)
            .visibility_timeout(0);
        let changed = change.send().await;
        changed.map_err(|error| port_error("ChangeMessageVisibility", &self.url, error))?;
        Ok(())
    }
}

fn read(message: Message) -> Option<Received> {
    let attributes = message.attributes.unwrap_or_default();
    let sent = attributes.get(&MessageSystemAttributeName::SentTimestamp);
    Some(Received {
        body: message.body?,
        sent: sent.and_then(|sent| DateTime::from_timestamp_millis(sent.parse().ok()?)),
        receipt: message.receipt_handle?,
    })
}
