//! The elements of an array.

use std::io::{self, BufRead, Seek};

use super::{LONGEST, Piece, Sink, is_space, is_space_or_comma};
use crate::entries::cursor::Cursor;
use crate::entries::nesting::Nesting;

/// Gives the elements of the array that begins here, and stops after its end.
pub fn split_array<F: BufRead + Seek>(
    cursor: &mut Cursor<'_, F>,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    cursor.skip_while(is_space)?;
    cursor.pass(b'[');
    let mut element = Element::default();
    loop {
        match cursor.skip_while(is_space_or_comma)? {
            Some(b']') => {
                cursor.pass(b']');
                return Ok(());
            }
            Some(_) => {
                let at = cursor.at();
                let end = element.read(cursor)?;
                sink(at, element.piece());
                match end {
                    End::Closed => {}
                    End::Broken if skip_to_element(cursor)? => {}
                    End::Broken | End::OfFile => return Ok(()),
                }
            }
            None => {
                sink(cursor.at(), Piece::OpenArray);
                return Ok(());
            }
        }
    }
}

/// An element of an array. Filled again and again, so that its room is asked for once.
#[derive(Default)]
struct Element {
    text: Vec<u8>,
    too_long: bool,
}

enum End {
    Closed,
    Broken,
    OfFile,
}

impl Element {
    /// A `{` after a whole object ends it as a comma would; one that begins a line and can't belong to
    /// the element ends it, too.
    fn read<F: BufRead + Seek>(&mut self, cursor: &mut Cursor<'_, F>) -> io::Result<End> {
        self.text.clear();
        self.too_long = false;
        let mut nesting = Nesting::default();
        while let Some(byte) = cursor.peek()? {
            if nesting.is_closed() && self.ends_before(byte) {
                return Ok(End::Closed);
            }
            if nesting.step(byte).is_err() {
                let begins_another = byte == b'{' && self.ends_with_line_break();
                return Ok(if begins_another {
                    End::Closed
                } else {
                    End::Broken
                });
            }
            self.push(byte);
            cursor.pass(byte);
        }
        Ok(if nesting.is_closed() {
            End::Closed
        } else {
            End::OfFile
        })
    }

    fn push(&mut self, byte: u8) {
        if self.text.len() < LONGEST {
            self.text.push(byte);
        } else {
            self.too_long = true;
        }
    }

    /// Whether a whole value ends before this byte.
    fn ends_before(&self, byte: u8) -> bool {
        match byte {
            b',' | b']' => true,
            b'{' => self.text.first() == Some(&b'{') || self.ends_with_line_break(),
            _ => false,
        }
    }

    fn ends_with_line_break(&self) -> bool {
        let is_blank = |&&byte: &&u8| is_space_or_comma(byte);
        self.text
            .iter()
            .rev()
            .take_while(is_blank)
            .any(|&byte| byte == b'\n')
    }

    fn piece(&self) -> Piece<'_> {
        if self.too_long {
            Piece::TooLong
        } else {
            Piece::Text(self.text.trim_ascii_end())
        }
    }
}

/// After a broken element: to the next line that begins with a `{`, or with the `]` of the array. What
/// follows on the line itself may be a part of the element, and be taken for a whole one. False if there
/// is no such line.
fn skip_to_element<F: BufRead + Seek>(cursor: &mut Cursor<'_, F>) -> io::Result<bool> {
    loop {
        cursor.skip_line()?;
        if cursor.peek()? == Some(b']') {
            return Ok(true);
        }
        match cursor.skip_while(is_space_or_comma)? {
            Some(b'{') => return Ok(true),
            Some(_) => {}
            None => return Ok(false),
        }
    }
}
