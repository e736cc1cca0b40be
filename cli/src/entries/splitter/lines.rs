//! JSON Lines, values one after another on a line, and values of several lines.

use std::io::{self, BufRead, Seek};

use super::{LONGEST, Piece, Sink, is_space};
use crate::entries::cursor::{Cursor, LineEnd, TextPosition};
use crate::entries::nesting::{Closing, Nesting};

/// Gives the values from here to the end of the file.
pub fn split_lines<F: BufRead + Seek>(
    cursor: &mut Cursor<'_, F>,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let mut text = Vec::new();
    loop {
        let at = cursor.at();
        text.clear();
        let Some(end) = cursor.read_line(&mut text, LONGEST + 1)? else {
            return Ok(());
        };
        match (split_line(&text, at, end, sink), end) {
            (Left::Nothing, _) => {}
            (Left::From(place), _) if place != at => cursor.go_to(place)?,
            (Left::From(_), LineEnd::Reached) => split_value(cursor, at, &mut text, sink)?,
            (Left::From(_), LineEnd::Beyond) => match next_object(&text, 1) {
                Some(next) => {
                    text.truncate(next);
                    sink(at, Piece::Text(&text));
                    cursor.go_to(at.after(&text))?;
                }
                None => {
                    sink(at, Piece::TooLong);
                    cursor.skip_line()?;
                }
            },
        }
    }
}

/// What of a line is not given yet.
enum Left {
    Nothing,
    /// All that begins here: a value that goes on over the end of what was read.
    From(TextPosition),
}

/// Gives the values that end in this line, or in as much of it as was read.
fn split_line(line: &[u8], at: TextPosition, end: LineEnd, sink: &mut Sink<'_>) -> Left {
    let (mut rest, mut place) = (line, at);
    loop {
        let value = match (first_value(rest), end) {
            (First::Before(next), _) => rest.get(..next).unwrap_or(rest),
            (First::Last, LineEnd::Reached) => rest,
            (First::Last, LineEnd::Beyond) | (First::Open, _) => return Left::From(place),
        };
        if !value.trim_ascii().is_empty() {
            sink(place, Piece::Text(value));
        }
        if value.len() == rest.len() {
            return Left::Nothing;
        }
        place = place.after(value);
        rest = rest.get(value.len()..).unwrap_or_default();
    }
}

/// How far a line's first value goes.
enum First {
    /// To where another begins.
    Before(usize),
    /// To the line's end, together with whatever else is there.
    Last,
    /// Over the line's end.
    Open,
}

fn first_value(line: &[u8]) -> First {
    if !matches!(line.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return First::Last;
    }
    match Nesting::default().follow_to_end(line) {
        Closing::Open => First::Open,
        Closing::At(end) => next_object(line, end).map_or(First::Last, First::Before),
        Closing::Broken => next_object(line, 1).map_or(First::Last, First::Before),
    }
}

/// Where the next object begins, at `from` or later: a `{` comes after a `}` in no JSON value, unless in a
/// string. What is before it is a value, or one that is broken.
fn next_object(text: &[u8], from: usize) -> Option<usize> {
    let mut last = text
        .get(..from)
        .and_then(|before| before.trim_ascii_end().last());
    for (at, byte) in (from..).zip(text.get(from..)?) {
        if *byte == b'{' && last == Some(&b'}') {
            return Some(at);
        }
        if !is_space(*byte) {
            last = Some(byte);
        }
    }
    None
}

/// Gives the value that begins at `at` and is open at the end of its first line, which is `text`.
fn split_value<F: BufRead + Seek>(
    cursor: &mut Cursor<'_, F>,
    at: TextPosition,
    text: &mut Vec<u8>,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    match read_value(cursor, text)? {
        Value::Whole(next) => {
            text.truncate(next);
            sink(at, Piece::Text(text));
            cursor.go_to(at.after(text))
        }
        Value::TooLong(end) => {
            sink(at, Piece::TooLong);
            if matches!(end, LineEnd::Beyond) {
                cursor.skip_line()?;
            }
            skip_to_object(cursor)
        }
        Value::Broken => {
            let broken = broken_lines(text);
            sink(at, Piece::Text(broken));
            cursor.go_to(at.after(broken))?;
            if broken.len() == text.len() {
                skip_to_object(cursor)?;
            }
            Ok(())
        }
    }
}

/// What lines are together.
enum Value {
    /// A value, with what is after it on its last line: up to here, where that ends or another begins.
    Whole(usize),
    /// More than any trigger event is.
    TooLong(LineEnd),
    /// No value.
    Broken,
}

/// Reads on, line by line, until the value is closed that is open at the end of `text`.
fn read_value<F: BufRead + Seek>(
    cursor: &mut Cursor<'_, F>,
    text: &mut Vec<u8>,
) -> io::Result<Value> {
    let mut nesting = Nesting::default();
    let mut line_begins = 0;
    loop {
        let line = text.get(line_begins..).unwrap_or_default();
        match nesting.follow_to_end(line) {
            Closing::At(end) => {
                let next = next_object(text, line_begins + end);
                return Ok(Value::Whole(next.unwrap_or(text.len())));
            }
            Closing::Broken => return Ok(Value::Broken),
            Closing::Open => line_begins = text.len(),
        }
        let Some(end) = cursor.read_line(text, LONGEST + 1)? else {
            return Ok(Value::Broken);
        };
        if text.len() > LONGEST {
            return Ok(Value::TooLong(end));
        }
    }
}

/// What is to be passed over of lines that are no value. Where another object begins on the first line:
/// all before it. A bracket alone on its line begins a value that was
/// printed for people: all before the next line that begins with `{`. Else the first line has lost its
/// end, and each of the others is one by itself.
fn broken_lines(text: &[u8]) -> &[u8] {
    let line_ends = || {
        (1..)
            .zip(text)
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(end, _)| end)
    };
    let before = |end: Option<usize>| end.and_then(|end| text.get(..end)).unwrap_or(text);
    let first = before(line_ends().next());
    if let Some(next) = next_object(first, 1) {
        return text.get(..next).unwrap_or(text);
    }
    match first.trim_ascii() {
        [_] => before(line_ends().find(|end| text.get(*end) == Some(&b'{'))),
        _ => first,
    }
}

fn skip_to_object<F: BufRead + Seek>(cursor: &mut Cursor<'_, F>) -> io::Result<()> {
    while !matches!(cursor.peek()?, Some(b'{') | None) {
        cursor.skip_line()?;
    }
    Ok(())
}
