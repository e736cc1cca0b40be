//! A file without a name for what can be read only once, and is wanted twice: pipes, and what was
//! compressed.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use thiserror::Error;

/// One file for everything, so that there may be more inputs than files that can be open.
#[derive(Default)]
pub struct Spool {
    file: Option<Arc<File>>,
    end: u64,
}

/// A text in a file.
#[derive(Clone, Debug)]
pub struct Section {
    file: Arc<File>,
    begins: u64,
    size: u64,
}

/// Where a text ends before its time.
#[derive(Error, Debug)]
#[error("can't be read from here on ({error}): is the file complete?")]
pub struct Damage {
    /// The line, of which the beginning may be there.
    pub line: u32,
    /// What the reader says.
    pub error: io::Error,
}

impl Spool {
    /// Takes a text in, as far as it can be read. `progress` is called from time to time.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn take(
        &mut self,
        text: &mut dyn BufRead,
        progress: &mut dyn FnMut(),
    ) -> io::Result<(Section, Option<Damage>)> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::clone(self.file.insert(Arc::new(tempfile::tempfile()?))),
        };
        let begins = self.end;
        let mut line = 1_u32;
        (&*file).seek(SeekFrom::Start(begins))?;
        let damage = loop {
            let bytes = match text.fill_buf() {
                Ok([]) => break None,
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => break Some(Damage { line, error }),
            };
            (&*file).write_all(bytes)?;
            let (length, lines) = (bytes.len(), bytes.iter().filter(|it| **it == b'\n').count());
            text.consume(length);
            self.end += length as u64;
            line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            progress();
        };
        let size = self.end - begins;
        Ok((Section { file, begins, size }, damage))
    }
}

impl Section {
    /// All of a file.
    pub fn whole(file: File) -> io::Result<Self> {
        Ok(Self {
            size: file.metadata()?.len(),
            file: Arc::new(file),
            begins: 0,
        })
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads it from its beginning. Readers of one file share its place, and so take it anew.
    pub fn read(&self) -> SectionReader {
        SectionReader {
            section: self.clone(),
            at: 0,
        }
    }
}

/// Reads a section.
pub struct SectionReader {
    section: Section,
    at: u64,
}

impl SectionReader {
    /// The section's size in bytes.
    pub fn size(&self) -> u64 {
        self.section.size
    }
}

impl Read for SectionReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.section.size.saturating_sub(self.at);
        let mut file = &*self.section.file;
        file.seek(SeekFrom::Start(self.section.begins + self.at))?;
        let read = file.take(left).read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for SectionReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(distance) => self.at.checked_add_signed(distance),
            SeekFrom::End(distance) => self.section.size.checked_add_signed(distance),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
