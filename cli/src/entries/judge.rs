//! What an entry is: a trigger event, or one in a wrapper that tells its time.
//!
//! Nothing of the event is judged here but that it is one; its parts are for those who take it in.

use std::fmt;
use std::ops::Range;

use chrono::{DateTime, Datelike, Utc};
use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde_json::value::RawValue;
use thiserror::Error;

use super::cursor::Position;

/// The years a time may lie in: DynamoDB's keys and the event ids hold no others in order.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=9998;

/// An entry's parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// When the event happened; none if the entry doesn't tell.
    pub time: Option<DateTime<Utc>>,
    /// The trigger event's bytes, within the entry's.
    pub event: Range<usize>,
}

/// Why a text is no entry.
#[derive(Error, Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Bytes that are no text.
    #[error("not UTF-8 from byte {0} of the entry on: save the file as UTF-8")]
    NotUtf8(usize),
    /// What the parser says.
    #[error("not JSON: {what} ({place})")]
    NotJson { what: String, place: Place },
    /// JSON, but of another kind.
    #[error(
        "{0}, not an object: give a trigger event, or {{\"time\": \"…\", \"event\": {{…}}}}; \
         several go one to a line, or into one array that is the whole file"
    )]
    NotAnObject(&'static str),
    /// An object, but neither an event nor a wrapper of one.
    #[error(
        "no trigger event: `triggerSource` is missing; give the event as Cognito sends it, \
         or {{\"time\": \"…\", \"event\": {{…}}}} around it"
    )]
    NoTriggerSource,
    /// An event must name its source.
    #[error("`triggerSource` is {0}, not a string such as \"PreAuthentication_Authentication\"")]
    TriggerSource(&'static str),
    /// A wrapper's event is of another kind.
    #[error("`event` is {0}, not an object: put the trigger event there, as Cognito sends it")]
    Event(&'static str),
    /// A wrapper must tell the time.
    #[error(
        "`time` is missing beside `event`: add \"time\": \"2026-01-31T09:30:00Z\", \
         or give the event alone, which then takes the present time"
    )]
    NoTime,
    /// A wrapper's time is of another kind.
    #[error("`time` is {0}, not a string such as \"2026-01-31T09:30:00Z\"")]
    TimeType(&'static str),
    /// A wrapper's time is no time.
    #[error("`time` is {0:?}, not an RFC 3339 time such as \"2026-01-31T09:30:00Z\"")]
    Time(String),
    /// A wrapper's time can't be stored in order.
    #[error("`time` is {0:?}, not in the years 2000 to 9999")]
    Year(String),
    /// Not looked into.
    #[error("longer than 8 MiB, which no trigger event is: is an array or a bracket never closed?")]
    TooLong,
    /// What follows the array's last element is missing.
    #[error("the array is not closed: its `]` is missing; is the file complete?")]
    OpenArray,
}

/// Where in a text a parser stopped. Within an entry of one line, the column says it all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    line: Option<u32>,
    column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}, column {}", self.column),
            None => write!(f, "column {}", self.column),
        }
    }
}

/// Judges the text of an entry that begins at `at`.
///
/// # Errors
///
/// If it is no entry.
pub fn judge(bytes: &[u8], at: Position) -> Result<Judged, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| Fault::NotUtf8(error.valid_up_to()))?;
    let body = text.trim_ascii();
    if !body.starts_with('{') {
        return match serde_json::from_str::<IgnoredAny>(text) {
            Ok(IgnoredAny) => Err(Fault::NotAnObject(kind(body))),
            Err(error) => Err(not_json(&error, at)),
        };
    }
    let head: Head<'_> = serde_json::from_str(text).map_err(|error| not_json(&error, at))?;
    match (head.trigger_source, head.event) {
        (None, Some(event)) => judge_wrapper(text, head.time, event.get(), at),
        (source, _) => {
            judge_event(source)?;
            Ok(Judged {
                time: None,
                event: range_in(text, body),
            })
        }
    }
}

fn judge_wrapper(
    text: &str,
    time: Option<&RawValue>,
    event: &str,
    at: Position,
) -> Result<Judged, Fault> {
    if !event.starts_with('{') {
        return Err(Fault::Event(kind(event)));
    }
    let head: Head<'_> = serde_json::from_str(event).map_err(|error| not_json(&error, at))?;
    judge_event(head.trigger_source)?;
    Ok(Judged {
        time: Some(judge_time(time)?),
        event: range_in(text, event),
    })
}

fn judge_event(trigger_source: Option<&RawValue>) -> Result<(), Fault> {
    let source = trigger_source.ok_or(Fault::NoTriggerSource)?.get();
    if source.starts_with('"') {
        Ok(())
    } else {
        Err(Fault::TriggerSource(kind(source)))
    }
}

fn judge_time(time: Option<&RawValue>) -> Result<DateTime<Utc>, Fault> {
    let json = time.ok_or(Fault::NoTime)?.get();
    let text: String =
        serde_json::from_str(json).map_err(|_not_a_string| Fault::TimeType(kind(json)))?;
    let time = DateTime::parse_from_rfc3339(&text)
        .map_err(|_not_a_time| Fault::Time(shortened(&text)))?
        .to_utc();
    if YEARS.contains(&time.year()) {
        Ok(time)
    } else {
        Err(Fault::Year(shortened(&text)))
    }
}

/// What is looked at of an object, whether it is an event or a wrapper.
#[derive(serde::Deserialize)]
struct Head<'t> {
    #[serde(borrow, default, rename = "triggerSource", deserialize_with = "given")]
    trigger_source: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    time: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    event: Option<&'t RawValue>,
}

/// A `null` is given too: by itself, serde would take it for a missing value.
fn given<'t, D: Deserializer<'t>>(value: D) -> Result<Option<&'t RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

/// `part` is borrowed from `text`.
fn range_in(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start.saturating_add(part.len())
}

fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn not_json(error: &serde_json::Error, at: Position) -> Fault {
    let message = error.to_string();
    let what = message
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned();
    let column = u32::try_from(error.column()).unwrap_or(u32::MAX);
    let place = match u32::try_from(error.line().saturating_sub(1)).unwrap_or(u32::MAX) {
        0 => Place {
            line: None,
            column: at.column.saturating_add(column),
        },
        lines => Place {
            line: Some(at.line.saturating_add(lines)),
            column,
        },
    };
    Fault::NotJson { what, place }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Position = Position {
        offset: 70,
        line: 7,
        column: 0,
    };

    fn error(text: &[u8]) -> String {
        judge(text, AT).expect_err("a fault").to_string()
    }

    #[test]
    fn an_entry_is_an_event_or_a_wrapper_with_its_time() {
        let event = r#"{ "triggerSource" : "x", "time": 1, "event": [] }"#;
        let cases = [
            (event.to_owned(), None),
            (format!(" {event} \r\n"), None),
            (
                format!(r#"{{"time":"2026-01-31T09:30:00Z","event":{event}}}"#),
                Some(1_769_851_800_000),
            ),
            (
                format!(r#"{{"more":null,"event":{event},"time":"2026-01-31T10:30:00.25+01:00"}}"#),
                Some(1_769_851_800_250),
            ),
            (
                format!(r#"{{"time":"2000-01-01T00:00:00Z","event":{event}}}"#),
                Some(946_684_800_000),
            ),
        ];
        for (text, time) in cases {
            let judged = judge(text.as_bytes(), AT).unwrap();
            assert_eq!(&text[judged.event], event, "{text}");
            assert_eq!(
                judged.time.map(|time| time.timestamp_millis()),
                time,
                "{text}"
            );
        }
    }

    #[test]
    fn every_fault_says_what_is_wrong() {
        let wrapper = |time: &str| format!(r#"{{"time":{time},"event":{{"triggerSource":"x"}}}}"#);
        let cases = [
            ("nonsense", "not JSON: expected ident (column 2)"),
            (
                r#"{"a":1"#,
                "not JSON: EOF while parsing an object (column 6)",
            ),
            (
                "{\"a\":1,\n }",
                "not JSON: trailing comma (line 8, column 2)",
            ),
            (
                r#"{"triggerSource":"x"} {}"#,
                "not JSON: trailing characters (column 23)",
            ),
            ("12", "a number, not an object: "),
            ("[{}]", "an array, not an object: "),
            ("\"x\"", "a string, not an object: "),
            ("null", "null, not an object: "),
            ("{}", "no trigger event: `triggerSource` is missing; "),
            (
                r#"{"triggerSource":7}"#,
                "`triggerSource` is a number, not a string",
            ),
            (
                r#"{"triggerSource":null}"#,
                "`triggerSource` is null, not a string",
            ),
            (
                r#"{"event":{}}"#,
                "no trigger event: `triggerSource` is missing; ",
            ),
            (r#"{"event":null}"#, "`event` is null, not an object: "),
            (r#"{"event":"{}"}"#, "`event` is a string, not an object: "),
            (
                r#"{"event":{"triggerSource":{}}}"#,
                "`triggerSource` is an object, not a string",
            ),
            (
                r#"{"event":{"triggerSource":"x"}}"#,
                "`time` is missing beside `event`: ",
            ),
            (&wrapper("null"), "`time` is null, not a string"),
            (&wrapper("1769851800"), "`time` is a number, not a string"),
            (
                &wrapper(r#""yesterday""#),
                "`time` is \"yesterday\", not an RFC 3339 time",
            ),
            (
                &wrapper(r#""2026-01-31""#),
                "`time` is \"2026-01-31\", not an RFC 3339 time",
            ),
            (
                &wrapper(r#""2026-02-30T00:00:00Z""#),
                "`time` is \"2026-02-30T00:00:00Z\", not",
            ),
            (
                &wrapper(r#""2026-01-31T09:30:00""#),
                "`time` is \"2026-01-31T09:30:00\", not an",
            ),
            (
                &wrapper(r#""1999-12-31T23:59:59Z""#),
                "`time` is \"1999-12-31T23:59:59Z\", not in",
            ),
            (
                &wrapper(r#""9999-12-31T23:59:59-01:00""#),
                "`time` is \"9999-12-31T23:59:59-01:00\", ",
            ),
        ];
        for (text, expected) in cases {
            let error = error(text.as_bytes());
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        assert!(error(b"{\"a\":\"\xFF\"}").starts_with("not UTF-8 from byte 6 of the entry on: "));
    }
}
