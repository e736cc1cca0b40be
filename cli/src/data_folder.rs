//! The folder that a local installation is kept in.

use std::fs::File;
use std::path::{Path, PathBuf};

use aws::sdk::{self, Patience, SdkConfig};
use local::dynamodb::DynamoDbStore;
use local::pinpoint::Store;

use crate::Failure;
use crate::text::replace;

/// The file of a data folder that holds the tables.
pub const DYNAMODB_FILE: &str = "dynamodb.sqlite";
/// The file of a data folder that holds Pinpoint's events and endpoints.
pub const PINPOINT_FILE: &str = "pinpoint.sqlite";
/// The file of a data folder that holds the records that could not be published.
pub const NOT_PUBLISHED_FILE: &str = "not-published.jsonl";
/// The file of a data folder that says how far the log has been published.
const CHECKPOINT_FILE: &str = "published-up-to";
/// The file of a data folder that one command at a time holds.
const LOCK_FILE: &str = "lock";

/// Holds the folder for this process, and makes it if it is not there.
pub fn lock(folder: &Path) -> Result<File, Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::Usage(format!(
            "the data folder {} cannot be used: {error}",
            folder.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(|error| cannot(&error))?;
    let file = File::create(folder.join(LOCK_FILE)).map_err(|error| cannot(&error))?;
    file.try_lock()
        .map_err(|_| cannot(&"another command is using it; wait for it to end"))?;
    Ok(file)
}

/// The stores in this folder, or new ones in memory.
pub fn stores(folder: Option<&Path>) -> Result<(DynamoDbStore, Store), Failure> {
    Ok(match folder {
        Some(folder) => (
            DynamoDbStore::open(&folder.join(DYNAMODB_FILE))?,
            Store::open(&folder.join(PINPOINT_FILE))?,
        ),
        None => (DynamoDbStore::in_memory()?, Store::in_memory()?),
    })
}

/// A client of this store, in place of an account.
pub fn embedded(store: DynamoDbStore) -> SdkConfig {
    let answer = move |target: &str, body: &[u8]| store.answer(target, body);
    sdk::in_process(answer, Patience::BEHIND_THE_LOG)
}

/// How far the stream has been published, kept in a file if there is one. If what is kept is not the
/// newest when the process ends, some records are retried: the users' states know them.
#[derive(Default)]
pub struct Checkpoint {
    file: Option<PathBuf>,
    number: Option<String>,
}

impl Checkpoint {
    /// What this folder holds, if it does.
    pub fn kept_in(folder: &Path) -> Self {
        let file = folder.join(CHECKPOINT_FILE);
        let number = std::fs::read_to_string(&file).ok();
        Self {
            file: Some(file),
            number: number.filter(|number| !number.is_empty()),
        }
    }

    /// The last record's sequence number; `None` if nothing has been published.
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// Moves on to the record with this sequence number.
    pub fn move_to(&mut self, number: Option<String>) -> Result<(), Failure> {
        if let (Some(file), Some(number)) = (&self.file, &number) {
            replace(file, number)?;
        }
        self.number = number;
        Ok(())
    }
}
