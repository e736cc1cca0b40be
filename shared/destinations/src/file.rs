//! A file on this machine as a destination: JSON Lines, an item a line in event-stream form.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::ids::DestinationName;
use pipeline::deliver::{Item, Sent};

use crate::event_stream;
use crate::senders::Destination;

/// A file as a destination.
#[derive(Debug)]
pub struct FileDestination {
    name: DestinationName,
    path: PathBuf,
    /// One writes at a time, so that lines stay whole.
    writing: Mutex<()>,
}

impl FileDestination {
    /// Appends to the file at this path. It is made, with its folder, when the first item is written.
    pub fn new(name: DestinationName, path: PathBuf) -> Self {
        Self {
            name,
            path,
            writing: Mutex::default(),
        }
    }

    fn append(&self, lines: &str) -> std::io::Result<()> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = open(&self.path)?;
        let before = file.metadata()?.len();
        let written = file
            .write_all(lines.as_bytes())
            .and_then(|()| file.sync_data());
        if written.is_err() {
            // Half a line would make a fault of the next one too. If it stays, the error that is told is the first.
            let _ = file.set_len(before);
        }
        written
    }
}

/// Opens the file of a destination to append to it. It is made, with its folder.
///
/// # Errors
///
/// If it cannot be.
pub fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

impl Destination for FileDestination {
    async fn send(&self, items: &[Item<'_>], _within: Duration) -> Vec<Sent> {
        let records: Result<Vec<String>, _> = items.iter().map(event_stream::record).collect();
        let appended = records.map_err(std::io::Error::from).and_then(|records| {
            let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
            self.append(&lines)
        });
        let sent = match appended {
            Ok(()) => Sent::Accepted,
            Err(error) => {
                let file = self.path.display();
                tracing::error!(destination = %self.name, %file, %error, "items cannot be written to a file; they are retried");
                Sent::Later
            }
        };
        vec![sent; items.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::samples;

    #[tokio::test]
    async fn items_are_appended_a_line_each_to_a_file_that_is_made_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/items.jsonl");
        let samples = samples();
        let items: Vec<Item<'_>> = samples.iter().map(|sample| sample.item()).collect();
        let destination = FileDestination::new(DestinationName::new("archive"), path.clone());
        for items in items.chunks(3) {
            let sent = destination.send(items, Duration::ZERO).await;
            assert_eq!(sent, vec![Sent::Accepted; items.len()]);
        }
        let lines = items.iter().map(|item| event_stream::record(item).unwrap());
        let expected: String = lines.map(|line| line + "\n").collect();
        assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_for_later() {
        let folder = tempfile::tempdir().unwrap();
        let no_folder = folder.path().join("file");
        std::fs::write(&no_folder, "").unwrap();
        let samples = samples();
        let items = samples.each_ref().map(|sample| sample.item());
        for path in [
            folder.path().to_owned(),
            no_folder.join("items.jsonl"),
            "/dev/full".into(),
        ] {
            let destination = FileDestination::new(DestinationName::new("archive"), path.clone());
            let sent = destination.send(&items, Duration::ZERO).await;
            assert_eq!(sent, [Sent::Later; 4], "{}", path.display());
        }
    }
}
