//! What came to its end of messages that did not: a message is retried as a whole, and what was accepted of it, or refused, need not
//! be sent again. So one that holds more than a destination takes in an invocation's time comes to its end at last. It is this
//! environment's own memory: another one sends it all again, with the same ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use domain::ids::{DestinationName, EventId};
use pipeline::deliver::{Item, Sent, What};

use crate::senders::Judged;

/// How many are remembered. All are forgotten at once if there are more.
const MOST: usize = 20_000;

/// Analytics events that have ended. An update of an endpoint is a message of its own.
#[derive(Debug, Default)]
pub struct Ended(Mutex<BTreeMap<(DestinationName, EventId), Sent>>);

impl Ended {
    /// The ends of those among the items that are remembered, by place.
    pub fn of(&self, to: &DestinationName, items: &[Item<'_>]) -> Judged {
        let Ok(ended) = self.0.lock() else {
            return Judged::new();
        };
        let items = items.iter().enumerate();
        let known = items.filter_map(|(place, item)| {
            let sent = ended.get(&(to.clone(), event(item)?))?;
            Some((place, *sent))
        });
        known.collect()
    }

    /// Takes note of how items ended, as long as something of their message has not.
    pub fn note(&self, to: &DestinationName, items: &[Item<'_>], sent: &[Sent]) {
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
                true if has_ended(*sent) => drop(ended.insert(key, *sent)),
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
