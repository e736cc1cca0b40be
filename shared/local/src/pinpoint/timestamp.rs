//! ISO 8601 times, in the forms that Pinpoint's clients send.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A time, and the text that said it: the text is answered as it was given.
#[derive(Clone, PartialEq, Deserialize, Serialize, Debug)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Timestamp {
    text: String,
    time: DateTime<Utc>,
}

/// A text that is no ISO 8601 time.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a date and time in ISO 8601 format")]
pub(super) struct NotIso8601(String);

impl Timestamp {
    /// The time, written as Pinpoint writes it: UTC, to the millisecond.
    pub(super) fn at(time: DateTime<Utc>) -> Self {
        Self {
            text: time.to_rfc3339_opts(SecondsFormat::Millis, true),
            time,
        }
    }

    /// Milliseconds since 1970.
    pub(super) fn milliseconds(&self) -> i64 {
        self.time.timestamp_millis()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = NotIso8601;

    fn try_from(text: String) -> Result<Self, NotIso8601> {
        match parse(&text) {
            Some(time) => Ok(Self { text, time }),
            None => Err(NotIso8601(text)),
        }
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.text
    }
}

/// Date and time with an offset; then without one, which is UTC; then a date, which is its midnight.
fn parse(text: &str) -> Option<DateTime<Utc>> {
    const WITH_OFFSET: [&str; 3] = [
        "%Y-%m-%dT%H:%M:%S%.f%#z",
        "%Y-%m-%dT%H:%M%#z",
        "%Y%m%dT%H%M%S%.f%#z",
    ];
    const WITHOUT: [&str; 3] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y%m%dT%H%M%S%.f"];
    let offset = || {
        WITH_OFFSET
            .iter()
            .find_map(|format| DateTime::parse_from_str(text, format).ok())
    };
    let utc = || {
        WITHOUT
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    };
    let date = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    offset()
        .map(|time| time.to_utc())
        .or_else(|| utc().or_else(date).map(|time| time.and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_of_iso_8601_that_clients_send() {
        let cases = [
            ("2026-01-31T10:20:30.456Z", Some(1_769_854_830_456)),
            ("2026-01-31T10:20:30Z", Some(1_769_854_830_000)),
            ("2026-01-31T12:20:30+02:00", Some(1_769_854_830_000)),
            ("2026-01-31T12:20:30+0200", Some(1_769_854_830_000)),
            ("2026-01-31T12:20:30.5+02", Some(1_769_854_830_500)),
            ("2026-01-31T10:20:30.456789", Some(1_769_854_830_456)),
            ("2026-01-31T10:20Z", Some(1_769_854_800_000)),
            ("20260131T102030Z", Some(1_769_854_830_000)),
            ("2026-01-31", Some(1_769_817_600_000)),
            ("2026-02-31T10:20:30Z", None),
            ("1769854830", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = Timestamp::try_from(text.to_owned()).ok();
            assert_eq!(
                read.as_ref().map(Timestamp::milliseconds),
                expected,
                "{text:?}"
            );
        }
    }
}
