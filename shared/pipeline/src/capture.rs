//! Capture: a trigger's payload becomes one auth event in the event log.
//!
//! This is all that happens in anybody's sign-in. It gives Cognito no answer: the caller returns the
//! bytes that came, whatever the outcome here.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use cognito::{Attributes, Parsed, TriggerError, TriggerEvent, TriggerSource};
use config::{ClientConfig, Config, FederatedUsers};
use domain::auth_event::{AuthEvent, AuthEventKind, Lane, TokenOccasion, UserKey, Who};
use domain::contact::ContactDetails;
use domain::dimension::Dimension;
use domain::ids::{EventId, Sub};
use domain::metadata::AppMetadata;

use crate::contact_details::contact_details;
use crate::outcome::{Ignored, LeftOut, Outcome, Rejected};
use crate::ports::EventLog;
use crate::traits::{traits, traits_of_nobody};

/// How far an event's time may be ahead of the wall clock. What is further ahead is rejected: it
/// would be the newest day of its user for long.
pub const FURTHEST_AHEAD: TimeDelta = TimeDelta::hours(24);

/// The first time that an event may have: 2014-01-01T00:00:00Z. Cognito came later, so what is earlier is rejected:
/// its time is wrong.
pub const EARLIEST: DateTime<Utc> = DateTime::from_timestamp_nanos(1_388_534_400_000_000_000);

/// What sets one capture apart from all others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// When the trigger was invoked.
    pub time: DateTime<Utc>,
    /// Random bytes.
    pub random: [u8; 10],
}

/// What came of a capture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Captured {
    /// Where the event is.
    pub end: End,
    /// What it does not hold, since it cannot be taken.
    pub left_out: Vec<LeftOut>,
}

/// Where a captured event is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// In the log; its outcome is publish's to tell.
    Logged(EventId),
    /// Nowhere, or spilled: this is its outcome.
    Ended(Outcome),
}

impl From<Outcome> for Captured {
    fn from(outcome: Outcome) -> Self {
        Self {
            end: End::Ended(outcome),
            left_out: Vec::new(),
        }
    }
}

/// What a payload stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The event.
    pub event: AuthEvent,
    /// What it does not hold, since it cannot be taken.
    pub left_out: Vec<LeftOut>,
}

/// Captures one trigger event.
pub async fn capture(
    payload: &[u8],
    moment: Moment,
    config: &Config,
    log: &impl EventLog,
) -> Captured {
    let Resolved { event, left_out } = match resolve(payload, moment, config) {
        Ok(resolved) => resolved,
        Err(outcome) => return outcome.into(),
    };
    let end = match log.append(&event).await {
        Ok(_) => End::Logged(event.id),
        Err(error) => {
            log.spill(&event, &error);
            End::Ended(Outcome::Spilled)
        }
    };
    Captured { end, left_out }
}

/// The auth event that a payload stands for, or why it stands for none.
///
/// # Errors
///
/// The outcome that the event ends in, if it is ignored or rejected.
pub fn resolve(payload: &[u8], moment: Moment, config: &Config) -> Result<Resolved, Outcome> {
    let trigger = match cognito::parse(payload) {
        Ok(Parsed::Known(trigger)) => trigger,
        Ok(Parsed::OtherSource(_)) => return Err(Outcome::Ignored(Ignored::TriggerSource)),
        Err(error) => return Err(rejected(&error)),
    };
    let client = config
        .client(trigger.client.as_ref())
        .ok_or(Outcome::Ignored(Ignored::ClientNotConfigured))?;
    if is_excluded(&trigger, config) {
        return Err(Outcome::Ignored(Ignored::Excluded));
    }
    trigger.check_lengths().map_err(|error| rejected(&error))?;
    wanted(&trigger, client).map_err(Outcome::Ignored)?;
    Ok(resolved(trigger, moment, client, config.dimensions()))
}

/// Whether the configuration leaves this user or client out. Asked before anything else is, so that nothing of
/// them is stored or logged.
fn is_excluded(trigger: &TriggerEvent, config: &Config) -> bool {
    let attributes = &trigger.attributes;
    config
        .exclude()
        .matches(trigger.client.as_ref(), |name| attributes.get(name))
}

fn rejected(error: &TriggerError) -> Outcome {
    let rejected = match error {
        TriggerError::TooLong { .. } => Rejected::IdentifierTooLong,
        TriggerError::NotJson(_)
        | TriggerError::WrongType { .. }
        | TriggerError::Missing { .. } => Rejected::NoTriggerEvent,
    };
    tracing::error!(%error, "a trigger was invoked with something that cannot be captured");
    Outcome::Rejected(rejected)
}

fn wanted(trigger: &TriggerEvent, client: &ClientConfig) -> Result<(), Ignored> {
    if trigger.source == TriggerSource::ClientCredentials {
        return Err(Ignored::NoUser);
    }
    if !includes(&trigger.attributes, client) {
        return Err(Ignored::FederatedUser);
    }
    if is_token(trigger.source) && sub(trigger).is_none() {
        return Err(Ignored::NoUser);
    }
    Ok(())
}

fn is_token(source: TriggerSource) -> bool {
    matches!(source, TriggerSource::TokenGeneration(_))
}

/// Whether the client's users include this one: those of other identity providers only where it says so.
pub(crate) fn includes(attributes: &Attributes, client: &ClientConfig) -> bool {
    match client.federated {
        FederatedUsers::Ignore => !attributes.is_federated(),
        FederatedUsers::Include => true,
    }
}

fn resolved(
    trigger: TriggerEvent,
    moment: Moment,
    client: &ClientConfig,
    dimensions: &[Dimension],
) -> Resolved {
    let (contacts, mut left_out) = if trigger.source.says_contacts() {
        contact_details(&trigger.attributes, client)
    } else {
        (ContactDetails::NotShared, Vec::new())
    };
    let pairs = trigger
        .metadata
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let (metadata, dropped) = AppMetadata::from_pairs(pairs);
    if !dropped.is_empty() {
        let names = dropped.len();
        tracing::warn!(names, "metadata over the bounds was left out");
        left_out.extend(dropped.iter().map(|_| LeftOut::Attribute));
    }
    let id = EventId::new(moment.time, moment.random);
    let user = user(&trigger, id, client);
    let event = AuthEvent {
        id,
        time: moment.time.trunc_subsecs(3),
        kind: kind(trigger.source, client, contacts),
        traits: match user.sub() {
            Some(_) => traits(&trigger, dimensions),
            None => traits_of_nobody(),
        },
        user,
        client: trigger.client,
        metadata,
    };
    Resolved { event, left_out }
}

fn user(trigger: &TriggerEvent, id: EventId, client: &ClientConfig) -> UserKey {
    let nobody = || match trigger.source {
        TriggerSource::PreAuthenticationOfUnknownUser => {
            Who::NotFound(trigger.client.clone(), Lane::of(id))
        }
        TriggerSource::PreAuthentication
        | TriggerSource::PostAuthentication
        | TriggerSource::ConfirmSignUp
        | TriggerSource::ConfirmForgotPassword
        | TriggerSource::TokenGeneration(_)
        | TriggerSource::ClientCredentials => Who::Nobody(trigger.client.clone()),
    };
    UserKey {
        project: client.project.clone(),
        pool: trigger.pool.clone(),
        who: sub(trigger).map_or_else(nobody, Who::User),
    }
}

/// Whom it happened to, if that is a user.
fn sub(trigger: &TriggerEvent) -> Option<Sub> {
    match trigger.source {
        TriggerSource::PreAuthenticationOfUnknownUser | TriggerSource::ClientCredentials => None,
        TriggerSource::PreAuthentication
        | TriggerSource::PostAuthentication
        | TriggerSource::ConfirmSignUp
        | TriggerSource::ConfirmForgotPassword
        | TriggerSource::TokenGeneration(_) => trigger.attributes.sub(),
    }
}

fn kind(source: TriggerSource, client: &ClientConfig, contacts: ContactDetails) -> AuthEventKind {
    match source {
        TriggerSource::PreAuthentication => AuthEventKind::AuthenticationStarted {
            window: client.attempt_window,
        },
        TriggerSource::PreAuthenticationOfUnknownUser => AuthEventKind::UserNotFound,
        TriggerSource::PostAuthentication => AuthEventKind::SignedIn(contacts),
        TriggerSource::ConfirmSignUp => AuthEventKind::SignUpConfirmed(contacts),
        TriggerSource::ConfirmForgotPassword => AuthEventKind::PasswordResetConfirmed(contacts),
        TriggerSource::TokenGeneration(occasion) => AuthEventKind::TokenIssued(occasion, contacts),
        TriggerSource::ClientCredentials => {
            AuthEventKind::TokenIssued(TokenOccasion::Other, contacts)
        }
    }
}
