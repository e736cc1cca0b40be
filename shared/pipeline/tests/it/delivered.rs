//! Whatever fails between publish and a destination: each event arrives, and each endpoint ends as its user's state has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use domain::auth_event::UserKey;
use domain::endpoint::ContactChange;
use domain::ids::{DestinationName, EndpointId, EventId};
use pipeline::deliver::{Deliver, Destinations, Done, Item, Sent, What, deliver};
use pipeline::ports::{ForgottenUsers, PortError, Tombstones};
use pipeline::publish::LogRecord;
use pipeline::route::Message;
use proptest::prelude::*;

use crate::crash::{Publisher, block_on, fates, log, world_with};
use crate::world::World;

/// How many messages are handed out at a time.
const BATCH: usize = 10;

/// A FIFO queue. Events that it has had are dropped as repetitions, however long ago.
#[derive(Default)]
struct Fifo {
    messages: Vec<(Message, Done)>,
    /// How many of the world's messages it has been sent.
    sent: usize,
}

impl Fifo {
    fn take_in(&mut self, world: &World) {
        let new = world.look(|memory| memory.enqueued[self.sent..].to_vec());
        self.sent += new.len();
        for message in new {
            let keeps_order = message.body.in_order_of().is_some();
            if keeps_order || !self.messages.iter().any(|(known, _)| *known == message) {
                self.messages.push((message, Done::Again));
            }
        }
    }

    /// Hands out the first that wait. Those of one group are so in their order.
    async fn hand_out(&mut self, to: &Place, log: &World) {
        let waiting = self.messages.iter().enumerate();
        let waiting = waiting
            .filter(|(_, (_, done))| *done == Done::Again)
            .take(BATCH);
        let (places, messages): (Vec<usize>, Vec<Message>) = waiting
            .map(|(place, (message, _))| (place, message.clone()))
            .unzip();
        let by = Deliver {
            destinations: to,
            log,
            forgotten: &Nobody,
        };
        let delivered = deliver(&messages, &by).await.unwrap();
        for (place, done) in places.into_iter().zip(delivered.done) {
            self.messages[place].1 = done;
        }
    }

    fn is_empty(&self) -> bool {
        self.messages.iter().all(|(_, done)| *done == Done::Taken)
    }
}

/// What becomes of an item at a destination.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Accepted,
    /// It is accepted, and nobody hears of it.
    Unheard,
    Later,
    Misconfigured,
}

/// A destination that has this luck in store, and then none but good. It remembers what it has accepted.
struct Place {
    luck: Mutex<Vec<Luck>>,
    events: Mutex<BTreeSet<EventId>>,
    contacts: Mutex<BTreeMap<EndpointId, ContactChange>>,
}

impl Place {
    fn accept(&self, item: &Item<'_>) {
        match item.what {
            What::Event(event) => drop(self.events.lock().unwrap().insert(event.id)),
            What::Endpoint(update) => {
                let mut contacts = self.contacts.lock().unwrap();
                contacts.insert(update.endpoint.clone(), update.change.clone());
            }
        }
    }
}

impl Destinations for Place {
    async fn send(&self, _: &DestinationName, items: &[Item<'_>]) -> Vec<Sent> {
        let sent = items.iter().map(|item| {
            let luck = self.luck.lock().unwrap().pop().unwrap_or(Luck::Accepted);
            match luck {
                Luck::Accepted => {
                    self.accept(item);
                    Sent::Accepted
                }
                Luck::Unheard => {
                    self.accept(item);
                    Sent::Later
                }
                Luck::Later => Sent::Later,
                Luck::Misconfigured => Sent::Misconfigured,
            }
        });
        sent.collect()
    }
}

/// Nobody was forgotten.
struct Nobody;

impl ForgottenUsers for Nobody {
    async fn forgotten(&self, _: &[&UserKey]) -> Result<Tombstones, PortError> {
        Ok(Tombstones::default())
    }
}

/// What a destination has in the end: the events, and what each endpoint is.
type Arrived = (BTreeSet<EventId>, BTreeMap<EndpointId, ContactChange>);

/// Publishes a log batch by batch, and delivers as often in between.
async fn arrived(
    world: &World,
    log: &[LogRecord],
    (batch_sizes, deliveries): (&[usize], &[usize]),
    luck: Vec<Luck>,
) -> Arrived {
    let place = Place {
        luck: Mutex::new(luck),
        events: Mutex::default(),
        contacts: Mutex::default(),
    };
    let mut publisher = Publisher::new(world, batch_sizes);
    let mut queue = Fifo::default();
    let mut deliveries = deliveries.iter().cycle();
    while !publisher.is_done(log) {
        publisher.invoke(log).await;
        queue.take_in(world);
        for _ in 0..*deliveries.next().unwrap() {
            queue.hand_out(&place, world).await;
        }
    }
    world.calm_down();
    while !queue.is_empty() {
        queue.hand_out(&place, world).await;
    }
    (
        place.events.into_inner().unwrap(),
        place.contacts.into_inner().unwrap(),
    )
}

fn luck() -> impl Strategy<Value = Vec<Luck>> {
    let luck = prop_oneof![
        4 => Just(Luck::Accepted),
        1 => Just(Luck::Unheard),
        2 => Just(Luck::Later),
        1 => Just(Luck::Misconfigured),
    ];
    prop::collection::vec(luck, 0..200)
}

proptest! {
    #[test]
    fn each_event_arrives_and_each_endpoint_ends_as_its_users_state_has_it(
        log in log(),
        fates in fates(),
        batch_sizes in prop::collection::vec(1usize..25, 1..8),
        deliveries in prop::collection::vec(0usize..4, 1..8),
        luck in luck(),
    ) {
        let (calm, troubled) = (World::calm(), world_with(fates));
        let calm = block_on(arrived(&calm, &log, (&[log.len()], &[1]), Vec::new()));
        let troubled = arrived(&troubled, &log, (&batch_sizes, &deliveries), luck);
        prop_assert_eq!(block_on(troubled), calm);
    }
}
