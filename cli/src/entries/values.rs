//! Reads one file's values, and names those that can't be taken.

use std::io::BufReader;
use std::sync::Arc;

use super::cursor::TextPosition;
use super::inputs::{Content, Input, Unreadable};
use super::rejected::{Rejected, Source};
use super::splitter::{Piece, split};
use super::spool::SectionReader;

/// Progress is reported each time so many bytes have been read.
const STEP: u64 = 1 << 20;

/// Takes one value, or says why it can't be taken.
pub type Take<'t> = dyn FnMut(TextPosition, Piece<'_>) -> Result<(), String> + 't;

/// Reads the file that is the `file`th of the inputs, and gives what of it can't be taken, in the order of
/// reading. `progress` is given the bytes read of it.
pub fn read(
    file: u32,
    input: &Input,
    take: &mut Take<'_>,
    progress: &mut dyn FnMut(u64),
) -> Vec<Rejected> {
    let name = &input.name;
    let mut reading = Reading {
        file,
        name,
        rejected: Vec::new(),
    };
    let read = match &input.content {
        Ok(content) => reading.content(content, take, progress),
        Err(error) => return vec![Rejected::whole_file(file, name, error)],
    };
    let mut rejected = reading.rejected;
    match (read, &input.damage) {
        (Err(error), _) => rejected.push(Rejected::whole_file(file, name, error)),
        (Ok(last), Some(damage)) => {
            if last == Last::CutOff {
                rejected.pop();
            }
            let source = Source::new(file, Arc::clone(name), damage.line);
            rejected.push(source.rejected(damage));
        }
        (Ok(_), None) => {}
    }
    rejected
}

/// How a file ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// With something that was taken, or with nothing.
    Whole,
    /// With what was rejected last, which may be whole but for where the file ends.
    CutOff,
}

struct Reading<'i> {
    file: u32,
    name: &'i Arc<str>,
    rejected: Vec<Rejected>,
}

impl Reading<'_> {
    fn content(
        &mut self,
        content: &Content,
        take: &mut Take<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Last, Unreadable> {
        let mut opened: BufReader<SectionReader> = content.open()?;
        let size = opened.get_ref().size();
        let mut last = Last::Whole;
        let mut reported = 0;
        split(&mut opened, &mut |at, piece| {
            let end = at.offset.saturating_add(piece.length());
            if let Err(error) = take(at, piece) {
                let source = Source::new(self.file, Arc::clone(self.name), at.line);
                self.rejected.push(source.rejected(error));
                last = if end >= size {
                    Last::CutOff
                } else {
                    Last::Whole
                };
            }
            if at.offset.saturating_sub(reported) >= STEP {
                reported = at.offset;
                progress(reported);
            }
        })?;
        Ok(last)
    }
}
