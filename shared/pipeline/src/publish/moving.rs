//! The way out for records that cannot be published for a reason of their own user's.

use crate::outcome::Outcome;
use crate::ports::{NotPublishedQueue, NotPublishedRecord};

use super::{Judged, Verdict};

/// Moves what is unpublishable to the queue, whole, and tells what became of it then. `record` gives a
/// record by its sequence number, as Lambda gave it.
///
/// Only what stands before every failed record is moved: from the lowest of these on, Lambda gives all
/// of them again, and an unpublishable one would be moved twice. For the same reason, what the queue does
/// not take has failed, with all that was to be moved at the same time. A record that is moved twice all
/// the same, after a crash, is published once when it is redriven.
pub async fn move_unpublishable<'a>(
    mut judged: Vec<Judged>,
    record: impl Fn(&str) -> Option<&'a str>,
    queue: &impl NotPublishedQueue,
) -> Vec<Judged> {
    let end = judged
        .iter()
        .position(|judged| judged.verdict == Verdict::Failed)
        .unwrap_or(judged.len());
    let moving: Vec<_> = judged
        .iter()
        .take(end)
        .filter_map(|judged| moving(judged, &record))
        .collect();
    let moved = moving.is_empty() || put(&moving, queue).await;
    for (place, judged) in judged.iter_mut().enumerate() {
        if let Verdict::Unpublishable(reason) = judged.verdict {
            judged.verdict = if moved && place < end {
                Verdict::Ended(Outcome::NotPublished(reason))
            } else {
                Verdict::Failed
            };
        }
    }
    judged
}

fn moving<'a>(
    judged: &Judged,
    record: impl Fn(&str) -> Option<&'a str>,
) -> Option<NotPublishedRecord<'a>> {
    let Verdict::Unpublishable(reason) = judged.verdict else {
        return None;
    };
    let record = record(&judged.sequence_number)?;
    Some(NotPublishedRecord { reason, record })
}

async fn put(records: &[NotPublishedRecord<'_>], queue: &impl NotPublishedQueue) -> bool {
    let put = queue.put(records).await;
    match &put {
        Ok(()) => tracing::error!(
            records = records.len(),
            "records were moved to the not-published queue: once their reason is mended, `cognito-pinpoint redrive` folds them again"
        ),
        Err(error) => tracing::error!(
            records = records.len(),
            %error,
            "records were not moved to the not-published queue; they are retried"
        ),
    }
    put.is_ok()
}
