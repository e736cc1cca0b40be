//! A user's state, and what each auth event makes of it.

mod attempts;
mod contacts;
mod devices;
mod fold;
mod refold;

use std::collections::BTreeMap;

use crate::activity::{ActiveDays, Cohort, CohortRow, DayRow};
use crate::analytics_event::AnalyticsEvent;
use crate::auth_event::{AuthEvent, AuthEventKind, Position, UserKey};
use crate::counting::Counting;
use crate::day::Day;
use crate::dimension::{Dimension, Property};
use crate::endpoint::{
    Channel, ContactUpdate, OwnedEndpoint, OwnedKind, contact_endpoint_id, device_endpoint_id,
};
use crate::history::HistoryEvent;
use crate::ids::DestinationName;
use crate::recipients::Recipients;
use crate::segment::{MOST_VALUES_OF_USER, Segment, takes_place};
use fold::Fold;

pub use attempts::{OpenAttempt, OpenAttempts};
pub use contacts::{Contacts, Held, KnownContact};
pub use devices::KnownDevices;

/// All that is remembered of a user between events. Holds no address and no name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UserState {
    /// How far in the log this state has come.
    pub position: Option<Position>,
    /// Whether the user's sign-up was counted: Cognito may invoke a trigger again.
    pub signed_up: bool,
    /// The day on which Cognito made the user, if that was before anything was counted.
    pub seed: Option<Day>,
    /// The active days, in the whole project and in each segment. A segment without any holds the place that its value
    /// has taken.
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
    /// Contact endpoints to bring into step, each at one destination, in order.
    pub contacts: Vec<(DestinationName, ContactUpdate)>,
    /// Changes to the project's daily rows.
    pub rows: BTreeMap<(Day, Segment), DayRow>,
    /// Changes to the project's cohorts.
    pub cohorts: BTreeMap<Cohort, CohortRow>,
}

impl Effects {
    /// Ages of one cohort that are written as one item at most: an expression has 4 KB.
    pub const MOST_AGES: usize = 200;

    /// How many items of the metrics table change.
    pub fn items(&self) -> usize {
        let cohorts = self.cohorts.values();
        let cohorts = cohorts.map(|row| row.iter().len().div_ceil(Self::MOST_AGES));
        self.rows.len() + cohorts.sum::<usize>()
    }
}

/// What became of one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// It was applied.
    Counted,
    /// A sign-up of a user who had signed up before: nothing but the position was changed.
    AlreadySignedUp,
    /// It was not to be applied: nothing but the position was changed.
    PassedOver,
    /// It had been applied before: nothing was changed.
    Repeated,
}

impl UserState {
    /// How many values of a dimension have a place among the user's.
    fn places_taken(&self, dimension: &Dimension) -> usize {
        let of_dimension = |segment: &&Segment| match segment {
            Segment::Whole => false,
            Segment::Of(other, value) => other == dimension && takes_place(value.as_str()),
        };
        self.activity.keys().filter(of_dimension).count()
    }

    /// Applies the event that stands at `position` in the log, once however often it is given. The values that it
    /// counts in take their places in `counting`.
    pub fn apply(
        &mut self,
        event: &AuthEvent,
        position: &Position,
        counting: &mut Counting,
        effects: &mut Effects,
    ) -> Applied {
        if !self.reach(position) {
            return Applied::Repeated;
        }
        self.fold(&event.user, (counting, effects)).event(event)
    }

    /// Counts an event of a history that others have kept. Nothing of it is to be sent, and it has no place in the log.
    pub fn apply_history(
        &mut self,
        event: &HistoryEvent,
        counting: &mut Counting,
        effects: &mut Effects,
    ) -> Applied {
        self.fold(&event.user, (counting, effects)).history(event)
    }

    fn fold<'a>(
        &'a mut self,
        user: &'a UserKey,
        (counting, effects): (&'a mut Counting, &'a mut Effects),
    ) -> Fold<'a> {
        Fold {
            state: self,
            user,
            counting,
            effects,
        }
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

    /// What these events would send of contact endpoints, if they were applied one after another.
    pub fn contact_updates(
        &self,
        events: &[AuthEvent],
        recipients: &Recipients,
    ) -> Vec<(DestinationName, ContactUpdate)> {
        let counting = Counting {
            recipients: recipients.clone(),
            ..Counting::default()
        };
        self.clone().folding(events, counting).contacts
    }

    /// What comes of these events if they are applied one after another, wherever they stand in the log.
    fn folding(mut self, events: &[AuthEvent], mut counting: Counting) -> Effects {
        let mut effects = Effects::default();
        for event in events {
            let fold = self.fold(&event.user, (&mut counting, &mut effects));
            fold.event(event);
        }
        effects
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

    /// Items of the metrics table that an event may change at most: in each of its segments a day and the next active
    /// day, and of the cohorts the old week and month, and the new. An event may end two attempts besides, neither of
    /// which has groups.
    pub fn most_items(&self, event: &AuthEvent, counting: &Counting) -> usize {
        match &event.kind {
            AuthEventKind::AuthenticationStarted { .. } => 2 * self.most_items_of(1, counting),
            AuthEventKind::TokenIssued(..) => {
                self.most_items_of(event.traits.groups.len(), counting)
            }
            AuthEventKind::UserNotFound
            | AuthEventKind::SignedIn(_)
            | AuthEventKind::SignUpConfirmed(_)
            | AuthEventKind::PasswordResetConfirmed(_)
            | AuthEventKind::UserListed { .. }
            | AuthEventKind::AttemptExpired(_) => self.most_items_of(1, counting),
            AuthEventKind::EndpointRefused(_) => 0,
        }
    }

    /// The same of something that counts once, in so many groups.
    pub fn most_items_of(&self, groups: usize, counting: &Counting) -> usize {
        let values = |dimension: &Dimension| match dimension {
            Dimension::Of(Property::Group) => groups.clamp(1, MOST_VALUES_OF_USER + 2),
            Dimension::Of(_) | Dimension::Pair(..) => 1,
        };
        let segments = 1 + counting.dimensions.iter().map(values).sum::<usize>();
        let whole = self.activity.get(&Segment::Whole);
        let days = whole.map_or(0, |days| days.as_slice().len());
        // A week's or a month's ages are no more than the days.
        2 * segments
            + 4 * (days + 1)
                .div_ceil(Effects::MOST_AGES)
                .min(MOST_COHORT_ITEMS)
    }
}

/// Items of one cohort that one user may change: 30 years have 1,566 weeks.
const MOST_COHORT_ITEMS: usize = 1_566_usize.div_ceil(Effects::MOST_AGES);

#[cfg(test)]
mod tests;
