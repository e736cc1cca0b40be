//! Reads records on a thread of its own, and hands on what they tell in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use domain::history::HistoryEvent;
use domain::ids::{ProjectId, Sub, UserPoolId};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::endpoints::Endpoints;
use super::files::{self, File};
use super::record::{Fault, Read, Record, read};
use crate::entries::{Piece, Rejected, Source, TextPosition, values};
use crate::progress::Progress;

/// Events, each with the place of its record.
pub type Batch = Vec<(HistoryEvent, Source)>;

/// How many batches may wait to be taken.
const MOST_WAITING: usize = 1;

/// What is to be read, and what is to be taken of it.
pub struct Reading {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// The user pool that the users are of.
    pub pool: UserPoolId,
    /// The projects whose records are taken.
    pub projects: BTreeSet<ProjectId>,
    /// Whose an endpoint is where the record does not say so.
    pub endpoints: Endpoints,
    /// How many events a batch may have.
    pub batch: usize,
}

/// What reading came to.
#[derive(Default, Debug)]
pub struct Tally {
    /// Records, of whatever event type.
    pub read: u64,
    /// Records of another event type than those that are counted.
    pub other_types: u64,
    /// What can't be taken, in the order of reading.
    pub rejected: Vec<Rejected>,
}

impl Reading {
    /// Begins to read. The batches end when all is read, or nobody takes them any more.
    pub fn start(self) -> (Receiver<Batch>, JoinHandle<Tally>) {
        let (sender, batches) = channel(MOST_WAITING);
        let reading = std::thread::spawn(move || {
            let mut reader = Reader::new(&self, sender);
            let progress = Progress::of_bytes("importing");
            let rejected = files::each(&self.paths, &progress, &mut |file, progress| {
                reader.read(file, progress)
            });
            reader.finish(rejected)
        });
        (batches, reading)
    }
}

struct Reader<'r> {
    reading: &'r Reading,
    sender: Sender<Batch>,
    batch: Batch,
    tally: Tally,
    not_configured: BTreeMap<ProjectId, NotConfigured>,
}

/// The records of a project that is not configured: one rejection for them all, however many there are.
struct NotConfigured {
    first: Source,
    records: u64,
}

impl<'r> Reader<'r> {
    fn new(reading: &'r Reading, sender: Sender<Batch>) -> Self {
        Self {
            reading,
            sender,
            batch: Batch::new(),
            tally: Tally::default(),
            not_configured: BTreeMap::new(),
        }
    }

    fn read(&mut self, file: File<'_>, progress: &mut dyn FnMut(u64)) -> Vec<Rejected> {
        if self.sender.is_closed() {
            return Vec::new();
        }
        let File { number, input } = file;
        let mut take = |at: TextPosition, piece: Piece<'_>| {
            let source = Source::new(number, Arc::clone(&input.name), at.line);
            self.take(read(piece, at), source)
                .map_err(|fault| fault.at(at))
        };
        values::read(number, input, &mut take, progress)
    }

    fn take(&mut self, read: Result<Read, Fault>, source: Source) -> Result<(), Fault> {
        match read? {
            Read::OtherType => {
                self.tally.read += 1;
                self.tally.other_types += 1;
            }
            Read::Record(record) if self.reading.projects.contains(&record.project) => {
                self.tally.read += 1;
                self.push(*record, source);
            }
            Read::Record(record) => {
                let project = self.not_configured.entry(record.project);
                project
                    .or_insert(NotConfigured {
                        first: source,
                        records: 0,
                    })
                    .records += 1;
            }
        }
        Ok(())
    }

    fn push(&mut self, record: Record, source: Source) {
        let endpoint = record.endpoint.as_deref();
        let user = endpoint
            .filter(|_| record.user.is_none())
            .and_then(|endpoint| self.reading.endpoints.user(endpoint));
        let event = record.event(self.reading.pool.clone(), user.map(Sub::new));
        self.batch.push((event, source));
        if self.batch.len() >= self.reading.batch {
            self.send();
        }
    }

    /// Waits until there is room. Where nobody takes batches any more, the import has failed, and says why itself.
    fn send(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            let _ = self.sender.blocking_send(batch);
        }
    }

    fn finish(mut self, rejected: Vec<Rejected>) -> Tally {
        self.send();
        self.tally.rejected = rejected;
        let not_configured = std::mem::take(&mut self.not_configured);
        let rejected = not_configured
            .into_iter()
            .map(|(project, NotConfigured { first, records })| {
                first.rejected(format!(
                    "the project {project} is not configured, and its records are not taken ({records} of them; this is the \
                     first): name it in --config FILE to import them"
                ))
            });
        self.tally.rejected.extend(rejected);
        self.tally.rejected.sort();
        self.tally
    }
}

#[cfg(test)]
mod tests;
