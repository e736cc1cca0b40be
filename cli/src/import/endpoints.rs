//! Whose an endpoint is, by the lists of endpoints that Pinpoint exported.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use csv::{ByteRecord, ErrorKind, Position, Reader};
use domain::ids::Sub;
use thiserror::Error;

use super::files::{self, File};
use super::record::{Fault, object, sub, text, user_of};
use crate::entries::{Piece, Rejected, Source, TextPosition, Unreadable, values};
use crate::progress::Progress;

/// The users of endpoints: of each, 24 bytes and its user's id. There may be millions.
#[derive(Default, Debug)]
pub struct Endpoints {
    /// By the endpoints' hashes.
    places: Vec<Place>,
    users: String,
}

/// Where a user's id stands.
#[derive(Debug)]
struct Place {
    /// Of the endpoint's id. Among millions, two that are alike are less likely than a fault of the memory.
    hash: u64,
    begins: usize,
    length: u32,
}

/// Why a row of a list is none.
#[derive(Error, Debug)]
enum RowFault {
    #[error(
        "no list of endpoints: it has no column `{0}`; give what Pinpoint exported, as JSON or CSV"
    )]
    NoColumn(&'static str),
    #[error("no endpoint: `Id` is missing")]
    NoId,
    #[error("it has {is} columns, and the first line {should_be}: is a quote never closed?")]
    Columns { is: u64, should_be: u64 },
    #[error("not UTF-8: save the file as UTF-8")]
    NotUtf8,
    #[error(transparent)]
    User(#[from] Fault),
}

impl Endpoints {
    /// Reads these lists, and gives what of them can't be taken.
    pub fn read(paths: &[PathBuf]) -> (Self, Vec<Rejected>) {
        let mut endpoints = Self::default();
        let progress = Progress::of_bytes("endpoints");
        let rejected = files::each(paths, &progress, &mut |file, progress| {
            endpoints.read_file(file, progress)
        });
        endpoints.sort();
        (endpoints, rejected)
    }

    /// Whose the endpoint is, if a list says so.
    pub fn user(&self, endpoint: &str) -> Option<&str> {
        let hash = hash(endpoint);
        let after = self.places.partition_point(|place| place.hash <= hash);
        let last = self.places.get(..after)?.last()?;
        let found = (last.hash == hash).then(|| last.range())?;
        self.users.get(found).filter(|user| !user.is_empty())
    }

    fn read_file(&mut self, file: File<'_>, progress: &mut dyn FnMut(u64)) -> Vec<Rejected> {
        let File { number, input } = file;
        let read = match is_csv(file) {
            Ok(true) => self.read_csv(file),
            Ok(false) => {
                let mut take = |at, piece: Piece<'_>| self.take(piece, at);
                Ok(values::read(number, input, &mut take, progress))
            }
            Err(error) => Err(error),
        };
        read.unwrap_or_else(|error| vec![Rejected::whole_file(number, &input.name, error)])
    }

    /// Takes one JSON value.
    fn take(&mut self, piece: Piece<'_>, at: TextPosition) -> Result<(), String> {
        let endpoint = object(piece, at).map_err(|fault| fault.at(at))?;
        let id = text(&endpoint, "/Id").ok_or_else(|| RowFault::NoId.to_string())?;
        let user = user_of(&endpoint).map_err(|fault| fault.at(at))?;
        self.add(&id, user.as_ref());
        Ok(())
    }

    fn read_csv(&mut self, file: File<'_>) -> Result<Vec<Rejected>, Unreadable> {
        let Ok(content) = &file.input.content else {
            return Ok(Vec::new());
        };
        let mut rows = Reader::from_reader(content.open()?);
        let reject = |line: u64, fault: &dyn std::fmt::Display| {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            Source::new(file.number, Arc::clone(&file.input.name), line).rejected(fault)
        };
        let columns = match Columns::of(rows.byte_headers().map_err(io::Error::from)?) {
            Ok(columns) => columns,
            Err(fault) => return Ok(vec![reject(1, &fault)]),
        };
        let damage = file.input.damage.as_ref();
        let readable = damage.map_or(u64::MAX, |damage| damage.line.into());
        let mut rejected = Vec::new();
        while let Some((line, endpoint)) = columns.next(&mut rows)? {
            match endpoint {
                _ if line >= readable => break,
                Ok((id, user)) => self.add(&id, user.as_ref()),
                Err(fault) => rejected.push(reject(line, &fault)),
            }
        }
        rejected.extend(damage.map(|damage| reject(readable, damage)));
        Ok(rejected)
    }

    /// An endpoint that is in a list twice is whose the later says, be it nobody's.
    fn add(&mut self, endpoint: &str, user: Option<&Sub>) {
        let user = user.map_or("", Sub::as_str);
        self.places.push(Place {
            hash: hash(endpoint),
            begins: self.users.len(),
            length: u32::try_from(user.len()).unwrap_or_default(),
        });
        self.users.push_str(user);
    }

    /// Those of one endpoint stay in their order.
    fn sort(&mut self) {
        self.places.sort_by_key(|place| place.hash);
    }
}

impl Place {
    fn range(&self) -> Range<usize> {
        self.begins..self.begins.saturating_add(self.length as usize)
    }
}

/// An endpoint, and whose it is.
type Row = Result<(String, Option<Sub>), RowFault>;

/// Where the columns are that a list must have.
struct Columns {
    id: usize,
    user: usize,
}

impl Columns {
    fn of(first_line: &ByteRecord) -> Result<Self, RowFault> {
        let column = |name: &'static str| {
            first_line
                .iter()
                .position(|column| column.trim_ascii() == name.as_bytes())
                .ok_or(RowFault::NoColumn(name))
        };
        Ok(Self {
            id: column("Id")?,
            user: column("User.UserId")?,
        })
    }

    /// The next row: its line, and the endpoint in it, or why there is none. `None` after the last.
    fn next(&self, rows: &mut Reader<impl Read>) -> io::Result<Option<(u64, Row)>> {
        let line = |position: Option<&Position>| position.map_or(0, Position::line);
        let mut row = ByteRecord::new();
        match rows.read_byte_record(&mut row) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some((line(row.position()), self.endpoint(&row)))),
            Err(error) => match error.kind() {
                ErrorKind::UnequalLengths {
                    pos,
                    expected_len,
                    len,
                } => {
                    let fault = RowFault::Columns {
                        is: *len,
                        should_be: *expected_len,
                    };
                    Ok(Some((line(pos.as_ref()), Err(fault))))
                }
                _ => Err(error.into()),
            },
        }
    }

    fn endpoint(&self, row: &ByteRecord) -> Row {
        let cell = |column| {
            let cell = row.get(column).unwrap_or_default().trim_ascii();
            str::from_utf8(cell).map_err(|_| RowFault::NotUtf8)
        };
        let (id, user) = (cell(self.id)?, cell(self.user)?);
        if id.is_empty() {
            return Err(RowFault::NoId);
        }
        let user = (!user.is_empty()).then(|| sub(user)).transpose()?;
        Ok((id.to_owned(), user))
    }
}

/// Whether the file begins otherwise than JSON values do.
fn is_csv(file: File<'_>) -> Result<bool, Unreadable> {
    let Ok(content) = &file.input.content else {
        return Ok(false);
    };
    let mut opened = content.open()?;
    if opened.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
        opened.seek_relative(3)?;
    }
    let first = opened.fill_buf()?.trim_ascii_start().first().copied();
    Ok(!matches!(first, Some(b'{' | b'[') | None))
}

/// Pinpoint takes endpoints' ids without regard to case.
fn hash(endpoint: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    endpoint.to_ascii_lowercase().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
