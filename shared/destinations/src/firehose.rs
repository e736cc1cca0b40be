//! Amazon Data Firehose as a destination: PutRecordBatch, a record an item in event-stream form.

use aws::sdk::SdkConfig;
use aws_sdk_firehose::Client;
use aws_sdk_firehose::operation::put_record_batch::PutRecordBatchOutput;
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::Record;
use config::DestinationConfig;
use domain::ids::DestinationName;
use pipeline::deliver::Item;

use crate::batches::Limits;
use crate::event_stream;
use crate::put::{self, Answer, Put, Reply};
use crate::restraint::Pace;

/// A delivery stream as a destination.
#[derive(Debug)]
pub struct FirehoseDestination {
    client: Client,
    name: DestinationName,
    stream: String,
    pace: Pace,
}

impl FirehoseDestination {
    /// The destination of this name: the delivery stream, with a client of its Region and role.
    pub async fn open(
        sdk: &SdkConfig,
        (name, stream): (&DestinationName, &str),
        defined: &DestinationConfig,
    ) -> Self {
        let sdk = put::sdk(sdk, "FIREHOSE", defined).await;
        Self {
            client: Client::new(&sdk),
            name: name.clone(),
            stream: stream.to_owned(),
            pace: Pace::of(defined.requests_per_second),
        }
    }
}

/// Firehose adds no end of line, and what it writes are files of many records.
fn record(item: &Item<'_>) -> Option<Record> {
    let line = event_stream::record(item).ok()? + "\n";
    Record::builder().data(Blob::new(line)).build().ok()
}

impl Put for FirehoseDestination {
    type Record = Record;

    const LIMITS: Limits = Limits {
        most: 500,
        bytes: 4_000_000,
    };

    const LONGEST: usize = 1_000_000;

    fn bytes(record: &Record) -> usize {
        record.data().as_ref().len()
    }

    fn name(&self) -> &DestinationName {
        &self.name
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    fn record(&self, item: &Item<'_>) -> Option<Record> {
        record(item)
    }

    async fn put(&self, records: Vec<Record>) -> Reply {
        let call = self.client.put_record_batch();
        let call = call
            .delivery_stream_name(&self.stream)
            .set_records(Some(records));
        match call.send().await {
            Ok(output) => reply(&output),
            Err(error) => put::failed(("PutRecordBatch", &self.name), &error),
        }
    }
}

fn reply(output: &PutRecordBatchOutput) -> Reply {
    let entries = output.request_responses().iter();
    Reply::Each(
        entries
            .map(|entry| Answer::of(entry.record_id(), entry.error_code()))
            .collect(),
    )
}
