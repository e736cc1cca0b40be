//! Text that may be compressed with gzip, recognised by its first bytes, whatever its name.

use std::io::{BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::inputs::Unreadable;

/// How often a text may be compressed. Firehose, set to compress, does so with what a subscription of
/// CloudWatch Logs has compressed already.
const MOST: usize = 3;

/// Gives the text of a file: of a gzip file, that of all its members, which Firehose and CloudWatch Logs
/// write one after another.
///
/// # Errors
///
/// If it can't be read, or is no text.
pub fn text_of<'r>(file: impl BufRead + 'r) -> Result<Box<dyn BufRead + 'r>, Unreadable> {
    let mut text: Box<dyn BufRead + 'r> = Box::new(file);
    for _ in 0..=MOST {
        let (format, whole) = format_of(text)?;
        text = match format {
            Format::Text => return Ok(whole),
            Format::Gzip => Box::new(BufReader::with_capacity(
                64 << 10,
                MultiGzDecoder::new(whole),
            )),
            Format::OtherCompression => return Err(Unreadable::Compressed),
            Format::Utf16 => return Err(Unreadable::Utf16),
        };
    }
    Err(Unreadable::Compressed)
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Text,
    Gzip,
    OtherCompression,
    Utf16,
}

/// Finds what a file is, and leaves it as it was.
///
/// # Errors
///
/// If it can't be read.
pub fn format_of<'r>(
    mut file: impl BufRead + 'r,
) -> Result<(Format, Box<dyn BufRead + 'r>), Unreadable> {
    let mut first = Vec::new();
    file.by_ref().take(4).read_to_end(&mut first)?;
    let format = match first.as_slice() {
        [0x1F, 0x8B, ..] => Format::Gzip,
        [b'P', b'K', 3, 4, ..] | [0x28, 0xB5, 0x2F, 0xFD, ..] => Format::OtherCompression,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Format::Utf16,
        _ => Format::Text,
    };
    Ok((format, Box::new(Cursor::new(first).chain(file))))
}
