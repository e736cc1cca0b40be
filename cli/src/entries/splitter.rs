//! Cuts a file into its entries' texts, in one pass, holding no more than one of them.
//!
//! A file is one JSON value, an array, or JSON Lines; its first line tells which. A value of several
//! lines may stand where a line could. What can't be JSON costs as little as can be of what follows:
//! its own line, or the lines before the next that begins with `{`.

use std::io::{self, BufRead, Seek};

use super::cursor::{Cursor, Position};
use super::nesting::Nesting;

/// Longer than any trigger event: Lambda takes no payload of more than 6 MB.
const LONGEST: usize = 8 << 20;

/// Longer than any line of JSON Lines (bytes).
const LONGEST_LINE: u32 = 8 << 20;

/// What the splitter came upon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// The text of one entry, or of what stands in its place.
    Text(&'a [u8]),
    /// A text too long to be a trigger event.
    TooLong,
    /// The end of the file, inside an array.
    OpenArray,
}

/// Takes each piece of a file, with the place where it begins.
pub type Sink<'s> = dyn FnMut(Position, Piece<'_>) + 's;

/// Gives each piece of a file to `sink`, in the order of the file.
///
/// # Errors
///
/// If the file can't be read.
pub fn split<F: BufRead + Seek>(file: &mut F, sink: &mut Sink<'_>) -> io::Result<()> {
    let mut cursor = Cursor::new(file)?;
    let start = cursor.at();
    let array = is_array(&mut cursor)?;
    cursor.go_to(start)?;
    if array {
        split_array(&mut cursor, sink)?;
    }
    split_lines(&mut cursor, sink)
}

/// An array that ends on its first line and has more after it is a wrong line of JSON Lines, unless it
/// is too long for that.
fn is_array<F: BufRead + Seek>(cursor: &mut Cursor<'_, F>) -> io::Result<bool> {
    if cursor.skip_while(is_space)? != Some(b'[') {
        return Ok(false);
    }
    let mut nesting = Nesting::default();
    while let Some(byte) = cursor.peek()? {
        let too_long = cursor.at().column > LONGEST_LINE;
        if byte == b'\n' || too_long || nesting.step(byte).is_err() {
            return Ok(true);
        }
        cursor.pass(byte);
        if nesting.is_closed() {
            return Ok(cursor.skip_while(is_space)?.is_none());
        }
    }
    Ok(true)
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn is_space_or_comma(byte: u8) -> bool {
    byte == b',' || is_space(byte)
}

// Arrays

fn split_array<F: BufRead + Seek>(
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
        skip_line(cursor)?;
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

// JSON Lines, and values of several lines

fn split_lines<F: BufRead + Seek>(
    cursor: &mut Cursor<'_, F>,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let mut text = Vec::new();
    loop {
        let at = cursor.at();
        text.clear();
        match read_value(cursor, &mut text)? {
            Value::None => return Ok(()),
            Value::Line | Value::Lines if text.trim_ascii().is_empty() => {}
            Value::Line | Value::Lines if text.len() <= LONGEST => sink(at, Piece::Text(&text)),
            Value::Line => sink(at, Piece::TooLong),
            Value::Lines => {
                sink(at, Piece::TooLong);
                skip_to_object(cursor)?;
            }
            Value::Broken => {
                let broken = broken_lines(&text);
                sink(at, Piece::Text(broken));
                cursor.go_to(at.after(broken))?;
                if broken.len() == text.len() {
                    skip_to_object(cursor)?;
                }
            }
        }
    }
}

enum Value {
    /// The file has ended.
    None,
    /// One line, whatever it holds.
    Line,
    /// The lines from where an object or array opens to where it closes, or to where it gets too long.
    Lines,
    /// Several lines that are no value together.
    Broken,
}

/// Reads a line, and as long as a value is open at its end, the next.
fn read_value<F: BufRead + Seek>(
    cursor: &mut Cursor<'_, F>,
    text: &mut Vec<u8>,
) -> io::Result<Value> {
    if cursor.read_line(text, LONGEST + 1)? == 0 {
        return Ok(Value::None);
    }
    let mut nesting = Nesting::default();
    let opens = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
    let goes_on = opens && text.len() <= LONGEST && nesting.follow(text).is_ok();
    if !goes_on || nesting.is_closed() {
        return Ok(Value::Line);
    }
    loop {
        let line_begins = text.len();
        let passed = cursor.read_line(text, LONGEST + 1)?;
        let line = text.get(line_begins..).unwrap_or_default();
        if text.len() > LONGEST {
            return Ok(Value::Lines);
        }
        if passed == 0 || nesting.follow(line).is_err() {
            return Ok(Value::Broken);
        }
        if nesting.is_closed() {
            return Ok(Value::Lines);
        }
    }
}

/// Which of the lines are to be given up together. A bracket alone on its line begins a value that was
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
    match first.trim_ascii() {
        [_] => before(line_ends().find(|end| text.get(*end) == Some(&b'{'))),
        _ => first,
    }
}

fn skip_to_object<F: BufRead + Seek>(cursor: &mut Cursor<'_, F>) -> io::Result<()> {
    while !matches!(cursor.peek()?, Some(b'{') | None) {
        skip_line(cursor)?;
    }
    Ok(())
}

fn skip_line<F: BufRead + Seek>(cursor: &mut Cursor<'_, F>) -> io::Result<()> {
    cursor.read_line(&mut Vec::new(), 0).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor as Bytes;

    use super::*;

    /// Each piece as `line:column text`.
    fn pieces(file: &[u8]) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut reader = Bytes::new(file);
        split(&mut reader, &mut |at, piece| {
            let text = match piece {
                Piece::Text(text) => {
                    let begins = usize::try_from(at.offset).unwrap();
                    assert_eq!(
                        &file[begins..begins + text.len()],
                        text,
                        "the offset is true"
                    );
                    String::from_utf8_lossy(text.trim_ascii_end()).into_owned()
                }
                Piece::TooLong => "too long".to_owned(),
                Piece::OpenArray => "open array".to_owned(),
            };
            pieces.push(format!("{}:{} {text}", at.line, at.column));
        })
        .unwrap();
        pieces
    }

    fn check(cases: &[(&str, &[&str])]) {
        for (file, expected) in cases {
            assert_eq!(pieces(file.as_bytes()), *expected, "{file}");
            let with_mark = format!("\u{feff}{file}");
            assert_eq!(pieces(with_mark.as_bytes()), *expected, "marked: {file}");
        }
    }

    #[test]
    fn json_lines() {
        check(&[
            ("", &[]),
            ("\n  \n\r\n", &[]),
            ("{}", &["1:0 {}"]),
            ("{}\n", &["1:0 {}"]),
            ("{}\n{\"a\":1}\n", &["1:0 {}", "2:0 {\"a\":1}"]),
            ("{}\r\n\r\n{\"a\":1}\r\n", &["1:0 {}", "3:0 {\"a\":1}"]),
            ("\n {}", &["2:0  {}"]),
            (
                "1\nno\n\"s\"\n{}",
                &["1:0 1", "2:0 no", "3:0 \"s\"", "4:0 {}"],
            ),
            ("{}{}\n{}", &["1:0 {}{}", "2:0 {}"]),
        ]);
    }

    #[test]
    fn values_of_several_lines() {
        check(&[
            ("{\n \"a\": {\n}\n}\n", &["1:0 {\n \"a\": {\n}\n}"]),
            ("{\n}\n{\n}\n{}", &["1:0 {\n}", "3:0 {\n}", "5:0 {}"]),
            ("{}\n{\n}\n{}", &["1:0 {}", "2:0 {\n}", "4:0 {}"]),
            ("{}\n[\n{}]\n{}", &["1:0 {}", "2:0 [\n{}]", "4:0 {}"]),
        ]);
    }

    #[test]
    fn a_broken_line_costs_no_other() {
        check(&[
            ("{\"a\":\"b\n{}\n", &["1:0 {\"a\":\"b", "2:0 {}"]),
            (
                "{\"a\":1,\n{}\n{}\n",
                &["1:0 {\"a\":1,", "2:0 {}", "3:0 {}"],
            ),
            (
                "{\"a\":{\"b\":1}\n{}\n",
                &["1:0 {\"a\":{\"b\":1}", "2:0 {}"],
            ),
            (
                "{\"a\":\n{}\n{\"b\":1}\n",
                &["1:0 {\"a\":", "2:0 {}", "3:0 {\"b\":1}"],
            ),
            ("{\"a\":\n{}\n", &["1:0 {\"a\":", "2:0 {}"]),
            ("{}\n{\"a\":{\n", &["1:0 {}", "2:0 {\"a\":{"]),
            ("\":1}}\n{}\n", &["1:0 \":1}}", "2:0 {}"]),
            ("START {\n{}\n", &["1:0 START {", "2:0 {}"]),
            ("[1,2]\n{}\n", &["1:0 [1,2]", "2:0 {}"]),
            ("{}\n[1,2]\n{}\n", &["1:0 {}", "2:0 [1,2]", "3:0 {}"]),
            (
                "{\n \"a\": \"b\n }\n\n{}\n",
                &["1:0 {\n \"a\": \"b", "5:0 {}"],
            ),
        ]);
    }

    #[test]
    fn arrays() {
        check(&[
            ("[]", &[]),
            ("[\n]\n", &[]),
            ("[{}]", &["1:1 {}"]),
            (
                "\n [{},{\"a\":[1,2]} , 3]\n",
                &["2:2 {}", "2:5 {\"a\":[1,2]}", "2:19 3"],
            ),
            (
                "[\n  {},\r\n  {\n    \"a\": \"]},\"\n  }\r\n]",
                &["2:2 {}", "3:2 {\n    \"a\": \"]},\"\n  }"],
            ),
            ("[[{}], null,,{}]", &["1:1 [{}]", "1:7 null", "1:13 {}"]),
            ("[{} {}]", &["1:1 {}", "1:4 {}"]),
            ("[\n{}\n]\n{}\n", &["2:0 {}", "4:0 {}"]),
        ]);
    }

    #[test]
    fn a_broken_element_costs_no_line_that_begins_another() {
        check(&[
            ("[no, {}]", &["1:1 no", "1:5 {}"]),
            (
                "[1, 2\n{}\n{}\n",
                &["1:1 1", "1:4 2", "2:0 {}", "3:0 {}", "4:0 open array"],
            ),
            ("[{\"a\":}, {}]", &["1:1 {\"a\":}", "1:9 {}"]),
            ("[{}}, {}]", &["1:1 {}}", "1:6 {}"]),
            ("[{\"a\":1, {}]", &["1:1 {\"a\":1,"]),
            (
                "[\n{\"a\":1,\n {},\n{}]",
                &["2:0 {\"a\":1,", "3:1 {}", "4:0 {}"],
            ),
            ("[\n{\"a\":1, {},\n{}]", &["2:0 {\"a\":1,", "3:0 {}"]),
            ("[\n{\"a\":\"b},\n {}\n]", &["2:0 {\"a\":\"b},", "3:1 {}"]),
            ("[{\"a\":\"b},\n, {}]", &["1:1 {\"a\":\"b},", "2:2 {}"]),
            ("[\n{\"a\":[},\n 1},\n{}\n]", &["2:0 {\"a\":[", "4:0 {}"]),
            ("[\n{\"a\":\"b},\n]\n", &["2:0 {\"a\":\"b},"]),
        ]);
    }

    #[test]
    fn a_file_cut_off_within_an_array() {
        check(&[
            ("[", &["1:1 open array"]),
            ("[\n{},\n", &["2:0 {}", "3:0 open array"]),
            ("[\n{},\n{\"a\":", &["2:0 {}", "3:0 {\"a\":"]),
        ]);
    }

    #[test]
    fn what_is_too_long_is_passed_over_and_not_held() {
        let long = "x".repeat(LONGEST);
        let cases: &[(String, &[&str])] = &[
            (
                format!("{{\"a\":\"{long}\"}}\n{{}}\n"),
                &["1:0 too long", "2:0 {}"],
            ),
            (
                format!("[{{\"a\":\"{long}\"}},{{}}]"),
                &["1:1 too long", "1:8388618 {}"],
            ),
            (
                format!("{{\n\"a\":\"{long}\"\n}}\n{{}}\n"),
                &["1:0 too long", "4:0 {}"],
            ),
        ];
        for (file, expected) in cases {
            assert_eq!(pieces(file.as_bytes()), *expected);
        }
    }

    #[test]
    fn three_values_are_the_same_in_every_form() {
        let values = [r#"{"a":{"b":[1,{"c":"}"}]}}"#, r#"{"\"":"\\"}"#, "{}"];
        let forms = [
            values.join("\n"),
            values.join("\r\n\r\n"),
            format!("[{}]", values.join(",")),
            format!("[\n  {}\n]\n", values.join(",\n  ")),
        ];
        for form in forms {
            let texts: Vec<_> = pieces(form.as_bytes())
                .iter()
                .map(|piece| piece.split_once(' ').unwrap().1.to_owned())
                .collect();
            assert_eq!(texts, values, "{form}");
        }
    }
}
