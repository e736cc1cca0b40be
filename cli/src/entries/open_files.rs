//! The second pass: the events themselves, wherever they stand.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use thiserror::Error;

use super::Entry;
use super::indexer::Indexed;
use super::inputs::{Content, Input, Unreadable};
use super::judge::unwrapped;
use super::rejected::{Rejected, Source};
use super::spool::SectionReader;

/// Far fewer than a process may hold open, and enough for files that take turns.
const MOST: usize = 64;

/// Some of the inputs, held open while events are read from them in turns.
pub struct OpenFiles<'i> {
    inputs: &'i [Input],
    /// The one used last comes first.
    open: Vec<OpenFile>,
}

/// The file isn't what it was when its entries were found.
#[derive(Error, Debug)]
#[error("can't be read a second time, has the file changed? ({0})")]
struct Changed(String);

impl<'i> OpenFiles<'i> {
    /// None is open yet.
    pub fn new(inputs: &'i [Input]) -> Self {
        Self {
            inputs,
            open: Vec::new(),
        }
    }

    /// Reads an entry: quick if it stands shortly after the one read from its file before.
    ///
    /// # Errors
    ///
    /// If the file has changed, and holds no text there any more.
    pub fn entry(&mut self, indexed: &Indexed) -> Result<Entry, Rejected> {
        let Some(input) = self.inputs.get(indexed.file as usize) else {
            return Err(Rejected::whole_file(indexed.file, "", Unreadable::Missing));
        };
        let source = Source::new(indexed.file, Arc::clone(&input.name), indexed.line);
        match self.event(input, indexed) {
            Ok(event) => Ok(Entry {
                time: indexed.time(),
                event,
                source,
            }),
            Err(changed) => Err(source.rejected(changed)),
        }
    }

    fn event(&mut self, input: &Input, indexed: &Indexed) -> Result<String, Changed> {
        let content = input
            .content
            .as_ref()
            .map_err(|error| Changed(error.to_string()))?;
        let bytes = self
            .file(indexed.file, content)
            .and_then(|file| file.read(indexed.offset, indexed.length))
            .map_err(|error| Changed(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| Changed(error.to_string()))?;
        unwrapped(text).map_err(|fault| Changed(fault.to_string()))
    }

    fn file(&mut self, number: u32, content: &Content) -> io::Result<&mut OpenFile> {
        let file = match self.open.iter().position(|it| it.number == number) {
            Some(place) => self.open.remove(place),
            None => OpenFile {
                number,
                reader: content.open()?,
                at: 0,
            },
        };
        self.open.truncate(MOST - 1);
        self.open.insert(0, file);
        self.open
            .first_mut()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

struct OpenFile {
    number: u32,
    reader: BufReader<SectionReader>,
    at: u64,
}

impl OpenFile {
    fn read(&mut self, offset: u64, length: u32) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        self.go_to(offset)?;
        self.reader.read_exact(&mut bytes)?;
        self.at = offset.saturating_add(u64::from(length));
        Ok(bytes)
    }

    /// Within what is buffered, this costs nothing.
    fn go_to(&mut self, offset: u64) -> io::Result<()> {
        let distance = offset
            .checked_signed_diff(self.at)
            .ok_or(io::ErrorKind::InvalidInput)?;
        self.reader.seek_relative(distance)?;
        self.at = offset;
        Ok(())
    }
}
