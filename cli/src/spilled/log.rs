//! Reads a log line by line, and the lines over which a pretty-printed event goes as one.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use crate::entries::{Damage, Nesting, Rejected, Source, Unreadable, text_of};

use super::find::{FoundEvent, find};

/// No log event of CloudWatch Logs is longer than 1 MiB.
const LONGEST: usize = 2 << 20;

/// A log that is being read.
pub struct Log {
    number: u32,
    name: Arc<str>,
    reader: Box<dyn BufRead>,
    /// The number of the line looked at last.
    line: u32,
    /// Lines that were read after it, and are still to be looked at.
    held_back: VecDeque<Vec<u8>>,
    /// Why the line read last was the last.
    damage: Option<Damage>,
}

impl Log {
    /// Opens the `number`th of the files to be read, or the standard input if its path is `-`.
    ///
    /// # Errors
    ///
    /// If it can't be read, or is no text.
    pub fn open(number: u32, path: &Path) -> Result<Self, Rejected> {
        let name = path.to_string_lossy().into();
        match open(path) {
            Ok(reader) => Ok(Self {
                number,
                name,
                reader,
                line: 0,
                held_back: VecDeque::new(),
                damage: None,
            }),
            Err(error) => Err(Rejected::whole_file(number, &name, error)),
        }
    }

    /// The next line that is not blank, and what it holds, mostly nothing; none at the end.
    ///
    /// # Errors
    ///
    /// If the log can't be read on.
    pub fn next(&mut self) -> Result<Option<(Source, Vec<FoundEvent>)>, Rejected> {
        self.next_findings()
            .map_err(|damage| self.source(damage.line).rejected(damage))
    }

    fn source(&self, line: u32) -> Source {
        Source::new(self.number, Arc::clone(&self.name), line)
    }

    fn next_findings(&mut self) -> Result<Option<(Source, Vec<FoundEvent>)>, Damage> {
        while let Some(bytes) = self.read_line()? {
            if !bytes.trim_ascii().is_empty() {
                let source = self.source(self.line);
                return Ok(Some((source, self.findings(bytes)?)));
            }
        }
        Ok(None)
    }

    fn findings(&mut self, line: Vec<u8>) -> Result<Vec<FoundEvent>, Damage> {
        let mut text = match String::from_utf8(line) {
            Ok(text) => text,
            Err(error) => return Ok(not_text(error.as_bytes())),
        };
        let mut findings = find(&text);
        while let Some(FoundEvent::Open(begins)) = findings.last() {
            if !self.read_to_end_of_object(&mut text, *begins)? {
                break;
            }
            findings = find(&text);
        }
        Ok(findings)
    }

    /// Appends lines to `text` until the object that begins there is closed. If it never is, the lines
    /// are held back: each may be one by itself.
    fn read_to_end_of_object(&mut self, text: &mut String, begins: usize) -> Result<bool, Damage> {
        let mut nesting = Nesting::default();
        let mut lines = VecDeque::new();
        let mut more = text.get(begins..).unwrap_or_default().to_owned();
        while text.len() < LONGEST && nesting.follow(more.as_bytes()).is_ok() {
            if nesting.is_closed() && !lines.is_empty() {
                return Ok(true);
            }
            let Some(line) = self.read_line()? else { break };
            lines.push_back(line.clone());
            let Ok(next) = String::from_utf8(line) else {
                break;
            };
            text.push_str(&next);
            more = next;
        }
        let unread = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        self.line = self.line.saturating_sub(unread);
        lines.append(&mut self.held_back);
        self.held_back = lines;
        Ok(false)
    }

    /// What can be read of a line is looked at, before the damage is reported that ends it.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>, Damage> {
        let line = match self.held_back.pop_front() {
            Some(line) => line,
            None => match self.damage.take() {
                Some(damage) => return Err(damage),
                None => self.read_new_line()?,
            },
        };
        if line.is_empty() {
            return Ok(None);
        }
        self.line = self.line.saturating_add(1);
        Ok(Some(line))
    }

    fn read_new_line(&mut self) -> Result<Vec<u8>, Damage> {
        let mut line = Vec::new();
        let read = self.reader.read_until(b'\n', &mut line);
        let damage = read.err().map(|error| Damage {
            line: self.line.saturating_add(1),
            error,
        });
        match damage {
            Some(damage) if line.is_empty() => Err(damage),
            damage => {
                self.damage = damage;
                Ok(line)
            }
        }
    }
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Unreadable> {
    if path.as_os_str() == "-" {
        return text_of(BufReader::new(io::stdin()));
    }
    text_of(BufReader::with_capacity(64 << 10, File::open(path)?))
}

fn not_text(line: &[u8]) -> Vec<FoundEvent> {
    if find(&String::from_utf8_lossy(line)).is_empty() {
        Vec::new()
    } else {
        vec![FoundEvent::Unreadable("the line is not UTF-8")]
    }
}
