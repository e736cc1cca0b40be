//! The fold: what one event makes of a state, what is counted of it, and what is sent.

use chrono::{DateTime, Utc};

use super::{Applied, Effects, OpenAttempt, UserState};
use crate::activity::{
    Activity, CohortChange, DayRow, Moved, Recency, cohort_changes, cohort_changes_of,
};
use crate::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use crate::auth_event::{AuthEvent, AuthEventKind, TokenOccasion, UserActivity, UserKey};
use crate::counter::Counter;
use crate::counting::Counting;
use crate::day::Day;
use crate::dimension::{Dimension, Property};
use crate::endpoint::DeviceEndpoint;
use crate::history::{HistoryEvent, HistoryKind};
use crate::ids::{ClientId, EndpointId, EventId};
use crate::metadata::AppMetadata;
use crate::segment::{MOST_VALUES_OF_USER, Said, SaidValue, Segment, SegmentValue, takes_place};
use crate::traits::{Provider, Traits};

/// The application of one event.
pub struct Fold<'a> {
    /// The user's state.
    pub state: &'a mut UserState,
    /// Whose.
    pub user: &'a UserKey,
    /// By what is counted.
    pub counting: &'a mut Counting,
    /// What comes of it.
    pub effects: &'a mut Effects,
}

/// Something to be counted and sent, with all that is known of it.
struct Occurrence {
    id: EventId,
    time: DateTime<Utc>,
    activity: UserActivity,
    client: Option<ClientId>,
    metadata: AppMetadata,
    traits: Traits,
}

impl Fold<'_> {
    /// Applies an event of the log.
    pub fn event(mut self, event: &AuthEvent) -> Applied {
        match &event.kind {
            AuthEventKind::AuthenticationStarted { window } => {
                self.started(OpenAttempt::of(event, *window));
            }
            AuthEventKind::UserNotFound => self.failed(Occurrence::of(event)),
            AuthEventKind::AttemptExpired(id) => match self.state.attempts.take(*id) {
                Some(attempt) => self.ended(attempt),
                None => return Applied::Repeated,
            },
            AuthEventKind::EndpointRefused(contact) => {
                let client = event.client.as_ref();
                self.state.contacts.refused(contact, client);
            }
            AuthEventKind::SignedIn(contacts) => {
                self.synchronise(event, contacts);
                self.signed_in(event);
            }
            AuthEventKind::SignUpConfirmed(_) if self.state.signed_up => {
                return Applied::AlreadySignedUp;
            }
            AuthEventKind::SignUpConfirmed(contacts) => {
                self.synchronise(event, contacts);
                self.state.signed_up = self.user.sub().is_some();
                self.signed_up(Occurrence::of(event));
            }
            AuthEventKind::PasswordResetConfirmed(contacts) => self.synchronise(event, contacts),
            AuthEventKind::UserListed {
                created,
                contacts,
                anew,
            } => {
                if let Some(destination) = anew {
                    self.state.contacts.send_anew(destination);
                }
                self.synchronise(event, contacts);
                self.listed(*created);
            }
            AuthEventKind::TokenIssued(occasion, contacts) => {
                self.synchronise(event, contacts);
                if *occasion == TokenOccasion::SignIn {
                    let client = event.client.as_ref();
                    self.state.attempts.prove(client, event.time);
                }
                let said = Said {
                    sub: self.user.sub(),
                    client: event.client.as_ref(),
                    metadata: &event.metadata,
                    traits: &event.traits,
                };
                self.count_said(&said, event.time, (UserActivity::Active, None));
            }
        }
        Applied::Counted
    }

    /// Counts an event of a history.
    pub fn history(mut self, event: &HistoryEvent) -> Applied {
        let metadata = AppMetadata {
            demographic: event.demographic.clone(),
            ..AppMetadata::default()
        };
        let traits = Traits {
            provider: Provider::Unknown,
            ..Traits::default()
        };
        let said = Said {
            sub: self.user.sub(),
            client: None,
            metadata: &metadata,
            traits: &traits,
        };
        let (counter, activity) = match event.kind {
            HistoryKind::SignUp if self.state.signed_up => return Applied::AlreadySignedUp,
            HistoryKind::SignUp => (Some(Counter::SignUps), UserActivity::Active),
            HistoryKind::SignIn => (Some(Counter::SignIns), UserActivity::Active),
            HistoryKind::AuthFail => (Some(Counter::AuthFailures), UserActivity::None),
            HistoryKind::SessionStart => (None, UserActivity::Active),
        };
        if event.kind == HistoryKind::SignUp {
            self.state.signed_up = self.user.sub().is_some();
        }
        self.count_said(&said, event.time, (activity, counter));
        Applied::Counted
    }

    /// Attempts that cannot be held any longer end before their time.
    fn started(&mut self, attempt: OpenAttempt) {
        for attempt in self.state.attempts.open(attempt).into_iter().flatten() {
            self.ended(attempt);
        }
    }

    /// An attempt that nothing closes has failed, unless a token proves that it has not.
    fn ended(&mut self, attempt: OpenAttempt) {
        match attempt.proved {
            None => self.failed(Occurrence::from(attempt)),
            Some(time) => self.succeeded_sign_in(Occurrence {
                time,
                activity: UserActivity::Active,
                ..Occurrence::from(attempt)
            }),
        }
    }

    fn failed(&mut self, occurrence: Occurrence) {
        self.count(&occurrence, Counter::AuthFailures);
        let (endpoint, device) = self
            .state
            .devices
            .endpoint_of_failure(self.user, &occurrence.metadata);
        self.send(AnalyticsEventType::AuthFail, occurrence, endpoint, device);
    }

    fn signed_in(&mut self, event: &AuthEvent) {
        let mut occurrence = Occurrence::of(event);
        if let Some(attempt) = self.state.attempts.close(event.client.as_ref(), event.time) {
            occurrence.metadata = occurrence.metadata.or(attempt.metadata);
        }
        self.succeeded_sign_in(occurrence);
    }

    fn succeeded_sign_in(&mut self, occurrence: Occurrence) {
        self.count(&occurrence, Counter::SignIns);
        self.succeeded(AnalyticsEventType::SignIn, occurrence);
    }

    fn signed_up(&mut self, occurrence: Occurrence) {
        self.count(&occurrence, Counter::SignUps);
        self.succeeded(AnalyticsEventType::SignUp, occurrence);
    }

    /// Takes note of a user whom Cognito made before anything was counted: they are not new when they come back.
    fn listed(&mut self, created: Option<DateTime<Utc>>) {
        let since = self.counting.since;
        let before = created.filter(|created| since.is_none_or(|since| *created < since));
        let Some(created) = before.filter(|_| self.state.seed.is_none()) else {
            return;
        };
        let seed = self.counting.zone.day_of(created);
        self.state.seed = Some(seed);
        let whole = self.state.activity.get(&Segment::Whole);
        let days = whole.cloned().unwrap_or_default();
        if let Some(moved) = days.seeded(seed) {
            self.move_entry(moved, Segment::Whole);
        }
        let days = days.as_slice();
        self.change_cohorts(cohort_changes((days, None), (days, Some(seed))));
    }

    fn count(&mut self, occurrence: &Occurrence, counter: Counter) {
        let said = Said {
            sub: self.user.sub(),
            client: occurrence.client.as_ref(),
            metadata: &occurrence.metadata,
            traits: &occurrence.traits,
        };
        self.count_said(&said, occurrence.time, (occurrence.activity, Some(counter)));
    }

    /// Counts in every segment's row of the day, and if it is activity, the user as active.
    fn count_said(
        &mut self,
        said: &Said<'_>,
        time: DateTime<Utc>,
        (activity, counter): (UserActivity, Option<Counter>),
    ) {
        let day = self.counting.zone.day_of(time);
        let active = activity == UserActivity::Active && self.user.sub().is_some();
        if counter.is_none() && !active {
            return;
        }
        for segment in self.segments(said) {
            let recency = if active {
                self.record_active(day, &segment)
            } else {
                None
            };
            if counter.is_none() && recency.is_none() {
                continue;
            }
            let row = self.row(day, segment);
            if let Some(recency) = recency {
                row.add_users(recency, 1);
            }
            if let Some(counter) = counter {
                row.count(counter, 1);
            }
        }
    }

    /// The whole project, and one segment of each dimension; of a user's groups, each.
    pub fn segments(&mut self, said: &Said<'_>) -> Vec<Segment> {
        let dimensions = std::mem::take(&mut self.counting.dimensions);
        let mut segments = Vec::with_capacity(1 + dimensions.len());
        segments.push(Segment::Whole);
        for dimension in &dimensions {
            for value in said.values(dimension) {
                let value = self.value(dimension, &value);
                let segment = Segment::Of(dimension.clone(), value);
                if *dimension != Dimension::Of(Property::Group) || !segments.contains(&segment) {
                    segments.push(segment);
                }
            }
        }
        self.counting.dimensions = dimensions;
        segments
    }

    /// The value by which an event is counted: `other` if it is new and there is no place for it, in the project or
    /// among those of the user.
    fn value(&mut self, dimension: &Dimension, said: &SaidValue<'_>) -> SegmentValue {
        let text = match said {
            SaidValue::Unknown => return SegmentValue::unknown(dimension),
            SaidValue::Other => return SegmentValue::other(dimension),
            SaidValue::Named(text) if !takes_place(text) => return SegmentValue::new(text),
            SaidValue::Named(text) => text,
        };
        let other = || SegmentValue::other(dimension);
        if self.user.sub().is_none() {
            let admitted = self.counting.values.admit(dimension, text);
            return admitted.unwrap_or_else(other);
        }
        if let Some(value) = self.counting.values.find(dimension, text) {
            let segment = Segment::Of(dimension.clone(), value.clone());
            if self.state.activity.contains_key(&segment) {
                return value;
            }
        }
        if self.state.places_taken(dimension) >= MOST_VALUES_OF_USER {
            return other();
        }
        let Some(value) = self.counting.values.admit(dimension, text) else {
            return other();
        };
        let segment = Segment::Of(dimension.clone(), value.clone());
        self.state.activity.entry(segment).or_default();
        value
    }

    /// Takes note that the user was active on the day, in a segment; gives the recency that they have in its row, if they
    /// are new in it.
    fn record_active(&mut self, day: Day, segment: &Segment) -> Option<Recency> {
        let whole = *segment == Segment::Whole;
        let seed = self.state.seed.filter(|_| whole);
        let days = match self.state.activity.get_mut(segment) {
            Some(days) => days,
            None => self.state.activity.entry(segment.clone()).or_default(),
        };
        let Activity::Added(recency, moved) = days.record(day, seed) else {
            return None;
        };
        if whole {
            let changes = cohort_changes_of(days.as_slice(), day, seed);
            self.change_cohorts(changes);
        }
        if let Some(moved) = moved {
            self.move_entry(moved, segment.clone());
        }
        Some(recency)
    }

    fn change_cohorts(&mut self, changes: Vec<CohortChange>) {
        for change in changes {
            let row = self.effects.cohorts.entry(change.cohort).or_default();
            row.add_users(change.age, change.users);
        }
    }

    fn move_entry(&mut self, moved: Moved, segment: Segment) {
        let row = self.row(moved.day, segment);
        row.add_users(moved.from, -1);
        row.add_users(moved.to, 1);
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
            demographic: occurrence.metadata.demographic,
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
            traits: event.traits.clone(),
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
            traits: attempt.traits,
        }
    }
}
