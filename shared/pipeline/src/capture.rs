//! Capture: a trigger's payload becomes one auth event in the event log.
//!
//! This is all that happens in anybody's sign-in. It gives Cognito no answer: the caller returns the
//! bytes that came, whatever the outcome here.

use chrono::{DateTime, SubsecRound, Utc};
use cognito::{Parsed, TriggerError, TriggerEvent, TriggerSource};
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey, Who};
use domain::config::{ClientConfig, Config, FederatedUsers, UserDataSharing};
use domain::contact::{ContactDetails, EmailAddress, PhoneNumber};
use domain::ids::EventId;
use domain::metadata::AppMetadata;

use crate::outcome::{Ignored, Outcome, Rejected};
use crate::ports::EventLog;

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
pub enum Captured {
    /// The event is in the log; its outcome is publish's to tell.
    Logged(EventId),
    /// The event ended here.
    Ended(Outcome),
}

/// Captures one trigger event.
pub async fn capture(
    payload: &[u8],
    moment: Moment,
    config: &Config,
    log: &impl EventLog,
) -> Captured {
    let event = match resolve(payload, moment, config) {
        Ok(event) => event,
        Err(outcome) => return Captured::Ended(outcome),
    };
    match log.append(&event).await {
        Ok(_) => Captured::Logged(event.id),
        Err(error) => {
            log.spill(&event, &error);
            Captured::Ended(Outcome::Spilled)
        }
    }
}

/// The auth event that a payload stands for, or why it stands for none.
///
/// # Errors
///
/// The outcome that the event ends in, if it is ignored or rejected.
pub fn resolve(payload: &[u8], moment: Moment, config: &Config) -> Result<AuthEvent, Outcome> {
    let trigger = match cognito::parse(payload) {
        Ok(Parsed::Known(trigger)) => trigger,
        Ok(Parsed::OtherSource(_)) => return Err(Outcome::Ignored(Ignored::TriggerSource)),
        Err(error) => return Err(rejected(&error)),
    };
    let client = config
        .client(trigger.client.as_ref())
        .ok_or(Outcome::Ignored(Ignored::ClientNotConfigured))?;
    wanted(&trigger, client).map_err(Outcome::Ignored)?;
    Ok(auth_event(trigger, moment, client))
}

fn rejected(error: &TriggerError) -> Outcome {
    tracing::error!(error = %error, "a trigger was invoked with something that is no trigger event");
    Outcome::Rejected(Rejected::NoTriggerEvent)
}

fn wanted(trigger: &TriggerEvent, client: &ClientConfig) -> Result<(), Ignored> {
    match client.federated {
        FederatedUsers::Ignore if trigger.attributes.is_federated() => {
            return Err(Ignored::FederatedUser);
        }
        FederatedUsers::Ignore | FederatedUsers::Include => {}
    }
    let of_nobody = trigger.attributes.sub().is_none();
    if of_nobody && trigger.source == TriggerSource::TokenGeneration {
        return Err(Ignored::NoUser);
    }
    Ok(())
}

fn auth_event(trigger: TriggerEvent, moment: Moment, client: &ClientConfig) -> AuthEvent {
    let pairs = trigger
        .metadata
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let (metadata, dropped) = AppMetadata::from_pairs(pairs);
    if !dropped.is_empty() {
        let names = dropped.len();
        let first = dropped.first();
        tracing::warn!(names, first, "metadata over the bounds was left out");
    }
    AuthEvent {
        id: EventId::new(moment.time, moment.random),
        time: moment.time.trunc_subsecs(3),
        kind: kind(&trigger, client),
        user: user(&trigger, client),
        client: trigger.client,
        metadata,
    }
}

fn user(trigger: &TriggerEvent, client: &ClientConfig) -> UserKey {
    let sub = match trigger.source {
        TriggerSource::PreAuthenticationOfUnknownUser => None,
        TriggerSource::PreAuthentication
        | TriggerSource::PostAuthentication
        | TriggerSource::ConfirmSignUp
        | TriggerSource::ConfirmForgotPassword
        | TriggerSource::TokenGeneration => trigger.attributes.sub(),
    };
    UserKey {
        project: client.project.clone(),
        pool: trigger.pool.clone(),
        who: sub.map_or_else(|| Who::Nobody(trigger.client.clone()), Who::User),
    }
}

fn kind(trigger: &TriggerEvent, client: &ClientConfig) -> AuthEventKind {
    let contacts = || contact_details(trigger, client.sharing);
    match trigger.source {
        TriggerSource::PreAuthentication => AuthEventKind::AuthenticationStarted {
            window: client.attempt_window,
        },
        TriggerSource::PreAuthenticationOfUnknownUser => AuthEventKind::UserNotFound,
        TriggerSource::PostAuthentication => AuthEventKind::SignedIn(contacts()),
        TriggerSource::ConfirmSignUp => AuthEventKind::SignUpConfirmed(contacts()),
        TriggerSource::ConfirmForgotPassword => AuthEventKind::PasswordResetConfirmed(contacts()),
        TriggerSource::TokenGeneration => AuthEventKind::TokenIssued(contacts()),
    }
}

/// With sharing off, the addresses are not even looked at.
fn contact_details(trigger: &TriggerEvent, sharing: UserDataSharing) -> ContactDetails {
    match sharing {
        UserDataSharing::Off => ContactDetails::NotShared,
        UserDataSharing::On => ContactDetails::Shared {
            email: usable(
                "email",
                trigger.attributes.verified_email(),
                EmailAddress::parse,
            ),
            phone: usable(
                "phone_number",
                trigger.attributes.verified_phone_number(),
                PhoneNumber::parse,
            ),
        },
    }
}

fn usable<T>(
    attribute: &'static str,
    value: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let value = value?;
    let parsed = parse(value);
    if parsed.is_none() {
        tracing::warn!(
            attribute,
            "a verified address that no endpoint can have was left out"
        );
    }
    parsed
}
