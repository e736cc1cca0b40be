//! What all queues of SQS have in common.

use aws::sdk::{SdkConfig, endpoint_from_environment};
use aws_sdk_sqs::Client;

use crate::batches::{self, Limits};

/// What one request may hold: SQS took 256 KB before it took 1 MB, and compatible servers still do.
const LIMITS: Limits = Limits {
    most: 10,
    bytes: 250_000,
};

/// A client; of the endpoint that the environment names, if it names one and the configuration does not.
pub fn client(sdk: &SdkConfig) -> Client {
    let mut config = aws_sdk_sqs::config::Builder::from(sdk);
    if sdk.endpoint_url().is_none() {
        config.set_endpoint_url(endpoint_from_environment("SQS"));
    }
    Client::from_conf(config.build())
}

/// The messages in their order, as many together as one request takes.
pub fn batches<M>(messages: Vec<M>, bytes_of: impl Fn(&M) -> usize) -> Vec<Vec<M>> {
    batches::batches(messages, LIMITS, bytes_of)
}
