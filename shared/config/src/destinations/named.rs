//! The destinations that app clients name, beside those that are defined.

use std::collections::BTreeSet;

use domain::ids::{DestinationName, ProjectId};

use crate::Config;
use crate::json::Json;
use crate::object::{Faults, Object, Path, suggestion};

/// No app client sends to a destination: which there are, or what was probably meant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotInUse(String);

/// Checks that a client sends to a destination, one of the project's if one is given.
pub(crate) fn check_one(
    config: &Config,
    name: &DestinationName,
    project: Option<&ProjectId>,
) -> Result<(), NotInUse> {
    let used = config.destinations_in_use();
    if used.is_empty() {
        return Err(NotInUse(
            "no client of the configuration sends anywhere; name a destination in the Destinations of one"
                .to_owned(),
        ));
    }
    if !used.contains(name) {
        let used: Vec<&str> = used.into_iter().map(DestinationName::as_str).collect();
        let hint = suggestion(name.as_str(), &used);
        return Err(NotInUse(format!(
            "{:?} is no destination that a client of the configuration sends to; {hint}",
            name.as_str()
        )));
    }
    let Some(project) = project else {
        return Ok(());
    };
    let mut clients = config.of_project(project);
    match clients.any(|client| client.destinations.contains(name)) {
        true => Ok(()),
        false => Err(NotInUse(format!(
            "no client of the project {project} sends to {name}; name it in the Destinations of one"
        ))),
    }
}

/// The destinations that a client names.
pub(crate) fn named_by_client(
    object: &Object<'_>,
    faults: &mut Faults,
) -> Option<BTreeSet<DestinationName>> {
    let items = object.read("Destinations", faults, Json::list)?;
    let path = object.path.field("Destinations");
    let read = items.iter().enumerate().filter_map(|(index, item)| {
        let name = faults.take(&path.item(index), item.text());
        name.map(DestinationName::new)
    });
    Some(read.collect())
}

/// Checks that clients name what is defined, and that what is defined is named.
pub(crate) fn check_names(object: &Object<'_>, faults: &mut Faults) {
    let definitions = pairs(object.get("Destinations"));
    let mut known: Vec<&str> = vec![DestinationName::PINPOINT];
    known.extend(definitions.iter().map(|(name, _)| name.as_str()));
    let mut used = BTreeSet::new();
    for (path, name) in named_by_clients(object) {
        used.insert(name);
        if !known.contains(&name) {
            let problem = format!("is no known destination; {}", suggestion(name, &known));
            faults.add(&path, problem);
        }
    }
    let path = object.path.field("Destinations");
    for (name, _) in definitions {
        if !used.contains(name.as_str()) && name != DestinationName::PINPOINT {
            faults.add(
                &path.field(name),
                "is defined, and no client sends to it; name it in a client's Destinations, or take it out",
            );
        }
    }
}

/// Each name of a destination that a client gives, and where.
fn named_by_clients<'j>(object: &Object<'j>) -> Vec<(Path, &'j str)> {
    let clients = pairs(object.get("Clients")).iter();
    let path = object.path.field("Clients");
    let clients = clients.map(|(id, json)| (path.field(id), json));
    let default = object.get("Default").into_iter();
    let default = default.map(|json| (object.path.field("Default"), json));
    let mut named = Vec::new();
    for (path, client) in clients.chain(default) {
        let path = path.field("Destinations");
        let mut fields = pairs(Some(client)).iter();
        let Some((_, Json::List(items))) = fields.find(|(name, _)| name == "Destinations") else {
            continue;
        };
        for (index, item) in items.iter().enumerate() {
            named.extend(item.text().ok().map(|name| (path.item(index), name)));
        }
    }
    named
}

fn pairs(json: Option<&Json>) -> &[(String, Json)] {
    match json {
        Some(Json::Object(pairs)) => pairs,
        Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_))
        | None => &[],
    }
}
