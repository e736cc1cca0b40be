//! A user's state, and what each auth event makes of it.

mod attempts;
mod contacts;
mod devices;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::activity::{ActiveDays, Activity, DayRow, Recency};
use crate::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use crate::auth_event::{AuthEvent, AuthEventKind, Position, UserActivity, UserKey};
use crate::day::Day;
use crate::endpoint::{
    Channel, ContactUpdate, DeviceEndpoint, OwnedEndpoint, OwnedKind, contact_endpoint_id,
    device_endpoint_id,
};
use crate::ids::{ClientId, EndpointId, EventId};
use crate::metadata::AppMetadata;
use crate::segment::{KnownValues, Segment};

pub use attempts::{OpenAttempt, OpenAttempts};
pub use contacts::{Contacts, KnownContact};
pub use devices::KnownDevices;

/// All that is remembered of a user between events. Holds no address and no name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UserState {
    /// How far in the log this state has come.
    pub position: Option<Position>,
    /// Whether the user's sign-up was counted: Cognito may invoke a trigger again.
    pub signed_up: bool,
    /// The active days, in the whole project and in each segment.
    pub activity: BTreeMap<Segment, ActiveDays>,
    /// The authentications that have begun and neither succeeded nor expired.
    pub attempts: OpenAttempts,
    /// The device endpoints that destinations know.
    pub devices: KnownDevices,
    /// The contact endpoints that destinations know.
    pub contacts: Contacts,
}

/// What comes of applying events: to be sent, and to be added to the daily rows.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Effects {
    /// Analytics events to send, in order.
    pub analytics: Vec<AnalyticsEvent>,
    /// Contact endpoints to bring into step, in order.
    pub contacts: Vec<ContactUpdate>,
    /// Changes to the project's daily rows.
    pub rows: BTreeMap<(Day, Segment), DayRow>,
}

/// What became of one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// It was applied.
    Counted,
    /// It was applied, but came too late for its day's figures.
    TooLate,
    /// A sign-up of a user who had signed up before: nothing but the position was changed.
    AlreadySignedUp,
    /// It was not to be applied: nothing but the position was changed.
    PassedOver,
    /// It had been applied before: nothing was changed.
    Repeated,
}

impl UserState {
    /// Applies the event that stands at `position` in the log, once however often it is given.
    pub fn apply(
        &mut self,
        event: &AuthEvent,
        position: &Position,
        known: &KnownValues,
        effects: &mut Effects,
    ) -> Applied {
        if !self.reach(position) {
            return Applied::Repeated;
        }
        Fold {
            state: self,
            user: &event.user,
            known,
            effects,
        }
        .event(event)
    }

    /// Passes over what stands at `position` in the log, as something that is not to be applied.
    pub fn pass_over(&mut self, position: &Position) -> Applied {
        if self.reach(position) {
            Applied::PassedOver
        } else {
            Applied::Repeated
        }
    }

    /// Comes as far in the log as `position`. `false` if the state has come as far before.
    fn reach(&mut self, position: &Position) -> bool {
        let reached = self.position.as_ref();
        let new = !reached.is_some_and(|reached| reached.covers(position));
        if new {
            self.position = Some(position.clone());
        }
        new
    }

    /// What these events would tell of contact endpoints, if they were applied one after another.
    pub fn contact_updates(&self, events: &[AuthEvent]) -> Vec<ContactUpdate> {
        let mut state = self.clone();
        let mut effects = Effects::default();
        for event in events {
            let fold = Fold {
                state: &mut state,
                user: &event.user,
                known: &KnownValues::default(),
                effects: &mut effects,
            };
            fold.event(event);
        }
        effects.contacts
    }

    /// All the endpoints that destinations may know of the user: those of the addresses also when they
    /// are retired, since destinations keep what they were sent.
    pub fn endpoints(&self, user: &UserKey) -> Vec<OwnedEndpoint> {
        let Some(sub) = user.sub() else {
            return Vec::new();
        };
        let shared = self.contacts.as_of.is_some();
        let contacts = [Channel::Email, Channel::Sms]
            .into_iter()
            .filter(|_| shared)
            .map(|channel| {
                let id = contact_endpoint_id(user, sub, channel);
                (id, OwnedKind::Contact(channel))
            });
        let own = self.devices.own.iter();
        let own = own.map(|_| (device_endpoint_id(user), OwnedKind::Device));
        let apps = self.devices.apps.iter();
        let apps = apps.map(|id| (id.clone(), OwnedKind::AppDevice));
        let all = contacts.chain(own).chain(apps);
        all.map(|(id, kind)| OwnedEndpoint { id, kind }).collect()
    }
}

/// The application of one event.
struct Fold<'a> {
    state: &'a mut UserState,
    user: &'a UserKey,
    known: &'a KnownValues,
    effects: &'a mut Effects,
}

/// Something to be counted and sent, with all that is known of it.
struct Occurrence {
    id: EventId,
    time: DateTime<Utc>,
    activity: UserActivity,
    client: Option<ClientId>,
    metadata: AppMetadata,
}

impl Fold<'_> {
    fn event(mut self, event: &AuthEvent) -> Applied {
        match &event.kind {
            AuthEventKind::AuthenticationStarted { window } => {
                self.started(OpenAttempt::of(event, *window))
            }
            AuthEventKind::UserNotFound => self.failed(Occurrence::of(event)),
            AuthEventKind::AttemptExpired(id) => match self.state.attempts.take(*id) {
                Some(attempt) => self.failed(Occurrence::from(attempt)),
                None => Applied::Repeated,
            },
            AuthEventKind::SignedIn(contacts) => {
                self.synchronise(event, contacts);
                self.signed_in(event)
            }
            AuthEventKind::SignUpConfirmed(_) if self.state.signed_up => Applied::AlreadySignedUp,
            AuthEventKind::SignUpConfirmed(contacts) => {
                self.synchronise(event, contacts);
                self.state.signed_up = self.user.sub().is_some();
                self.signed_up(Occurrence::of(event))
            }
            AuthEventKind::PasswordResetConfirmed(contacts)
            | AuthEventKind::UserListed { contacts, .. } => {
                self.synchronise(event, contacts);
                Applied::Counted
            }
            AuthEventKind::TokenIssued(_, contacts) => {
                self.synchronise(event, contacts);
                self.count(&Occurrence::of(event), |_| ())
            }
        }
    }

    /// Attempts that cannot be held any longer have failed before their time.
    fn started(&mut self, attempt: OpenAttempt) -> Applied {
        for attempt in self.state.attempts.open(attempt).into_iter().flatten() {
            self.failed(Occurrence::from(attempt));
        }
        Applied::Counted
    }

    fn failed(&mut self, occurrence: Occurrence) -> Applied {
        let applied = self.count(&occurrence, |row| row.auth_failures += 1);
        let (endpoint, device) = self
            .state
            .devices
            .endpoint_of_failure(self.user, &occurrence.metadata);
        self.send(AnalyticsEventType::AuthFail, occurrence, endpoint, device);
        applied
    }

    fn signed_in(&mut self, event: &AuthEvent) -> Applied {
        let mut occurrence = Occurrence::of(event);
        if let Some(attempt) = self.state.attempts.close(event.client.as_ref(), event.time) {
            occurrence.metadata = occurrence.metadata.or(attempt.metadata);
        }
        let applied = self.count(&occurrence, |row| row.sign_ins += 1);
        self.succeeded(AnalyticsEventType::SignIn, occurrence);
        applied
    }

    fn signed_up(&mut self, occurrence: Occurrence) -> Applied {
        let applied = self.count(&occurrence, |row| row.sign_ups += 1);
        self.succeeded(AnalyticsEventType::SignUp, occurrence);
        applied
    }

    /// Counts in every segment's row of the day, and if it is activity, the user as active.
    fn count(&mut self, occurrence: &Occurrence, counter: impl Fn(&mut DayRow)) -> Applied {
        let day = Day::of(occurrence.time);
        let whole = self.state.activity.get(&Segment::Whole);
        if whole.is_some_and(|days| days.is_too_late(day)) {
            return Applied::TooLate;
        }
        for segment in self.known.segments(&occurrence.metadata.demographic) {
            if occurrence.activity == UserActivity::Active && self.user.sub().is_some() {
                self.count_active(day, &segment);
            }
            counter(self.row(day, segment));
        }
        Applied::Counted
    }

    fn count_active(&mut self, day: Day, segment: &Segment) {
        let activity = match self.state.activity.get_mut(segment) {
            Some(days) => days.record(day),
            None => {
                self.state
                    .activity
                    .insert(segment.clone(), ActiveDays::starting(day));
                Activity::Added(Recency::NEVER, None)
            }
        };
        if let Activity::Added(recency, moved) = activity {
            self.row(day, segment.clone()).add_users(recency, 1);
            if let Some(moved) = moved {
                let row = self.row(moved.day, segment.clone());
                row.add_users(moved.from, -1);
                row.add_users(moved.to, 1);
            }
        }
    }

    fn row(&mut self, day: Day, segment: Segment) -> &mut DayRow {
        self.effects.rows.entry((day, segment)).or_default()
    }

    fn succeeded(&mut self, event_type: AnalyticsEventType, occurrence: Occurrence) {
        let (endpoint, device) = self.state.devices.endpoint(self.user, &occurrence.metadata);
        self.send(event_type, occurrence, endpoint, device);
    }

    fn send(
        &mut self,
        event_type: AnalyticsEventType,
        occurrence: Occurrence,
        endpoint: EndpointId,
        device: Option<DeviceEndpoint>,
    ) {
        self.effects.analytics.push(AnalyticsEvent {
            id: occurrence.id,
            event_type,
            time: occurrence.time,
            client: occurrence.client,
            endpoint,
            device,
            attributes: occurrence.metadata.attributes,
        });
    }
}

impl Occurrence {
    fn of(event: &AuthEvent) -> Self {
        Self {
            id: event.id,
            time: event.time,
            activity: event.kind.activity(),
            client: event.client.clone(),
            metadata: event.metadata.clone(),
        }
    }
}

impl From<OpenAttempt> for Occurrence {
    fn from(attempt: OpenAttempt) -> Self {
        Self {
            id: attempt.id,
            time: attempt.opened,
            activity: UserActivity::None,
            client: attempt.client,
            metadata: attempt.metadata,
        }
    }
}

#[cfg(test)]
mod tests;
