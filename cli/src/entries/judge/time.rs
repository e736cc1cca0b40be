//! The times that wrappers have.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use pipeline::capture::{EARLIEST, FURTHEST_AHEAD};

use super::fault::{Fault, kind, shortened};

/// The years a time may lie in: DynamoDB's keys and the event ids hold no others in order.
pub const YEARS: RangeInclusive<i32> = 2000..=9998;

/// The time that stands, in JSON, under this name: RFC 3339, or one of the forms that logs have.
///
/// # Errors
///
/// If it is no time, or not within the years that can be kept.
pub fn of_json(name: &'static str, json: &str) -> Result<DateTime<Utc>, Fault> {
    let (time, text) = match json.as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => (milliseconds(json), json.to_owned()),
        Some(b'"') => {
            let text: String = serde_json::from_str(json).unwrap_or_default();
            (of_text(name, &text), format!("{:?}", shortened(&text)))
        }
        _ => return Err(Fault::TimeType(name, kind(json))),
    };
    match time {
        Some(time) if YEARS.contains(&time.year()) => Ok(time),
        Some(_) => Err(Fault::Year(name, text)),
        None => Err(Fault::Time(name, text)),
    }
}

/// Whether an event can have happened then.
///
/// # Errors
///
/// If the time is too far ahead of `now`, or before there was a Cognito.
pub fn check_time(time: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Fault> {
    if time - now > FURTHEST_AHEAD {
        Err(Fault::InTheFuture(time))
    } else if time < EARLIEST {
        Err(Fault::InThePast(time))
    } else {
        Ok(())
    }
}

/// The first RFC 3339 time among the words of a text.
pub fn in_words(text: &str) -> Option<DateTime<Utc>> {
    let mut words = text.split_ascii_whitespace();
    let time = words.find_map(|word| DateTime::parse_from_rfc3339(word).ok())?;
    YEARS.contains(&time.year()).then(|| time.to_utc())
}

fn milliseconds(json: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(json.parse().ok()?)
}

/// Beside RFC 3339: Powertools for AWS Lambda (Python) writes `2026-01-31 09:30:00,123+0000`, and
/// CloudWatch Logs Insights `2026-01-31 09:30:00.123` in UTC as its `@timestamp`.
fn of_text(name: &str, text: &str) -> Option<DateTime<Utc>> {
    let powertools = || DateTime::parse_from_str(&text.replace(',', "."), "%F %T%.f%z");
    let zoned = DateTime::parse_from_rfc3339(text).or_else(|_| powertools());
    match (zoned, name) {
        (Ok(time), _) => Some(time.to_utc()),
        (Err(_), "@timestamp") => NaiveDateTime::parse_from_str(text, "%F %T%.f")
            .map(|time| time.and_utc())
            .ok(),
        (Err(_), _) => None,
    }
}
