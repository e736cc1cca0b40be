//! The configuration: which app client reports to which Pinpoint project, and how.
//!
//! A client's value is what `aws cognito-idp describe-user-pool-client` prints as
//! `AnalyticsConfiguration`, and this project's own fields beside it. Where the text comes from is
//! the caller's affair; reading it is all or nothing, and every fault is reported at once.

mod application_id;
mod arn;
mod destinations;
mod dimensions;
mod exclude;
mod json;
mod object;
pub mod private_address;
mod read;
pub mod region;
mod time_zone;
mod user_attributes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::auth_event::AttemptWindow;
use domain::dimension::Dimension;
use domain::ids::{ClientId, DestinationName, ProjectId, UserPoolId};
use domain::recipients::{Addresses, Recipients, Sends};
use domain::time_zone::TimeZone;

pub use application_id::application_id;
pub use destinations::{DestinationConfig, DestinationKind, NotInUse, PrivateAddresses};
pub use exclude::Exclude;
use region::{Region, RegionError};

/// What is configured for all, and for each app client. A client that is not named has the default's
/// configuration, or none: then it is ignored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    time_zone: TimeZone,
    dimensions: Vec<Dimension>,
    exclude: Exclude,
    destinations: BTreeMap<DestinationName, DestinationConfig>,
    clients: BTreeMap<ClientId, ClientConfig>,
    default: Option<ClientConfig>,
}

/// What is configured for one app client. Never merged with the default's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientConfig {
    /// What is shown in place of the client's id: `Name`.
    pub name: Option<String>,
    /// The Pinpoint project that the client reports to: `ApplicationId`, or what `ApplicationArn`
    /// names.
    pub project: ProjectId,
    /// Where the project is.
    pub region: ProjectRegion,
    /// The role whose credentials reach the project; the function's own if there is none.
    pub role: Option<Role>,
    /// Whether contact endpoints are kept: `UserDataShared`.
    pub sharing: UserDataSharing,
    /// What becomes of federated users: `IncludeFederatedUsers`.
    pub federated: FederatedUsers,
    /// How long an attempt may take: `AttemptWindowSeconds`.
    pub attempt_window: AttemptWindow,
    /// Where events and endpoints go: `Destinations`. Empty: counted here, sent nowhere.
    pub destinations: BTreeSet<DestinationName>,
    /// The Cognito attributes that become user attributes of endpoints, and their names there.
    pub user_attributes: BTreeMap<String, String>,
}

/// An IAM role to assume: `RoleArn` and `ExternalId`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Role {
    /// The role's ARN, known to have the form of one.
    pub arn: String,
    /// What the role's trust policy asks for, never empty.
    pub external_id: Option<String>,
}

/// Where a Pinpoint project is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProjectRegion {
    /// Where `Region` or `ApplicationArn` says.
    Named(Region),
    /// The default of Cognito's table for the user pool's Region.
    ByPool,
}

/// Whether Cognito's user data (email address, phone number) may be captured and sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserDataSharing {
    /// Verified addresses become endpoints.
    On,
    /// Nothing personal is captured, stored, logged or sent. Cognito's own default.
    Off,
}

/// What becomes of users who signed in through an identity provider of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FederatedUsers {
    /// They count like everyone.
    Include,
    /// They are ignored, as by Cognito's own integration.
    Ignore,
}

/// Everything that is wrong with a configuration: at least one fault. Displayed one to a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigFaults(Vec<ConfigFault>);

/// One thing that is wrong with a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigFault {
    /// Where, such as `Clients.1example23456789.ApplicationId`; `configuration` for the whole.
    pub path: String,
    /// What is wrong, and what would be right. Begins with a verb whose subject is the path.
    pub problem: String,
}

impl Config {
    /// Reads a configuration from JSON, which may begin with a byte order mark.
    ///
    /// # Errors
    ///
    /// Every fault found. Text that is not JSON has one; all the other faults are found together.
    pub fn from_json(text: &str) -> Result<Self, ConfigFaults> {
        read::config(text.strip_prefix('\u{feff}').unwrap_or(text))
    }

    /// The configuration of a client: its own, else the default's. `None` stands for an event that
    /// names no client, which has the default's.
    pub fn client(&self, id: Option<&ClientId>) -> Option<&ClientConfig> {
        id.and_then(|id| self.clients.get(id))
            .or(self.default.as_ref())
    }

    /// The configuration of what came through a client for a project: the client's own; if it reports to another project by
    /// now, or is not configured any more, that of any client of the project.
    pub fn reporting_to(
        &self,
        project: &ProjectId,
        client: Option<&ClientId>,
    ) -> Option<&ClientConfig> {
        let own = self.client(client);
        own.filter(|config| config.project == *project)
            .or_else(|| self.of_project(project).next())
    }

    /// Where what comes through a project's clients is sent.
    pub fn recipients(&self, project: &ProjectId) -> Recipients {
        let of = |client| {
            let client = self.reporting_to(project, client);
            client.map_or_else(Sends::default, |client| Sends {
                to: client.destinations.clone(),
                addresses: match client.sharing {
                    UserDataSharing::On => Addresses::Shared,
                    UserDataSharing::Off => Addresses::Kept,
                },
            })
        };
        let named = self.clients.keys().map(|id| (id.clone(), of(Some(id))));
        Recipients::new(named, of(None))
    }

    /// All that is configured for a project.
    pub fn of_project(&self, project: &ProjectId) -> impl Iterator<Item = &ClientConfig> {
        let all = self.all().map(|(_, config)| config);
        all.filter(move |config| config.project == *project)
    }

    /// The clients that are named, by id.
    pub fn clients(&self) -> impl Iterator<Item = (&ClientId, &ClientConfig)> {
        self.clients.iter()
    }

    /// What clients have that are not named.
    pub fn default(&self) -> Option<&ClientConfig> {
        self.default.as_ref()
    }

    /// All that is configured: for the clients that are named, by id, and for those that are not.
    pub fn all(&self) -> impl Iterator<Item = (Option<&ClientId>, &ClientConfig)> {
        let named = self.clients.iter().map(|(id, config)| (Some(id), config));
        named.chain(self.default.iter().map(|config| (None, config)))
    }

    /// The time zone of the days that are counted: `TimeZone`.
    pub fn time_zone(&self) -> TimeZone {
        self.time_zone
    }

    /// What figures are broken down by: `Dimensions`. No two are the same; none at all is possible.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The destinations that are defined beside Pinpoint: `Destinations`. Each is named by a client.
    pub fn destinations(&self) -> &BTreeMap<DestinationName, DestinationConfig> {
        &self.destinations
    }

    /// The destinations that clients send to.
    pub fn destinations_in_use(&self) -> BTreeSet<&DestinationName> {
        self.all()
            .flat_map(|(_, client)| &client.destinations)
            .collect()
    }

    /// Checks that a client sends to this destination, one of the project's if one is given.
    ///
    /// # Errors
    ///
    /// If none does, with what was probably meant, or with all that there are.
    pub fn check_destination(
        &self,
        name: &DestinationName,
        project: Option<&ProjectId>,
    ) -> Result<(), NotInUse> {
        destinations::check_one(self, name, project)
    }

    /// Who is left out at capture: `Exclude`.
    pub fn exclude(&self) -> &Exclude {
        &self.exclude
    }

    /// The same, and this app client is left out as well.
    pub fn with_excluded(mut self, client: ClientId) -> Self {
        self.exclude.add_client(client);
        self
    }

    /// The same, and each client sends to Pinpoint, whatever it says, and to those of its destinations that are files.
    pub fn sending_to_pinpoint_and_files(mut self) -> Self {
        let defined = &self.destinations;
        let is_file = |name: &DestinationName| {
            let destination = defined.get(name);
            destination.is_some_and(|it| matches!(it.kind, DestinationKind::File { .. }))
        };
        for client in self.clients.values_mut().chain(&mut self.default) {
            client.destinations.retain(|name| is_file(name));
            client.destinations.insert(DestinationName::pinpoint());
        }
        self
    }

    /// Checks that all destinations can be sent to by a function in Lambda.
    ///
    /// # Errors
    ///
    /// Every destination that is a file, which nobody could read there.
    pub fn check_for_lambda(&self) -> Result<(), ConfigFaults> {
        let faults = self.destinations.iter().filter_map(|(name, destination)| {
            let is_file = matches!(destination.kind, DestinationKind::File { .. });
            is_file.then(|| ConfigFault {
                path: format!("Destinations.{name}.Type"),
                problem: "is \"file\", which is for this machine alone: nobody can read a file that a function in Lambda \
                          writes; send to firehose, which writes files to S3"
                    .to_owned(),
            })
        });
        let faults: Vec<_> = faults.collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(ConfigFaults(faults))
        }
    }

    /// The names of the clients that have one, by id.
    pub fn client_names(&self) -> impl Iterator<Item = (&ClientId, &str)> {
        let names = self.clients.iter();
        names.filter_map(|(id, config)| Some((id, config.name.as_deref()?)))
    }

    /// The projects that anything is reported to.
    pub fn projects(&self) -> BTreeSet<ProjectId> {
        self.all()
            .map(|(_, config)| config.project.clone())
            .collect()
    }

    /// Checks every project's Region against the user pool's, by Cognito's table.
    ///
    /// # Errors
    ///
    /// Every client whose project cannot be where it is said to be, or whose pool's Region has none.
    pub fn check_regions(&self, pool: &UserPoolId) -> Result<(), ConfigFaults> {
        let faults = self.all().filter_map(|(id, config)| {
            let problem = config.region.resolve(pool).err()?.to_string();
            let path = id.map_or("Default".to_owned(), |id| format!("Clients.{id}"));
            Some(ConfigFault { path, problem })
        });
        let faults: Vec<_> = faults.collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(ConfigFaults(faults))
        }
    }

    /// A configuration of no client: every event is ignored.
    pub fn empty() -> Self {
        Self::of_clients(BTreeMap::new(), None)
    }

    /// These clients, and for all else what holds unless something is given.
    fn of_clients(
        clients: BTreeMap<ClientId, ClientConfig>,
        default: Option<ClientConfig>,
    ) -> Self {
        Self {
            time_zone: TimeZone::default(),
            dimensions: Dimension::default_list(),
            exclude: Exclude::default(),
            destinations: BTreeMap::new(),
            clients,
            default,
        }
    }

    /// What a replay of spilled events has when it is given none: these projects, with sharing on. A
    /// client stands for each, by the project's id.
    pub fn of_projects(projects: impl IntoIterator<Item = ProjectId>) -> Self {
        let clients = projects.into_iter().map(|project| {
            let client = ClientConfig {
                sharing: UserDataSharing::On,
                ..ClientConfig::of_project(project.clone())
            };
            (ClientId::new(project.as_str()), client)
        });
        Self::of_clients(clients.collect(), None)
    }

    /// What a replay has when it is given none: a default only, of the project
    /// `00000000000000000000000000000000`, with sharing on.
    pub fn local_default() -> Self {
        let project = ProjectId::new("0".repeat(application_id::LENGTH));
        let default = ClientConfig {
            sharing: UserDataSharing::On,
            ..ClientConfig::of_project(project)
        };
        Self::of_clients(BTreeMap::new(), Some(default))
    }
}

impl ClientConfig {
    /// What a client has whose configuration names its project only.
    pub fn of_project(project: ProjectId) -> Self {
        Self {
            name: None,
            project,
            region: ProjectRegion::ByPool,
            role: None,
            sharing: UserDataSharing::Off,
            federated: FederatedUsers::Ignore,
            attempt_window: AttemptWindow::default(),
            destinations: BTreeSet::new(),
            user_attributes: BTreeMap::new(),
        }
    }
}

impl ProjectRegion {
    /// The project's Region, for events of this pool.
    ///
    /// # Errors
    ///
    /// If Cognito's table does not allow the project's Region for the pool's, or allows none. A
    /// pool whose id begins with no Region (some emulators') is an error only if none is named.
    pub fn resolve(&self, pool: &UserPoolId) -> Result<Region, RegionError> {
        match (self, Region::parse(pool.region())) {
            (Self::Named(project), Ok(pool)) => {
                region::check(&pool, project).map(|()| project.clone())
            }
            (Self::Named(project), Err(_)) => Ok(project.clone()),
            (Self::ByPool, Ok(pool)) => region::default_project_region(&pool),
            (Self::ByPool, Err(_)) => Err(RegionError::PoolWithoutRegion(pool.as_str().to_owned())),
        }
    }
}

impl ConfigFaults {
    /// The faults, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigFault> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ConfigFault::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigFaults {}

#[cfg(test)]
mod tests;
