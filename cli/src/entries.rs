//! What `replay` takes in: trigger events from files, folders and pipes, in order of time.
//!
//! The files are read twice; what is compressed, or comes through a pipe, is kept in a file without a
//! name for that. The first pass keeps, for each entry, its time and where its event
//! stands, 32 bytes in all; the second reads the events one by one, in order. So memory grows by that
//! with each entry, and not with what it holds. What can't be taken is named, and the rest goes on.

mod cursor;
mod indexer;
pub mod inputs;
mod judge;
mod nesting;
mod open_files;
mod rejected;
mod splitter;
mod spool;
mod unpack;
pub mod values;

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use indexer::{Indexed, Indexer};
use open_files::OpenFiles;

pub use cursor::TextPosition;
pub use inputs::{Input, Unreadable};
pub use judge::{Fault, YEARS, check_time, not_json};
pub use nesting::Nesting;
pub use rejected::{Rejected, Source, print_rejected};
pub use splitter::Piece;
pub use spool::{Damage, Spool};
pub use unpack::text_of;

/// Trigger events in order of time; those of one moment, in the order they were read.
pub struct Entries {
    inputs: Vec<Input>,
    index: Vec<Indexed>,
}

/// One trigger event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When it happened, to the microsecond.
    pub time: DateTime<Utc>,
    /// The event as it was given, byte for byte; one that was in a string, as it was before it came there.
    pub event: String,
    /// Where it stands.
    pub source: Source,
}

impl Entries {
    /// Finds the entries of `paths`, and what of them can't be taken, in the order of reading. An entry
    /// that has no time of its own happens `now`; one too far ahead of it, or before 2014, can't be taken. `progress` is given the bytes read, and the bytes there
    /// are to read.
    pub fn index(
        paths: &[PathBuf],
        now: DateTime<Utc>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> (Self, Vec<Rejected>) {
        let mut spool = Spool::default();
        let inputs = inputs::inputs(paths, &mut io::stdin(), &mut spool);
        Self::index_of(inputs, spool, now, progress)
    }

    fn index_of(
        mut inputs: Vec<Input>,
        mut spool: Spool,
        now: DateTime<Utc>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> (Self, Vec<Rejected>) {
        let total = inputs.iter().map(|it| it.size).sum();
        let mut done = 0;
        let mut indexer = Indexer::new(now);
        for (file, input) in (0..).zip(&mut inputs) {
            input.unpack(&mut spool, &mut |bytes| progress(done + bytes, total));
            let unpacked = if input.is_spooled() { input.size } else { 0 };
            indexer.read(file, input, &mut |bytes| {
                progress(done + bytes.clamp(unpacked, input.size), total);
            });
            done += input.size;
            progress(done, total);
        }
        let (index, rejected) = indexer.finish();
        (Self { inputs, index }, rejected)
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Reads the entries, in order of time. Rejected is only what can't be read any more, because its
    /// file has changed.
    pub fn read(&mut self) -> impl Iterator<Item = Result<Entry, Rejected>> {
        let mut files = OpenFiles::new(&self.inputs);
        self.index.iter().map(move |indexed| files.entry(indexed))
    }
}

#[cfg(test)]
mod tests;
