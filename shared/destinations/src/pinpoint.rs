//! Pinpoint, or a server compatible with it, as a destination.
//!
//! Building the requests, sending them, and judging the replies item by item are kept apart: see
//! `request`, this module, and `reply`.

mod erase;
mod limits;
mod paces;
mod reply;
mod request;
mod routes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_pinpoint::Client;
use domain::analytics_event::AnalyticsEvent;
use domain::endpoint::ContactUpdate;
use domain::ids::ProjectId;
use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use pipeline::deliver::{Item, Sent, What};

use tokio::time::Instant;

use paces::Paces;
use reply::Judgement;
use request::Placed;
use routes::Route;
pub use routes::Routes;

use crate::halves::{Request, Verdict, in_halves};
use crate::restraint::{Breakers, Recent, Turn};
use crate::senders::{Destination, Judged, in_order};
use aws::sdk::describe;

/// How many times what Pinpoint would not take now is sent before it is left for later.
const TRIES: u32 = 2;

/// The status of what the role may not do.
const FORBIDDEN: u16 = 403;

/// How many contact endpoints are updated at a time.
const CONCURRENT_UPDATES: usize = 8;

/// The pause after the first try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Pinpoint as a destination.
#[derive(Debug)]
pub struct PinpointDestination {
    routes: Routes,
    breakers: Breakers<(ProjectId, Route)>,
    paces: Paces,
    /// Where the role may not update many endpoints with one call.
    one_by_one: Recent<(ProjectId, Route)>,
}

/// What goes to one project with one client, each with its place among the items.
#[derive(Default)]
struct Parcel<'a> {
    contacts: Vec<(usize, &'a ContactUpdate)>,
    events: Vec<(usize, &'a AnalyticsEvent)>,
}

impl PinpointDestination {
    /// Sends along these routes.
    pub fn new(routes: Routes) -> Self {
        Self {
            paces: Paces::of(&routes),
            routes,
            breakers: Breakers::default(),
            one_by_one: Recent::default(),
        }
    }

    /// What goes where. A route that cannot be is logged once for each cause.
    fn parcels<'a>(
        &self,
        items: &[Item<'a>],
        judged: &mut Judged,
    ) -> BTreeMap<(ProjectId, Route), Parcel<'a>> {
        let mut parcels: BTreeMap<_, Parcel<'a>> = BTreeMap::new();
        let mut faults = BTreeSet::new();
        for (place, item) in items.iter().enumerate() {
            let client = match item.what {
                What::Event(event) => event.client.as_ref(),
                What::Endpoint(update) => update.client.as_ref(),
            };
            match self.routes.of(item.user, client) {
                Ok(Some(route)) => {
                    let way = (item.user.project.clone(), route);
                    parcels.entry(way).or_default().put(place, item.what);
                }
                Ok(None) => drop(judged.insert(place, Sent::NotWanted)),
                Err(fault) => {
                    faults.insert(fault);
                    judged.insert(place, Sent::Misconfigured);
                }
            }
        }
        for fault in faults {
            tracing::error!(fault, "what waits cannot be sent to Pinpoint");
        }
        parcels
    }

    /// Sends what goes to one project. Of the call that is under way when the time is over, nobody knows.
    async fn send_parcel(
        &self,
        (project, route): (ProjectId, Route),
        parcel: Parcel<'_>,
        until: Instant,
    ) -> Judged {
        let mut judged = Judged::new();
        let way = (project, route);
        if self.breakers.is_open(&way, Instant::now()) {
            return judged;
        }
        let places = parcel.places();
        let sending = async {
            let client = self.routes.client(&way.1).await;
            let sender = Sender {
                client: &client,
                way: &way,
                pinpoint: self,
                until,
            };
            sender.contacts(parcel.contacts, &mut judged).await;
            sender.events(parcel.events, &mut judged).await;
        };
        if tokio::time::timeout_at(until, sending).await.is_err() {
            tracing::warn!(project = %way.0, "Pinpoint took too long");
        }
        let sent = places.iter().map(|place| judged.get(place).copied());
        let sent: Vec<Sent> = sent.map(|sent| sent.unwrap_or(Sent::Later)).collect();
        self.breakers.note(&way, &sent, Instant::now());
        judged
    }
}

impl<'a> Parcel<'a> {
    fn places(&self) -> Vec<usize> {
        let contacts = self.contacts.iter().map(|(place, _)| *place);
        let events = self.events.iter().map(|(place, _)| *place);
        contacts.chain(events).collect()
    }

    fn put(&mut self, place: usize, what: What<'a>) {
        match what {
            What::Event(event) => self.events.push((place, event)),
            What::Endpoint(update) => self.contacts.push((place, update)),
        }
    }
}

impl Destination for PinpointDestination {
    async fn send(&self, items: &[Item<'_>], within: Duration) -> Vec<Sent> {
        let until = Instant::now() + within;
        let mut judged = Judged::new();
        let parcels = self.parcels(items, &mut judged).into_iter();
        let sending = parcels.map(|(way, parcel)| self.send_parcel(way, parcel, until));
        for of_parcel in join_all(sending).await {
            judged.extend(of_parcel);
        }
        in_order(&judged, items.len())
    }
}

/// Sends to one project.
struct Sender<'a> {
    client: &'a Client,
    way: &'a (ProjectId, Route),
    pinpoint: &'a PinpointDestination,
    /// When all must be over.
    until: Instant,
}

impl<'a> Request for Sender<'a> {
    type Item = &'a AnalyticsEvent;

    async fn send(&self, chunk: &[Placed<'a>]) -> Verdict {
        if self.pinpoint.paces.put_events.wait(self.until).await == Turn::TooLate {
            return Verdict::Whole(Sent::Waiting);
        }
        let events: Vec<&AnalyticsEvent> = chunk.iter().map(|(_, event)| *event).collect();
        let reply = self.put_events(&events).await;
        if events.len() > 1 && reply::blames_content(&reply) {
            return Verdict::Whole(Sent::Refused);
        }
        let judgements = reply::events(&reply, &events);
        for (event, judgement) in events.into_iter().zip(&judgements) {
            if let Some(status) = judgement.status() {
                tracing::error!(event = %event.id, status, "Pinpoint does not take an event");
            }
        }
        Verdict::Each(judgements.into_iter().map(Judgement::sent).collect())
    }
}

impl<'a> Sender<'a> {
    fn project(&self) -> &ProjectId {
        &self.way.0
    }

    async fn events(&self, events: Vec<Placed<'a>>, judged: &mut Judged) {
        for chunk in request::chunks(events) {
            self.chunk(chunk, judged).await;
        }
    }

    /// Sends up to 100 events until each is judged for good, or the tries are used up.
    async fn chunk(&self, mut chunk: Vec<Placed<'a>>, judged: &mut Judged) {
        let mut pause = FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            in_halves(self, &chunk, judged).await;
            chunk.retain(|(place, _)| judged.get(place) == Some(&Sent::Later));
            if chunk.is_empty() || left == 0 {
                return;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn put_events(&self, events: &[&AnalyticsEvent]) -> reply::PutEvents {
        let call = self
            .client
            .put_events()
            .application_id(self.project().as_str())
            .events_request(request::events(events));
        let reply = call.send().await;
        if let Err(error) = &reply {
            tracing::warn!(project = %self.project(), error = describe(error), "PutEvents failed");
        }
        reply
    }

    /// Brings contact endpoints into step: many with one call if the role may, else one by one.
    async fn contacts(&self, contacts: Vec<(usize, &ContactUpdate)>, judged: &mut Judged) {
        for chunk in contacts.chunks(request::MOST_ENDPOINTS) {
            match self.update_together(chunk).await {
                BatchUpdate::Together(sent) => {
                    judged.extend(chunk.iter().map(|(place, _)| (*place, sent)));
                }
                BatchUpdate::OneByOne => self.update_one_by_one(chunk, judged).await,
            }
        }
    }

    async fn update_together(&self, contacts: &[(usize, &ContactUpdate)]) -> BatchUpdate {
        let forbidden = &self.pinpoint.one_by_one;
        if contacts.len() < 2 || forbidden.is_noted(self.way, Instant::now()) {
            return BatchUpdate::OneByOne;
        }
        let pace = &self.pinpoint.paces.update_endpoints_batch;
        if pace.wait(self.until).await == Turn::TooLate {
            return BatchUpdate::Together(Sent::Waiting);
        }
        let updates = contacts.iter().map(|(_, contact)| *contact);
        let call = self
            .client
            .update_endpoints_batch()
            .application_id(self.project().as_str())
            .endpoint_batch_request(request::endpoints(updates));
        match reply::judge(&call.send().await) {
            Judgement::Misconfigured(status) => {
                if status == FORBIDDEN {
                    forbidden.note(self.way, Instant::now());
                }
                BatchUpdate::OneByOne
            }
            Judgement::Refused(_) => BatchUpdate::OneByOne,
            judgement @ (Judgement::Accepted | Judgement::Later) => {
                BatchUpdate::Together(judgement.sent())
            }
        }
    }

    async fn update_one_by_one(&self, contacts: &[(usize, &ContactUpdate)], judged: &mut Judged) {
        let mut updates = Vec::with_capacity(contacts.len());
        for (place, contact) in contacts {
            updates.push(self.update_one(contact).map(move |sent| (*place, sent)));
        }
        let updates = futures::stream::iter(updates).buffer_unordered(CONCURRENT_UPDATES);
        let updated: Vec<_> = updates.collect().await;
        judged.extend(updated);
    }

    /// Sends one until it is judged, or the tries are used up.
    async fn update_one(&self, contact: &ContactUpdate) -> Sent {
        let mut pause = FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            if self.pinpoint.paces.update_endpoint.wait(self.until).await == Turn::TooLate {
                return Sent::Waiting;
            }
            let judgement = self.update_endpoint(contact).await;
            tell(contact, judgement);
            if judgement != Judgement::Later || left == 0 {
                return judgement.sent();
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Sent::Later
    }

    async fn update_endpoint(&self, contact: &ContactUpdate) -> Judgement {
        let call = self
            .client
            .update_endpoint()
            .application_id(self.project().as_str())
            .endpoint_id(contact.endpoint.as_str())
            .endpoint_request(request::endpoint(contact));
        reply::judge(&call.send().await)
    }
}

/// What Pinpoint says of a failure is not logged: it may name the address.
fn tell(contact: &ContactUpdate, judgement: Judgement) {
    let endpoint = contact.endpoint.as_str();
    match judgement {
        Judgement::Refused(status) => tracing::error!(
            endpoint,
            status,
            "Pinpoint refused a contact endpoint for good"
        ),
        Judgement::Misconfigured(status) => tracing::error!(
            endpoint,
            status,
            "Pinpoint does not take contact endpoints of this project: look at the project's id and the role; the endpoint \
             is sent again until it does"
        ),
        Judgement::Accepted | Judgement::Later => {}
    }
}

/// What came of updating many endpoints with one call.
enum BatchUpdate {
    /// The same of all: Pinpoint took them, or may take them later.
    Together(Sent),
    /// Pinpoint refused: for one bad endpoint it refuses all, and the role that Cognito's documents
    /// describe may not make this call.
    OneByOne,
}
