//! Expire: an attempt whose window is over and that no sign-in has closed becomes an event in the
//! log, for publish to count. Only publish writes a user's state.

use chrono::{DateTime, SubsecRound, Utc};
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey};
use domain::metadata::AppMetadata;
use domain::traits::Traits;
use domain::user_state::OpenAttempt;
use futures::StreamExt;

use crate::ports::{Appended, DueAttempts, EventLog, PortError};

/// How many events are appended at a time.
const CONCURRENT_APPENDS: usize = 16;

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Expired {
    /// Attempts whose expiry is in the log now.
    pub appended: usize,
    /// Attempts whose expiry was in the log before, and is not published yet.
    pub unpublished: usize,
    /// Attempts whose expiry is not: the next run finds them again.
    pub failed: usize,
    /// Whether there may be more, which the next run finds.
    pub more: bool,
}

/// Expires the attempts that are due at `now`, page by page for as long as `goes_on`: one page at least.
///
/// Running twice appends nothing twice: the event's id follows from the attempt's.
///
/// # Errors
///
/// If the attempts cannot be listed.
pub async fn expire<A: DueAttempts>(
    now: DateTime<Utc>,
    attempts: &A,
    log: &impl EventLog,
    goes_on: impl Fn() -> bool,
) -> Result<Expired, PortError> {
    let mut expired = Expired::default();
    let mut page = attempts.due(now, None).await?;
    loop {
        append(page.attempts, now, log, &mut expired).await;
        expired.more = page.next.is_some();
        match page.next {
            Some(next) if goes_on() => page = attempts.due(now, Some(next)).await?,
            Some(_) | None => return Ok(expired),
        }
    }
}

async fn append(
    due: Vec<(UserKey, OpenAttempt)>,
    now: DateTime<Utc>,
    log: &impl EventLog,
    expired: &mut Expired,
) {
    let appends = due.into_iter().map(|(user, attempt)| async move {
        let event = expiry(user, &attempt, now);
        log.append(&event).await
    });
    let results: Vec<_> = futures::stream::iter(appends)
        .buffer_unordered(CONCURRENT_APPENDS)
        .collect()
        .await;
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        tracing::error!(%error, "an attempt's expiry was not appended; the next run tries again");
    }
    for result in results {
        match result {
            Ok(Appended::Now) => expired.appended += 1,
            Ok(Appended::Before) => expired.unpublished += 1,
            Err(_) => expired.failed += 1,
        }
    }
}

fn expiry(user: UserKey, attempt: &OpenAttempt, now: DateTime<Utc>) -> AuthEvent {
    AuthEvent {
        id: attempt.id.of_expiry(),
        time: now.trunc_subsecs(3),
        user,
        client: attempt.client.clone(),
        kind: AuthEventKind::AttemptExpired(attempt.id),
        metadata: AppMetadata::default(),
        traits: Traits::default(),
    }
}
