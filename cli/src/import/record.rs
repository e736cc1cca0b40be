//! One record of Pinpoint's event stream: what of it is history, or why it is none.
//!
//! A fault names what is missing or of the wrong kind, and never what a record says of a person.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Utc};
use domain::auth_event::{UserKey, Who};
use domain::history::{HistoryEvent, HistoryId, HistoryKind, RecordIdentity};
use domain::ids::{LONGEST_ID, ProjectId, Sub, UserPoolId};
use domain::metadata::{AppMetadata, Demographic};
use serde_json::Value;
use thiserror::Error;

use crate::entries::{self, Piece, TextPosition, YEARS, not_json};

/// What a value of a file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    /// A record of something that is counted.
    Record(Box<Record>),
    /// A record of another event type.
    OtherType,
}

/// A record of something that is counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Worked out of the record.
    pub id: HistoryId,
    /// `application.app_id`.
    pub project: ProjectId,
    /// `event_timestamp`.
    pub time: DateTime<Utc>,
    /// `event_type`.
    pub kind: HistoryKind,
    /// `User.UserId` of the record's own endpoint.
    pub user: Option<Sub>,
    /// `client.client_id`.
    pub endpoint: Option<String>,
    /// `device`, and the app's version.
    pub demographic: Demographic,
}

/// Why a value is no record.
#[derive(Error, Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Bytes that are no text.
    #[error("not UTF-8 from byte {0} of the value on: save the file as UTF-8")]
    NotUtf8(usize),
    /// What the parser says.
    #[error(transparent)]
    NotJson(entries::Fault),
    /// JSON, but no object.
    #[error("{0}, not a JSON object")]
    NotAnObject(&'static str),
    /// What every record has.
    #[error(
        "no event-stream record: `{0}` is missing; give what Pinpoint's event stream wrote, as it is"
    )]
    Missing(&'static str),
    /// What every record has, but otherwise.
    #[error("no event-stream record: `{name}` is {is}, not {should_be}")]
    Kind {
        name: &'static str,
        is: &'static str,
        should_be: &'static str,
    },
    /// A time that can't be stored in order.
    #[error(
        "`event_timestamp` is {0}, not in the years 2000 to 9998: it is milliseconds since 1970"
    )]
    Year(i64),
    /// The endpoint is JSON in a string.
    #[error("the text under `{ENDPOINT}` is no JSON object: is the record complete?")]
    Endpoint,
    /// No key of a table could hold it.
    #[error("`User.UserId` is longer than {LONGEST_ID} bytes, which no user's `sub` is")]
    LongUserId,
    /// Not looked into.
    #[error("longer than 8 MiB, which no record is: is an array or a bracket never closed?")]
    TooLong,
    /// What follows the array's last element is missing.
    #[error("the array is not closed: its `]` is missing; is the file complete?")]
    OpenArray,
}

impl Fault {
    /// The fault of a value that begins at `at`: with its column, if it isn't the first of its line and the fault
    /// itself names no place.
    pub fn at(&self, at: TextPosition) -> String {
        match self {
            Self::NotJson(_) => self.to_string(),
            _ if at.column == 0 => self.to_string(),
            _ => format!("{self} (column {})", at.column.saturating_add(1)),
        }
    }
}

const EVENT_TYPE: &str = "event_type";
const EVENT_TIMESTAMP: &str = "event_timestamp";
const APP_ID: &str = "application.app_id";
const ENDPOINT: &str = "client_context.custom.endpoint";

/// Reads what stands at `at` in a file.
///
/// # Errors
///
/// If it is no event-stream record.
pub fn read(piece: Piece<'_>, at: TextPosition) -> Result<Read, Fault> {
    let record = object(piece, at)?;
    let Some(kind) = HistoryKind::from_event_type(event_type(&record)?) else {
        return Ok(Read::OtherType);
    };
    let project = project(&record)?;
    let time = time(&record)?;
    let user = user(&record)?;
    let endpoint = text(&record, "/client/client_id");
    let session = text(&record, "/session/session_id");
    let id = HistoryId::of(&RecordIdentity {
        project: &project,
        kind,
        time,
        endpoint: endpoint.as_deref(),
        user: user.as_ref().map(Sub::as_str),
        session: session.as_deref(),
    });
    Ok(Read::Record(Box::new(Record {
        id,
        project,
        time,
        kind,
        user,
        endpoint: endpoint.map(Cow::into_owned),
        demographic: demographic(&record),
    })))
}

impl Record {
    /// What happened to a user of this pool: the one that the record names, or else `user`, whom a list names.
    pub fn event(self, pool: UserPoolId, user: Option<Sub>) -> HistoryEvent {
        let key = |who| UserKey {
            project: self.project.clone(),
            pool: pool.clone(),
            who,
        };
        let nobody = || key(self.id.not_found());
        let (user, without_list) = match (self.user.clone(), user) {
            (Some(own), _) => (key(Who::User(own)), None),
            (None, Some(listed)) => (key(Who::User(listed)), Some(nobody())),
            (None, None) => (nobody(), None),
        };
        HistoryEvent {
            id: self.id,
            user,
            without_list,
            time: self.time,
            kind: self.kind,
            demographic: self.demographic,
        }
    }
}

/// The JSON object that a piece of a file is.
///
/// # Errors
///
/// If it is none.
pub fn object(piece: Piece<'_>, at: TextPosition) -> Result<Value, Fault> {
    let bytes = match piece {
        Piece::Text(bytes) => bytes,
        Piece::TooLong => return Err(Fault::TooLong),
        Piece::OpenArray => return Err(Fault::OpenArray),
    };
    let text = str::from_utf8(bytes).map_err(|error| Fault::NotUtf8(error.valid_up_to()))?;
    match serde_json::from_str(text) {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(other) => Err(Fault::NotAnObject(kind_of(&other))),
        Err(error) => Err(Fault::NotJson(not_json(&error, at))),
    }
}

/// A user's id, as it can be kept.
///
/// # Errors
///
/// If it is too long for that.
pub fn sub(user_id: &str) -> Result<Sub, Fault> {
    if user_id.len() > LONGEST_ID {
        return Err(Fault::LongUserId);
    }
    Ok(Sub::new(user_id))
}

/// The text at a place of an object, a number also as one; `None` if there is nothing else than nothing.
pub fn text<'v>(object: &'v Value, place: &str) -> Option<Cow<'v, str>> {
    match object.pointer(place)? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn event_type(record: &Value) -> Result<&str, Fault> {
    match present(record.get(EVENT_TYPE), EVENT_TYPE)? {
        Value::String(name) => Ok(name),
        other => Err(Fault::Kind {
            name: EVENT_TYPE,
            is: kind_of(other),
            should_be: "a string such as \"_userauth.sign_in\"",
        }),
    }
}

fn project(record: &Value) -> Result<ProjectId, Fault> {
    match present(record.pointer("/application/app_id"), APP_ID)? {
        Value::String(id) => Ok(ProjectId::new(id)),
        other => Err(Fault::Kind {
            name: APP_ID,
            is: kind_of(other),
            should_be: "a string",
        }),
    }
}

fn time(record: &Value) -> Result<DateTime<Utc>, Fault> {
    let stamp = present(record.get(EVENT_TIMESTAMP), EVENT_TIMESTAMP)?;
    let milliseconds = match stamp {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let milliseconds = milliseconds.ok_or(Fault::Kind {
        name: EVENT_TIMESTAMP,
        is: kind_of(stamp),
        should_be: "whole milliseconds since 1970",
    })?;
    DateTime::from_timestamp_millis(milliseconds)
        .filter(|time| YEARS.contains(&time.year()))
        .ok_or(Fault::Year(milliseconds))
}

/// The endpoint is there as Pinpoint had it, as JSON in a string; tools that flatten records make an object of it.
fn user(record: &Value) -> Result<Option<Sub>, Fault> {
    let endpoint = match record.pointer("/client_context/custom/endpoint") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => {
            Cow::Owned(serde_json::from_str(text).map_err(|_| Fault::Endpoint)?)
        }
        Some(value) => Cow::Borrowed(value),
    };
    if !endpoint.is_object() {
        return Err(Fault::Endpoint);
    }
    user_of(&endpoint)
}

/// Whose an endpoint is.
///
/// # Errors
///
/// If the user's id is too long to be kept.
pub fn user_of(endpoint: &Value) -> Result<Option<Sub>, Fault> {
    text(endpoint, "/User/UserId")
        .map(|user_id| sub(&user_id))
        .transpose()
}

fn demographic(record: &Value) -> Demographic {
    let places = [
        ("platform", "/device/platform/name"),
        ("platformVersion", "/device/platform/version"),
        ("appVersion", "/application/version_name"),
        ("locale", "/device/locale/code"),
        ("make", "/device/make"),
        ("model", "/device/model"),
    ];
    let known: Vec<_> = places
        .into_iter()
        .filter_map(|(name, place)| Some((name, text(record, place)?)))
        .collect();
    // What is over the bounds is left out there, as it is from what an app sends.
    let pairs = known.iter().map(|(name, value)| (*name, &**value));
    AppMetadata::from_pairs(pairs).0.demographic
}

fn present<'v>(value: Option<&'v Value>, name: &'static str) -> Result<&'v Value, Fault> {
    value
        .filter(|value| !value.is_null())
        .ok_or(Fault::Missing(name))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
