//! Where each app client's events go: which Region, and with whose credentials.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_sdk_pinpoint::Client;
use config::{ClientConfig, Config, Role};
use domain::auth_event::UserKey;
use domain::ids::{ClientId, DestinationName};
use tokio::sync::Mutex;

use crate::assume_role::assume;

/// One way to reach Pinpoint.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Route {
    /// A server whose address was given: there, Regions and roles mean nothing.
    Endpoint,
    /// AWS.
    Aws {
        /// The project's Region.
        region: String,
        /// The role to assume; without one, the function's own.
        role: Option<Role>,
    },
}

/// The routes that a configuration describes, with one client each.
#[derive(Debug)]
pub struct Routes {
    config: Arc<Config>,
    sdk: SdkConfig,
    endpoint: Option<String>,
    clients: Mutex<BTreeMap<Route, Client>>,
}

impl Routes {
    /// Routes to AWS; with `endpoint`, all to that server.
    pub fn new(config: Arc<Config>, sdk: SdkConfig, endpoint: Option<String>) -> Self {
        Self {
            config,
            sdk,
            endpoint,
            clients: Mutex::default(),
        }
    }

    /// The route of what a user did through an app client; `None` if its configuration sends nothing
    /// to Pinpoint, or there is none any more.
    ///
    /// # Errors
    ///
    /// A sentence that says why there is no route, and what to do.
    pub(super) fn of(
        &self,
        user: &UserKey,
        client: Option<&ClientId>,
    ) -> Result<Option<Route>, String> {
        match self.config.reporting_to(&user.project, client) {
            Some(config) => self.of_configuration(user, config),
            None => Ok(None),
        }
    }

    /// Whether they lead to AWS, and not to a server on whose rate nobody else depends.
    pub(super) fn are_aws(&self) -> bool {
        self.endpoint.is_none()
    }

    /// Any route to the user's project; `None` if no app client of it sends anything to Pinpoint.
    ///
    /// # Errors
    ///
    /// See [`Routes::of`].
    pub(super) fn of_project(&self, user: &UserKey) -> Result<Option<Route>, String> {
        let mut route = Err(unconfigured(user));
        for config in self.config.of_project(&user.project) {
            route = self.of_configuration(user, config);
            if let Ok(Some(_)) = route {
                break;
            }
        }
        route
    }

    fn of_configuration(
        &self,
        user: &UserKey,
        config: &ClientConfig,
    ) -> Result<Option<Route>, String> {
        if !config.destinations.contains(&DestinationName::pinpoint()) {
            return Ok(None);
        }
        if self.endpoint.is_some() {
            return Ok(Some(Route::Endpoint));
        }
        let region = config
            .region
            .resolve(&user.pool)
            .map_err(|error| error.to_string())?;
        Ok(Some(Route::Aws {
            region: region.to_string(),
            role: config.role.clone(),
        }))
    }

    /// The client of a route, made at its first use.
    pub(super) async fn client(&self, route: &Route) -> Client {
        let mut clients = self.clients.lock().await;
        if let Some(client) = clients.get(route) {
            return client.clone();
        }
        let client = self.connect(route).await;
        clients.insert(route.clone(), client.clone());
        client
    }

    /// The names of all user attributes that are configured for the user's project.
    pub(super) fn user_attributes(&self, user: &UserKey) -> BTreeSet<String> {
        let configured = self.config.of_project(&user.project);
        configured
            .flat_map(|config| config.user_attributes.values().cloned())
            .collect()
    }

    async fn connect(&self, route: &Route) -> Client {
        match route {
            Route::Endpoint => {
                let mut config = aws_sdk_pinpoint::config::Builder::from(&self.sdk);
                config.set_endpoint_url(self.endpoint.clone());
                Client::from_conf(config.build())
            }
            Route::Aws { region, role } => {
                let region = Region::new(region.clone());
                let sdk = match role {
                    Some(role) => assume(&self.sdk, region.clone(), role).await,
                    None => self.sdk.clone(),
                };
                let config = aws_sdk_pinpoint::config::Builder::from(&sdk).region(region);
                Client::from_conf(config.build())
            }
        }
    }
}

fn unconfigured(user: &UserKey) -> String {
    format!(
        "no app client is configured for project {} any more: configure one, or let its events pass",
        user.project
    )
}
