//! `UserAttributes`: which Cognito attributes become user attributes of endpoints, and their names
//! there. An object maps one to the other; a list is short for the same names, less `custom:`.

use std::collections::BTreeMap;

use super::json::Json;
use super::object::{Faults, Object, Path};

const FIELD: &str = "UserAttributes";

/// Of a user attribute's name in Pinpoint, in characters.
const LONGEST_NAME: usize = 50;

const NOT_IN_NAMES: [char; 5] = ['#', ':', '?', '\\', '/'];

/// One attribute: its name in Cognito, its name in Pinpoint, and where it is configured.
type Entry<'a> = (&'a str, &'a str, Path);

pub(super) fn user_attributes(
    object: &Object<'_>,
    faults: &mut Faults,
) -> BTreeMap<String, String> {
    let path = object.path.field(FIELD);
    let entries = match object.get(FIELD) {
        None => Vec::new(),
        Some(Json::List(items)) => same_names(items, &path, faults),
        Some(json @ Json::Object(_)) => own_names(json, path, faults),
        Some(json @ (Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Null)) => {
            faults.add(
                &path,
                json.is_not("an object of strings, or a list of strings"),
            );
            Vec::new()
        }
    };
    check(&entries, faults);
    entries
        .into_iter()
        .map(|(from, to, _)| (from.to_owned(), to.to_owned()))
        .collect()
}

fn same_names<'a>(items: &'a [Json], path: &Path, faults: &mut Faults) -> Vec<Entry<'a>> {
    let read = items.iter().enumerate().filter_map(|(index, item)| {
        let path = path.item(index);
        let name = faults.take(&path, item.text())?;
        Some((name, name.strip_prefix("custom:").unwrap_or(name), path))
    });
    read.collect()
}

fn own_names<'a>(json: &'a Json, path: Path, faults: &mut Faults) -> Vec<Entry<'a>> {
    let object = Object::of(json, path, faults);
    let pairs = object.iter().flat_map(|object| {
        object
            .pairs
            .iter()
            .map(|(name, value)| (name, value, object.path.field(name)))
    });
    let read = pairs.filter_map(|(name, value, path)| {
        let to = faults.take(&path, value.text())?;
        Some((name.as_str(), to, path))
    });
    read.collect()
}

fn check(entries: &[Entry<'_>], faults: &mut Faults) {
    let mut taken = BTreeMap::new();
    for (from, to, path) in entries {
        faults.take(path, check_names(from, to));
        if let Some(first) = taken.insert(*to, path).filter(|first| *first != path) {
            faults.add(
                path,
                format!("is named {to:?}, as {first} is; give each its own name"),
            );
        }
    }
}

/// Pinpoint's limits on the names of attributes.
fn check_names(from: &str, to: &str) -> Result<(), String> {
    if from.is_empty() {
        return Err("is no attribute; the name of a Cognito attribute is not empty".to_owned());
    }
    if to.is_empty() {
        return Err("is named \"\"; give it a name for Pinpoint".to_owned());
    }
    let length = to.chars().count();
    if length > LONGEST_NAME {
        return Err(format!(
            "is named with {length} characters; Pinpoint takes {LONGEST_NAME} at most"
        ));
    }
    match to.chars().find(|c| NOT_IN_NAMES.contains(c)) {
        Some(c) => Err(format!(
            "is named {to:?}; Pinpoint takes no {c:?} in a name, give another"
        )),
        None => Ok(()),
    }
}
