//! A file in place of the queue.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use pipeline::ports::{NotPublishedRecord, PortError};

use super::Message;

/// Appends the records to the file, one a line, and waits for the disk.
pub fn append(file: &Path, records: &[NotPublishedRecord<'_>]) -> Result<(), PortError> {
    let mut lines = String::new();
    for record in records {
        lines += &Message::of(record)?;
        lines.push('\n');
    }
    write(file, lines.as_bytes()).map_err(|error| PortError {
        operation: "write",
        what: file.display().to_string(),
        source: error.into(),
    })
}

fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(bytes)?;
    file.sync_data()
}
