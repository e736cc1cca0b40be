//! Sync: the users whom a user pool lists, and events for those whose contact endpoints are out of
//! step: who signed up before this service was attached, changed an address without signing in, or
//! whose app client shares no longer. And for those who were there before counting began, so that they are not
//! counted as new when they come back. Nothing is sent from here: the events go through the log, since
//! only publish writes a user's state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, SubsecRound, Utc};
use cognito::Attributes;
use config::{ClientConfig, Config, UserDataSharing};
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey, Who};
use domain::contact::ContactDetails;
use domain::endpoint::ContactUpdate;
use domain::ids::{ClientId, DestinationName, EventId, ProjectId, UserPoolId};
use domain::metadata::AppMetadata;
use domain::recipients::Recipients;
use domain::traits::Traits;
use domain::user_state::UserState;
use futures::StreamExt;

use crate::capture::includes;
use crate::contact_details::contact_details;
use crate::outcome::{Ignored, LeftOut, Outcome};
use crate::ports::{EventLog, ForgottenUsers, PortError, UserStates};

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
    /// The destination that is sent all endpoints, whatever it was sent before.
    pub anew: Option<&'a DestinationName>,
}

/// A user as the pool lists them.
#[derive(Clone, Debug)]
pub struct ListedUser {
    /// The attributes, with `cognito:user_status` among them, as triggers have it.
    pub attributes: Attributes,
    /// When Cognito made the user, if it says.
    pub created: Option<DateTime<Utc>>,
}

/// What would bring some users into step.
#[derive(Default, Debug)]
pub struct Plan {
    /// For each user who is out of step or to be seeded, and each project, the events to append, in order.
    pub events: Vec<Vec<AuthEvent>>,
    /// How many users' endpoints are out of step, in each project.
    pub out_of_step: usize,
    /// How many users were there before counting began, which is not known of them yet, in each project.
    pub seeded: usize,
    /// What these come to, each at one destination.
    pub updates: Vec<(DestinationName, ContactUpdate)>,
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
    user: &'a ListedUser,
    project: &'a Project<'a>,
}

/// A project, by the pool's app clients.
struct Project<'a> {
    clients: Vec<Client<'a>>,
    recipients: Recipients,
}

impl<'a> Walk<'a> {
    /// Finds out which of these users are out of step. `random` sets the events of one moment apart.
    ///
    /// Of a user who was forgotten, what the pool listed before is dropped, like anything older: a page may have been listed
    /// just before they were deleted, or Cognito's list may lag. Whoever is listed after they were forgotten is in the pool
    /// still, or again, and is kept as with a sign-in: nobody else could tell why not.
    ///
    /// # Errors
    ///
    /// If the users' states cannot be had, who was forgotten, or what is recorded of a project.
    pub async fn plan(
        &self,
        users: &[ListedUser],
        states: &(impl UserStates + ForgottenUsers),
        mut random: impl FnMut() -> [u8; 10],
    ) -> Result<Plan, PortError> {
        let projects = self.projects();
        let listed = self.listed(users, &projects);
        let keys: Vec<UserKey> = listed.iter().map(|listed| listed.key.clone()).collect();
        let mut loaded = states.load(&keys).await?;
        let since = since(projects.keys(), states).await?;
        let forgotten = states.forgotten(&keys.iter().collect::<Vec<_>>()).await?;
        let mut plan = Plan::default();
        for listed in listed {
            if forgotten.cover(&listed.key, self.time) {
                let outcome = Outcome::Ignored(Ignored::Forgotten).name();
                tracing::info!(outcome, "a user was forgotten since they were listed");
                continue;
            }
            match loaded.remove(&listed.key).transpose() {
                Ok(state) => {
                    let state = state.unwrap_or_default().state;
                    let since = since.get(&listed.key.project).copied().flatten();
                    let (details, left_out) = listed.client_details(&state, self.anew);
                    let seed = listed.seed(&state, since);
                    plan.left_out.extend(left_out);
                    let mut event =
                        |(details, created)| self.event(&listed.key, (details, created), random());
                    let events = details.into_iter().map(|details| event((details, None)));
                    let events: Vec<AuthEvent> = events.collect();
                    let seed =
                        seed.map(|(created, quiet)| (created, event((quiet, Some(created)))));
                    let updates = state.contact_updates(&events, &listed.project.recipients);
                    plan.add(updates, events, seed);
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
        users: &'u [ListedUser],
        projects: &'u BTreeMap<ProjectId, Project<'u>>,
    ) -> Vec<Listed<'u>> {
        let mut listed = Vec::new();
        for user in users {
            let attributes = &user.attributes;
            let excluded = self.config.exclude().matches(None, |it| attributes.get(it));
            let Some(sub) = attributes.sub().filter(|_| !excluded) else {
                continue;
            };
            listed.extend(projects.iter().map(|(id, project)| Listed {
                key: UserKey {
                    project: id.clone(),
                    pool: self.pool.clone(),
                    who: Who::User(sub.clone()),
                },
                user,
                project,
            }));
        }
        listed
    }

    fn event(
        &self,
        user: &UserKey,
        ((client, details), created): (ClientDetails, Option<DateTime<Utc>>),
        random: [u8; 10],
    ) -> AuthEvent {
        let says_addresses = details != ContactDetails::NotShared;
        AuthEvent {
            id: EventId::new(self.time, random),
            time: self.time.trunc_subsecs(3),
            user: user.clone(),
            client,
            kind: AuthEventKind::UserListed {
                created,
                contacts: details,
                anew: self.anew.filter(|_| says_addresses).cloned(),
            },
            metadata: AppMetadata::default(),
            traits: Traits::default(),
        }
    }

    /// The pool's app clients that are configured and not left out, by project.
    /// The default stands for all that are not named, if there are such.
    fn projects(&self) -> BTreeMap<ProjectId, Project<'a>> {
        let named = |id| self.config.clients().any(|(named, _)| named == id);
        let excluded = |id| self.config.exclude().matches(Some(id), |_| None);
        let kept = || self.clients.iter().filter(|id| !excluded(id));
        let others = kept().any(|id| !named(id));
        let mut projects: BTreeMap<ProjectId, Project<'_>> = BTreeMap::new();
        for (id, config) in self.config.all() {
            if id.map_or(others, |id| kept().any(|kept| kept == id)) {
                let project = projects.entry(config.project.clone());
                let project = project.or_insert_with_key(|project| Project {
                    clients: Vec::new(),
                    recipients: self.config.recipients(project),
                });
                project.clients.push((id, config));
            }
        }
        projects
    }
}

/// Since when each of these projects is counted, as far as it is.
async fn since<'p>(
    projects: impl Iterator<Item = &'p ProjectId>,
    states: &impl UserStates,
) -> Result<HashMap<ProjectId, Option<DateTime<Utc>>>, PortError> {
    let mut all = HashMap::new();
    for project in projects {
        all.insert(project.clone(), states.counting_since(project).await?);
    }
    Ok(all)
}

/// What one app client says of a user.
type ClientDetails = (Option<ClientId>, ContactDetails);

impl Listed<'_> {
    /// What the project's clients say of the user: one that shares sends, and those that have sent and
    /// share no longer withdraw. And what no endpoint can have of it. Nothing of a project that sends nowhere.
    fn client_details(
        &self,
        state: &UserState,
        anew: Option<&DestinationName>,
    ) -> (Vec<ClientDetails>, Vec<LeftOut>) {
        let sends = |client: &Client<'_>| match anew {
            Some(destination) => client.1.destinations.contains(destination),
            None => !client.1.destinations.is_empty(),
        };
        if !self.project.clients.iter().any(sends) {
            return (Vec::new(), Vec::new());
        }
        let senders: Vec<Option<&ClientId>> = state.contacts.clients().collect();
        let shares = |client: &&Client<'_>| client.1.sharing == UserDataSharing::On;
        let sharing = self.project.clients.iter().filter(shares);
        let (mut all, mut left_out) = (Vec::new(), Vec::new());
        // Of several that share, one that sends to what is asked for, and has sent already: another may list other user attributes.
        let including = sharing
            .clone()
            .filter(|client| includes(&self.user.attributes, client.1));
        let last = |client: &&Client<'_>| (!sends(client), !senders.contains(&client.0));
        if let Some((client, config)) = including.min_by_key(last) {
            let (details, parts) = contact_details(&self.user.attributes, config);
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

    /// When Cognito made the user, if that was before counting began and is not known yet, and a client that says no more
    /// than that. `None` also if none of the project's clients include the user.
    fn seed(
        &self,
        state: &UserState,
        since: Option<DateTime<Utc>>,
    ) -> Option<(DateTime<Utc>, ClientDetails)> {
        let created = self.user.created.filter(|_| state.seed.is_none());
        let created = created.filter(|created| since.is_none_or(|since| *created < since))?;
        let attributes = &self.user.attributes;
        let including = self.project.clients.iter();
        let including = including.filter(|client| includes(attributes, client.1));
        let senders: Vec<Option<&ClientId>> = state.contacts.clients().collect();
        // From a client that has sent nothing, that nothing is shared changes nothing.
        let has_sent = |client: &&Client<'_>| senders.contains(&client.0);
        let (client, config) = including.min_by_key(has_sent)?;
        let details = match senders.contains(client) {
            true => contact_details(attributes, config).0,
            false => ContactDetails::NotShared,
        };
        Some((created, (client.cloned(), details)))
    }
}

/// When Cognito made a user, and an event that says no more than that.
type Seed = (DateTime<Utc>, AuthEvent);

impl Plan {
    /// Adds a user's events: those that say something of contact endpoints if anything would be sent, and the seed, which
    /// goes along with the first of them or else by itself.
    fn add(
        &mut self,
        updates: Vec<(DestinationName, ContactUpdate)>,
        mut events: Vec<AuthEvent>,
        seed: Option<Seed>,
    ) {
        if updates.is_empty() {
            events.clear();
        } else {
            self.out_of_step += 1;
            self.updates.extend(updates);
        }
        if let Some(seed) = seed {
            self.seeded += 1;
            match events.first_mut().map(|first| &mut first.kind) {
                Some(AuthEventKind::UserListed { created, .. }) => *created = Some(seed.0),
                Some(_) | None => events.push(seed.1),
            }
        }
        if !events.is_empty() {
            self.events.push(events);
        }
    }
}

/// Appends what was planned. Done twice, it changes nothing: publish sends only what has changed, and seeds once.
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
