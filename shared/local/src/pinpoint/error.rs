//! How the store fails.

use std::io;
use std::path::PathBuf;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database could not be opened or set up.
    #[error("cannot open the Pinpoint store {path}")]
    Open {
        /// Its file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The database could not be read, or holds what cannot be understood.
    #[error("cannot read {what} from the Pinpoint store")]
    Read {
        /// What was asked for.
        what: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A stored event could not be written in the event-stream form.
    #[error("cannot write an event of the Pinpoint store as JSON")]
    Event(#[from] serde_json::Error),
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
