//! What Cognito says of an event's user that figures are broken down by.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What is captured of the user beside who they are: only what a dimension asks for.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Traits {
    /// Whom the user signs in with.
    pub provider: Provider,
    /// The attributes that are dimensions, by name, without those that the user has not.
    pub attributes: BTreeMap<Arc<str>, String>,
    /// The groups that a token tells, in Cognito's order.
    pub groups: Vec<String>,
}

/// Whom a user signs in with.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Provider {
    /// The user pool itself, also where other identities are linked to the user.
    #[default]
    Cognito,
    /// The identity provider of a federated user, by its name.
    Federated(String),
    /// Nobody says.
    Unknown,
}

impl Provider {
    /// What native users sign in with, as the value of a dimension.
    pub const COGNITO: &'static str = "Cognito";

    /// The value of the dimension; `None` if it is not known.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Cognito => Some(Self::COGNITO),
            Self::Federated(name) => Some(name),
            Self::Unknown => None,
        }
    }
}
