//! Finds what was spilled in a line of a log, however that line was wrapped on its way out of the log.

use serde::de::Deserialize;
use serde_json::value::RawValue;

/// The field of a log line that holds a spilled event.
const FIELD: &str = "spilled";

/// How many strings within strings are looked into.
const DEEPEST: u8 = 6;

/// Where a line begins with other text than JSON, this many braces are tried for the beginning of it.
const MOST_STARTS: usize = 8;

/// What is wrong with an object that stays open.
pub const NOT_CLOSED: &str = "the object under `spilled` is not closed: is the line complete?";

/// What stands under the field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// A spilled event, as JSON.
    Event(String),
    /// An object that is not closed at the end of the text, and the offset at which it begins.
    Open(usize),
    /// A number or the like: another log's field of the same name.
    Other,
    /// Something that should be a spilled event, and why it is none.
    Unreadable(&'static str),
}

/// Everything that stands under the field in this text. The field may be in any object, at any depth,
/// in JSON within JSON strings, after a prefix, or in a cell of a CSV file.
pub fn find(text: &str) -> Vec<Finding> {
    if !text.contains(FIELD) {
        return Vec::new();
    }
    let mut best = find_in_json(text);
    if !has_event(&best) && text.contains("\"\"") {
        let cell = closed(find_in_json(&text.replace("\"\"", "\"")));
        if has_event(&cell) || best.is_empty() {
            best = cell;
        }
    }
    if best.is_empty() && names_field(text) {
        best.push(Finding::Unreadable(
            "`spilled` stands in no JSON: is the line complete?",
        ));
    }
    best
}

/// An odd quote before the JSON would make inside out of outside: so, where nothing is found from the
/// beginning of the text on, from each brace on.
fn find_in_json(text: &str) -> Vec<Finding> {
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
    best
}

fn has_event(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|it| matches!(it, Finding::Event(_) | Finding::Open(_)))
}

fn find_from(text: &str, start: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    scan(text, start, DEEPEST, &mut findings);
    findings
}

/// Goes from string to string, so that it doesn't matter what they are in.
fn scan(text: &str, start: usize, depth: u8, findings: &mut Vec<Finding>) {
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
        } else if depth > 0 && string.contains(FIELD) {
            let mut inner = Vec::new();
            scan(&string, 0, depth - 1, &mut inner);
            findings.extend(closed(inner));
        }
    }
}

/// What was found where no more text can follow.
fn closed(findings: Vec<Finding>) -> Vec<Finding> {
    let close = |finding| match finding {
        Finding::Open(_) => Finding::Unreadable(NOT_CLOSED),
        Finding::Event(_) | Finding::Other | Finding::Unreadable(_) => finding,
    };
    findings.into_iter().map(close).collect()
}

/// What stands at `begins`, and where to go on.
fn field_value(text: &str, begins: usize) -> (Finding, usize) {
    let value = text.get(begins..).unwrap_or_default();
    match value.as_bytes().first() {
        Some(b'{') => object_at(text, begins),
        Some(b'"') => match value_at::<String>(text, begins) {
            Some((string, length)) => (event_in(&string), begins + length),
            None => (
                Finding::Unreadable(
                    "the string under `spilled` is not closed: is the line complete?",
                ),
                begins + 1,
            ),
        },
        Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => (Finding::Other, begins),
        Some(_) => (
            Finding::Unreadable("what is under `spilled` is neither an object nor a string"),
            begins,
        ),
        None => (
            Finding::Unreadable("nothing is under `spilled`: is the line complete?"),
            begins,
        ),
    }
}

fn object_at(text: &str, begins: usize) -> (Finding, usize) {
    let rest = text.get(begins..).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(object)) => (
            Finding::Event(object.get().to_owned()),
            begins + values.byte_offset(),
        ),
        Some(Err(error)) if error.is_eof() => (Finding::Open(begins), text.len()),
        Some(Err(_)) | None => (
            Finding::Unreadable("the object under `spilled` is not JSON"),
            begins + 1,
        ),
    }
}

fn event_in(string: &str) -> Finding {
    let text = string.trim();
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) if text.starts_with('{') => Finding::Event(text.to_owned()),
        Ok(_) => Finding::Unreadable("the string under `spilled` holds no object"),
        Err(_) => Finding::Unreadable("the string under `spilled` is not JSON"),
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

/// Whether the field's name stands in quotes before a colon, however often it is escaped.
fn names_field(text: &str) -> bool {
    text.match_indices(FIELD).any(|(at, _)| {
        let rest = text.get(at..).unwrap_or_default().trim_start_matches(FIELD);
        let quotes = rest.trim_start_matches('\\');
        let after = quotes.trim_start_matches('"');
        after.len() < quotes.len() && after.trim_start().starts_with(':')
    })
}
