//! The SQLite database behind the server, and what can be read back from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::endpoint_table::EndpointCounts;
use super::error::Error;
use super::{app_resource_table, app_table, endpoint_table, event_stream, event_table};

/// The applications, endpoints and events that the server was given. Clones are handles on the same
/// database; they take turns.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
}

/// How far the events of a [`Store`] have come: events accepted later lie after the mark. The default lies
/// before all events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct EventMark(i64);

impl Store {
    /// An empty store that lasts as long as its handles.
    ///
    /// # Errors
    ///
    /// If SQLite cannot set it up.
    pub fn in_memory() -> Result<Self, Error> {
        Connection::open_in_memory()
            .and_then(Self::set_up)
            .map_err(|source| Error::Open {
                path: ":memory:".into(),
                source,
            })
    }

    /// The store in the file `path`, which is made if there is none. It is in WAL mode, so two more files
    /// lie beside it while it is open.
    ///
    /// # Errors
    ///
    /// If SQLite cannot open the file or set it up.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Connection::open(path)
            .and_then(Self::set_up)
            .map_err(|source| Error::Open {
                path: path.to_owned(),
                source,
            })
    }

    fn set_up(connection: Connection) -> rusqlite::Result<Self> {
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        connection.set_prepared_statement_cache_capacity(32);
        for schema in [
            app_table::SCHEMA,
            app_resource_table::SCHEMA,
            endpoint_table::SCHEMA,
            event_table::SCHEMA,
        ] {
            connection.execute_batch(schema)?;
        }
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Does `work` in one transaction, which counts only if `work` succeeds.
    pub(super) fn transaction<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// The mark behind the newest event.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn mark(&self) -> Result<EventMark, Error> {
        event_table::newest(&self.lock())
            .map(EventMark)
            .map_err(reading("the newest event"))
    }

    /// Calls `each` with every event accepted after `since`, in order of acceptance: one JSON object in
    /// Pinpoint's event-stream form, without a line end. Events of one request go by their own time, then by
    /// endpoint and event id. One event is held in memory at a time. The store waits meanwhile: `each` must
    /// not use it. Returns the mark behind the last of them.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, and whatever `each` returns, which ends the reading.
    pub fn for_each_event<E: From<Error>>(
        &self,
        since: EventMark,
        mut each: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<EventMark, E> {
        let connection = self.lock();
        event_table::for_each(&connection, since.0, reading("events"), |event| {
            each(&event_stream::record(&event).map_err(Error::Event)?)
        })
        .map(EventMark)
    }

    /// The number of events accepted after `since`, by event type.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn count_events(&self, since: EventMark) -> Result<BTreeMap<String, u64>, Error> {
        event_table::count(&self.lock(), since.0).map_err(reading("the number of events"))
    }

    /// Calls `each` with every endpoint, by application and id: one JSON object as GetEndpoint answers it,
    /// without a line end. One endpoint is held in memory at a time. The store waits meanwhile: `each` must
    /// not use it.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, and whatever `each` returns, which ends the reading.
    pub fn for_each_endpoint<E: From<Error>>(
        &self,
        each: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        endpoint_table::for_each(&self.lock(), reading("endpoints"), each)
    }

    /// The number of endpoints of all applications whose status is not INACTIVE.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn count_active_endpoints(&self) -> Result<EndpointCounts, Error> {
        endpoint_table::count_active(&self.lock()).map_err(reading("the number of endpoints"))
    }

    /// A panic in another handle leaves no half-done work behind: its transaction was rolled back.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn reading(what: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |source| Error::Read { what, source }
}
