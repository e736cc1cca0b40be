//! The first pass: where the entries stand.

use chrono::{DateTime, Utc};

use super::cursor::TextPosition;
use super::inputs::Input;
use super::judge::{Fault, check_time, judge};
use super::rejected::Rejected;
use super::splitter::Piece;
use super::values;

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
        let mut take = |at, piece: Piece<'_>| {
            self.take(file, at, piece)
                .map_err(|fault: Fault| fault.at(at))
        };
        let rejected = values::read(file, input, &mut take, progress);
        self.rejected.extend(rejected);
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
