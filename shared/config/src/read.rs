//! From JSON to [`Config`]. A value that is faulty is read as its default: what was read counts only
//! if there is no fault.

use std::collections::BTreeMap;

use super::application_id::application_id;
use super::arn::{ProjectArn, RoleArn, project_arn, role_arn};
use super::destinations::{check_names, defined, named_by_client};
use super::dimensions::dimensions;
use super::exclude::exclude;
use super::json::Json;
use super::object::{Faults, Object, Path};
use super::time_zone::time_zone;
use super::user_attributes::user_attributes;
use super::{
    AttemptWindow, ClientConfig, Config, ConfigFaults, FederatedUsers, ProjectRegion, Role,
    UserDataSharing,
};
use crate::region::Region;
use domain::ids::{ClientId, ProjectId};

pub(super) const FIELDS: [&str; 6] = [
    "TimeZone",
    "Dimensions",
    "Exclude",
    "Destinations",
    "Clients",
    "Default",
];

pub(super) const CLIENT_FIELDS: [&str; 11] = [
    "Name",
    "ApplicationId",
    "ApplicationArn",
    "RoleArn",
    "ExternalId",
    "UserDataShared",
    "Region",
    "IncludeFederatedUsers",
    "AttemptWindowSeconds",
    "Destinations",
    "UserAttributes",
];

/// Of a client's name, in characters.
const LONGEST_CLIENT_NAME: usize = 100;

pub(super) fn config(text: &str) -> Result<Config, ConfigFaults> {
    let mut faults = Faults::default();
    let json = serde_json::from_str::<Json>(text).map_err(|error| format!("is not JSON: {error}"));
    let config = faults.take(&Path::root(), json).and_then(|json| {
        Object::of(&json, Path::root(), &mut faults).map(|it| whole(&it, &mut faults))
    });
    faults.judge(config.unwrap_or(Config::empty()))
}

fn whole(object: &Object<'_>, faults: &mut Faults) -> Config {
    object.check_names(&FIELDS, faults);
    let clients = object.get("Clients");
    let default = object.get("Default");
    let hidden = ["Clients", "Default"]
        .iter()
        .any(|name| object.hides(name, &FIELDS));
    if clients.is_none_or(Json::is_empty_object) && default.is_none() && !hidden {
        faults.add(
            &object.path,
            "configures nothing; give a client under Clients, or a Default",
        );
    }
    let path = |name| object.path.field(name);
    let defaults = Config::empty();
    let config = Config {
        time_zone: object
            .read("TimeZone", faults, |json| time_zone(json.text()?))
            .unwrap_or(defaults.time_zone),
        dimensions: dimensions(object, faults).unwrap_or(defaults.dimensions),
        exclude: exclude(object, faults),
        destinations: defined(object, faults),
        clients: clients
            .map(|json| read_clients(json, path("Clients"), faults))
            .unwrap_or_default(),
        default: default.and_then(|json| read_default(json, path("Default"), faults)),
    };
    check_names(object, faults);
    config
}

fn read_clients(json: &Json, path: Path, faults: &mut Faults) -> BTreeMap<ClientId, ClientConfig> {
    let mut clients = BTreeMap::new();
    for (id, json) in Object::of(json, path.clone(), faults)
        .iter()
        .flat_map(|it| it.pairs)
    {
        let path = path.field(id);
        if id.trim().is_empty() {
            faults.add(&path, "is no client; an app client's id is not empty");
        }
        clients.extend(client(json, path, faults).map(|client| (ClientId::new(id), client)));
    }
    clients
}

/// The default is of many clients, so it has no name.
fn read_default(json: &Json, path: Path, faults: &mut Faults) -> Option<ClientConfig> {
    let name = path.field("Name");
    let default = client(json, path, faults)?;
    if default.name.is_some() {
        faults.add(
            &name,
            "is a client's; the default is of all that are not named, so give none",
        );
    }
    Some(default)
}

fn client(json: &Json, path: Path, faults: &mut Faults) -> Option<ClientConfig> {
    let object = Object::of(json, path, faults)?;
    object.check_names(&CLIENT_FIELDS, faults);
    let name = object.read("Name", faults, |json| client_name(json.text()?));
    let project = project(&object, faults);
    let role = role(&object, faults);
    let sharing = object.read("UserDataShared", faults, |json| json.boolean().map(sharing));
    let federated = object.read("IncludeFederatedUsers", faults, |json| {
        json.boolean().map(federated)
    });
    let attempt_window = object.read("AttemptWindowSeconds", faults, attempt_window);
    let destinations = named_by_client(&object, faults);
    let user_attributes = user_attributes(&object, faults);

    let (project, region) = project?;
    let defaults = ClientConfig::of_project(project);
    Some(ClientConfig {
        name,
        region,
        role,
        sharing: sharing.unwrap_or(defaults.sharing),
        federated: federated.unwrap_or(defaults.federated),
        attempt_window: attempt_window.unwrap_or(defaults.attempt_window),
        destinations: destinations.unwrap_or(defaults.destinations),
        user_attributes,
        ..defaults
    })
}

fn client_name(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        Err("is empty; give the name that people know the client by, or none".to_owned())
    } else if length > LONGEST_CLIENT_NAME {
        Err(format!(
            "is {length} characters long; a client's name has {LONGEST_CLIENT_NAME} at most"
        ))
    } else if text.contains(char::is_control) {
        Err("has a control character, such as a line end; a client's name is one line".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn project(object: &Object<'_>, faults: &mut Faults) -> Option<(ProjectId, ProjectRegion)> {
    let id = object.read("ApplicationId", faults, |json| application_id(json.text()?));
    let arn = object.read("ApplicationArn", faults, |json| project_arn(json.text()?));
    let region = object.read("Region", faults, |json| named_region(json.text()?));

    let mut names = ["ApplicationId", "ApplicationArn"].iter();
    let is_hidden = names.any(|name| object.hides(name, &CLIENT_FIELDS));
    match (object.get("ApplicationId"), object.get("ApplicationArn")) {
        (None, None) if is_hidden => {}
        (None, None) => {
            faults.add(
                &object.path,
                "names no project; give ApplicationId or ApplicationArn",
            );
        }
        (Some(_), Some(_)) => {
            faults.add(
                &object.path,
                "has ApplicationId and ApplicationArn; keep one of them",
            );
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
    if let (Some(arn), Some(region)) = (&arn, &region) {
        check_agreement(arn, region, &object.path.field("Region"), faults);
    }

    let (arn_project, arn_region) = arn.map(|arn| (arn.project, arn.region)).unzip();
    let region = arn_region
        .or(region)
        .map_or(ProjectRegion::ByPool, ProjectRegion::Named);
    id.or(arn_project).map(|project| (project, region))
}

fn check_agreement(arn: &ProjectArn, region: &Region, path: &Path, faults: &mut Faults) {
    if arn.region != *region {
        let arn_region = &arn.region;
        faults.add(
            path,
            format!("is {region}, but ApplicationArn is in {arn_region}; remove one"),
        );
    }
}

pub(super) fn named_region(text: &str) -> Result<Region, String> {
    Region::parse(text).map_err(|_| format!("is {text:?}; a Region is written like eu-west-1"))
}

/// The role to assume. An external id without one is of no use and no harm. A service's own role is
/// none: nobody else can assume it.
fn role(object: &Object<'_>, faults: &mut Faults) -> Option<Role> {
    let external_id = object.read("ExternalId", faults, |json| json.text());
    match object.read("RoleArn", faults, |json| role_arn(json.text()?))? {
        RoleArn::ServiceLinked => None,
        RoleArn::Assumable(arn) => {
            let external_id = external_id.filter(|id| !id.is_empty()).map(str::to_owned);
            Some(Role { arn, external_id })
        }
    }
}

fn sharing(shared: bool) -> UserDataSharing {
    if shared {
        UserDataSharing::On
    } else {
        UserDataSharing::Off
    }
}

fn federated(included: bool) -> FederatedUsers {
    if included {
        FederatedUsers::Include
    } else {
        FederatedUsers::Ignore
    }
}

fn attempt_window(json: &Json) -> Result<AttemptWindow, String> {
    let seconds = json.number()?;
    let whole = seconds
        .as_u64()
        .and_then(|seconds| u32::try_from(seconds).ok());
    whole.and_then(AttemptWindow::from_seconds).ok_or_else(|| {
        format!(
            "is {seconds}; must be a whole number of seconds from 1 to {}",
            AttemptWindow::LONGEST
        )
    })
}
