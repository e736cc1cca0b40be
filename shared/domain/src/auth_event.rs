//! Auth events: what the triggers saw, as facts.

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};

use crate::contact::ContactDetails;
use crate::endpoint::{Channel, Fingerprint};
use crate::ids::{ClientId, DestinationName, EventId, ProjectId, Sub, UserPoolId};
use crate::metadata::AppMetadata;
use crate::traits::Traits;

/// A captured fact: something happened to a user of an app client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthEvent {
    /// Unique, and made from the time of capture.
    pub id: EventId,
    /// When it happened, as far as Cognito lets us know: when its trigger was invoked. Milliseconds.
    pub time: DateTime<Utc>,
    /// Whom it happened to.
    pub user: UserKey,
    /// The app client through which it happened. Cognito may leave it out.
    pub client: Option<ClientId>,
    /// What happened.
    pub kind: AuthEventKind,
    /// What the app said of itself.
    pub metadata: AppMetadata,
    /// What Cognito says of the user, as far as figures are broken down by it.
    pub traits: Traits,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AuthEventKind {
    /// An authentication began: an attempt is open until a sign-in closes it.
    AuthenticationStarted {
        /// How long the attempt stays open.
        window: AttemptWindow,
    },
    /// An authentication began under a name that no user has, and so has failed.
    UserNotFound,
    /// A user signed in.
    SignedIn(ContactDetails),
    /// A sign-up was confirmed.
    SignUpConfirmed(ContactDetails),
    /// A forgotten password was reset.
    PasswordResetConfirmed(ContactDetails),
    /// A token was issued to the user.
    TokenIssued(TokenOccasion, ContactDetails),
    /// The user pool was walked, and the user was found to be this. Nothing happened to the user.
    UserListed {
        /// When Cognito made the user, if it says.
        created: Option<DateTime<Utc>>,
        /// The user's addresses.
        contacts: ContactDetails,
        /// The destination that is to be sent them even if it was before.
        anew: Option<DestinationName>,
    },
    /// The attempt that was opened by this event was not closed within its window.
    AttemptExpired(EventId),
    /// A destination has refused, for good, what the user's contact endpoint had become.
    EndpointRefused(RefusedContact),
}

/// What a contact endpoint had become, without its address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedContact {
    /// Who refused it.
    pub destination: DestinationName,
    /// Which endpoint.
    pub channel: Channel,
    /// Stands for what was sent; `None` if the endpoint was to be retired.
    pub fingerprint: Option<Fingerprint>,
}

/// What a token was issued for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenOccasion {
    /// The user has signed in: whatever authentication they began has succeeded.
    SignIn,
    /// Anything else, such as a token that is refreshed.
    Other,
}

/// What an event says of its user's activity on its day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserActivity {
    /// The user was active.
    Active,
    /// Nothing.
    None,
}

impl AuthEventKind {
    /// What counts as active: a sign-in, a confirmed sign-up or a token issued. A failure is not activity.
    pub fn activity(&self) -> UserActivity {
        match self {
            Self::SignedIn(_) | Self::SignUpConfirmed(_) | Self::TokenIssued(..) => {
                UserActivity::Active
            }
            Self::AuthenticationStarted { .. }
            | Self::UserNotFound
            | Self::PasswordResetConfirmed(_)
            | Self::UserListed { .. }
            | Self::AttemptExpired(_)
            | Self::EndpointRefused(_) => UserActivity::None,
        }
    }
}

/// A user of one analytics project: the unit of ordering, of state and of counting.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserKey {
    /// The analytics project.
    pub project: ProjectId,
    /// The user pool.
    pub pool: UserPoolId,
    /// Who in that pool.
    pub who: Who,
}

/// A user, or nobody in particular.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Who {
    /// The user with this `sub`.
    User(Sub),
    /// Whoever used this app client without being known. Counted as no user.
    Nobody(Option<ClientId>),
    /// Whoever gave a name that no user has, through this app client: one part of them, so that guessing at
    /// names holds up no one part of the log. Counted as no user.
    NotFound(Option<ClientId>, Lane),
}

/// One of [`Lane::COUNT`] equal parts of something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lane(u8);

impl Lane {
    /// How many there are.
    pub const COUNT: u8 = 16;

    /// The part that an event belongs to, by its id.
    pub fn of(event: EventId) -> Self {
        Self(event.last_byte() % Self::COUNT)
    }

    /// Reads what [`Lane::number`] gave.
    pub fn new(number: u8) -> Option<Self> {
        (number < Self::COUNT).then_some(Self(number))
    }

    /// Its number, from 0.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl UserKey {
    /// The user's `sub`; `None` for nobody in particular.
    pub fn sub(&self) -> Option<&Sub> {
        match &self.who {
            Who::User(sub) => Some(sub),
            Who::Nobody(_) | Who::NotFound(..) => None,
        }
    }
}

/// A place in the event log's order, which is the order of capture and never that of the events'
/// own times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    /// Which stream: a table that is made anew has a new one, whose numbers say nothing of the old.
    pub stream: String,
    /// The stream's sequence number: decimal digits, of any length.
    pub sequence_number: String,
}

impl Position {
    /// Whether a state that has come as far as `self` has seen the record at `other`.
    pub fn covers(&self, other: &Self) -> bool {
        self.stream == other.stream
            && compare_numbers(&self.sequence_number, &other.sequence_number) != Ordering::Less
    }
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(stream: &str, sequence_number: &str) -> Position {
        Position {
            stream: stream.into(),
            sequence_number: sequence_number.into(),
        }
    }

    #[test]
    fn a_position_covers_what_is_not_later_in_the_same_stream() {
        for (at, other, covered) in [
            (position("a", "100"), position("a", "100"), true),
            (position("a", "100"), position("a", "99"), true),
            (position("a", "100"), position("a", "0099"), true),
            (position("a", "99"), position("a", "100"), false),
            (
                position("a", "1000000000000000000000000000000000000000"),
                position("a", "999"),
                true,
            ),
            (position("a", "100"), position("b", "99"), false),
        ] {
            assert_eq!(at.covers(&other), covered, "{at:?} {other:?}");
        }
    }
}

/// How long after its beginning an authentication can still succeed: 1 to 86,400 seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AttemptWindow(u32);

impl AttemptWindow {
    /// The longest window there may be (seconds).
    pub const LONGEST: u32 = 86_400;

    /// A window of so many seconds; `None` unless that is 1 to 86,400.
    pub fn from_seconds(seconds: u32) -> Option<Self> {
        (1..=Self::LONGEST)
            .contains(&seconds)
            .then_some(Self(seconds))
    }

    /// The window in seconds.
    pub fn as_seconds(self) -> u32 {
        self.0
    }

    /// The window as a difference between times.
    pub fn as_delta(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.0))
    }
}

/// 210 seconds: the 3 minutes that Cognito gives a challenge by default, and half a minute to spare.
impl Default for AttemptWindow {
    fn default() -> Self {
        Self(210)
    }
}
