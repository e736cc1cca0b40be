//! History: what Pinpoint recorded before this service counted.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::analytics_event::AnalyticsEventType;
use crate::auth_event::{Lane, UserKey, Who};
use crate::ids::ProjectId;
use crate::metadata::Demographic;

/// Something that happened to a user, as Pinpoint's event stream recorded it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryEvent {
    /// Delivered twice, it has the same id.
    pub id: HistoryId,
    /// Whom it happened to.
    pub user: UserKey,
    /// If it is a list of endpoints that says whose it is, and not the record: whose it was as long as there was no list.
    pub without_list: Option<UserKey>,
    /// When it happened. Milliseconds.
    pub time: DateTime<Utc>,
    /// What happened.
    pub kind: HistoryKind,
    /// What is known of the device.
    pub demographic: Demographic,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HistoryKind {
    /// A user signed in.
    SignIn,
    /// A sign-up was confirmed.
    SignUp,
    /// An authentication failed.
    AuthFail,
    /// An app was opened: activity, and nothing else.
    SessionStart,
}

impl HistoryKind {
    /// All there are.
    pub const ALL: [Self; 4] = [
        Self::SignIn,
        Self::SignUp,
        Self::AuthFail,
        Self::SessionStart,
    ];

    /// Pinpoint's name for it.
    pub fn event_type(self) -> &'static str {
        match self {
            Self::SignIn => AnalyticsEventType::SignIn.name(),
            Self::SignUp => AnalyticsEventType::SignUp.name(),
            Self::AuthFail => AnalyticsEventType::AuthFail.name(),
            Self::SessionStart => "_session.start",
        }
    }

    /// What has this name; `None` for all else that apps send.
    pub fn from_event_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.event_type() == name)
    }
}

/// A record's id in the ledger of what was imported: worked out of the record, which has none of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HistoryId(pub [u8; 8]);

/// What sets a record apart from all others, and is the same whenever it is delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordIdentity<'r> {
    /// `application.app_id`.
    pub project: &'r ProjectId,
    /// `event_type`.
    pub kind: HistoryKind,
    /// `event_timestamp`.
    pub time: DateTime<Utc>,
    /// `client.client_id`.
    pub endpoint: Option<&'r str>,
    /// The user that the record itself names: what a list of endpoints says may be another the next time.
    pub user: Option<&'r str>,
    /// `session.session_id`.
    pub session: Option<&'r str>,
}

/// Sets these ids apart from others that are made of names.
const NAMESPACE: Uuid = Uuid::from_u128(0x3f0c_92d7_5a6e_4b1d_8c24_71e9_b0d3_46fa);

impl HistoryId {
    /// The id of this record.
    pub fn of(record: &RecordIdentity<'_>) -> Self {
        let time = record.time.timestamp_millis().to_string();
        let mut name = Vec::new();
        for part in [
            record.project.as_str(),
            record.kind.event_type(),
            &time,
            record.endpoint.unwrap_or_default(),
            record.user.unwrap_or_default(),
            record.session.unwrap_or_default(),
        ] {
            // With its length before it, a part can't go on in the next.
            name.extend((part.len() as u64).to_be_bytes());
            name.extend(part.as_bytes());
        }
        // Without the bytes that a UUID marks with its version and its variant.
        let [a, b, c, d, e, f, .., g, h] = *Uuid::new_v5(&NAMESPACE, &name).as_bytes();
        Self([a, b, c, d, e, f, g, h])
    }

    /// Whom it happened to, if the record names no user: one part of them, so that they are not all one state.
    pub fn not_found(self) -> Who {
        let [.., last] = self.0;
        match Lane::new(last % Lane::COUNT) {
            Some(lane) => Who::NotFound(None, lane),
            None => Who::Nobody(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_known_by_its_name() {
        for kind in HistoryKind::ALL {
            assert_eq!(HistoryKind::from_event_type(kind.event_type()), Some(kind));
        }
        assert_eq!(HistoryKind::from_event_type("_session.stop"), None);
    }

    #[test]
    fn ids_are_what_they_always_were_and_differ_in_every_part() {
        let project = ProjectId::new("0".repeat(32));
        let other = ProjectId::new("1".repeat(32));
        let record = RecordIdentity {
            project: &project,
            kind: HistoryKind::SignIn,
            time: DateTime::UNIX_EPOCH,
            endpoint: Some("e1"),
            user: Some("u1"),
            session: None,
        };
        let later = DateTime::from_timestamp_millis(1).unwrap();
        let records = [
            record,
            RecordIdentity {
                project: &other,
                ..record
            },
            RecordIdentity {
                kind: HistoryKind::SessionStart,
                ..record
            },
            RecordIdentity {
                time: later,
                ..record
            },
            RecordIdentity {
                endpoint: Some("e1u1"),
                user: None,
                ..record
            },
            RecordIdentity {
                user: Some("u2"),
                ..record
            },
            RecordIdentity {
                session: Some("s"),
                ..record
            },
        ];
        let ids: BTreeSet<HistoryId> = records.iter().map(HistoryId::of).collect();
        assert_eq!(ids.len(), records.len());
        let id = HistoryId::of(&record);
        assert_eq!(
            format!("{:016x}", u64::from_be_bytes(id.0)),
            "8daddde9e11dd482"
        );
    }

    #[test]
    fn records_without_a_user_spread_over_all_lanes() {
        let whom: BTreeSet<Who> = (0..=u8::MAX)
            .map(|last| HistoryId([7, 7, 7, 7, 7, 7, 7, last]).not_found())
            .collect();
        let lanes = (0..Lane::COUNT).filter_map(Lane::new);
        assert_eq!(whom, lanes.map(|lane| Who::NotFound(None, lane)).collect());
    }
}
