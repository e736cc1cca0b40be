//! ISO 8601 times, in the forms that Pinpoint's clients send.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
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
#[error("{0:?} is not a date and time in ISO 8601 format, with Z or an offset such as +02:00")]
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
    const FORMS: [&str; 3] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y%m%dT%H%M%S%.f"];
    let (local, offset) = split_offset(text);
    let time = FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(local, form).ok());
    match (time, offset) {
        (Some(time), offset) => {
            let offset = offset.unwrap_or(FixedOffset::east_opt(0)?);
            Some(time.and_local_timezone(offset).single()?.to_utc())
        }
        (None, Some(_)) => None,
        (None, None) => Some(
            text.parse::<NaiveDate>()
                .ok()?
                .and_hms_opt(0, 0, 0)?
                .and_utc(),
        ),
    }
}

/// The local time and its offset: `Z`, or hours and minutes with a colon between. Pinpoint refuses `+0000`, as
/// the authors of Amplify's library for Swift found out, and so an offset without a colon is none here.
fn split_offset(text: &str) -> (&str, Option<FixedOffset>) {
    const OFFSET_BYTES: usize = "+00:00".len();
    if let Some(local) = text.strip_suffix('Z') {
        return (local, FixedOffset::east_opt(0));
    }
    let tail = text.len().checked_sub(OFFSET_BYTES);
    tail.and_then(|at| text.split_at_checked(at))
        .filter(|(_, offset)| offset.starts_with(['+', '-']) && offset.chars().nth(3) == Some(':'))
        .and_then(|(local, offset)| Some((local, Some(offset.parse().ok()?))))
        .unwrap_or((text, None))
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
            ("2026-01-31T05:50:30.5-04:30", Some(1_769_854_830_500)),
            ("2026-01-31T10:20:30.456+00:00", Some(1_769_854_830_456)),
            ("20260131T122030+02:00", Some(1_769_854_830_000)),
            ("2026-01-31T10:20:30.456789", Some(1_769_854_830_456)),
            ("2026-01-31T10:20Z", Some(1_769_854_800_000)),
            ("20260131T102030Z", Some(1_769_854_830_000)),
            ("2026-01-31", Some(1_769_817_600_000)),
            ("2026-02-31T10:20:30Z", None),
            ("1769854830", None),
            ("2026-01-31T10:20:30.456+0000", None),
            ("2026-01-31T12:20:30+0200", None),
            ("2026-01-31T12:20:30-02", None),
            ("20260131T122030+0200", None),
            ("2026-01-31T10:20:30+25:00", None),
            ("2026-01-31+02:00", None),
            ("2026-01-31Z", None),
            ("yesterday", None),
            ("Zürich+é:00", None),
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
