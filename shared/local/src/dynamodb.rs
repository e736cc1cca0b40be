//! A DynamoDB-compatible store in this process, and the stream of one of its tables.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a store could not do.
#[derive(Debug, thiserror::Error)]
#[error("the local store: {operation}: {problem}")]
pub struct StoreError {
    /// What was asked of it.
    pub operation: &'static str,
    /// What it said.
    pub problem: String,
}

impl StoreError {
    fn new(operation: &'static str, problem: impl ToString) -> Self {
        Self {
            operation,
            problem: problem.to_string(),
        }
    }
}

/// A DynamoDB-compatible store, kept in memory or in a file.
#[derive(Clone)]
pub struct DynamoDbStore {
    database: Database,
}

impl std::fmt::Debug for DynamoDbStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DynamoDbStore")
    }
}

impl DynamoDbStore {
    /// A store that ends with the process.
    ///
    /// # Errors
    ///
    /// If there is no memory for one.
    pub fn in_memory() -> Result<Self, StoreError> {
        let database = Database::memory().map_err(|e| StoreError::new("open", e))?;
        Ok(Self { database })
    }

    /// The store in this file, which is made if it is not there.
    ///
    /// Writes survive the end of the process at any moment. They are not flushed to the disk one by
    /// one: after a power cut, some of the last may be missing.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, or holds something else.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        let path = file
            .to_str()
            .ok_or_else(|| StoreError::new("open", "the path is not UTF-8"))?;
        let database = Database::new(path).map_err(|e| StoreError::new("open", e))?;
        database
            .enable_bulk_loading()
            .map_err(|e| StoreError::new("open", e))?;
        Ok(Self { database })
    }

    /// Serves the store on a free port of the loopback interface, for any DynamoDB client.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub async fn serve(&self) -> std::io::Result<Served> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = dynoxide::server::serve_with_shutdown(
            listener,
            self.database.clone(),
            std::future::pending(),
        );
        Ok(Served::new(address, server))
    }

    /// The stream of a table.
    ///
    /// # Errors
    ///
    /// If the table is not there or has no stream.
    pub fn stream(&self, table: &str) -> Result<TableStream, StoreError> {
        let described = self
            .database
            .describe_table(DescribeTableRequest {
                table_name: table.to_owned(),
            })
            .map_err(|e| StoreError::new("DescribeTable", e))?;
        let arn = described.table.latest_stream_arn;
        let arn = arn.ok_or_else(|| StoreError::new("DescribeTable", "the table has no stream"))?;
        Ok(TableStream {
            database: self.database.clone(),
            arn,
        })
    }
}

/// A server in this process; it ends when this is dropped.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Served {
    /// Runs a server that listens at `address`.
    pub fn new<E: std::fmt::Display>(
        address: SocketAddr,
        server: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> Self {
        let task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "a local server ended");
            }
        });
        Self { address, task }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A table's stream: one shard, in the order in which the table was written.
#[derive(Clone)]
pub struct TableStream {
    database: Database,
    arn: String,
}

impl std::fmt::Debug for TableStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableStream")
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}

impl TableStream {
    /// Up to `limit` records (1,000 at most) after the one with this sequence number, or from the
    /// beginning, in the form in which Lambda hands them to a function.
    ///
    /// # Errors
    ///
    /// If the store does not give them.
    pub fn records_after(
        &self,
        sequence_number: Option<&str>,
        limit: usize,
    ) -> Result<Value, StoreError> {
        let iterator = self.iterator(sequence_number)?;
        let request = GetRecordsRequest {
            shard_iterator: iterator,
            limit: Some(limit),
        };
        let got = self
            .database
            .get_records(request)
            .map_err(|e| StoreError::new("GetRecords", e))?;
        let records: Result<Vec<Value>, _> = got
            .records
            .iter()
            .map(|record| self.as_lambda_has_it(record))
            .collect();
        Ok(json!({ "Records": records? }))
    }

    fn iterator(&self, sequence_number: Option<&str>) -> Result<String, StoreError> {
        let iterator_type = if sequence_number.is_some() {
            "AFTER_SEQUENCE_NUMBER"
        } else {
            "TRIM_HORIZON"
        };
        let request = GetShardIteratorRequest {
            stream_arn: self.arn.clone(),
            shard_id: self.shard()?,
            shard_iterator_type: iterator_type.to_owned(),
            sequence_number: sequence_number.map(str::to_owned),
        };
        let got = self.database.get_shard_iterator(request);
        let iterator = got
            .map_err(|e| StoreError::new("GetShardIterator", e))?
            .shard_iterator;
        iterator.ok_or_else(|| StoreError::new("GetShardIterator", "there is none"))
    }

    fn shard(&self) -> Result<String, StoreError> {
        let request = DescribeStreamRequest {
            stream_arn: self.arn.clone(),
            ..Default::default()
        };
        let described = self
            .database
            .describe_stream(request)
            .map_err(|e| StoreError::new("DescribeStream", e))?;
        let shard = described.stream_description.shards.into_iter().next();
        Ok(shard
            .ok_or_else(|| StoreError::new("DescribeStream", "the stream has no shard"))?
            .shard_id)
    }

    /// Lambda adds the stream's ARN.
    fn as_lambda_has_it(&self, record: &Record) -> Result<Value, StoreError> {
        let mut value =
            serde_json::to_value(record).map_err(|e| StoreError::new("GetRecords", e))?;
        if let Some(record) = value.as_object_mut() {
            record.insert("eventSourceARN".to_owned(), Value::String(self.arn.clone()));
        }
        Ok(value)
    }
}
