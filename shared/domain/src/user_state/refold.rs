//! What a user's events gave, worked out once more.

use super::{Effects, Fold, UserState};
use crate::analytics_event::AnalyticsEvent;
use crate::auth_event::{AuthEvent, AuthEventKind};
use crate::counting::Counting;
use crate::segment::Segment;
use crate::time_zone::TimeZone;

impl UserState {
    /// The analytics events that these events of one user's gave, in their order, with the same ids. `self` is what is known
    /// of the user now, and stays as it is: it says what the events themselves cannot, whether the user had signed up
    /// before all of them, and which of the app's own endpoints have a place.
    ///
    /// What is to be sent of a device is left out: an old event would tell of it as it was.
    pub fn refolded(&self, events: &[AuthEvent], zone: TimeZone) -> Vec<AnalyticsEvent> {
        let mut state = Self {
            signed_up: self.had_signed_up_before(events, zone),
            devices: self.devices.clone(),
            ..Self::default()
        };
        let mut counting = Counting {
            zone,
            ..Counting::default()
        };
        let mut effects = Effects::default();
        for event in events {
            let fold = Fold {
                state: &mut state,
                user: &event.user,
                counting: &mut counting,
                effects: &mut effects,
            };
            fold.event(event);
        }
        for event in &mut effects.analytics {
            event.device = None;
        }
        effects.analytics
    }

    /// Whether the user's sign-up was counted before the first one among these events. A sign-up is activity: then there is
    /// an active day before that one's.
    fn had_signed_up_before(&self, events: &[AuthEvent], zone: TimeZone) -> bool {
        let is_sign_up = |it: &&AuthEvent| matches!(it.kind, AuthEventKind::SignUpConfirmed(_));
        let sign_ups = events.iter().filter(is_sign_up);
        let first_sign_up = sign_ups.map(|event| zone.day_of(event.time)).min();
        let days = self.activity.get(&Segment::Whole);
        let first_active = days.and_then(|days| days.first());
        let days = first_active.zip(first_sign_up);
        self.signed_up && days.is_some_and(|(active, sign_up)| active < sign_up)
    }
}
