//! Sync: the users whom a user pool lists, and events for those whose contact endpoints are out of
//! step: who signed up before this service was attached, changed an address without signing in, or
//! whose app client shares no longer. Nothing is sent from here: the events go through the log, since
//! only publish writes a user's state.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound, Utc};
use cognito::Attributes;
use config::{ClientConfig, Config, UserDataSharing};
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey, Who};
use domain::contact::ContactDetails;
use domain::endpoint::ContactUpdate;
use domain::ids::{ClientId, EventId, ProjectId, UserPoolId};
use domain::metadata::AppMetadata;
use domain::traits::Traits;
use domain::user_state::UserState;
use futures::StreamExt;

use crate::capture::includes;
use crate::contact_details::contact_details;
use crate::outcome::LeftOut;
use crate::ports::{EventLog, PortError, UserStates};

/// How many users' events are appended at a time.
const CONCURRENT_APPENDS: usize = 16;

/// A walk through a user pool.
#[derive(Debug)]
pub struct Walk<'a> {
    /// The pool.
    pub pool: UserPoolId,
    /// The pool's app clients: what is configured for others is no business of its users.
    pub clients: &'a BTreeSet<ClientId>,
    /// What is configured.
    pub config: &'a Config,
    /// When the users were as they are listed. What events have said since is newer.
    pub time: DateTime<Utc>,
}

/// What would bring some users into step.
#[derive(Default, Debug)]
pub struct Plan {
    /// For each user out of step, and each project, the events to append, in order.
    pub events: Vec<Vec<AuthEvent>>,
    /// What these come to.
    pub updates: Vec<ContactUpdate>,
    /// What no endpoint can have of what the pool lists.
    pub left_out: Vec<LeftOut>,
    /// Users whose states cannot be read: passed over, and named in the log of this service.
    pub unreadable: usize,
}

/// An app client, `None` for the default, with its configuration.
type Client<'a> = (Option<&'a ClientId>, &'a ClientConfig);

/// A user of the pool in one project.
struct Listed<'a> {
    key: UserKey,
    attributes: &'a Attributes,
    clients: &'a [Client<'a>],
}

impl<'a> Walk<'a> {
    /// Finds out which of these users are out of step. `random` sets the events of one moment apart.
    ///
    /// # Errors
    ///
    /// If the users' states cannot be had.
    pub async fn plan(
        &self,
        users: &[Attributes],
        states: &impl UserStates,
        mut random: impl FnMut() -> [u8; 10],
    ) -> Result<Plan, PortError> {
        let projects = self.projects();
        let listed = self.listed(users, &projects);
        let keys: Vec<UserKey> = listed.iter().map(|listed| listed.key.clone()).collect();
        let mut loaded = states.load(&keys).await?;
        let mut plan = Plan::default();
        for listed in listed {
            match loaded.remove(&listed.key).transpose() {
                Ok(state) => {
                    let state = state.unwrap_or_default().state;
                    let (details, left_out) = listed.client_details(&state);
                    plan.left_out.extend(left_out);
                    let details = details.into_iter();
                    let events = details.map(|details| self.event(&listed.key, details, random()));
                    plan.add(&state, events.collect());
                }
                Err(error) => {
                    tracing::error!(%error, "a user's state is unreadable; the user is passed over");
                    plan.unreadable += 1;
                }
            }
        }
        Ok(plan)
    }

    fn listed<'u>(
        &self,
        users: &'u [Attributes],
        projects: &'u BTreeMap<ProjectId, Vec<Client<'u>>>,
    ) -> Vec<Listed<'u>> {
        let mut listed = Vec::new();
        for attributes in users {
            let excluded = self.config.exclude().matches(None, |it| attributes.get(it));
            let Some(sub) = attributes.sub().filter(|_| !excluded) else {
                continue;
            };
            listed.extend(projects.iter().map(|(project, clients)| Listed {
                key: UserKey {
                    project: project.clone(),
                    pool: self.pool.clone(),
                    who: Who::User(sub.clone()),
                },
                attributes,
                clients,
            }));
        }
        listed
    }

    fn event(
        &self,
        user: &UserKey,
        (client, details): ClientDetails,
        random: [u8; 10],
    ) -> AuthEvent {
        AuthEvent {
            id: EventId::new(self.time, random),
            time: self.time.trunc_subsecs(3),
            user: user.clone(),
            client,
            kind: AuthEventKind::UserListed {
                created: None,
                contacts: details,
            },
            metadata: AppMetadata::default(),
            traits: Traits::default(),
        }
    }

    /// The pool's app clients that are configured and not left out, by project; of a project that sends somewhere.
    /// The default stands for all that are not named, if there are such.
    fn projects(&self) -> BTreeMap<ProjectId, Vec<Client<'a>>> {
        let named = |id| self.config.clients().any(|(named, _)| named == id);
        let excluded = |id| self.config.exclude().matches(Some(id), |_| None);
        let kept = || self.clients.iter().filter(|id| !excluded(id));
        let others = kept().any(|id| !named(id));
        let mut projects: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, config) in self.config.all() {
            if id.map_or(others, |id| kept().any(|kept| kept == id)) {
                let clients = projects.entry(config.project.clone());
                clients.or_default().push((id, config));
            }
        }
        let sends = |client: &Client<'_>| !client.1.destinations.is_empty();
        projects.retain(|_, clients| clients.iter().any(sends));
        projects
    }
}

/// What one app client says of a user.
type ClientDetails = (Option<ClientId>, ContactDetails);

impl Listed<'_> {
    /// What the project's clients say of the user: one that shares sends, and those that have sent and
    /// share no longer withdraw. And what no endpoint can have of it.
    fn client_details(&self, state: &UserState) -> (Vec<ClientDetails>, Vec<LeftOut>) {
        let senders: Vec<Option<&ClientId>> = state.contacts.clients().collect();
        let shares = |client: &&Client<'_>| client.1.sharing == UserDataSharing::On;
        let sharing = self.clients.iter().filter(shares);
        let (mut all, mut left_out) = (Vec::new(), Vec::new());
        // Of several that share, one that has sent already: another may list other user attributes.
        let including = sharing
            .clone()
            .filter(|client| includes(self.attributes, client.1));
        if let Some((client, config)) = including.min_by_key(|client| !senders.contains(&client.0))
        {
            let (details, parts) = contact_details(self.attributes, config);
            left_out = parts;
            all.push((client.cloned(), details));
        }
        for client in senders {
            if !sharing.clone().any(|(sharing, _)| *sharing == client) {
                all.push((client.cloned(), ContactDetails::NotShared));
            }
        }
        (all, left_out)
    }
}

impl Plan {
    /// Adds a user's events, if anything would be sent.
    fn add(&mut self, state: &UserState, events: Vec<AuthEvent>) {
        let updates = state.contact_updates(&events);
        if !updates.is_empty() {
            self.updates.extend(updates);
            self.events.push(events);
        }
    }
}

/// Appends what was planned. Done twice, it changes nothing: publish sends only what has changed.
///
/// # Errors
///
/// If one of the events is not in the log now; others may be.
pub async fn append(plan: &Plan, log: &impl EventLog) -> Result<(), PortError> {
    let users = plan.events.iter().map(|events| async move {
        for event in events {
            log.append(event).await?;
        }
        Ok(())
    });
    let appended = futures::stream::iter(users).buffer_unordered(CONCURRENT_APPENDS);
    appended.collect::<Vec<_>>().await.into_iter().collect()
}
