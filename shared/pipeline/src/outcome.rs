//! How events end: each in exactly one of these, by a stable name.

use std::fmt;

/// What became of a captured event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Applied to the user's state and counted; what it gave rise to was delivered.
    Published,
    /// Not wanted.
    Ignored(Ignored),
    /// Not possible.
    Rejected(Rejected),
    /// Moved to the not-published queue, whole: folded again once its reason is mended.
    NotPublished(NotPublished),
    /// Not in the event log, but in the function's own log, from where it can be re-ingested.
    Spilled,
}

/// Why an event is not wanted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ignored {
    /// The trigger source says nothing of sign-ups, sign-ins or activity.
    TriggerSource,
    /// The app client has no configuration, and there is none by default.
    ClientNotConfigured,
    /// The configuration leaves this user or client out.
    Excluded,
    /// The user comes from another identity provider, and the configuration does not include such.
    FederatedUser,
    /// A token was issued to nobody: a machine.
    NoUser,
    /// The user had signed up before: Cognito has invoked the trigger again.
    AlreadySignedUp,
    /// History: it happened when events were captured already.
    AlreadyCaptured,
    /// History: the record was imported before.
    AlreadyImported,
    /// Its user was forgotten after it happened.
    Forgotten,
}

/// Why an event is not possible.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rejected {
    /// The function has no configuration: it is faulty, or cannot be had.
    NoConfiguration,
    /// The payload is no trigger event.
    NoTriggerEvent,
    /// An identifier is longer than any table can hold.
    IdentifierTooLong,
    /// Its time is further ahead of the wall clock than any clock can be wrong.
    InTheFuture,
    /// Its time is before there was a Cognito.
    InThePast,
    /// What the log holds is no auth event.
    NoAuthEvent,
    /// A destination refuses what came of the event, for good. It is counted all the same.
    ByDestination,
}

/// Why an event of the log cannot be published, for a reason of its own user's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NotPublished {
    /// The user's state makes no sense.
    StateUnreadable,
    /// The user's state would be larger than a table can hold.
    StateTooLarge,
    /// The table refuses the user's state for what is in it.
    Refused,
}

impl NotPublished {
    /// The stable name, such as `not_published:state_unreadable`.
    pub fn name(self) -> &'static str {
        match self {
            Self::StateUnreadable => "not_published:state_unreadable",
            Self::StateTooLarge => "not_published:state_too_large",
            Self::Refused => "not_published:refused",
        }
    }
}

/// A part of an event that cannot be taken, while the event itself goes on: counted beside its
/// outcome.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LeftOut {
    /// A verified email address that no endpoint can have: no address, or over 254 bytes.
    Email,
    /// A verified phone number that no endpoint can have: not in E.164.
    Sms,
    /// A user attribute whose value is over Pinpoint's length.
    UserAttribute,
    /// Something that the app said of itself whose name or value is over Pinpoint's length, or too
    /// much.
    Attribute,
}

impl LeftOut {
    /// The stable name, such as `rejected:email`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "rejected:email",
            Self::Sms => "rejected:sms",
            Self::UserAttribute => "rejected:user_attribute",
            Self::Attribute => "rejected:attribute",
        }
    }
}

impl Outcome {
    /// The stable name, such as `ignored:federated_user`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Ignored(Ignored::TriggerSource) => "ignored:trigger_source",
            Self::Ignored(Ignored::ClientNotConfigured) => "ignored:client_not_configured",
            Self::Ignored(Ignored::Excluded) => "ignored:excluded",
            Self::Ignored(Ignored::FederatedUser) => "ignored:federated_user",
            Self::Ignored(Ignored::NoUser) => "ignored:no_user",
            Self::Ignored(Ignored::AlreadySignedUp) => "ignored:already_signed_up",
            Self::Ignored(Ignored::AlreadyCaptured) => "ignored:already_captured",
            Self::Ignored(Ignored::AlreadyImported) => "ignored:already_imported",
            Self::Ignored(Ignored::Forgotten) => "ignored:forgotten",
            Self::Rejected(Rejected::NoConfiguration) => "rejected:no_configuration",
            Self::Rejected(Rejected::NoTriggerEvent) => "rejected:no_trigger_event",
            Self::Rejected(Rejected::IdentifierTooLong) => "rejected:identifier_too_long",
            Self::Rejected(Rejected::InTheFuture) => "rejected:in_the_future",
            Self::Rejected(Rejected::InThePast) => "rejected:in_the_past",
            Self::Rejected(Rejected::NoAuthEvent) => "rejected:no_auth_event",
            Self::Rejected(Rejected::ByDestination) => "rejected:by_destination",
            Self::NotPublished(reason) => reason.name(),
            Self::Spilled => "spilled",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
