//! How an entry is named, and how one that can't be taken is reported.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// How many of the rejected lines are printed for people.
const MOST_PRINTED: usize = 20;

/// Where an entry stands: its file, named as its path was given, and the line where it begins.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Source {
    file: u32,
    line: u32,
    name: Arc<str>,
}

impl Source {
    /// A line of the file that was the `file`th to be read.
    pub fn new(file: u32, name: Arc<str>, line: u32) -> Self {
        Self { file, line, name }
    }

    /// What is wrong with this entry.
    pub fn rejected(&self, error: impl fmt::Display) -> Rejected {
        Rejected {
            place: (self.file, self.line),
            source: self.to_string(),
            error: error.to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.line)
    }
}

/// What can't be taken, and why. Ordered as read: by file, then by line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Rejected {
    #[serde(skip)]
    place: (u32, u32),
    /// `file:line`, or only the file's name if none of it could be read.
    pub source: String,
    /// What is wrong, and what to do.
    pub error: String,
}

impl Rejected {
    /// What is wrong with the whole of the file that was the `file`th to be read.
    pub fn whole_file(file: u32, name: &str, error: impl fmt::Display) -> Self {
        Self {
            place: (file, 0),
            source: name.to_owned(),
            error: error.to_string(),
        }
    }
}

/// Prints on standard error what can't be taken; of many, the first.
pub fn print_rejected(rejected: &[Rejected]) {
    for rejected in rejected.iter().take(MOST_PRINTED) {
        eprintln!("{}: {}", rejected.source, rejected.error);
    }
    let more = rejected.len().saturating_sub(MOST_PRINTED);
    if more > 0 {
        eprintln!("and {more} more; --format json lists all");
    }
}
