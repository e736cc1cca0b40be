//! What is counted of each day, beside the users who were active.

/// A counter of a day's events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Counter {
    /// Confirmed sign-ups.
    SignUps,
    /// Sign-ins.
    SignIns,
    /// Failed authentications.
    AuthFailures,
}

impl Counter {
    /// All there are. To add one, name it here and count it in the fold: a reader passes over names that it does
    /// not know.
    pub const ALL: [Self; 3] = [Self::SignUps, Self::SignIns, Self::AuthFailures];

    /// The name in rows and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignUps => "signUps",
            Self::SignIns => "signIns",
            Self::AuthFailures => "authFailures",
        }
    }

    /// Reads what [`Counter::name`] gives.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counter| counter.name() == name)
    }
}
