//! Sync: the users whom a user pool lists, and events for those whose contact endpoints are out of
//! step: who signed up before this service was attached, changed an address without signing in, or
//! whose app client shares no longer. Nothing is sent from here: the events go through the log, since
//! only publish writes a user's state.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};
use cognito::Attributes;
use domain::auth_event::{AuthEvent, AuthEventKind, UserKey, Who};
use domain::config::{ClientConfig, Config, UserDataSharing};
use domain::contact::ContactDetails;
use domain::endpoint::ContactUpdate;
use domain::ids::{ClientId, EventId, ProjectId, UserPoolId};
use domain::metadata::AppMetadata;
use domain::user_state::UserState;
use futures::StreamExt;

use crate::capture::counts;
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
    /// What is configured.
    pub config: &'a Config,
    /// When.
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

impl Walk<'_> {
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
        let keyed: Vec<(UserKey, &Attributes)> = users
            .iter()
            .flat_map(|user| {
                projects
                    .keys()
                    .filter_map(|project| self.keyed(project, user))
            })
            .collect();
        let keys: Vec<UserKey> = keyed.iter().map(|(key, _)| key.clone()).collect();
        let mut loaded = states.load(&keys).await?;
        let mut plan = Plan::default();
        for (key, user) in keyed {
            let state = match loaded.remove(&key).transpose() {
                Ok(state) => state.unwrap_or_default().state,
                Err(error) => {
                    tracing::error!(%error, "a user's state is unreadable; the user is passed over");
                    plan.unreadable += 1;
                    continue;
                }
            };
            let clients = projects.get(&key.project).map_or(&[][..], Vec::as_slice);
            self.plan_user(&mut plan, (key, user, &state), clients, &mut random);
        }
        Ok(plan)
    }

    fn plan_user(
        &self,
        plan: &mut Plan,
        (key, user, state): (UserKey, &Attributes, &UserState),
        clients: &[Client<'_>],
        random: &mut impl FnMut() -> [u8; 10],
    ) {
        let sharing = |client: &&Client<'_>| client.1.sharing == UserDataSharing::On;
        let mut listed = |client: Option<ClientId>, details| AuthEvent {
            id: EventId::new(self.time, random()),
            time: self.time.trunc_subsecs(3),
            user: key.clone(),
            client,
            kind: AuthEventKind::UserListed(details),
            metadata: AppMetadata::default(),
        };
        let mut events = Vec::new();
        let first = clients
            .iter()
            .filter(sharing)
            .find(|client| counts(user, client.1));
        if let Some((client, config)) = first {
            let (details, left_out) = contact_details(user, config);
            plan.left_out.extend(left_out);
            events.push(listed(client.cloned(), details));
        }
        for told in state.contacts.clients() {
            let shares = clients
                .iter()
                .filter(sharing)
                .any(|(client, _)| *client == told);
            if !shares {
                events.push(listed(told.cloned(), ContactDetails::NotShared));
            }
        }
        let updates = state.contact_updates(&events);
        if !updates.is_empty() {
            plan.updates.extend(updates);
            plan.events.push(events);
        }
    }

    fn keyed<'u>(
        &self,
        project: &ProjectId,
        user: &'u Attributes,
    ) -> Option<(UserKey, &'u Attributes)> {
        let key = UserKey {
            project: project.clone(),
            pool: self.pool.clone(),
            who: Who::User(user.sub()?),
        };
        Some((key, user))
    }

    fn projects(&self) -> BTreeMap<ProjectId, Vec<Client<'_>>> {
        let named = self.config.clients().map(|(id, config)| (Some(id), config));
        let default = self.config.default().map(|config| (None, config));
        let mut projects: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for client in named.chain(default) {
            projects
                .entry(client.1.project.clone())
                .or_default()
                .push(client);
        }
        projects
    }
}

/// Appends what was planned. Done twice, it changes nothing: publish tells only what has changed.
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
