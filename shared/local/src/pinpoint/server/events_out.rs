//! A file that accepted events are written to as they come: what an event stream would have sent.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::pinpoint::error::Error;
use crate::pinpoint::store::{EventMark, Store};

/// A file, and how far the events of a store are in it. Clones are handles on the same.
#[derive(Clone, Debug)]
pub struct EventsOut {
    written: Arc<Mutex<Written>>,
}

#[derive(Debug)]
struct Written {
    file: File,
    up_to: EventMark,
}

impl EventsOut {
    /// Writes the events that `store` accepts from now on to the end of `file`.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn new(file: File, store: &Store) -> Result<Self, Error> {
        let up_to = store.mark()?;
        Ok(Self {
            written: Arc::new(Mutex::new(Written { file, up_to })),
        })
    }

    /// Writes what is accepted and not yet written. A failure is logged and does not concern the client: the
    /// events are accepted, and the next write begins with them.
    pub(super) fn catch_up(&self, store: &Store) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = written.catch_up(store) {
            tracing::error!(%error, "accepted events could not be written to the file of events");
        }
    }
}

impl Written {
    fn catch_up(&mut self, store: &Store) -> io::Result<()> {
        let mut lines = String::new();
        let up_to = store.for_each_event(self.up_to, |event| {
            lines.push_str(event);
            lines.push('\n');
            Ok::<_, io::Error>(())
        })?;
        self.file.write_all(lines.as_bytes())?;
        self.up_to = up_to;
        Ok(())
    }
}
