//! The notation of the cases: how events are made, and how all that comes of them is written.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::*;
use crate::activity::Recency;
use crate::auth_event::{AttemptWindow, TokenOccasion, Who};
use crate::contact::{ContactDetails, EmailAddress, PhoneNumber, UserAttributes};
use crate::counter::Counter;
use crate::endpoint::{
    Channel, ContactChange, ContactUpdate, DeviceEndpoint, Fingerprint, contact_endpoint_id,
    device_endpoint_id,
};
use crate::ids::{ClientId, EventId, ProjectId, Sub, UserPoolId};
use crate::metadata::AppMetadata;
use crate::recipients::{Addresses, Sends};
use crate::segment::{KnownValues, MOST_VALUES, Said};
use crate::time_zone::TimeZone;
use crate::traits::Traits;

pub const ADA: &str = "ada@example.test";
pub const PHONE: &str = "+12065550100";

/// The beginning of day 0.
pub fn epoch() -> DateTime<Utc> {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

/// The id of the event that is the `number`th of its trace.
pub fn event_id(number: u8) -> EventId {
    EventId::new(epoch(), [number; 10])
}

pub fn number(id: EventId) -> u8 {
    (1..=u8::MAX)
        .find(|number| event_id(*number) == id)
        .unwrap()
}

pub fn position(number: usize) -> Position {
    Position {
        stream: "stream".into(),
        sequence_number: number.to_string(),
    }
}

pub fn user_key(who: Who) -> UserKey {
    UserKey {
        project: ProjectId::new("p"),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who,
    }
}

/// What the project distinguishes; there is no room for anything else, which is `other`.
pub fn counting() -> Counting {
    let dimensions =
        [Property::Platform, Property::AppVersion, Property::Locale].map(Dimension::Of);
    let mut values = KnownValues::default();
    for (dimension, known) in [
        (0, "iOS"),
        (0, "Android"),
        (1, "1.0"),
        (1, "2.0"),
        (2, "de_DE"),
    ] {
        values.admit(&dimensions[dimension], known).unwrap();
    }
    for dimension in &dimensions {
        for number in 0..MOST_VALUES {
            values.admit(dimension, &format!("v{number}"));
        }
    }
    Counting {
        dimensions: dimensions.into(),
        values,
        recipients: recipients(),
        ..Counting::default()
    }
}

/// Most app clients send to Pinpoint; `app-x` to another as well, and `quiet` to none.
pub fn recipients() -> Recipients {
    let named = [("app-x", &["pinpoint", "x"][..]), ("quiet", &[])];
    let named = named.map(|(client, names)| (ClientId::new(client), sending(names)));
    Recipients::new(named, sending(&["pinpoint"]))
}

/// Sharing, and sending there.
pub fn sending(names: &[&str]) -> Sends {
    Sends {
        to: names.iter().map(DestinationName::new).collect(),
        addresses: Addresses::Shared,
    }
}

/// The segments that an event with this metadata counts in.
pub fn segments(metadata: &AppMetadata) -> Vec<Segment> {
    let (mut state, mut counting, mut effects) =
        (UserState::default(), counting(), Effects::default());
    let nobody = user_key(Who::Nobody(None));
    let mut fold = state.fold(&nobody, (&mut counting, &mut effects));
    let said = Said {
        sub: None,
        client: None,
        metadata,
        traits: &Traits::default(),
    };
    fold.segments(&said)
}

/// An event of the user `u` through `app-a`. Its id is given to it by its place in a trace.
pub fn event(at: TimeDelta, kind: AuthEventKind) -> AuthEvent {
    AuthEvent {
        id: event_id(0),
        time: epoch() + at,
        user: user_key(Who::User(Sub::new("u"))),
        client: Some(ClientId::new("app-a")),
        kind,
        metadata: AppMetadata::default(),
        traits: Traits::default(),
    }
}

pub fn started(at: TimeDelta) -> AuthEvent {
    started_for(at, AttemptWindow::default())
}

pub fn started_for(at: TimeDelta, window: AttemptWindow) -> AuthEvent {
    event(at, AuthEventKind::AuthenticationStarted { window })
}

pub fn signed_in(at: TimeDelta) -> AuthEvent {
    event(at, AuthEventKind::SignedIn(ContactDetails::NotShared))
}

pub fn signed_up(at: TimeDelta) -> AuthEvent {
    event(
        at,
        AuthEventKind::SignUpConfirmed(ContactDetails::NotShared),
    )
}

pub fn password_reset(at: TimeDelta) -> AuthEvent {
    event(
        at,
        AuthEventKind::PasswordResetConfirmed(ContactDetails::NotShared),
    )
}

pub fn token_issued(at: TimeDelta) -> AuthEvent {
    let contacts = ContactDetails::NotShared;
    event(
        at,
        AuthEventKind::TokenIssued(TokenOccasion::Other, contacts),
    )
}

/// A token that comes of signing in.
pub fn token_of_sign_in(at: TimeDelta) -> AuthEvent {
    let contacts = ContactDetails::NotShared;
    event(
        at,
        AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts),
    )
}

pub fn listed(at: TimeDelta) -> AuthEvent {
    event(
        at,
        AuthEventKind::UserListed {
            created: None,
            contacts: ContactDetails::NotShared,
            anew: None,
        },
    )
}

pub fn user_not_found(at: TimeDelta) -> AuthEvent {
    event(at, AuthEventKind::UserNotFound).of_nobody()
}

/// The expiry of the attempt that the `number`th event opened.
pub fn expired(at: TimeDelta, number: u8) -> AuthEvent {
    event(at, AuthEventKind::AttemptExpired(event_id(number)))
}

impl AuthEvent {
    pub(super) fn through(mut self, client: &str) -> Self {
        self.client = Some(ClientId::new(client));
        self
    }

    pub(super) fn through_none(mut self) -> Self {
        self.client = None;
        self
    }

    pub(super) fn of_nobody(mut self) -> Self {
        self.user = user_key(Who::Nobody(self.client.clone()));
        self
    }

    pub(super) fn saying(mut self, pairs: &[(&str, &str)]) -> Self {
        let (metadata, dropped) = AppMetadata::from_pairs(pairs.iter().copied());
        assert_eq!(dropped, [""; 0]);
        self.metadata = metadata;
        self
    }

    pub(super) fn sharing(mut self, email: Option<&str>, phone: Option<&str>) -> Self {
        let shared = ContactDetails::Shared {
            email: email.map(|text| EmailAddress::parse(text).unwrap()),
            phone: phone.map(|text| PhoneNumber::parse(text).unwrap()),
            user_attributes: UserAttributes::default(),
        };
        match &mut self.kind {
            AuthEventKind::SignedIn(details)
            | AuthEventKind::SignUpConfirmed(details)
            | AuthEventKind::PasswordResetConfirmed(details)
            | AuthEventKind::UserListed {
                contacts: details, ..
            }
            | AuthEventKind::TokenIssued(_, details) => *details = shared,
            AuthEventKind::AuthenticationStarted { .. }
            | AuthEventKind::UserNotFound
            | AuthEventKind::EndpointRefused(_)
            | AuthEventKind::AttemptExpired(_) => panic!("such an event says nothing of contacts"),
        }
        self
    }
}

/// All that came of a trace.
pub struct Told {
    pub state: UserState,
    pub effects: Effects,
    applied: Vec<Applied>,
    events: Vec<AuthEvent>,
}

impl Told {
    pub fn of(events: &[AuthEvent]) -> Self {
        let mut counting = counting();
        let mut told = Self {
            state: UserState::default(),
            effects: Effects::default(),
            applied: Vec::new(),
            events: events.to_vec(),
        };
        for (index, event) in told.events.iter_mut().enumerate() {
            event.id = event_id(u8::try_from(index + 1).unwrap());
            let position = position(index + 1);
            let applied = told
                .state
                .apply(event, &position, &mut counting, &mut told.effects);
            told.applied.push(applied);
            assert_eq!(told.state.position, Some(position));
        }
        told
    }

    pub fn lines(&self) -> Vec<String> {
        [
            self.not_simply_counted(),
            self.contacts(),
            self.analytics(),
            self.rows(),
            self.active(),
            self.open(),
            self.devices(),
            self.remembered_contacts(),
        ]
        .concat()
    }

    fn not_simply_counted(&self) -> Vec<String> {
        let numbered = self.applied.iter().zip(1..);
        numbered
            .filter_map(|(applied, number)| match applied {
                Applied::Counted => None,
                Applied::AlreadySignedUp => Some(format!("#{number} already signed up")),
                Applied::PassedOver => Some(format!("#{number} passed over")),
                Applied::Repeated => Some(format!("#{number} repeated")),
            })
            .collect()
    }

    pub fn contacts(&self) -> Vec<String> {
        self.effects.contacts.iter().map(contact_line).collect()
    }

    pub fn analytics(&self) -> Vec<String> {
        let events = self.effects.analytics.iter();
        events.map(|event| self.analytics_line(event)).collect()
    }

    fn analytics_line(&self, event: &AnalyticsEvent) -> String {
        let cause = &self.events[usize::from(number(event.id)) - 1];
        let on = if event.endpoint != device_endpoint_id(&cause.user) {
            event.endpoint.to_string()
        } else if cause.user.sub().is_some() {
            "own".to_owned()
        } else {
            format!("anonymous of {}", client_name(&event.client))
        };
        let mut line = format!(
            "#{} {} {} {} on {on}",
            number(event.id),
            event.event_type.name().trim_start_matches("_userauth."),
            client_name(&event.client),
            offset(event.time - epoch()),
        );
        if let Some(device) = &event.device {
            write!(line, ": {}", device_words(device)).unwrap();
        }
        if !event.attributes.is_empty() {
            let pairs = event.attributes.iter();
            let pairs: Vec<String> = pairs
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            write!(line, " {{{}}}", pairs.join(", ")).unwrap();
        }
        line
    }

    /// Segments with the same row share a line; rows that say nothing have none.
    fn rows(&self) -> Vec<String> {
        let rows = self.effects.rows.iter().filter(|(_, row)| !row.is_empty());
        let said = rows.map(|((day, segment), row)| (segment, (day_number(*day), row_words(row))));
        let groups = grouped(said);
        let mut lines: Vec<_> = groups
            .into_iter()
            .map(|((day, words), segments)| (day, format!("day {day}, {segments}: {words}")))
            .collect();
        lines.sort_by_key(|(day, _)| *day);
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// Segments active on the same days share a line.
    fn active(&self) -> Vec<String> {
        let activity = self.state.activity.iter();
        let activity = activity.filter(|(_, days)| days.first().is_some());
        let groups = grouped(activity.map(|(segment, days)| (segment, days_words(days))));
        groups
            .into_iter()
            .map(|(days, segments)| format!("active: {segments} on {days}"))
            .collect()
    }

    fn open(&self) -> Vec<String> {
        let attempts = self.state.attempts.iter();
        attempts
            .map(|attempt| {
                format!(
                    "open: #{} {} {} for {}s",
                    number(attempt.id),
                    client_name(&attempt.client),
                    offset(attempt.opened - epoch()),
                    attempt.window.as_seconds(),
                )
            })
            .collect()
    }

    fn devices(&self) -> Vec<String> {
        let own = self.state.devices.own.map(|fingerprint| {
            let told = self.effects.analytics.iter().rev().find_map(|event| {
                let own = !self.state.devices.apps.contains(&event.endpoint);
                event.device.as_ref().filter(|_| own)
            });
            format!(
                "own device: {}",
                as_told(Some(fingerprint), told.map(DeviceEndpoint::fingerprint))
            )
        });
        let apps = self.state.devices.apps.iter();
        own.into_iter()
            .chain(apps.map(|id| format!("device: {id}")))
            .collect()
    }

    pub fn remembered_contacts(&self) -> Vec<String> {
        let contacts = &self.state.contacts;
        let as_of = contacts
            .as_of
            .map(|time| format!("as of: {}", offset(time - epoch())));
        let of = |known: &Option<KnownContact>, channel| {
            known
                .as_ref()
                .map(|known| self.remembered_contact(known, channel))
        };
        [
            as_of,
            of(&contacts.email, Channel::Email),
            of(&contacts.sms, Channel::Sms),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn remembered_contact(&self, known: &KnownContact, channel: Channel) -> String {
        let mut told = self.effects.contacts.iter().rev();
        let told = told.find(|(_, update)| update.change.channel() == channel);
        let clients: Vec<&str> = known.clients.iter().map(client_name).collect();
        let fingerprint = told.map(|(_, it)| it.change.fingerprint(&it.user_attributes));
        let what = match known.fingerprint {
            Some(known) => as_told(Some(known), fingerprint),
            None => "retired",
        };
        let holders = known.holders.iter().map(|(name, held)| match held {
            Held::Current => format!(" at {name}"),
            Held::Outdated => format!(" outdated at {name}"),
        });
        let holders: String = holders.filter(|holder| holder != " at pinpoint").collect();
        format!(
            "{}: {what}, of {}{holders}",
            channel.name().to_lowercase(),
            clients.join(", "),
        )
    }
}

pub fn offset(time: TimeDelta) -> String {
    let milliseconds = time.num_milliseconds();
    if milliseconds % 1000 != 0 {
        format!("{}.{:03}s", milliseconds / 1000, milliseconds % 1000)
    } else if milliseconds == 0 || time.num_seconds() % 86_400 != 0 {
        format!("{}s", time.num_seconds())
    } else {
        format!("{}d", time.num_days())
    }
}

pub fn day_of(time: DateTime<Utc>) -> Day {
    TimeZone::UTC.day_of(time)
}

fn day_number(day: Day) -> u32 {
    day.days_since(day_of(epoch()))
}

fn client_name(client: &Option<ClientId>) -> &str {
    client.as_ref().map_or("no client", ClientId::as_str)
}

pub fn contact_line((destination, update): &(DestinationName, ContactUpdate)) -> String {
    let channel = update.change.channel();
    let user = user_key(Who::User(update.user.clone()));
    assert_eq!(
        update.endpoint,
        contact_endpoint_id(&user, &update.user, channel)
    );
    let address = match &update.change {
        ContactChange::Email(address) => address.as_str(),
        ContactChange::Sms(number) => number.as_str(),
        ContactChange::Retired(_) => "retired",
    };
    let to = match destination == &DestinationName::pinpoint() {
        true => String::new(),
        false => format!(" to {destination}"),
    };
    format!(
        "{} {} {}: {address}{to}",
        channel.name().to_lowercase(),
        client_name(&update.client),
        offset(update.time - epoch()),
    )
}

fn device_words(device: &DeviceEndpoint) -> String {
    let user = device.user.as_str();
    let words = [Some(user)].into_iter().chain(device.demographic.fields());
    words.flatten().collect::<Vec<_>>().join(", ")
}

pub fn row_words(row: &DayRow) -> String {
    let counters = row.counters().filter(|(_, count)| *count != 0);
    let counters = counters.map(|(counter, count)| {
        let noun = match counter {
            Counter::SignUps => "sign-up",
            Counter::SignIns => "sign-in",
            Counter::AuthFailures => "failure",
        };
        counted(count, noun)
    });
    let users = row.recency().map(|(recency, users)| {
        let after = match recency {
            Recency::NEVER => "never".to_owned(),
            Recency::BEYOND => "beyond".to_owned(),
            days => days.code().to_string(),
        };
        format!("{} after {after}", counted(users, "user"))
    });
    counters.chain(users).collect::<Vec<_>>().join(", ")
}

fn counted(count: i64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn days_words(days: &ActiveDays) -> String {
    let days = days.as_slice().iter();
    let numbers: Vec<String> = days.map(|day| day_number(*day).to_string()).collect();
    numbers.join(", ")
}

fn as_told(fingerprint: Option<Fingerprint>, told: Option<Fingerprint>) -> &'static str {
    if fingerprint.is_none() {
        "not sent"
    } else if told == fingerprint {
        "as told"
    } else {
        "not as told"
    }
}

/// What is said of several segments, once, with their names; in the order of the first of them.
fn grouped<'a, T: PartialEq>(said: impl Iterator<Item = (&'a Segment, T)>) -> Vec<(T, String)> {
    let mut groups: Vec<(T, Vec<&Segment>)> = Vec::new();
    for (segment, what) in said {
        match groups.iter_mut().find(|(other, _)| *other == what) {
            Some((_, segments)) => segments.push(segment),
            None => groups.push((what, vec![segment])),
        }
    }
    groups
        .into_iter()
        .map(|(what, segments)| (what, segment_words(&segments)))
        .collect()
}

fn segment_words(segments: &[&Segment]) -> String {
    let of_nothing_known = self::segments(&AppMetadata::default());
    if segments.iter().copied().eq(&of_nothing_known) {
        return "all unknown".to_owned();
    }
    let names = segments.iter().map(|segment| match segment {
        Segment::Whole => "whole".to_owned(),
        Segment::Of(dimension, value) => format!("{dimension} {value}"),
    });
    names.collect::<Vec<_>>().join(", ")
}
