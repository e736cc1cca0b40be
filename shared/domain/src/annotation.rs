//! Notes on days: what happened when, such as a release, shown with the figures.

use std::fmt;

use crate::day::Day;

/// A note on a day of a project. The same text on the same day is the same annotation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Annotation {
    /// The day, in the project's time zone.
    pub day: Day,
    /// What happened.
    pub text: AnnotationText,
}

impl Annotation {
    /// How many days ahead an annotation may be: plans are welcome, mistyped years are not.
    pub const MOST_DAYS_AHEAD: u32 = 31;

    /// Whether it is on a day that can have annotations, where today is this one: events are of no day before 2014.
    pub fn is_in_time(&self, today: Day) -> bool {
        const FIRST: &str = "2014-01-01";
        let first = Day::parse(FIRST).unwrap_or(Day::FIRST);
        (first..=today.plus(Self::MOST_DAYS_AHEAD)).contains(&self.day)
    }
}

/// The text of an annotation: one line of 1 to 200 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AnnotationText(String);

/// Why a text is none of an annotation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnnotationTextError {
    /// There is nothing in it.
    #[error("an annotation has a text")]
    Empty,
    /// It is too long.
    #[error("an annotation has at most {most} characters; this has {found}", most = AnnotationText::MOST)]
    TooLong {
        /// How many characters it has.
        found: usize,
    },
    /// It has what is no character of a line.
    #[error("an annotation is one line without control characters")]
    Control,
}

impl AnnotationText {
    /// How many characters it may have.
    pub const MOST: usize = 200;

    /// The text, without the white space around it.
    ///
    /// # Errors
    ///
    /// If it is empty or too long, or has control characters, line breaks, or marks that turn the direction of what
    /// is around it.
    pub fn parse(text: &str) -> Result<Self, AnnotationTextError> {
        let text = text.trim();
        let found = text.chars().count();
        match found {
            _ if text.chars().any(is_control) => Err(AnnotationTextError::Control),
            0 => Err(AnnotationTextError::Empty),
            _ if found > Self::MOST => Err(AnnotationTextError::TooLong { found }),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AnnotationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether it breaks a line, controls a terminal, or turns the direction of the text around it.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_1_to_200_characters() {
        use AnnotationTextError::{Control, Empty, TooLong};
        let (longest, longer) = ("ü".repeat(200), "ü".repeat(201));
        for (text, expected) in [
            ("v2.4 released", Ok("v2.4 released")),
            ("  Größer als 🦀 \t", Ok("Größer als 🦀")),
            (&longest, Ok(&*longest)),
            ("", Err(Empty)),
            (" \n ", Err(Empty)),
            (&longer, Err(TooLong { found: 201 })),
            ("two\nlines", Err(Control)),
            ("\u{1b}[31mred", Err(Control)),
            ("\u{202e}desrever", Err(Control)),
            ("a\u{2028}b", Err(Control)),
        ] {
            let parsed = AnnotationText::parse(text);
            assert_eq!(
                parsed.as_ref().map(AnnotationText::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_day_is_neither_before_2014_nor_more_than_a_month_ahead() {
        let day = |text| Day::parse(text).unwrap();
        for (text, expected) in [
            ("2013-12-31", false),
            ("2014-01-01", true),
            ("2026-11-25", true),
            ("2026-12-26", true),
            ("2026-12-27", false),
        ] {
            let annotation = Annotation {
                day: day(text),
                text: AnnotationText::parse("released").unwrap(),
            };
            assert_eq!(annotation.is_in_time(day("2026-11-25")), expected, "{text}");
        }
    }
}
