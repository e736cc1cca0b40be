//! Route: which destinations an item goes to, and in which messages.
//!
//! An update of a contact endpoint is a message of its own, and those of one endpoint are taken in their order; of several at
//! once, the last goes. Analytics events need no order: a message holds as many of a project's as fit.

use std::collections::{BTreeMap, BTreeSet};

use ::config::Config;
use domain::analytics_event::AnalyticsEvent;
use domain::auth_event::UserKey;
use domain::endpoint::ContactUpdate;
use domain::ids::{ClientId, DestinationName, EndpointId, ProjectId};
use domain::metadata::Demographic;

/// Analytics events in one message: what one PutEvents takes.
pub const MOST_EVENTS: usize = 100;

/// About so many bytes of analytics events are in one message, unless one alone has more: SQS takes 1 MiB, and servers that
/// are compatible with it 256 KiB.
pub const MOST_BYTES: usize = 200_000;

/// What came of one user's events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Whose.
    pub user: UserKey,
    /// The contact endpoints to update, each at one destination, in order.
    pub contacts: Vec<(DestinationName, ContactUpdate)>,
    /// The analytics events, in order.
    pub analytics: Vec<AnalyticsEvent>,
}

/// Something of a user's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfUser<T> {
    /// Whose.
    pub user: UserKey,
    /// What.
    pub item: T,
}

/// What is sent to one destination, and accepted, refused or retried as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Where it goes.
    pub destination: DestinationName,
    /// What it holds.
    pub body: Body,
}

/// What a message holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// Analytics events of one project, in any order.
    Events(Vec<OfUser<AnalyticsEvent>>),
    /// What a contact endpoint is now.
    Endpoint(OfUser<ContactUpdate>),
}

impl Body {
    /// The endpoint, of which project, whose messages it must not overtake.
    pub fn in_order_of(&self) -> Option<(&ProjectId, &EndpointId)> {
        match self {
            Self::Events(_) => None,
            Self::Endpoint(update) => Some((&update.user.project, &update.item.endpoint)),
        }
    }
}

/// A message, and which deliveries depend on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Routed {
    /// The message.
    pub message: Message,
    /// The places of the deliveries that something in it came of.
    pub places: BTreeSet<usize>,
}

/// Works out what goes where, in messages: of each user in order. An analytics event that came through an app client goes where its
/// configuration says; if the client reports to another project by now, or is not configured any more, where any client of the
/// project sends. A contact endpoint goes to the destinations that the user's state knows to lack it.
pub fn route(deliveries: Vec<Delivery>, config: &Config) -> Vec<Routed> {
    let mut routed = Vec::new();
    let mut events = Events::default();
    for (place, delivery) in deliveries.into_iter().enumerate() {
        let Delivery {
            user,
            contacts,
            analytics,
        } = delivery;
        let contacts = contacts.into_iter();
        let last = contacts.map(|(to, update)| ((to, update.endpoint.clone()), update));
        let last: BTreeMap<(DestinationName, EndpointId), ContactUpdate> = last.collect();
        for ((destination, _), item) in last {
            let user = user.clone();
            let body = Body::Endpoint(OfUser { user, item });
            routed.push(Routed::new(destination, body, BTreeSet::from([place])));
        }
        for event in analytics {
            for destination in destinations(config, &user.project, event.client.as_ref()) {
                let (user, item) = (user.clone(), event.clone());
                events.add(destination, (place, OfUser { user, item }));
            }
        }
    }
    for (destination, parcel) in events.parcels() {
        let body = Body::Events(parcel.events);
        routed.push(Routed::new(destination, body, parcel.places));
    }
    routed
}

fn destinations(
    config: &Config,
    project: &ProjectId,
    client: Option<&ClientId>,
) -> BTreeSet<DestinationName> {
    let client = config.reporting_to(project, client);
    client.map_or_else(BTreeSet::new, |client| client.destinations.clone())
}

impl Routed {
    fn new(destination: DestinationName, body: Body, places: BTreeSet<usize>) -> Self {
        let message = Message { destination, body };
        Self { message, places }
    }
}

/// Analytics events by where they go and whose they are, in parcels that fit a message each.
#[derive(Default)]
struct Events(BTreeMap<(DestinationName, ProjectId), Vec<Parcel>>);

#[derive(Default)]
struct Parcel {
    events: Vec<OfUser<AnalyticsEvent>>,
    places: BTreeSet<usize>,
    bytes: usize,
}

impl Events {
    fn add(
        &mut self,
        destination: DestinationName,
        (place, event): (usize, OfUser<AnalyticsEvent>),
    ) {
        let way = (destination, event.user.project.clone());
        let parcels = self.0.entry(way).or_default();
        let bytes = bytes(&event);
        let fits = |parcel: &Parcel| {
            parcel.events.len() < MOST_EVENTS && parcel.bytes + bytes <= MOST_BYTES
        };
        if !parcels.last().is_some_and(fits) {
            parcels.push(Parcel::default());
        }
        if let Some(parcel) = parcels.last_mut() {
            parcel.events.push(event);
            parcel.places.insert(place);
            parcel.bytes += bytes;
        }
    }

    fn parcels(self) -> impl Iterator<Item = (DestinationName, Parcel)> {
        let ways = self.0.into_iter();
        ways.flat_map(|((destination, _), parcels)| {
            let parcels = parcels.into_iter();
            parcels.map(move |parcel| (destination.clone(), parcel))
        })
    }
}

/// How long an event is as ASCII-escaped JSON, at most: six bytes for each UTF-16 unit of what an app or the pool says, and
/// what all have.
fn bytes(event: &OfUser<AnalyticsEvent>) -> usize {
    const OF_ALL: usize = 1_000;
    let escaped = |text: &str| 6 * text.encode_utf16().count();
    let attributes = event.item.attributes.iter();
    let attributes: usize = attributes
        .map(|(name, value)| 8 + escaped(name) + escaped(value))
        .sum();
    let device = event.item.device.iter().map(|device| &device.demographic);
    let said = device.chain([&event.item.demographic]);
    let demographic: usize = said
        .flat_map(Demographic::fields)
        .flatten()
        .map(escaped)
        .sum();
    OF_ALL + attributes + demographic + escaped(event.item.endpoint.as_str())
}
