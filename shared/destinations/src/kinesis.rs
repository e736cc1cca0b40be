//! A Kinesis data stream as a destination: PutRecords, a record an item in event-stream form, a user's all in one shard.

use aws::sdk::SdkConfig;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::put_records::PutRecordsOutput;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use config::DestinationConfig;
use domain::ids::{DestinationName, Sub};
use pipeline::deliver::Item;

use crate::batches::Limits;
use crate::put::{self, Answer, Put, Reply};
use crate::restraint::Pace;
use crate::{event_stream, item};

/// Of a partition key (characters; Kinesis' limit).
const LONGEST_KEY: usize = 256;

/// A data stream as a destination.
#[derive(Debug)]
pub struct KinesisDestination {
    client: Client,
    name: DestinationName,
    stream: String,
    pace: Pace,
}

impl KinesisDestination {
    /// The destination of this name: the stream, with a client of its Region and role.
    pub async fn open(
        sdk: &SdkConfig,
        (name, stream): (&DestinationName, &str),
        defined: &DestinationConfig,
    ) -> Self {
        let sdk = put::sdk(sdk, "KINESIS", defined).await;
        Self {
            client: Client::new(&sdk),
            name: name.clone(),
            stream: stream.to_owned(),
            pace: Pace::of(defined.requests_per_second),
        }
    }
}

fn record(item: &Item<'_>) -> Option<PutRecordsRequestEntry> {
    let data = Blob::new(event_stream::record(item).ok()?);
    let entry = PutRecordsRequestEntry::builder().data(data);
    entry.partition_key(partition_key(item)).build().ok()
}

/// The user. What is nobody's needs no order, and guessing at names must not fill one shard.
fn partition_key(item: &Item<'_>) -> String {
    match item.user.sub().map(Sub::as_str) {
        Some(sub) => sub.chars().take(LONGEST_KEY).collect(),
        None => item::id(item),
    }
}

impl Put for KinesisDestination {
    type Record = PutRecordsRequestEntry;

    /// Kinesis took 5 MB, and 1 MB a record, before it took 10; compatible servers still do.
    const LIMITS: Limits = Limits {
        most: 500,
        bytes: 5_000_000,
    };

    const LONGEST: usize = 1_000_000;

    fn bytes(record: &PutRecordsRequestEntry) -> usize {
        record.data().as_ref().len() + record.partition_key().map_or(0, str::len)
    }

    fn name(&self) -> &DestinationName {
        &self.name
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    fn record(&self, item: &Item<'_>) -> Option<PutRecordsRequestEntry> {
        record(item)
    }

    async fn put(&self, records: Vec<PutRecordsRequestEntry>) -> Reply {
        let call = self.client.put_records().stream_name(&self.stream);
        match call.set_records(Some(records)).send().await {
            Ok(output) => reply(&output),
            Err(error) => put::failed(("PutRecords", &self.name), &error),
        }
    }
}

fn reply(output: &PutRecordsOutput) -> Reply {
    let entries = output.records().iter();
    Reply::Each(
        entries
            .map(|entry| Answer::of(entry.sequence_number(), entry.error_code()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::samples;

    #[test]
    fn what_is_a_users_has_their_key_and_what_is_nobodys_its_own() {
        let samples = samples();
        let records = samples.iter().map(|sample| record(&sample.item()).unwrap());
        let keys = records.map(|record| record.partition_key().unwrap().to_owned());
        let nobody = "019b76da-a800-7202-8202-020202020202";
        assert_eq!(keys.collect::<Vec<_>>(), ["ana", nobody, "ana", "ana"]);
    }
}
