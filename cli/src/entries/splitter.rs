//! Cuts a file into its entries' texts, in one pass, holding no more than one of them.
//!
//! A file is one JSON value, an array, or JSON Lines; its first line tells which. A value of several
//! lines may stand where a line could, and so may several values, with or without space between. What
//! can't be JSON costs as little as can be of what follows: the values up to the next `{` of its line
//! that comes after a `}`, its own line, or the lines before the next that begins with `{`.

use std::io::{self, BufRead, Seek};

use super::cursor::{Cursor, LineEnd, Position};
use super::nesting::{Closing, Nesting};

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

impl Piece<'_> {
    /// Its bytes, as far as they are known.
    pub fn length(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::TooLong | Self::OpenArray => 0,
        }
    }
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

// JSON Lines, values one after another on a line, and values of several lines

fn split_lines<F: BufRead + Seek>(
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
    From(Position),
}

/// Gives the values that end in this line, or in as much of it as was read.
fn split_line(line: &[u8], at: Position, end: LineEnd, sink: &mut Sink<'_>) -> Left {
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
    at: Position,
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
        ]);
    }

    #[test]
    fn values_one_after_another_on_a_line() {
        check(&[
            ("{}{}\n{}", &["1:0 {}", "1:2 {}", "2:0 {}"]),
            (
                "{\"a\":{}} \t{\"b\":[{},{}]}{}",
                &["1:0 {\"a\":{}}", "1:10 {\"b\":[{},{}]}", "1:23 {}"],
            ),
            ("{\"a\":\"}{\"}{}", &["1:0 {\"a\":\"}{\"}", "1:10 {}"]),
            ("{}{\n}{}\n{}", &["1:0 {}", "1:2 {\n}", "2:1 {}", "3:0 {}"]),
            ("{\n}{\n}\n{}", &["1:0 {\n}", "2:1 {\n}", "4:0 {}"]),
            ("{} {\"a\":", &["1:0 {}", "1:3 {\"a\":"]),
            ("{} no", &["1:0 {} no"]),
            ("{}, {}", &["1:0 {}, {}"]),
        ]);
    }

    #[test]
    fn a_broken_value_costs_what_is_before_the_next_of_its_line() {
        check(&[
            (
                "{\"a\":{}{}{}\n{}",
                &["1:0 {\"a\":{}", "1:7 {}", "1:9 {}", "2:0 {}"],
            ),
            ("{\"a\":1]}{}", &["1:0 {\"a\":1]}", "1:8 {}"]),
            ("{}}{}", &["1:0 {}}", "1:3 {}"]),
            ("{}{{}} {}", &["1:0 {}", "1:2 {{}}", "1:7 {}"]),
            (
                "{\"a\":\"}{\"b\":1}{}\n{}",
                &["1:0 {\"a\":\"}", "1:7 {\"b\":1}", "1:14 {}", "2:0 {}"],
            ),
            ("{\"a\":\"}{\"b\":1}", &["1:0 {\"a\":\"}", "1:7 {\"b\":1}"]),
            ("{\"a\"{}} {\n}", &["1:0 {\"a\"{}}", "1:8 {\n}"]),
        ]);
    }

    #[test]
    fn a_line_of_any_length_may_hold_values() {
        let value = format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST / 3));
        let mut expected: Vec<_> = (0..7)
            .map(|it| format!("1:{} {value}", it * value.len()))
            .collect();
        expected.push("2:0 {}".to_owned());
        let found = pieces(format!("{}\n{{}}", value.repeat(7)).as_bytes());
        assert!(found == expected, "{} pieces", found.len());
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
            (
                format!("{{}}{{\"a\":\"{long}\"}}\n{{}}\n"),
                &["1:0 {}", "1:2 too long", "2:0 {}"],
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
            values.concat(),
            values.join(" "),
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
