//! What is known of a request apart from what it asks.

use chrono::{DateTime, Utc};

/// When a request came, and the id it was given.
#[derive(Clone)]
pub(super) struct Received {
    pub(super) request_id: String,
    pub(super) at: DateTime<Utc>,
}
