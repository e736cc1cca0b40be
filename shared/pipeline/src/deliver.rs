//! Deliver: what waits in a destination's queue is sent to it, and judged item by item.
//!
//! A message is taken once each of its items has come to its end: accepted, or not wanted any more, or refused for good.
//! Else all of it is retried, and what was accepted already may be sent again, with the same ids. What comes after it in the same
//! order waits with it.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use chrono::{DateTime, Utc};
use domain::analytics_event::AnalyticsEvent;
use domain::auth_event::UserKey;
use domain::endpoint::ContactUpdate;
use domain::ids::DestinationName;
use futures::future::join_all;

use crate::outcome::{self, Ignored, Rejected};
use crate::ports::{EventLog, ForgottenUsers, PortError, Tombstones};
use crate::route::{Body, Message};

/// Something to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item<'a> {
    /// Whose.
    pub user: &'a UserKey,
    /// What.
    pub what: What<'a>,
    /// Which of the messages at hand it is in: a retried message holds the same items.
    pub message: usize,
}

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What<'a> {
    /// An analytics event.
    Event(&'a AnalyticsEvent),
    /// What a contact endpoint is now.
    Endpoint(&'a ContactUpdate),
}

/// The places that analytics events and endpoints are sent to.
pub trait Destinations: Sync {
    /// Sends items to one of them, of which no two are updates of the same endpoint, and judges each, in their order.
    fn send(
        &self,
        to: &DestinationName,
        items: &[Item<'_>],
    ) -> impl Future<Output = Vec<Sent>> + Send;
}

/// What a destination made of an item.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sent {
    /// It took it.
    Accepted,
    /// It refuses it, now and ever.
    Refused,
    /// It may take it later.
    Later,
    /// Its turn has not come: it was not sent.
    Waiting,
    /// It takes it once somebody mends the credentials, their rights, or what the configuration says.
    Misconfigured,
    /// The configuration does not send it there any more.
    NotWanted,
}

/// How an item that was to be delivered ended, or why it has not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// The destination's word.
    Sent(Sent),
    /// Its user was forgotten after it happened.
    Forgotten,
}

impl Outcome {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent(Sent::Accepted) => "delivered",
            Self::Sent(Sent::Refused) => outcome::Outcome::Rejected(Rejected::ByDestination).name(),
            Self::Sent(Sent::Later | Sent::Waiting) => "later",
            Self::Sent(Sent::Misconfigured) => "misconfigured",
            Self::Sent(Sent::NotWanted) => "ignored:not_wanted",
            Self::Forgotten => outcome::Outcome::Ignored(Ignored::Forgotten).name(),
        }
    }

    /// Whether it must be retried.
    fn is_open(self) -> bool {
        match self {
            Self::Sent(Sent::Later | Sent::Waiting | Sent::Misconfigured) => true,
            Self::Sent(Sent::Accepted | Sent::Refused | Sent::NotWanted) | Self::Forgotten => false,
        }
    }
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// All of it has come to its end.
    Taken,
    /// It must be retried.
    Again,
    /// The same, and nothing is wrong: the turn of what is left of it has not come.
    Waits,
}

impl Done {
    fn of(items: &[Outcome]) -> Self {
        let open: Vec<&Outcome> = items.iter().filter(|it| it.is_open()).collect();
        if open.is_empty() {
            Self::Taken
        } else if open.iter().all(|it| **it == Outcome::Sent(Sent::Waiting)) {
            Self::Waits
        } else {
            Self::Again
        }
    }
}

/// What messages are delivered by and to.
#[derive(Debug)]
pub struct Deliver<'a, D, L, F> {
    /// Where they go.
    pub destinations: &'a D,
    /// What a refused endpoint is told to.
    pub log: &'a L,
    /// Who was forgotten.
    pub forgotten: &'a F,
}

/// What a batch came to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Delivered {
    /// What became of each message, in their order.
    pub done: Vec<Done>,
    /// How many items came to which end; those that were not tried are not among them.
    pub outcomes: BTreeMap<Outcome, usize>,
}

/// Delivers messages, to each destination by itself. Of those that keep an order, the first goes before the next, and none after one that
/// must be retried.
///
/// # Errors
///
/// If it is not known who was forgotten: then nothing is sent.
pub async fn deliver<M: Borrow<Message>, D, L, F>(
    messages: &[M],
    by: &Deliver<'_, D, L, F>,
) -> Result<Delivered, PortError>
where
    D: Destinations,
    L: EventLog + Sync,
    F: ForgottenUsers,
{
    let messages: Vec<&Message> = messages.iter().map(Borrow::borrow).collect();
    let users: BTreeSet<&UserKey> = messages.iter().flat_map(|it| users(&it.body)).collect();
    let users: Vec<&UserKey> = users.into_iter().collect();
    let forgotten = by.forgotten.forgotten(&users).await?;
    let mut by_destination: BTreeMap<&DestinationName, Waiting<'_>> = BTreeMap::new();
    for (place, message) in messages.iter().copied().enumerate() {
        let waiting = by_destination.entry(&message.destination).or_default();
        waiting.push((place, message));
    }
    let each = by_destination.into_values();
    let each = each.map(|waiting| deliver_to_one(waiting, &forgotten, by));
    let mut delivered = Delivered {
        done: vec![Done::Again; messages.len()],
        ..Delivered::default()
    };
    for (done, outcomes) in join_all(each).await {
        for (place, done) in done {
            if let Some(of_message) = delivered.done.get_mut(place) {
                *of_message = done;
            }
        }
        for (outcome, count) in outcomes {
            *delivered.outcomes.entry(outcome).or_default() += count;
        }
    }
    Ok(delivered)
}

/// Delivers messages of one destination: gives what became of those that were tried, by place, and how many items came to which end.
async fn deliver_to_one<D: Destinations, L: EventLog + Sync, F: ForgottenUsers>(
    mut waiting: Waiting<'_>,
    forgotten: &Tombstones,
    by: &Deliver<'_, D, L, F>,
) -> (Vec<(usize, Done)>, BTreeMap<Outcome, usize>) {
    let (mut done, mut outcomes) = (Vec::new(), BTreeMap::new());
    while !waiting.is_empty() {
        let (next, later) = next_of_each_order(waiting);
        let mut held = BTreeSet::new();
        let judged = send(&next, forgotten, by).await;
        for ((place, message), of_message) in next.into_iter().zip(judged) {
            for outcome in &of_message {
                *outcomes.entry(*outcome).or_default() += 1;
            }
            let of_message = Done::of(&of_message);
            if of_message != Done::Taken {
                held.extend(message.body.in_order_of());
            }
            done.push((place, of_message));
        }
        waiting = later;
        waiting.retain(|(_, message)| {
            let order = message.body.in_order_of();
            order.is_none_or(|endpoint| !held.contains(&endpoint))
        });
    }
    (done, outcomes)
}

fn users(body: &Body) -> Vec<&UserKey> {
    match body {
        Body::Events(events) => events.iter().map(|event| &event.user).collect(),
        Body::Endpoint(update) => vec![&update.user],
    }
}

type Waiting<'m> = Vec<(usize, &'m Message)>;

/// The first message of each order, and all that keep none; and the others.
fn next_of_each_order(waiting: Waiting<'_>) -> (Waiting<'_>, Waiting<'_>) {
    let mut begun = BTreeSet::new();
    waiting.into_iter().partition(|(_, message)| {
        let order = message.body.in_order_of();
        order.is_none_or(|endpoint| begun.insert(endpoint))
    })
}

/// Sends what is to be sent of these messages with one call, and gives how each item of each message ended.
async fn send<D: Destinations, L: EventLog, F>(
    messages: &[(usize, &Message)],
    forgotten: &Tombstones,
    by: &Deliver<'_, D, L, F>,
) -> Vec<Vec<Outcome>> {
    let items = messages.iter().map(|(place, it)| items(&it.body, *place));
    let items: Vec<Vec<Item<'_>>> = items.collect();
    let is_wanted = |item: &Item<'_>| !forgotten.cover(item.user, item.time());
    let wanted: Vec<Item<'_>> = items.iter().flatten().copied().filter(is_wanted).collect();
    let Some((_, Message { destination, .. })) = messages.first() else {
        return Vec::new();
    };
    let sent = match wanted.as_slice() {
        [] => Vec::new(),
        wanted => by.destinations.send(destination, wanted).await,
    };
    let ends = wanted.iter().zip(sent);
    let ends = ends.map(|(item, sent)| told(item, (destination, sent), by.log));
    let mut sent = join_all(ends).await.into_iter();
    let outcome = |item: Item<'_>| match is_wanted(&item) {
        true => Outcome::Sent(sent.next().unwrap_or(Sent::Later)),
        false => Outcome::Forgotten,
    };
    let mut outcomes = items.iter().flatten().copied().map(outcome);
    let of_each = items.iter();
    of_each
        .map(|items| outcomes.by_ref().take(items.len()).collect())
        .collect()
}

/// Appends to the log that a contact endpoint was refused, or is not sent there any more, so that its user's next event sends it
/// anew. Until that is done, it has not come to its end.
async fn told(item: &Item<'_>, (to, sent): (&DestinationName, Sent), log: &impl EventLog) -> Sent {
    match (item.what, sent) {
        (What::Endpoint(update), Sent::Refused | Sent::NotWanted) => {
            match log.append(&update.refusal(item.user, to)).await {
                Ok(_) => sent,
                Err(error) => {
                    tracing::warn!(%error, "the log was not told of an endpoint that was refused");
                    Sent::Later
                }
            }
        }
        (What::Event(_) | What::Endpoint(_), sent) => sent,
    }
}

fn items(body: &Body, message: usize) -> Vec<Item<'_>> {
    match body {
        Body::Events(events) => {
            let events = events.iter();
            events
                .map(|event| Item::of(&event.user, What::Event(&event.item), message))
                .collect()
        }
        Body::Endpoint(update) => {
            vec![Item::of(
                &update.user,
                What::Endpoint(&update.item),
                message,
            )]
        }
    }
}

impl<'a> Item<'a> {
    fn of(user: &'a UserKey, what: What<'a>, message: usize) -> Self {
        Self {
            user,
            what,
            message,
        }
    }

    /// When it happened.
    fn time(&self) -> DateTime<Utc> {
        match self.what {
            What::Event(event) => event.time,
            What::Endpoint(update) => update.time,
        }
    }
}
