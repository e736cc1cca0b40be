//! A DynamoDB-compatible store in this process, and the stream of one of its tables.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::{Database, DynoxideError};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Without this, the store reads the whole stream to number each new record.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_records_in_order \
     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

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
        // Two connections share it: the store's own, and that which adds the index.
        Self::open_database(&format!(
            "file:{}?mode=memory&cache=shared",
            uuid::Uuid::now_v7()
        ))
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
        let store = Self::open_database(path)?;
        // Sets a small cache, and flushes at checkpoints only: all that it has to be called for.
        store
            .database
            .disable_bulk_loading()
            .map_err(|e| StoreError::new("open", e))?;
        Ok(store)
    }

    fn open_database(path: &str) -> Result<Self, StoreError> {
        let database = Database::new(path).map_err(|e| StoreError::new("open", e))?;
        let connection = Connection::open(path).map_err(|e| StoreError::new("open", e))?;
        connection
            .execute(STREAM_INDEX, ())
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
        self.serve_at(listener)
    }

    /// Serves the store where this listens.
    ///
    /// # Errors
    ///
    /// If it does not listen.
    pub fn serve_at(&self, listener: TcpListener) -> std::io::Result<Served> {
        let address = listener.local_addr()?;
        let server = dynoxide::server::serve_with_shutdown(
            listener,
            self.database.clone(),
            std::future::pending(),
        );
        Ok(Served::new(address, server))
    }

    /// Answers one operation of DynamoDB's JSON protocol, such as `DynamoDB_20120810.PutItem`, with an
    /// HTTP status and a body. It has the operations that this project calls; [`DynamoDbStore::serve`]
    /// has all.
    pub fn answer(&self, target: &str, body: &[u8]) -> (u16, String) {
        match self.result(target, body) {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json()),
        }
    }

    fn result(&self, target: &str, body: &[u8]) -> dynoxide::Result<String> {
        let store = &self.database;
        match target.rsplit('.').next().unwrap_or_default() {
            "CreateTable" => written(&store.create_table(read(body)?)?),
            "PutItem" => written(&store.put_item(read(body)?)?),
            "GetItem" => written(&store.get_item(read(body)?)?),
            "UpdateItem" => written(&store.update_item(read(body)?)?),
            "DeleteItem" => written(&store.delete_item(read(body)?)?),
            "BatchGetItem" => written(&store.batch_get_item(read(body)?)?),
            "Query" => written(&store.query(read(body)?)?),
            "Scan" => written(&store.scan(read(body)?)?),
            "DescribeTable" => written(&store.describe_table(read(body)?)?),
            "TransactWriteItems" => written(&store.transact_write_items(read(body)?)?),
            other => Err(DynoxideError::ValidationException(format!(
                "{other} is not answered here"
            ))),
        }
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
        let shard = shard(&self.database, &arn)?;
        Ok(TableStream {
            database: self.database.clone(),
            arn,
            shard,
            next: Arc::default(),
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
    shard: String,
    /// The sequence number of the last record read, and the iterator of what comes after it.
    next: Arc<Mutex<Option<(String, String)>>>,
}

impl std::fmt::Debug for TableStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableStream")
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}

impl TableStream {
    /// Up to `limit` records after the one with this sequence number, or from the beginning: the JSON
    /// of the event with which Lambda invokes a function.
    ///
    /// # Errors
    ///
    /// If the store does not give them.
    pub fn records_after(
        &self,
        sequence_number: Option<&str>,
        limit: usize,
    ) -> Result<String, StoreError> {
        let mut records = Vec::new();
        let mut after = sequence_number.map(str::to_owned);
        while records.len() < limit {
            let page = self.page(after.as_deref(), limit - records.len())?;
            let Some(last) = page.last() else { break };
            after = Some(last.dynamodb.sequence_number.clone());
            records.extend(page);
        }
        let records = records.iter().map(|record| LambdaRecord {
            record,
            event_source_arn: &self.arn,
        });
        let event = LambdaEvent {
            records: records.collect(),
        };
        serde_json::to_string(&event).map_err(|e| StoreError::new("GetRecords", e))
    }

    /// What one GetRecords gives: 1,000 records at most.
    fn page(&self, after: Option<&str>, limit: usize) -> Result<Vec<Record>, StoreError> {
        let request = GetRecordsRequest {
            shard_iterator: self.iterator(after)?,
            limit: Some(limit),
        };
        let got = self
            .database
            .get_records(request)
            .map_err(|e| StoreError::new("GetRecords", e))?;
        if let (Some(last), Some(next)) = (got.records.last(), got.next_shard_iterator) {
            *self.next() = Some((last.dynamodb.sequence_number.clone(), next));
        }
        Ok(got.records)
    }

    /// The iterator that came with the record, if it was the last to be read; a new one takes the
    /// store a look at the whole stream.
    fn iterator(&self, sequence_number: Option<&str>) -> Result<String, StoreError> {
        match &*self.next() {
            Some((last, next)) if Some(last.as_str()) == sequence_number => Ok(next.clone()),
            Some(_) | None => self.new_iterator(sequence_number),
        }
    }

    fn new_iterator(&self, sequence_number: Option<&str>) -> Result<String, StoreError> {
        let iterator_type = if sequence_number.is_some() {
            "AFTER_SEQUENCE_NUMBER"
        } else {
            "TRIM_HORIZON"
        };
        let request = GetShardIteratorRequest {
            stream_arn: self.arn.clone(),
            shard_id: self.shard.clone(),
            shard_iterator_type: iterator_type.to_owned(),
            sequence_number: sequence_number.map(str::to_owned),
        };
        let got = self.database.get_shard_iterator(request);
        let iterator = got
            .map_err(|e| StoreError::new("GetShardIterator", e))?
            .shard_iterator;
        iterator.ok_or_else(|| StoreError::new("GetShardIterator", "there is none"))
    }

    fn next(&self) -> MutexGuard<'_, Option<(String, String)>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The event with which Lambda invokes a stream's function.
#[derive(Serialize)]
struct LambdaEvent<'a> {
    #[serde(rename = "Records")]
    records: Vec<LambdaRecord<'a>>,
}

/// Lambda adds the stream's ARN to each record.
#[derive(Serialize)]
struct LambdaRecord<'a> {
    #[serde(flatten)]
    record: &'a Record,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'a str,
}

fn shard(database: &Database, stream: &str) -> Result<String, StoreError> {
    let request = DescribeStreamRequest {
        stream_arn: stream.to_owned(),
        ..Default::default()
    };
    let described = database
        .describe_stream(request)
        .map_err(|e| StoreError::new("DescribeStream", e))?;
    let shard = described.stream_description.shards.into_iter().next();
    Ok(shard
        .ok_or_else(|| StoreError::new("DescribeStream", "the stream has no shard"))?
        .shard_id)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> dynoxide::Result<T> {
    serde_json::from_slice(body).map_err(|e| DynoxideError::SerializationException(e.to_string()))
}

fn written<T: Serialize>(response: &T) -> dynoxide::Result<String> {
    serde_json::to_string(response).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
}
