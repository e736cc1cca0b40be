//! Pinpoint, or a server compatible with it, as a destination.
//!
//! Building the requests, sending them, and judging the replies item by item are kept apart: see
//! `request`, this module, and `reply`.

mod erase;
mod limits;
mod reply;
mod request;
mod routes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_pinpoint::Client;
use domain::analytics_event::AnalyticsEvent;
use domain::auth_event::UserKey;
use domain::endpoint::ContactUpdate;
use domain::ids::{EndpointId, EventId, ProjectId};
use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use pipeline::ports::{Delivered, Delivery, Destinations};

use reply::Judgement;
use routes::Route;
pub use routes::Routes;

use aws::sdk::describe;

/// How many times what Pinpoint would not take now is sent.
const TRIES: u32 = 3;

/// How many contact endpoints are updated at a time.
const CONCURRENT_UPDATES: usize = 8;

/// The pause after the first try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long a delivery may take unless something else is said: a good part of the minute that
/// publish has.
const BUDGET: Duration = Duration::from_secs(40);

/// Pinpoint as a destination.
#[derive(Clone, Debug)]
pub struct PinpointDestination {
    routes: Arc<Routes>,
    budget: Duration,
}

/// What goes to one project with one client.
#[derive(Default)]
struct Parcel<'a> {
    contacts: BTreeMap<&'a str, (usize, &'a ContactUpdate)>,
    events: Vec<(usize, &'a AnalyticsEvent)>,
}

/// What goes where, and why some of it goes nowhere.
#[derive(Default)]
struct Parcels<'a> {
    by_route: BTreeMap<(ProjectId, Route), Parcel<'a>>,
    faults: BTreeSet<String>,
}

/// What became of something that may go somewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Put {
    OnItsWay,
    /// Its configuration sends nothing. What is not sent does not count as sent.
    NoDestination,
    /// Its configuration sends it, and says no way that there is.
    NoRoute,
}

/// How far the deliveries have come, by place.
#[derive(Default)]
struct Progress {
    failed: BTreeSet<usize>,
    refused: BTreeMap<usize, Vec<EventId>>,
    not_sent: BTreeMap<usize, Vec<EndpointId>>,
}

impl PinpointDestination {
    /// Sends along these routes.
    pub fn new(routes: Routes) -> Self {
        Self {
            routes: Arc::new(routes),
            budget: BUDGET,
        }
    }

    /// The same, for a delivery that may take so long. What goes to a project that is not done by then
    /// is failed, and what came of the others can still be committed.
    pub fn within(&self, budget: Duration) -> Self {
        Self {
            budget,
            ..self.clone()
        }
    }

    /// What goes where. What has no route is refused, which is logged once for each batch and cause; a contact
    /// endpoint is sent again with its user's next event.
    fn parcels<'a>(&self, deliveries: &'a [Delivery], progress: &mut Progress) -> Parcels<'a> {
        let mut parcels = Parcels::default();
        for (place, delivery) in deliveries.iter().enumerate() {
            let user = &delivery.user;
            for contact in &delivery.contacts {
                let route = self.routes.of(user, contact.client.as_ref());
                let put = parcels.put(user, route, |parcel| {
                    let endpoint = contact.endpoint.as_str();
                    parcel.contacts.insert(endpoint, (place, contact));
                });
                match put {
                    Put::OnItsWay => {}
                    Put::NoDestination | Put::NoRoute => progress.not_sent(place, contact),
                }
            }
            for event in &delivery.analytics {
                let route = self.routes.of(user, event.client.as_ref());
                match parcels.put(user, route, |parcel| parcel.events.push((place, event))) {
                    Put::OnItsWay | Put::NoDestination => {}
                    Put::NoRoute => progress.refused.entry(place).or_default().push(event.id),
                }
            }
        }
        for fault in &parcels.faults {
            tracing::error!(
                fault,
                "events are counted here and cannot be sent to Pinpoint"
            );
        }
        parcels
    }

    /// Sends what goes to one project. If it is not done in time, all of it is failed: of the call
    /// that was under way, nobody knows.
    async fn send(&self, project: ProjectId, route: Route, parcel: Parcel<'_>) -> Progress {
        let places = parcel.places();
        let mut progress = Progress::default();
        let sending = async {
            let client = self.routes.client(&route).await;
            let sender = Sender {
                client: &client,
                project: &project,
            };
            sender
                .contacts(parcel.contacts.into_values().collect(), &mut progress)
                .await;
            sender.events(parcel.events, &mut progress).await;
        };
        if tokio::time::timeout(self.budget, sending).await.is_err() {
            tracing::warn!(%project, "a delivery to Pinpoint took too long");
            progress.failed.extend(places);
        }
        progress
    }
}

impl<'a> Parcels<'a> {
    /// Puts something of a user's into the parcel of its route, if its configuration sends it at all.
    fn put(
        &mut self,
        user: &UserKey,
        route: Result<Option<Route>, String>,
        put: impl FnOnce(&mut Parcel<'a>),
    ) -> Put {
        match route {
            Ok(Some(route)) => {
                let way = (user.project.clone(), route);
                put(self.by_route.entry(way).or_default());
                Put::OnItsWay
            }
            Ok(None) => Put::NoDestination,
            Err(fault) => {
                self.faults.insert(fault);
                Put::NoRoute
            }
        }
    }
}

impl Parcel<'_> {
    fn places(&self) -> BTreeSet<usize> {
        let contacts = self.contacts.values().map(|(place, _)| *place);
        contacts
            .chain(self.events.iter().map(|(place, _)| *place))
            .collect()
    }
}

impl Progress {
    fn merge(&mut self, other: Self) {
        self.failed.extend(other.failed);
        for (place, refused) in other.refused {
            self.refused.entry(place).or_default().extend(refused);
        }
        for (place, not_sent) in other.not_sent {
            self.not_sent.entry(place).or_default().extend(not_sent);
        }
    }

    fn not_sent(&mut self, place: usize, contact: &ContactUpdate) {
        let endpoints = self.not_sent.entry(place).or_default();
        endpoints.push(contact.endpoint.clone());
    }
}

impl Destinations for PinpointDestination {
    async fn deliver(&self, deliveries: &[Delivery]) -> Vec<Delivered> {
        let mut progress = Progress::default();
        let parcels = self.parcels(deliveries, &mut progress).by_route;
        let sending = parcels
            .into_iter()
            .map(|((project, route), parcel)| self.send(project, route, parcel));
        for sent in join_all(sending).await {
            progress.merge(sent);
        }
        (0..deliveries.len())
            .map(|place| {
                if progress.failed.contains(&place) {
                    Delivered::Failed
                } else {
                    Delivered::Judged {
                        refused: progress.refused.remove(&place).unwrap_or_default(),
                        not_sent: progress.not_sent.remove(&place).unwrap_or_default(),
                    }
                }
            })
            .collect()
    }
}

/// Sends to one project.
struct Sender<'a> {
    client: &'a Client,
    project: &'a ProjectId,
}

impl Sender<'_> {
    async fn events(&self, events: Vec<(usize, &AnalyticsEvent)>, progress: &mut Progress) {
        for chunk in request::chunks(events) {
            self.chunk(chunk, progress).await;
        }
    }

    /// Sends up to 100 events until each is judged for good, or the tries are used up.
    async fn chunk(&self, mut chunk: Vec<(usize, &AnalyticsEvent)>, progress: &mut Progress) {
        let mut pause = FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            let judgements = self.put_events(&chunk).await;
            let mut again = Vec::new();
            for ((place, event), judgement) in chunk.into_iter().zip(judgements) {
                match judgement {
                    Judgement::Accepted => {}
                    Judgement::Refused(status) | Judgement::Misconfigured(status) => {
                        tracing::error!(event = %event.id, status, "Pinpoint refused an event for good");
                        progress.refused.entry(place).or_default().push(event.id);
                    }
                    Judgement::Later => again.push((place, event)),
                }
            }
            if again.is_empty() || left == 0 {
                progress
                    .failed
                    .extend(again.into_iter().map(|(place, _)| place));
                return;
            }
            chunk = again;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// A request that Pinpoint refuses for what is in it may be so for one event: then each is sent by
    /// itself.
    async fn put_events(&self, chunk: &[(usize, &AnalyticsEvent)]) -> Vec<Judgement> {
        let events: Vec<&AnalyticsEvent> = chunk.iter().map(|(_, event)| *event).collect();
        let reply = self.put_together(&events).await;
        if events.len() == 1 || !reply::blames_content(&reply) {
            return reply::events(&reply, &events);
        }
        let mut judgements = Vec::with_capacity(events.len());
        for event in events {
            judgements.extend(reply::events(&self.put_together(&[event]).await, &[event]));
        }
        judgements
    }

    async fn put_together(&self, events: &[&AnalyticsEvent]) -> reply::PutEvents {
        let call = self
            .client
            .put_events()
            .application_id(self.project.as_str())
            .events_request(request::events(events));
        let reply = call.send().await;
        if let Err(error) = &reply {
            tracing::warn!(project = %self.project, error = describe(error), "PutEvents failed");
        }
        reply
    }

    /// Brings contact endpoints into step: many with one call if the role may, else one by one.
    async fn contacts(&self, contacts: Vec<(usize, &ContactUpdate)>, progress: &mut Progress) {
        for chunk in contacts.chunks(request::MOST_ENDPOINTS) {
            match self.update_together(chunk).await {
                BatchUpdate::Taken => {}
                BatchUpdate::Later => progress
                    .failed
                    .extend(chunk.iter().map(|(place, _)| *place)),
                BatchUpdate::OneByOne => self.update_one_by_one(chunk, progress).await,
            }
        }
    }

    async fn update_together(&self, contacts: &[(usize, &ContactUpdate)]) -> BatchUpdate {
        if contacts.len() < 2 {
            return BatchUpdate::OneByOne;
        }
        let updates = contacts.iter().map(|(_, contact)| *contact);
        let call = self
            .client
            .update_endpoints_batch()
            .application_id(self.project.as_str())
            .endpoint_batch_request(request::endpoints(updates));
        match reply::judge(&call.send().await) {
            Judgement::Accepted => BatchUpdate::Taken,
            Judgement::Refused(_) | Judgement::Misconfigured(_) => BatchUpdate::OneByOne,
            Judgement::Later => BatchUpdate::Later,
        }
    }

    async fn update_one_by_one(
        &self,
        contacts: &[(usize, &ContactUpdate)],
        progress: &mut Progress,
    ) {
        let mut updates = Vec::with_capacity(contacts.len());
        for (place, contact) in contacts {
            updates.push(
                self.update_one(contact)
                    .map(move |judgement| (*place, *contact, judgement)),
            );
        }
        let updates = futures::stream::iter(updates).buffer_unordered(CONCURRENT_UPDATES);
        let judged: Vec<_> = updates.collect().await;
        for (place, contact, judgement) in judged {
            match judgement {
                Judgement::Accepted | Judgement::Refused(_) => {}
                Judgement::Misconfigured(_) => progress.not_sent(place, contact),
                Judgement::Later => drop(progress.failed.insert(place)),
            }
        }
    }

    /// Sends one until it is judged, or the tries are used up.
    async fn update_one(&self, contact: &ContactUpdate) -> Judgement {
        let endpoint = contact.endpoint.as_str();
        let mut pause = FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            let judgement = self.update_endpoint(contact).await;
            match judgement {
                Judgement::Accepted => return judgement,
                Judgement::Refused(status) => {
                    tracing::error!(
                        endpoint,
                        status,
                        "Pinpoint refused a contact endpoint for good"
                    );
                    return judgement;
                }
                Judgement::Misconfigured(status) => {
                    tracing::error!(
                        endpoint,
                        status,
                        "Pinpoint does not take contact endpoints of this project: look at the project's id and the \
                         role; the endpoint is sent again with its user's next event"
                    );
                    return judgement;
                }
                Judgement::Later if left > 0 => tokio::time::sleep(pause).await,
                Judgement::Later => {}
            }
            pause *= 2;
        }
        tracing::warn!(project = %self.project, "a contact endpoint was not taken: it is to be sent again");
        Judgement::Later
    }

    /// What Pinpoint says of a failure is not logged: it may name the address.
    async fn update_endpoint(&self, contact: &ContactUpdate) -> Judgement {
        let call = self
            .client
            .update_endpoint()
            .application_id(self.project.as_str())
            .endpoint_id(contact.endpoint.as_str())
            .endpoint_request(request::endpoint(contact));
        reply::judge(&call.send().await)
    }
}

/// What came of updating many endpoints with one call.
enum BatchUpdate {
    /// Pinpoint took them.
    Taken,
    /// Pinpoint refused: for one bad endpoint it refuses all, and the role that Cognito's documents
    /// describe may not make this call.
    OneByOne,
    /// It may take them later.
    Later,
}
