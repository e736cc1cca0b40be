//! What `replay --spilled` takes in: events that could not be captured, from the log lines that hold
//! them.
//!
//! A log comes in many forms: as it was written, with a time or a stream's name before each line, as
//! the answer of one of CloudWatch Logs' operations, as CSV, compressed, with nothing but the events.
//! They are not distinguished: the field that holds the event is looked for, or the event itself, line by
//! line. No more than a line is held.

mod find;
mod log;

use std::collections::VecDeque;
use std::path::PathBuf;

use crate::entries::{Rejected, Source};
use crate::folders;

use find::{FoundEvent, NOT_CLOSED};
use log::Log;

/// An event that was spilled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpilledEvent {
    /// What was spilled: the text of a JSON object.
    pub json: String,
    /// The line of the log.
    pub source: Source,
}

/// Reads logs, and yields what was spilled into them. Lines that hold something else are passed over;
/// those that should hold an event and can't be read are rejected.
pub struct Spilled {
    paths: std::vec::IntoIter<PathBuf>,
    opened: u32,
    log: Option<Log>,
    found: VecDeque<Result<SpilledEvent, Rejected>>,
    passed_over: u64,
}

impl Spilled {
    /// Will read these files, one after the other, and those of folders; `-` is the standard input.
    pub fn new(paths: &[PathBuf]) -> Self {
        Self {
            paths: folders::files(paths).into_iter(),
            opened: 0,
            log: None,
            found: VecDeque::new(),
            passed_over: 0,
        }
    }

    /// The number of lines so far that hold something else.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// None if there is nothing left.
    fn read_on(&mut self) -> Option<Result<(), Rejected>> {
        let read = match &mut self.log {
            Some(log) => log.next().map(|next| match next {
                Some((source, findings)) => self.take(&source, findings),
                None => self.log = None,
            }),
            None => self.open_next()?,
        };
        Some(read.inspect_err(|_| self.log = None))
    }

    fn open_next(&mut self) -> Option<Result<(), Rejected>> {
        let opened = Log::open(self.opened, &self.paths.next()?);
        self.opened = self.opened.saturating_add(1);
        Some(opened.map(|log| self.log = Some(log)))
    }

    fn take(&mut self, source: &Source, findings: Vec<FoundEvent>) {
        let before = self.found.len();
        for finding in findings {
            match finding {
                FoundEvent::Event(json) => {
                    self.found.push_back(Ok(SpilledEvent {
                        json,
                        source: source.clone(),
                    }));
                }
                FoundEvent::Unreadable(why) => self.found.push_back(Err(source.rejected(why))),
                FoundEvent::Open(_) => self.found.push_back(Err(source.rejected(NOT_CLOSED))),
                FoundEvent::Other => {}
            }
        }
        if self.found.len() == before {
            self.passed_over += 1;
        }
    }
}

impl Iterator for Spilled {
    type Item = Result<SpilledEvent, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.found.pop_front() {
                return Some(found);
            }
            if let Err(rejected) = self.read_on()? {
                return Some(Err(rejected));
            }
        }
    }
}

#[cfg(test)]
mod tests;
