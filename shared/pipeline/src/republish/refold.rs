//! One user's events, folded once more. Pure.

use chrono::{DateTime, Utc};
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey};
use domain::user_state::UserState;

use super::Wanted;
use crate::ports::{LoggedEvent, Tombstones};
use crate::publish::out_of_time;
use crate::route::Delivery;

/// A user's events.
pub struct OfOneUser {
    /// Whose.
    pub user: UserKey,
    events: Vec<LoggedEvent>,
}

/// The events by user, in their order.
pub fn by_user(events: Vec<LoggedEvent>) -> Vec<OfOneUser> {
    let mut users: Vec<OfOneUser> = Vec::new();
    for logged in events {
        match users.last_mut().filter(|of| of.user == logged.event.user) {
            Some(of) => of.events.push(logged),
            None => users.push(OfOneUser {
                user: logged.event.user.clone(),
                events: vec![logged],
            }),
        }
    }
    users
}

impl OfOneUser {
    /// Drops what is older than the user's tombstone, and gives when each of it happened.
    pub fn drop_covered(&mut self, forgotten: &Tombstones) -> Vec<DateTime<Utc>> {
        let events = std::mem::take(&mut self.events).into_iter();
        let (dropped, left): (Vec<_>, Vec<_>) =
            events.partition(|it| forgotten.cover(&self.user, it.event.time));
        self.events = left;
        dropped.into_iter().map(|it| it.event.time).collect()
    }

    /// The events as they came. The log does not say in which order those of one moment did: a token is issued before
    /// post-authentication is invoked, and after whatever began.
    fn in_order(mut self, now: DateTime<Utc>) -> Vec<AuthEvent> {
        let came = |it: &LoggedEvent| {
            let time = it.redriven.unwrap_or(it.event.time);
            (time, of_one_moment(&it.event.kind), it.event.id)
        };
        self.events.sort_by_key(came);
        let events = self.events.into_iter().map(|it| it.event);
        events.filter(|it| out_of_time(it, now).is_none()).collect()
    }
}

fn of_one_moment(kind: &AuthEventKind) -> u8 {
    match kind {
        AuthEventKind::AuthenticationStarted { .. } | AuthEventKind::UserNotFound => 0,
        AuthEventKind::TokenIssued(..) => 1,
        AuthEventKind::SignedIn(_)
        | AuthEventKind::SignUpConfirmed(_)
        | AuthEventKind::PasswordResetConfirmed(_)
        | AuthEventKind::UserListed { .. }
        | AuthEventKind::AttemptExpired(_)
        | AuthEventKind::EndpointRefused(_) => 2,
    }
}

/// The analytics events that are wanted of a user's.
pub fn refold(
    of: OfOneUser,
    (state, now): (&UserState, DateTime<Utc>),
    wanted: &Wanted,
) -> Delivery {
    let user = of.user.clone();
    let forgotten_up_to = wanted.forgotten_up_to(now);
    let mut analytics = state.refolded(&of.in_order(now), wanted.zone, forgotten_up_to);
    analytics.retain(|event| wanted.includes(event.time));
    Delivery {
        user,
        contacts: Vec::new(),
        analytics,
    }
}
