//! The first pass: where the entries stand.

use std::io::BufReader;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::cursor::TextPosition;
use super::inputs::{Content, Input, Unreadable};
use super::judge::{Fault, check_time, judge};
use super::rejected::{Rejected, Source};
use super::splitter::{Piece, split};
use super::spool::{Damage, SectionReader};

/// Progress is reported each time so many bytes have been read.
const STEP: u64 = 1 << 20;

/// Where an entry's event stands. There may be millions of these.
#[derive(Clone, Copy)]
pub struct Indexed {
    microseconds: i64,
    /// Where the event begins in its file.
    pub offset: u64,
    /// The event's bytes.
    pub length: u32,
    /// The line on which the entry begins.
    pub line: u32,
    /// The number of the file among the inputs.
    pub file: u32,
}

impl Indexed {
    /// When the event happened.
    pub fn time(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.microseconds).unwrap_or_default()
    }
}

/// What was rejected last goes to the end of its file: it may be whole but for that.
struct CutOff;

/// Reads one file after the other.
pub struct Indexer {
    now: DateTime<Utc>,
    index: Vec<Indexed>,
    rejected: Vec<Rejected>,
}

impl Indexer {
    /// An entry that has no time of its own happens `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            index: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// What was found, in order of time, and what can't be taken, in the order of reading.
    pub fn finish(mut self) -> (Vec<Indexed>, Vec<Rejected>) {
        self.index
            .sort_unstable_by_key(|it| (it.microseconds, it.file, it.offset));
        (self.index, self.rejected)
    }

    /// Reads the file that is the `file`th of the inputs. `progress` is given the bytes read of it.
    pub fn read(&mut self, file: u32, input: &Input, progress: &mut dyn FnMut(u64)) {
        let name = &input.name;
        let read = match &input.content {
            Ok(content) => self.read_content(file, name, content, progress),
            Err(error) => return self.rejected.push(Rejected::whole_file(file, name, error)),
        };
        match (read, &input.damage) {
            (Err(error), _) => self.rejected.push(Rejected::whole_file(file, name, error)),
            (Ok(Some(CutOff)), Some(damage)) => {
                self.rejected.pop();
                self.reject_from(file, name, damage);
            }
            (Ok(None), Some(damage)) => self.reject_from(file, name, damage),
            (Ok(_), None) => {}
        }
    }

    fn reject_from(&mut self, file: u32, name: &Arc<str>, damage: &Damage) {
        let source = Source::new(file, Arc::clone(name), damage.line);
        self.rejected.push(source.rejected(damage));
    }

    fn read_content(
        &mut self,
        file: u32,
        name: &Arc<str>,
        content: &Content,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<CutOff>, Unreadable> {
        let mut opened: BufReader<SectionReader> = content.open()?;
        let size = opened.get_ref().size();
        let mut cut_off = None;
        let mut reported = 0;
        split(&mut opened, &mut |at, piece| {
            let end = at.offset.saturating_add(piece.length());
            if let Err(fault) = self.take(file, at, piece) {
                let source = Source::new(file, Arc::clone(name), at.line);
                self.rejected.push(source.rejected(fault.at(at)));
                cut_off = (end >= size).then_some(CutOff);
            }
            if at.offset.saturating_sub(reported) >= STEP {
                reported = at.offset;
                progress(reported);
            }
        })?;
        Ok(cut_off)
    }

    fn take(&mut self, file: u32, at: TextPosition, piece: Piece<'_>) -> Result<(), Fault> {
        let text = match piece {
            Piece::Text(text) => text,
            Piece::TooLong => return Err(Fault::TooLong),
            Piece::OpenArray => return Err(Fault::OpenArray),
        };
        let judged = judge(text, at)?;
        if let Some(time) = judged.time {
            check_time(time, self.now)?;
        }
        let too_long = |_| Fault::TooLong;
        self.index.push(Indexed {
            microseconds: judged.time.unwrap_or(self.now).timestamp_micros(),
            offset: at.offset + u64::try_from(judged.event.start).map_err(too_long)?,
            length: u32::try_from(judged.event.len()).map_err(too_long)?,
            line: at.line,
            file,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_costs_32_bytes() {
        assert_eq!(size_of::<Indexed>(), 32);
    }
}
