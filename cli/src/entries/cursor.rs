//! A reader that knows its place.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A place in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextPosition {
    /// Bytes before it.
    pub offset: u64,
    /// Its line; the first is 1.
    pub line: u32,
    /// Bytes before it in its line.
    pub column: u32,
}

impl TextPosition {
    /// Where a file begins.
    pub const START: Self = Self {
        offset: 0,
        line: 1,
        column: 0,
    };

    /// The place at the end of `text`, which begins here.
    pub fn after(self, text: &[u8]) -> Self {
        text.iter().fold(self, |at, &byte| at.after_byte(byte))
    }

    /// The place after so many bytes of a line.
    fn after_line(self, bytes: usize, end: LineEnd) -> Self {
        let offset = self.offset.saturating_add(bytes as u64);
        match end {
            LineEnd::Reached => Self {
                offset,
                line: self.line.saturating_add(1),
                column: 0,
            },
            LineEnd::Beyond => Self {
                offset,
                line: self.line,
                column: u32::try_from(bytes).map_or(u32::MAX, |it| self.column.saturating_add(it)),
            },
        }
    }

    #[inline]
    fn after_byte(self, byte: u8) -> Self {
        let offset = self.offset.saturating_add(1);
        if byte == b'\n' {
            Self {
                offset,
                line: self.line.saturating_add(1),
                column: 0,
            }
        } else {
            Self {
                offset,
                line: self.line,
                column: self.column.saturating_add(1),
            }
        }
    }
}

/// Whether a line, or the last of a file, has been read to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineEnd {
    /// It has.
    Reached,
    /// There is more of it.
    Beyond,
}

/// Reads on from a place in a file.
pub struct Cursor<'f, F> {
    file: &'f mut F,
    at: TextPosition,
}

impl<'f, F: BufRead + Seek> Cursor<'f, F> {
    /// At the beginning of a file, after its byte order mark if it has one.
    ///
    /// # Errors
    ///
    /// If the file can't be read.
    pub fn new(file: &'f mut F) -> io::Result<Self> {
        let mut cursor = Self {
            file,
            at: TextPosition::START,
        };
        if cursor.file.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            cursor.file.consume(BYTE_ORDER_MARK.len());
            cursor.at.offset = 3;
        }
        Ok(cursor)
    }

    /// The place of the next byte.
    pub fn at(&self) -> TextPosition {
        self.at
    }

    /// Goes back, or on, to a place in the file.
    ///
    /// # Errors
    ///
    /// If the file can't be read there.
    pub fn go_to(&mut self, place: TextPosition) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(place.offset))?;
        self.at = place;
        Ok(())
    }

    /// The next byte, which stays the next one.
    ///
    /// # Errors
    ///
    /// If the file can't be read.
    #[inline]
    pub fn peek(&mut self) -> io::Result<Option<u8>> {
        self.file.fill_buf().map(|buffer| buffer.first().copied())
    }

    /// Goes past `byte`, which [`Self::peek`] gave.
    #[inline]
    pub fn pass(&mut self, byte: u8) {
        self.file.consume(1);
        self.at = self.at.after_byte(byte);
    }

    /// Goes past all bytes that answer to `unwanted`, and gives the next, which stays the next one.
    ///
    /// # Errors
    ///
    /// If the file can't be read.
    pub fn skip_while(&mut self, unwanted: impl Fn(u8) -> bool) -> io::Result<Option<u8>> {
        while let Some(byte) = self.peek()? {
            if !unwanted(byte) {
                return Ok(Some(byte));
            }
            self.pass(byte);
        }
        Ok(None)
    }

    /// Appends the rest of the line, its end included, to `text`, as long as this is not longer than
    /// `longest`. None at the end of the file.
    ///
    /// # Errors
    ///
    /// If the file can't be read.
    pub fn read_line(&mut self, text: &mut Vec<u8>, longest: usize) -> io::Result<Option<LineEnd>> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let begins = text.len();
        let room = longest.saturating_sub(begins) as u64;
        self.file.by_ref().take(room).read_until(b'\n', text)?;
        let read = text.get(begins..).unwrap_or_default();
        let end = if read.last() == Some(&b'\n') || self.file.fill_buf()?.is_empty() {
            LineEnd::Reached
        } else {
            LineEnd::Beyond
        };
        self.at = self.at.after_line(read.len(), end);
        Ok(Some(end))
    }

    /// Passes over the rest of the line, its end included.
    ///
    /// # Errors
    ///
    /// If the file can't be read.
    pub fn skip_line(&mut self) -> io::Result<()> {
        let skipped = self.file.skip_until(b'\n')?;
        self.at = self.at.after_line(skipped, LineEnd::Reached);
        Ok(())
    }
}
