//! What came to its end of messages that did not: a message is retried as a whole, and what was accepted of it, or refused, need not
//! be sent again. So one that holds more than a destination takes in an invocation's time comes to its end at last. It is this
//! environment's own memory: another one sends it all again, with the same ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use domain::ids::{DestinationName, EventId};
use pipeline::deliver::{Item, Sent, What};
use tokio::time::Instant;

use crate::senders::Judged;

/// How many are remembered. All are forgotten at once if there are more.
const MOST: usize = 20_000;

/// For how long an end is remembered without being asked for. A message that is retried here is here again by then; one that another
/// environment has taken is not, and the same event may be sent once more on purpose.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// Analytics events that have ended. An update of an endpoint is a message of its own.
#[derive(Debug, Default)]
pub struct Ended(Mutex<BTreeMap<(DestinationName, EventId), End>>);

#[derive(Debug)]
struct End {
    sent: Sent,
    asked: Instant,
}

impl Ended {
    /// The ends of those among the items that are remembered, by place.
    pub fn of(&self, to: &DestinationName, items: &[Item<'_>], now: Instant) -> Judged {
        let Ok(mut ended) = self.0.lock() else {
            return Judged::new();
        };
        ended.retain(|_, end| now.duration_since(end.asked) < KEPT);
        let items = items.iter().enumerate();
        let known = items.filter_map(|(place, item)| {
            let end = ended.get_mut(&(to.clone(), event(item)?))?;
            end.asked = now;
            Some((place, end.sent))
        });
        known.collect()
    }

    /// Takes note of how items ended, as long as something of their message has not.
    pub fn note(&self, to: &DestinationName, (items, sent): (&[Item<'_>], &[Sent]), now: Instant) {
        let Ok(mut ended) = self.0.lock() else {
            return;
        };
        let open = items
            .iter()
            .zip(sent)
            .filter(|(_, sent)| !has_ended(**sent));
        let open: BTreeSet<usize> = open.map(|(item, _)| item.message).collect();
        for (item, sent) in items.iter().zip(sent) {
            let Some(event) = event(item) else { continue };
            let key = (to.clone(), event);
            match open.contains(&item.message) {
                true if has_ended(*sent) => {
                    let (sent, asked) = (*sent, now);
                    ended.insert(key, End { sent, asked });
                }
                true => {}
                false => drop(ended.remove(&key)),
            }
        }
        if ended.len() > MOST {
            ended.clear();
        }
    }
}

fn event(item: &Item<'_>) -> Option<EventId> {
    match item.what {
        What::Event(event) => Some(event.id),
        What::Endpoint(_) => None,
    }
}

fn has_ended(sent: Sent) -> bool {
    match sent {
        Sent::Accepted | Sent::Refused => true,
        Sent::Later | Sent::Waiting | Sent::Misconfigured | Sent::NotWanted => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::samples;

    #[test]
    fn an_end_is_remembered_while_its_message_is_retried_and_not_for_long_after() {
        let (ended, to) = (Ended::default(), DestinationName::new("archive"));
        let [one, other, ..] = samples();
        let items = [one.item(), other.item()];
        let begun = Instant::now();
        let at = |minutes: u64| begun + Duration::from_secs(60 * minutes);
        ended.note(&to, (&items, &[Sent::Accepted, Sent::Later]), begun);
        for (minutes, expected) in [
            (9, Judged::from([(0, Sent::Accepted)])),
            (18, Judged::from([(0, Sent::Accepted)])),
            (29, Judged::new()),
        ] {
            assert_eq!(ended.of(&to, &items, at(minutes)), expected, "{minutes}");
        }
        ended.note(&to, (&items, &[Sent::Accepted, Sent::Later]), begun);
        ended.note(&to, (&items, &[Sent::Accepted, Sent::Accepted]), begun);
        assert_eq!(ended.of(&to, &items, begun), Judged::new());
    }
}
