//! What a layer holds: a ZIP archive, of which one file is read.

#[cfg(test)]
mod tests;

use std::io::Read;

use flate2::read::DeflateDecoder;

/// Of a file that is unpacked (bytes): a layer may hold 250 MB, and a configuration a small part of that.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The signature of the record that ends an archive, and of each file's record before it.
const END: &[u8] = b"PK\x05\x06";
const FILE: &[u8] = b"PK\x01\x02";

/// How a file is packed.
const STORED: usize = 0;
const DEFLATED: usize = 8;

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is cut short, or something else.
    #[error("it is no ZIP archive")]
    NoArchive,
    /// The file is packed by a method that Lambda does not take either.
    #[error("{0} is packed by the unknown method {1}")]
    Method(String, usize),
    /// It cannot be unpacked.
    #[error("{0} cannot be unpacked: {1}")]
    Packed(String, std::io::Error),
}

/// A file of an archive; `None` if it holds none of this name.
///
/// # Errors
///
/// If the archive or the file cannot be read.
pub fn file(archive: &[u8], name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
    let packed = find(archive, name).ok_or(ArchiveError::NoArchive)?;
    packed.map(|packed| unpack(&packed, name)).transpose()
}

/// A file as the archive holds it.
struct Packed<'a> {
    method: usize,
    bytes: &'a [u8],
}

/// `None` if it is no archive.
fn find<'a>(archive: &'a [u8], name: &str) -> Option<Option<Packed<'a>>> {
    let end = archive.windows(END.len()).rposition(|it| it == END)?;
    let files = short(archive, end + 10)?;
    let mut at = long(archive, end + 16)?;
    for _ in 0..files {
        let record = archive.get(at..).filter(|it| it.starts_with(FILE))?;
        let [length, extra, comment] = [28, 30, 32].map(|field| short(record, field));
        let (length, rest) = (length?, extra?.checked_add(comment?)?);
        if record.get(46..46 + length)? == name.as_bytes() {
            let bytes = content(archive, long(record, 42)?, long(record, 20)?)?;
            let method = short(record, 10)?;
            return Some(Some(Packed { method, bytes }));
        }
        at = at.checked_add(46 + length + rest)?;
    }
    Some(None)
}

/// What follows a file's own header, which repeats its name.
fn content(archive: &[u8], header: usize, length: usize) -> Option<&[u8]> {
    let header = archive.get(header..)?;
    let begin = 30 + short(header, 26)? + short(header, 28)?;
    header.get(begin..begin.checked_add(length)?)
}

fn unpack(packed: &Packed<'_>, name: &str) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    match packed.method {
        STORED => bytes.extend_from_slice(packed.bytes),
        DEFLATED => {
            let unpacked = DeflateDecoder::new(packed.bytes)
                .take(LONGEST)
                .read_to_end(&mut bytes);
            unpacked.map_err(|error| ArchiveError::Packed(name.to_owned(), error))?;
        }
        method => return Err(ArchiveError::Method(name.to_owned(), method)),
    }
    Ok(bytes)
}

/// A number of two bytes.
fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk()?;
    Some(usize::from(u16::from_le_bytes(*number)))
}

/// A number of four.
fn long(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*number)).ok()
}
