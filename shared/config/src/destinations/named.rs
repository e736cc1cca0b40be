//! The destinations that app clients name, beside those that are defined.

use std::collections::BTreeSet;

use domain::ids::{DestinationName, ProjectId};

use crate::Config;
use crate::json::Json;
use crate::object::{Faults, Object, Path, nearest, suggestion};
use crate::read::{CLIENT_FIELDS, FIELDS};

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

/// Checks that clients name what is defined, and that what is defined is named. What a fault elsewhere hides is neither.
pub(crate) fn check_names(object: &Object<'_>, faults: &mut Faults) {
    let Some(defined) = defined_names(object) else {
        return;
    };
    let mut known = vec![DestinationName::PINPOINT];
    known.extend(&defined);
    let named = Named::by_clients(object);
    let mut used = BTreeSet::new();
    for (path, name) in &named.names {
        if known.contains(name) {
            used.insert(*name);
            continue;
        }
        let hint = suggestion(name, &known);
        faults.add(path, format!("is not defined under Destinations; {hint}"));
        used.extend(nearest(name, &known));
    }
    if named.are_hidden {
        return;
    }
    let path = object.path.field("Destinations");
    for name in defined {
        if !used.contains(name) && name != DestinationName::PINPOINT {
            faults.add(
                &path.field(name),
                "is defined, and no client sends to it; name it in a client's Destinations, or take it out",
            );
        }
    }
}

/// The names that are defined; `None` if a fault hides them.
fn defined_names<'j>(object: &Object<'j>) -> Option<Vec<&'j str>> {
    match object.get("Destinations") {
        Some(json) => {
            let pairs = json.object().ok()?.iter();
            Some(pairs.map(|(name, _)| name.as_str()).collect())
        }
        None if object.hides("Destinations", &FIELDS) => None,
        None => Some(Vec::new()),
    }
}

/// The names of destinations that clients give.
#[derive(Default)]
struct Named<'j> {
    /// Each, and where.
    names: Vec<(Path, &'j str)>,
    /// Whether a fault may hide others.
    are_hidden: bool,
}

impl<'j> Named<'j> {
    fn by_clients(object: &Object<'j>) -> Self {
        let mut named = Self::default();
        let path = object.path.field("Clients");
        let default = object.get("Default");
        let clients = object
            .get("Clients")
            .map_or(Ok([].as_slice()), Json::object);
        named.are_hidden = match clients {
            Ok([]) => default.is_none(),
            Ok(_) => false,
            Err(_) => true,
        };
        let all = ["Clients", "Default"];
        named.are_hidden |= all.iter().any(|name| object.hides(name, &FIELDS));
        for (id, client) in clients.unwrap_or_default() {
            named.add(path.field(id), client);
        }
        if let Some(client) = default {
            named.add(object.path.field("Default"), client);
        }
        named
    }

    /// Adds those of a client.
    fn add(&mut self, path: Path, client: &'j Json) {
        let Ok(pairs) = client.object() else {
            self.are_hidden = true;
            return;
        };
        let path_of_list = path.field("Destinations");
        let client = Object { path, pairs };
        match client.get("Destinations").map(Json::list) {
            Some(Ok(items)) => {
                for (index, item) in items.iter().enumerate() {
                    match item.text() {
                        Ok(name) => self.names.push((path_of_list.item(index), name)),
                        Err(_) => self.are_hidden = true,
                    }
                }
            }
            Some(Err(_)) => self.are_hidden = true,
            None => self.are_hidden |= client.hides("Destinations", &CLIENT_FIELDS),
        }
    }
}
