//! The queues between counting and the destinations of a stack.

use aws::sdk::{endpoint_from_environment, port_error};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use pipeline::ports::PortError;

/// What the queue of a destination is called.
pub fn queue_name(stack: &str, destination: &str) -> String {
    format!("{stack}-deliver-{destination}.fifo")
}

/// The destination whose queue has this ARN; `None` if it is no such queue of the stack.
pub fn destination_of<'a>(stack: &str, arn: &'a str) -> Option<&'a str> {
    let (_, name) = arn.rsplit_once(':')?;
    let name = name.strip_prefix(stack)?.strip_prefix("-deliver-")?;
    name.strip_suffix(".fifo")
}

/// Queues of SQS.
#[derive(Clone, Debug)]
pub struct Queues {
    client: Client,
}

impl Queues {
    /// Those of the configuration's Region.
    pub fn new(sdk: &SdkConfig) -> Self {
        let mut config = aws_sdk_sqs::config::Builder::from(sdk);
        if sdk.endpoint_url().is_none() {
            config.set_endpoint_url(endpoint_from_environment("SQS"));
        }
        let client = Client::from_conf(config.build());
        Self { client }
    }

    /// The URL of the queue of this name; `None` if there is no such queue.
    ///
    /// # Errors
    ///
    /// If that is not known.
    pub async fn url(&self, name: &str) -> Result<Option<String>, PortError> {
        match self.client.get_queue_url().queue_name(name).send().await {
            Ok(got) => Ok(got.queue_url),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_queue_does_not_exist()) =>
            {
                Ok(None)
            }
            Err(error) => Err(port_error("GetQueueUrl", name, error)),
        }
    }

    /// About how many messages are in the queue of this name, those among them that are being delivered; `None` if there is no
    /// such queue.
    ///
    /// # Errors
    ///
    /// If that is not known.
    pub async fn messages(&self, name: &str) -> Result<Option<u64>, PortError> {
        let Some(url) = self.url(name).await? else {
            return Ok(None);
        };
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let get = self.client.get_queue_attributes().queue_url(url);
        let got = get.set_attribute_names(Some(counts.to_vec())).send().await;
        let got = got.map_err(|error| port_error("GetQueueAttributes", name, error))?;
        let attributes = got.attributes.unwrap_or_default();
        let count = |name| attributes.get(name)?.parse::<u64>().ok();
        Ok(Some(counts.iter().filter_map(count).sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_known_by_its_queue() {
        for (queue, expected) in [
            (queue_name("s", "our-webhook"), Some("our-webhook")),
            (queue_name("another", "pinpoint"), None),
            ("s-not-published".to_owned(), None),
        ] {
            let arn = format!("arn:aws:sqs:eu-west-1:111122223333:{queue}");
            assert_eq!(destination_of("s", &arn), expected, "{arn}");
        }
        assert_eq!(destination_of("s", "no arn"), None);
    }
}
