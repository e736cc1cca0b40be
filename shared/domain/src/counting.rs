//! How one project is counted: what a fold takes beside the user's state and the event.

use chrono::{DateTime, Utc};

use crate::dimension::Dimension;
use crate::recipients::Recipients;
use crate::segment::KnownValues;
use crate::time_zone::TimeZone;

/// The rules of one project, and the segment values that it distinguishes so far.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Counting {
    /// Whose calendar days count.
    pub zone: TimeZone,
    /// The first captured event's time, once there is one. Whoever Cognito made before it is not new.
    pub since: Option<DateTime<Utc>>,
    /// What figures are broken down by.
    pub dimensions: Vec<Dimension>,
    /// The values that have a place. A fold adds those of the events that count, first come in the order in which
    /// they are folded.
    pub values: KnownValues,
    /// Where contact endpoints are sent.
    pub recipients: Recipients,
}
