//! JSON values, read leniently.

use std::fmt;

use serde_json::{Map, Value};

use crate::TriggerError;

/// The type of a value, and never the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found(&'static str);

impl Found {
    fn of(value: &Value) -> Self {
        Self(match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An object; `None` for what is null or not there.
pub fn object<'a>(
    value: Option<&'a Value>,
    path: &'static str,
) -> Result<Option<&'a Map<String, Value>>, TriggerError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(other) => Err(TriggerError::WrongType {
            path,
            found: Found::of(other),
            expected: "an object",
        }),
    }
}

/// A text; `None` for what is null, empty or not there.
pub fn text(value: Option<&Value>, path: &'static str) -> Result<Option<String>, TriggerError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(other) => Err(TriggerError::WrongType {
            path,
            found: Found::of(other),
            expected: "a string",
        }),
    }
}

/// A plain value as text; `None` for what is null, an array or an object.
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a value says so, as a boolean or as text.
pub fn truth(value: Option<&Value>) -> bool {
    value
        .and_then(plain)
        .is_some_and(|text| text.eq_ignore_ascii_case("true"))
}
