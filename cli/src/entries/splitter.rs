//! Cuts a file into its entries' texts, in one pass, holding no more than one of them.
//!
//! A file is one JSON value, an array, or JSON Lines; its first line decides which. A value of several
//! lines may stand where a line could, and so may several values, with or without space between. What
//! can't be JSON costs as little as can be of what follows: the values up to the next `{` of its line
//! that comes after a `}`, its own line, or the lines before the next that begins with `{`.

mod array;
mod lines;

use std::io::{self, BufRead, Seek};

use super::cursor::{Cursor, TextPosition};
use super::nesting::Nesting;
use array::split_array;
use lines::split_lines;

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
pub type Sink<'s> = dyn FnMut(TextPosition, Piece<'_>) + 's;

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
