//! What an entry is: a trigger event, or one in a wrapper that has its time: our own, a JSON log's, or
//! the beginning of a log line.
//!
//! Nothing of the event is judged here but that it is one; its parts are for those who take it in.

mod fault;
mod time;

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde_json::value::RawValue;

use super::cursor::TextPosition;

use fault::kind;
pub use fault::{Fault, not_json};
pub use time::{YEARS, check_time};

/// How many wrappers within wrappers are looked into. A function's JSON log, as an operation of
/// CloudWatch Logs gives it, after a time, has three.
const DEEPEST: u8 = 6;

/// What every trigger event has.
const MARK: &str = "triggerSource";

/// An entry's parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JudgedEntry {
    /// When the event happened; none if the entry has none.
    pub time: Option<DateTime<Utc>>,
    /// Within the entry's bytes, those of the trigger event, or of a JSON string to be [`unwrapped`].
    pub event: Range<usize>,
}

/// Judges the text of an entry that begins at `at`.
///
/// # Errors
///
/// If it is no entry.
pub fn judge(bytes: &[u8], at: TextPosition) -> Result<JudgedEntry, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| Fault::NotUtf8(error.valid_up_to()))?;
    let Found {
        time,
        event,
        wrapper,
    } = find(text, at, DEEPEST)?;
    match (time, wrapper) {
        (None, Wrapper::Object) => Err(Fault::NoTime),
        (None, Wrapper::LogLine) => Err(Fault::NoTimeOnLine),
        (_, Wrapper::None) | (Some(_), Wrapper::Object | Wrapper::LogLine) => {
            Ok(JudgedEntry { time, event })
        }
    }
}

/// The trigger event in a text that [`judge`] found.
///
/// # Errors
///
/// If it is another text.
pub fn unwrapped(mut text: String) -> Result<String, Fault> {
    while text.starts_with('"') {
        let inner = string_in(&text, TextPosition::START)?;
        let event = find(&inner, TextPosition::START, DEEPEST)?.event;
        text = inner.get(event).unwrap_or_default().to_owned();
    }
    Ok(text)
}

/// A trigger event, found in a text.
struct Found {
    /// The time of the outermost wrapper that has one.
    time: Option<DateTime<Utc>>,
    event: Range<usize>,
    wrapper: Wrapper,
}

/// What is around an event.
enum Wrapper {
    None,
    Object,
    LogLine,
}

fn find(text: &str, at: TextPosition, depth: u8) -> Result<Found, Fault> {
    let body = text.trim_ascii();
    if body.starts_with('{') {
        return find_in_object(text, at, depth);
    }
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(IgnoredAny) => Err(Fault::NotAnObject(kind(body))),
        Err(error) => find_in_log_line(text, at, depth)
            .unwrap_or_else(|| Err(fault::no_json(not_json(&error, at), body))),
    }
}

/// None if the line has nothing that looks like a trigger event.
fn find_in_log_line(text: &str, at: TextPosition, depth: u8) -> Option<Result<Found, Fault>> {
    let begins = text.find('{')?;
    let (prefix, object) = text.split_at(begins);
    let depth = depth.checked_sub(1)?;
    if !object.contains(MARK) {
        return None;
    }
    let found = find_in_object(object, at.after(prefix.as_bytes()), depth).map(|found| Found {
        time: time::in_words(prefix).or(found.time),
        event: shifted(found.event, begins),
        wrapper: Wrapper::LogLine,
    });
    Some(found)
}

fn find_in_object(text: &str, at: TextPosition, depth: u8) -> Result<Found, Fault> {
    let head: Head<'_> = serde_json::from_str(text).map_err(|error| not_json(&error, at))?;
    if let Some(source) = head.trigger_source {
        return match source.get() {
            source if source.starts_with('"') => Ok(Found {
                time: None,
                event: range_in(text, text.trim_ascii()),
                wrapper: Wrapper::None,
            }),
            other => Err(Fault::TriggerSource(kind(other))),
        };
    }
    let depth = depth.checked_sub(1).ok_or(Fault::NoTriggerSource)?;
    let (name, value) = head.event()?;
    let found = find_in_value(name, value, depth)?;
    Ok(Found {
        time: head.time()?.or(found.time),
        event: shifted(found.event, range_in(text, value).start),
        wrapper: Wrapper::Object,
    })
}

fn find_in_value(name: &'static str, value: &str, depth: u8) -> Result<Found, Fault> {
    let found = if value.starts_with('"') {
        string_in(value, TextPosition::START)
            .and_then(|inner| find(&inner, TextPosition::START, depth))
            .map(|found| Found {
                event: 0..value.len(),
                ..found
            })
    } else {
        find(value, TextPosition::START, depth)
    };
    found.map_err(|fault| fault.under(name))
}

fn string_in(json: &str, at: TextPosition) -> Result<String, Fault> {
    serde_json::from_str(json).map_err(|error| not_json(&error, at))
}

/// What is looked at of an object, whether it is an event or a wrapper.
#[derive(serde::Deserialize)]
struct Head<'t> {
    #[serde(borrow, default, rename = "triggerSource", deserialize_with = "given")]
    trigger_source: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    time: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    timestamp: Option<&'t RawValue>,
    #[serde(borrow, default, rename = "@timestamp", deserialize_with = "given")]
    at_timestamp: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    event: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    message: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    msg: Option<&'t RawValue>,
    #[serde(borrow, default, rename = "@message", deserialize_with = "given")]
    at_message: Option<&'t RawValue>,
    #[serde(borrow, default)]
    events: Option<&'t RawValue>,
    #[serde(borrow, default)]
    results: Option<&'t RawValue>,
    #[serde(borrow, default, rename = "logEvents")]
    log_events: Option<&'t RawValue>,
}

impl<'t> Head<'t> {
    /// What the wrapper's event is under, and its JSON.
    fn event(&self) -> Result<(&'static str, &'t str), Fault> {
        let names = [
            ("event", self.event),
            ("message", self.message),
            ("msg", self.msg),
            ("@message", self.at_message),
        ];
        let mut given = names
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.get())));
        match (given.find(|(_, value)| value.contains(MARK)), self.event) {
            (Some((name, value)), _) if value.starts_with(['{', '"']) => Ok((name, value)),
            (Some((_, value)), _) => Err(Fault::Event(kind(value))),
            (None, Some(event)) if !event.get().starts_with('{') => {
                Err(Fault::Event(kind(event.get())))
            }
            (None, Some(_)) => Err(Fault::NoTriggerSource),
            (None, None) => Err(self.no_event()),
        }
    }

    fn no_event(&self) -> Fault {
        let is_log = [self.time, self.timestamp, self.at_timestamp]
            .iter()
            .any(Option::is_some);
        match (self.events, self.results, self.log_events) {
            (Some(_), _, _) => Fault::Answer(".events[]"),
            (_, Some(_), _) => Fault::Answer(".results[] | map({(.field): .value}) | add"),
            (_, _, Some(_)) => Fault::Answer(".logEvents[]"),
            (None, None, None) if is_log => Fault::NoEventInLog,
            (None, None, None) => Fault::NoTriggerSource,
        }
    }

    /// The wrapper's time, if it has one.
    fn time(&self) -> Result<Option<DateTime<Utc>>, Fault> {
        let names = [
            ("time", self.time),
            ("timestamp", self.timestamp),
            ("@timestamp", self.at_timestamp),
        ];
        let given = names
            .into_iter()
            .find_map(|(name, value)| Some((name, value?.get())));
        given
            .map(|(name, json)| time::of_json(name, json))
            .transpose()
    }
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

fn shifted(range: Range<usize>, by: usize) -> Range<usize> {
    range.start.saturating_add(by)..range.end.saturating_add(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: TextPosition = TextPosition {
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

    /// What functions and the operations of CloudWatch Logs make of one event, at half past nine.
    #[test]
    fn an_entry_may_be_a_line_of_a_log() {
        let event = r#"{"triggerSource":"x","note":"\"{\" ü"}"#;
        let string = serde_json::to_string(event).unwrap();
        let json_log = format!(r#"{{"timestamp":"2026-01-31T09:30:00.000Z","message":{event}}}"#);
        let text_log = format!("2026-01-31T09:30:00.000Z\tc0ffee\tINFO\t{event}\n");
        let message = |text: &str| serde_json::to_string(text).unwrap();
        let cases = [
            json_log.clone(),
            text_log.clone(),
            format!(r#"{{"time":"2026-01-31T09:30:00Z","event":{string}}}"#),
            format!(r#"{{"level":30,"time":1769851800000,"msg":{string}}}"#),
            format!(r#"{{"message":{event},"timestamp":"2026-01-31 09:30:00,000+0000"}}"#),
            format!(
                r#"{{"message":"an event","event":{event},"timestamp":"2026-01-31T10:30:00+01:00"}}"#
            ),
            format!(r#"{{"event":"log","message":{event},"timestamp":"2026-01-31T09:30:00Z"}}"#),
            format!("[INFO]\t2026-01-31T09:30:00.000Z\tc0ffee\tReceived event: {event}"),
            format!("2026-01-31T09:30:00.000000+00:00 2026/01/31/[$LATEST]0f {text_log}"),
            format!("2026-01-31T09:30:00.000Z {json_log}"),
            format!(
                r#"{{"timestamp":1769851800000,"message":{}}}"#,
                message(&text_log)
            ),
            format!(
                r#"{{"eventId":"1","timestamp":1769851800000,"message":{}}}"#,
                message(&json_log)
            ),
            format!(
                r#"{{"@timestamp":"2026-01-31 09:30:00.000","@message":{}}}"#,
                message(&json_log)
            ),
            format!(r#"{{"@message":{}}}"#, message(&text_log)),
        ];
        for text in cases {
            let judged = judge(text.as_bytes(), AT).expect(&text);
            let time = judged.time.map(|time| time.timestamp_millis());
            assert_eq!(time, Some(1_769_851_800_000), "{text}");
            let found = unwrapped(text[judged.event].to_owned());
            assert_eq!(found.as_deref(), Ok(event), "{text}");
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
            (
                r#"{"event":["triggerSource"]}"#,
                "`event` is an array, not an object: ",
            ),
            (
                r#"{"time":"2026-01-31T09:30:00Z","event":"{\"triggerSource\":"}"#,
                "under `event`: not JSON: EOF while parsing a value (column 17)",
            ),
            (
                r#"{"timestamp":"2026-01-31T09:30:00Z","message":"START"}"#,
                "no trigger event is under `event` or `message`: of a log, give only ",
            ),
            (
                "START RequestId: 1",
                "not JSON: expected value (column 1); of a log, give only the lines that hold ",
            ),
            (
                r#"INFO {"triggerSource":"x"}"#,
                "no time is before the event: let the line begin with one",
            ),
            (
                r#"2026-01-31T09:30:00Z {"triggerSource":"x""#,
                "not JSON: EOF while parsing an object (column 41)",
            ),
            (
                r#"{"events":[{"message":"…"}]}"#,
                "an answer of CloudWatch Logs: make lines of it, and keep those that hold a trigger \
                 event: jq -c '.events[]' FILE | grep triggerSource | cognito-pinpoint replay -",
            ),
            (
                r#"{"results":[],"status":"Complete"}"#,
                "an answer of CloudWatch Logs: make lines of it, and keep those that hold a trigger \
                 event: jq -c '.results[] | map({(.field): .value}) | add' FILE | grep ",
            ),
            (
                r#"{"messageType":"DATA_MESSAGE","logEvents":[]}"#,
                "an answer of CloudWatch Logs: make lines of it, and keep those that hold a trigger \
                 event: jq -c '.logEvents[]' FILE | grep ",
            ),
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
            (&wrapper("true"), "`time` is true or false, not a string"),
            (
                &wrapper("1769851800"),
                "`time` is 1769851800, not in the years 2000 to 9999 (a number is milliseconds ",
            ),
            (
                &wrapper("1769851800.5"),
                "`time` is 1769851800.5, not an RFC",
            ),
            (
                r#"{"timestamp":"31/Jan/2026","message":{"triggerSource":"x"}}"#,
                "`timestamp` is \"31/Jan/2026\", not an RFC 3339 time",
            ),
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
