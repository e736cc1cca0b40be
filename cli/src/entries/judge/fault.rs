//! Why a text is no entry, and what to do.

use std::fmt;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::entries::cursor::TextPosition;

/// Why a text is no entry.
#[derive(Error, Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Bytes that are no text.
    #[error("not UTF-8 from byte {0} of the entry on: save the file as UTF-8")]
    NotUtf8(usize),
    /// What the parser says.
    #[error("not JSON: {what} ({place})")]
    NotJson { what: String, place: FaultPlace },
    /// The same of a text that does not even begin as JSON.
    #[error(
        "not JSON: {what} ({place}); of a log, give only the lines that hold a trigger event: \
         grep triggerSource LOG | cognito-pinpoint replay -"
    )]
    LogLine { what: String, place: FaultPlace },
    /// JSON, but of another kind.
    #[error(
        "{0}, not an object: give a trigger event, or {{\"time\": \"…\", \"event\": {{…}}}}; \
         several go one after another, or into one array that is the whole file"
    )]
    NotAnObject(&'static str),
    /// An object, but neither an event nor a wrapper of one.
    #[error(
        "no trigger event: `triggerSource` is missing; give the event as Cognito sends it, \
         or {{\"time\": \"…\", \"event\": {{…}}}} around it"
    )]
    NoTriggerSource,
    /// A line of a JSON log, of something else.
    #[error(
        "no trigger event is under `event` or `message`: of a log, give only the lines that hold one: \
         grep triggerSource LOG | cognito-pinpoint replay -"
    )]
    NoEventInLog,
    /// The answer of an operation of CloudWatch Logs, and how `jq` makes lines of it.
    #[error(
        "an answer of CloudWatch Logs: make lines of it, and keep those that hold a trigger event: \
         jq -c '{0}' FILE | grep triggerSource | cognito-pinpoint replay -"
    )]
    Answer(&'static str),
    /// An event must name its source.
    #[error("`triggerSource` is {0}, not a string such as \"PreAuthentication_Authentication\"")]
    TriggerSource(&'static str),
    /// A wrapper's event is of another kind.
    #[error("`event` is {0}, not an object: put the trigger event there, as Cognito sends it")]
    Event(&'static str),
    /// The text under a name is no entry.
    #[error("under `{name}`: {fault}")]
    Under {
        name: &'static str,
        #[source]
        fault: Box<Fault>,
    },
    /// A wrapper must have the time.
    #[error(
        "`time` is missing beside `event`: add \"time\": \"2026-01-31T09:30:00Z\", \
         or give the event alone, which then takes the present time"
    )]
    NoTime,
    /// A log line must have the time.
    #[error(
        "no time is before the event: let the line begin with one, such as 2026-01-31T09:30:00Z, \
         or give the event alone, which then takes the present time"
    )]
    NoTimeOnLine,
    /// A wrapper's time is of another kind.
    #[error("`{0}` is {1}, not a string such as \"2026-01-31T09:30:00Z\"")]
    TimeType(&'static str, &'static str),
    /// A wrapper's time is no time.
    #[error("`{0}` is {1}, not an RFC 3339 time such as \"2026-01-31T09:30:00Z\"")]
    Time(&'static str, String),
    /// A wrapper's time can't be stored in order.
    #[error("`{0}` is {1}, not in the years 2000 to 9999 (a number is milliseconds since 1970)")]
    Year(&'static str, String),
    /// A clock is wrong, or a unit.
    #[error(
        "its time is {0}, more than 24 hours ahead of this computer's clock: one of them is wrong"
    )]
    InTheFuture(DateTime<Utc>),
    /// A clock is wrong, or a unit.
    #[error("its time is {0}, before 2014, when there was no Cognito: the time is wrong")]
    InThePast(DateTime<Utc>),
    /// Not looked into.
    #[error("longer than 8 MiB, which no trigger event is: is an array or a bracket never closed?")]
    TooLong,
    /// What follows the array's last element is missing.
    #[error("the array is not closed: its `]` is missing; is the file complete?")]
    OpenArray,
}

impl Fault {
    /// The same, of the text under this name. What is no text's fault stays as it is.
    pub fn under(self, name: &'static str) -> Self {
        match self {
            Self::NotJson { .. } | Self::LogLine { .. } | Self::NotAnObject(_) => Self::Under {
                name,
                fault: Box::new(self),
            },
            other => other,
        }
    }

    /// The fault of an entry that begins at `at`: with its column, if it isn't the first of its line and
    /// the fault itself names no place.
    pub fn at(&self, at: TextPosition) -> String {
        match self {
            Self::NotJson { .. } | Self::LogLine { .. } => self.to_string(),
            _ if at.column == 0 => self.to_string(),
            _ => format!("{self} (column {})", at.column.saturating_add(1)),
        }
    }
}

/// Where in a text a parser stopped. Within an entry of one line, the column says it all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FaultPlace {
    line: Option<u32>,
    column: u32,
}

impl fmt::Display for FaultPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}, column {}", self.column),
            None => write!(f, "column {}", self.column),
        }
    }
}

/// What the parser says of a text that begins at `at`.
pub fn not_json(error: &serde_json::Error, at: TextPosition) -> Fault {
    let message = error.to_string();
    let what = message
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned();
    let column = u32::try_from(error.column()).unwrap_or(u32::MAX);
    let place = match u32::try_from(error.line().saturating_sub(1)).unwrap_or(u32::MAX) {
        0 => FaultPlace {
            line: None,
            column: at.column.saturating_add(column),
        },
        lines => FaultPlace {
            line: Some(at.line.saturating_add(lines)),
            column,
        },
    };
    Fault::NotJson { what, place }
}

/// The same fault, of a text that does not begin as JSON.
pub fn no_json(fault: Fault, body: &str) -> Fault {
    match fault {
        Fault::NotJson { what, place } if !body.starts_with(['[', '"']) => {
            Fault::LogLine { what, place }
        }
        other => other,
    }
}

/// The kind of a JSON value, by its first byte.
pub fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// As much of a text as a message shows.
pub fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
