//! `Exclude`: who is left out at capture, such as a team's own test users.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::ClientId;

use super::json::Json;
use super::object::{Faults, Object, Path};

const FIELD: &str = "Exclude";
const FIELDS: [&str; 3] = ["Clients", "EmailDomains", "Attributes"];

/// The attribute that an email domain is of.
const EMAIL: &str = "email";

/// Who is left out at capture. By default, nobody.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Exclude {
    clients: BTreeSet<ClientId>,
    /// In lower case.
    email_domains: BTreeSet<String>,
    attributes: BTreeMap<String, BTreeSet<String>>,
}

impl Exclude {
    /// Whether an event of this app client is left out, or one of a user with these attributes. The domain of
    /// an email address counts whether it is verified or not.
    pub fn matches<'a>(
        &self,
        client: Option<&ClientId>,
        attribute: impl Fn(&str) -> Option<&'a str>,
    ) -> bool {
        self.has_client(client)
            || (!self.email_domains.is_empty() && self.has_domain_of(attribute(EMAIL)))
            || self
                .attributes
                .iter()
                .any(|(name, values)| attribute(name).is_some_and(|value| values.contains(value)))
    }

    /// The app clients that are left out.
    pub fn clients(&self) -> impl Iterator<Item = &ClientId> {
        self.clients.iter()
    }

    /// The domains whose email addresses are left out, in lower case.
    pub fn email_domains(&self) -> impl Iterator<Item = &str> {
        self.email_domains.iter().map(String::as_str)
    }

    /// The attributes by which users are left out, each with the values that do it.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        let attributes = self.attributes.iter();
        attributes.map(|(name, values)| (name.as_str(), values))
    }

    pub(super) fn add_client(&mut self, client: ClientId) {
        self.clients.insert(client);
    }

    fn has_client(&self, client: Option<&ClientId>) -> bool {
        client.is_some_and(|client| self.clients.contains(client))
    }

    fn has_domain_of(&self, email: Option<&str>) -> bool {
        let domain = email.and_then(|email| email.rsplit_once('@'));
        domain.is_some_and(|(_, domain)| self.email_domains.contains(&domain.to_lowercase()))
    }
}

pub(super) fn exclude(object: &Object<'_>, faults: &mut Faults) -> Exclude {
    let path = object.path.field(FIELD);
    let given = object.get(FIELD);
    let Some(object) = given.and_then(|json| Object::of(json, path, faults)) else {
        return Exclude::default();
    };
    object.check_names(&FIELDS, faults);
    Exclude {
        clients: list(&object, "Clients", faults, client).unwrap_or_default(),
        email_domains: list(&object, "EmailDomains", faults, email_domain).unwrap_or_default(),
        attributes: attributes(&object, faults),
    }
}

/// A list, each item of it as `read` sees it.
fn list<T: Ord>(
    object: &Object<'_>,
    name: &str,
    faults: &mut Faults,
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<BTreeSet<T>> {
    let items = object.read(name, faults, Json::list)?;
    Some(read_items(items, &object.path.field(name), faults, read))
}

fn read_items<T: Ord>(
    items: &[Json],
    path: &Path,
    faults: &mut Faults,
    read: impl Fn(&str) -> Result<T, String>,
) -> BTreeSet<T> {
    let items = items.iter().enumerate();
    let read = items
        .filter_map(|(index, item)| faults.take(&path.item(index), item.text().and_then(&read)));
    read.collect()
}

fn client(id: &str) -> Result<ClientId, String> {
    if id.trim().is_empty() {
        return Err("is no client; an app client's id is not empty".to_owned());
    }
    Ok(ClientId::new(id))
}

fn email_domain(text: &str) -> Result<String, String> {
    let is_whole = !text.is_empty()
        && !text.starts_with('.')
        && !text.contains(|c: char| c == '@' || c == '*' || c.is_whitespace() || c.is_control());
    if is_whole {
        Ok(text.to_lowercase())
    } else {
        Err(format!(
            "is {text:?}; a domain is written whole, like example.test: what follows the @ of its addresses"
        ))
    }
}

fn attributes(object: &Object<'_>, faults: &mut Faults) -> BTreeMap<String, BTreeSet<String>> {
    let path = object.path.field("Attributes");
    let given = object.get("Attributes");
    let Some(object) = given.and_then(|json| Object::of(json, path, faults)) else {
        return BTreeMap::new();
    };
    let mut attributes = BTreeMap::new();
    for (name, json) in object.pairs {
        let path = object.path.field(name);
        if name.is_empty() {
            faults.add(
                &path,
                "is no attribute; the name of a Cognito attribute is not empty",
            );
        }
        let Some(items) = faults.take(&path, json.list()) else {
            continue;
        };
        let values = read_items(items, &path, faults, |value| Ok(value.to_owned()));
        attributes.insert(name.clone(), values);
    }
    attributes
}
