//! What a user's events gave, worked out once more.

use super::UserState;
use crate::analytics_event::AnalyticsEvent;
use crate::auth_event::AuthEvent;
use crate::counting::Counting;
use crate::day::Day;
use crate::segment::Segment;
use crate::time_zone::TimeZone;

impl UserState {
    /// The analytics events that these events of one user's gave, in their order, with the same ids. `self` is what is known
    /// of the user now, and stays as it is: it says what the events themselves cannot, whether the user had signed up on a day
    /// up to which the log may have forgotten events, and which of the app's own endpoints have a place.
    ///
    /// What is to be sent of a device is left out: an old event would tell of it as it was.
    pub fn refolded(
        &self,
        events: &[AuthEvent],
        zone: TimeZone,
        forgotten_up_to: Option<Day>,
    ) -> Vec<AnalyticsEvent> {
        let state = Self {
            signed_up: forgotten_up_to.is_some_and(|day| self.had_signed_up_by(day)),
            devices: self.devices.clone(),
            ..Self::default()
        };
        let counting = Counting {
            zone,
            ..Counting::default()
        };
        let mut analytics = state.folding(events, counting).analytics;
        for event in &mut analytics {
            event.device = None;
        }
        analytics
    }

    /// Whether the user's sign-up was counted on one of these days. A sign-up is activity: then they were active on one of them.
    fn had_signed_up_by(&self, forgotten_up_to: Day) -> bool {
        let days = self.activity.get(&Segment::Whole);
        let first_active = days.and_then(|days| days.first());
        self.signed_up && first_active.is_some_and(|day| day <= forgotten_up_to)
    }
}
