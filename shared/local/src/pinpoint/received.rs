//! What is known of a request apart from what it asks.

use chrono::{DateTime, Utc};

use super::region::Region;

/// When a request came, the id it was given, and the Region that its caller takes this for.
#[derive(Clone)]
pub(super) struct Received {
    pub(super) request_id: String,
    pub(super) at: DateTime<Utc>,
    pub(super) region: Region,
}
