//! Finds what was spilled in a line of a log, however that line was wrapped on its way out of the log.

use serde::de::{Deserialize, IgnoredAny};
use serde_json::value::RawValue;

/// The field of a log line that holds a spilled event.
const FIELD: &str = "spilled";

/// What every spilled event has, and hardly any other text.
const EVENT_ID: &str = "eventId";

/// How many strings within strings are looked into.
const DEEPEST: u8 = 6;

/// Where a line begins with other text than JSON, this many braces are tried for the beginning of it.
const MOST_STARTS: usize = 8;

/// What is wrong with an object that stays open.
pub const NOT_CLOSED: &str = "the object under `spilled` is not closed: is the line complete?";

/// What stands under the field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FoundEvent {
    /// A spilled event, as JSON.
    Event(String),
    /// An object that is not closed at the end of the text, and the offset at which it begins.
    Open(usize),
    /// A number or the like: another log's field of the same name.
    Other,
    /// Something that should be a spilled event, and why it is none.
    Unreadable(&'static str),
}

/// Everything that stands under the field in this text, or the events that stand there without it. They
/// may be in any object, at any depth, in JSON within JSON strings, after a prefix, or in a cell of a CSV
/// file.
pub fn find(text: &str) -> Vec<FoundEvent> {
    if !may_hold_event(text) {
        return Vec::new();
    }
    let mut best = find_in_json(text);
    if !has_event(&best) && text.contains("\"\"") {
        let cell = closed(find_in_json(&text.replace("\"\"", "\"")));
        if has_event(&cell) || best.is_empty() {
            best = cell;
        }
    }
    if best.is_empty() && names(text, FIELD) {
        best.push(FoundEvent::Unreadable(
            "`spilled` stands in no JSON: is the line complete?",
        ));
    }
    if best.is_empty()
        && [EVENT_ID, "type", "project"]
            .iter()
            .all(|key| names(text, key))
    {
        best.push(FoundEvent::Unreadable(
            "a spilled event is on this line, but not all of it: is the line complete?",
        ));
    }
    best
}

fn may_hold_event(text: &str) -> bool {
    text.contains(FIELD) || text.contains(EVENT_ID)
}

/// An odd quote before the JSON would make inside out of outside: so, where nothing is found from the
/// beginning of the text on, from each brace on.
fn find_in_json(text: &str) -> Vec<FoundEvent> {
    let mut best = find_from(text, 0);
    for (brace, _) in text.match_indices('{').take(MOST_STARTS) {
        if has_event(&best) {
            break;
        }
        let findings = find_from(text, brace);
        if has_event(&findings) || best.is_empty() {
            best = findings;
        }
    }
    if !has_event(&best) {
        let alone = events_alone(text);
        if has_event(&alone) {
            return alone;
        }
    }
    best
}

/// Objects that are spilled events, not under the field: what a query or `jq` took out of it.
fn events_alone(text: &str) -> Vec<FoundEvent> {
    let mut events = Vec::new();
    let (mut at, mut tries) = (0, MOST_STARTS);
    while let Some(brace) = text.get(at..).and_then(|rest| rest.find('{')) {
        let begins = at + brace;
        at = match value_at::<&RawValue>(text, begins) {
            Some((object, length)) if is_event(object.get()) => {
                events.push(FoundEvent::Event(object.get().to_owned()));
                tries = MOST_STARTS;
                begins + length
            }
            Some(_) | None if tries == 0 => break,
            Some(_) | None => {
                tries -= 1;
                begins + 1
            }
        };
    }
    events
}

fn is_event(text: &str) -> bool {
    /// What every record of an event has.
    #[derive(serde::Deserialize)]
    struct Record {
        #[serde(rename = "eventId")]
        _event_id: IgnoredAny,
        #[serde(rename = "type")]
        _type: IgnoredAny,
        #[serde(rename = "project")]
        _project: IgnoredAny,
    }
    let is_object = text.trim_start().starts_with('{');
    is_object && text.contains(EVENT_ID) && serde_json::from_str::<Record>(text).is_ok()
}

fn has_event(findings: &[FoundEvent]) -> bool {
    findings
        .iter()
        .any(|it| matches!(it, FoundEvent::Event(_) | FoundEvent::Open(_)))
}

fn find_from(text: &str, start: usize) -> Vec<FoundEvent> {
    let mut findings = Vec::new();
    scan(text, start, DEEPEST, &mut findings);
    findings
}

/// Goes from string to string, so that it doesn't matter what they are in.
fn scan(text: &str, start: usize, depth: u8, findings: &mut Vec<FoundEvent>) {
    let mut at = start;
    while let Some(quote) = text.get(at..).and_then(|rest| rest.find('"')) {
        let begins = at + quote;
        let (string, length) = match string_at(text, begins) {
            Ok(found) => found,
            // No later quote can begin a string that ends, but the one that ends this: there is none.
            Err(error) if error.is_eof() => return,
            Err(_) => {
                at = begins + 1;
                continue;
            }
        };
        at = begins + length;
        if string == FIELD {
            if let Some(value) = after_colon(text, at) {
                let (finding, ends) = field_value(text, value);
                findings.push(finding);
                at = ends;
            }
        } else if is_event(&string) {
            findings.push(FoundEvent::Event(string.trim().to_owned()));
        } else if depth > 0 && may_hold_event(&string) {
            let mut inner = Vec::new();
            scan(&string, 0, depth - 1, &mut inner);
            if inner.is_empty() {
                inner = events_alone(&string);
            }
            findings.extend(closed(inner));
        }
    }
}

/// What was found where no more text can follow.
fn closed(findings: Vec<FoundEvent>) -> Vec<FoundEvent> {
    let close = |finding| match finding {
        FoundEvent::Open(_) => FoundEvent::Unreadable(NOT_CLOSED),
        FoundEvent::Event(_) | FoundEvent::Other | FoundEvent::Unreadable(_) => finding,
    };
    findings.into_iter().map(close).collect()
}

/// What stands at `begins`, and where to go on.
fn field_value(text: &str, begins: usize) -> (FoundEvent, usize) {
    let value = text.get(begins..).unwrap_or_default();
    match value.as_bytes().first() {
        Some(b'{') => object_at(text, begins),
        Some(b'"') => match value_at::<String>(text, begins) {
            Some((string, length)) => (event_in(&string), begins + length),
            None => (
                FoundEvent::Unreadable(
                    "the string under `spilled` is not closed: is the line complete?",
                ),
                begins + 1,
            ),
        },
        Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => (FoundEvent::Other, begins),
        Some(_) => (
            FoundEvent::Unreadable("what is under `spilled` is neither an object nor a string"),
            begins,
        ),
        None => (
            FoundEvent::Unreadable("nothing is under `spilled`: is the line complete?"),
            begins,
        ),
    }
}

fn object_at(text: &str, begins: usize) -> (FoundEvent, usize) {
    let rest = text.get(begins..).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(object)) => (
            FoundEvent::Event(object.get().to_owned()),
            begins + values.byte_offset(),
        ),
        Some(Err(error)) if error.is_eof() => (FoundEvent::Open(begins), text.len()),
        Some(Err(_)) | None => (
            FoundEvent::Unreadable("the object under `spilled` is not JSON"),
            begins + 1,
        ),
    }
}

fn event_in(string: &str) -> FoundEvent {
    let text = string.trim();
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) if text.starts_with('{') => FoundEvent::Event(text.to_owned()),
        Ok(_) => FoundEvent::Unreadable("the string under `spilled` holds no object"),
        Err(_) => FoundEvent::Unreadable("the string under `spilled` is not JSON"),
    }
}

/// The JSON value that begins at `begins`, and its length.
fn value_at<'t, T: Deserialize<'t>>(text: &'t str, begins: usize) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(text.get(begins..)?).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// As [`value_at`], of a string.
fn string_at(text: &str, begins: usize) -> Result<(String, usize), serde_json::Error> {
    let rest = text.get(begins..).unwrap_or_default();
    let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let string = strings.next().unwrap_or_else(|| Ok(String::new()))?;
    Ok((string, strings.byte_offset().max(1)))
}

fn after_colon(text: &str, at: usize) -> Option<usize> {
    let value = text.get(at..)?.trim_start().strip_prefix(':')?.trim_start();
    text.len().checked_sub(value.len())
}

/// Whether a field's name stands in quotes before a colon, however often it is escaped.
fn names(text: &str, field: &str) -> bool {
    text.match_indices(field).any(|(at, _)| {
        let rest = text.get(at..).unwrap_or_default().trim_start_matches(field);
        let quotes = rest.trim_start_matches('\\');
        let after = quotes.trim_start_matches('"');
        after.len() < quotes.len() && after.trim_start().starts_with(':')
    })
}
