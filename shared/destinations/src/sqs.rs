//! What all queues of SQS have in common.

use aws::sdk::{SdkConfig, endpoint_from_environment};
use aws_sdk_sqs::Client;

/// Messages in one request (SQS's limit).
const MOST_MESSAGES: usize = 10;

/// Bytes of messages in one request: SQS took 256 KB before it took 1 MB, and compatible servers still do.
const MOST_BYTES: usize = 250_000;

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
    let mut batches: Vec<Vec<M>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let own = bytes_of(&message);
        match batches.last_mut() {
            Some(last) if last.len() < MOST_MESSAGES && bytes + own <= MOST_BYTES => {
                bytes += own;
                last.push(message);
            }
            Some(_) | None => {
                bytes = own;
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
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![1; 25], vec![10, 10, 5]),
            (vec![100_000, 150_000, 1, 400_000, 1], vec![2, 1, 1, 1]),
        ] {
            let batches = batches(sizes.clone(), |size| *size);
            let sizes_of = batches.into_iter().map(|batch| batch.len());
            assert_eq!(sizes_of.collect::<Vec<_>>(), expected, "{sizes:?}");
        }
    }
}
