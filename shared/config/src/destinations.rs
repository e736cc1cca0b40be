//! Where events and endpoints are sent: `Destinations`.

mod named;

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::ids::DestinationName;

use super::Role;
use super::arn::{RoleArn, role_arn};
use super::json::Json;
use super::object::{Faults, Object, Path, suggestion};
use super::read::named_region;
use crate::region::Region;
pub use named::NotInUse;
pub(super) use named::{check_names, check_one, named_by_client};

/// What the stack's parameter of names has where there is none.
const NOBODY: &str = "none";

/// Of a destination's name (characters): it is part of a queue's.
const LONGEST_NAME: usize = 30;

/// A destination that the configuration defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DestinationConfig {
    /// What it is, and where.
    pub kind: DestinationKind,
    /// The Region that it is in; the functions' own if none is named.
    pub region: Option<Region>,
    /// The role whose credentials reach it; the functions' own if there is none.
    pub role: Option<Role>,
    /// How many requests it is sent in a second at most.
    pub requests_per_second: Option<u32>,
}

/// What a destination is: `Type`, and the settings of that type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DestinationKind {
    /// A delivery stream of Amazon Data Firehose.
    Firehose {
        /// `DeliveryStreamName`.
        stream: String,
    },
    /// A stream of Kinesis.
    Kinesis {
        /// `StreamName`.
        stream: String,
    },
    /// An event bus of EventBridge.
    EventBridge {
        /// `EventBusName`.
        bus: String,
    },
    /// Requests to a server of anybody's.
    Webhook {
        /// `Url`.
        url: String,
        /// The secret that requests are signed with: `SecretName`, in Secrets Manager.
        secret: String,
        /// Whether the server may be in a private network: `AllowPrivateAddress`.
        private_addresses: PrivateAddresses,
    },
    /// A file on this machine.
    File {
        /// `Path`.
        path: PathBuf,
    },
}

impl DestinationKind {
    /// What `Type` says.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Firehose { .. } => "firehose",
            Self::Kinesis { .. } => "kinesis",
            Self::EventBridge { .. } => "eventbridge",
            Self::Webhook { .. } => "webhook",
            Self::File { .. } => "file",
        }
    }
}

/// Whether a webhook's server may have a private address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrivateAddresses {
    /// It may.
    Allowed,
    /// It may not: who writes a configuration could otherwise reach what only this network can.
    Refused,
}

/// A type, with the settings that it has besides [`COMMON`].
struct Type {
    name: &'static str,
    settings: &'static [&'static str],
}

static TYPES: [Type; 5] = [
    Type {
        name: "firehose",
        settings: &["DeliveryStreamName"],
    },
    Type {
        name: "kinesis",
        settings: &["StreamName"],
    },
    Type {
        name: "eventbridge",
        settings: &["EventBusName"],
    },
    Type {
        name: "webhook",
        settings: &["Url", "SecretName", "AllowPrivateAddress"],
    },
    Type {
        name: "file",
        settings: &["Path"],
    },
];

impl Type {
    /// All settings that it may have.
    fn fields(&self) -> Vec<&'static str> {
        [COMMON.as_slice(), self.settings].concat()
    }
}

/// The settings that any destination may have.
const COMMON: [&str; 5] = [
    "Type",
    "Region",
    "RoleArn",
    "ExternalId",
    "RequestsPerSecond",
];

const NO_DEFINITION: &str =
    "needs no definition; a client's ApplicationId, Region and RoleArn say how to reach it";

/// The destinations that are defined.
pub(super) fn defined(
    object: &Object<'_>,
    faults: &mut Faults,
) -> BTreeMap<DestinationName, DestinationConfig> {
    let path = object.path.field("Destinations");
    let Some(json) = object.get("Destinations") else {
        return BTreeMap::new();
    };
    let definitions = Object::of(json, path.clone(), faults);
    let mut defined = BTreeMap::new();
    let mut queues: BTreeMap<String, &str> = BTreeMap::new();
    for (name, json) in definitions.iter().flat_map(|it| it.pairs) {
        let path = path.field(name);
        if let Err(problem) = check_name(name) {
            faults.add(&path, problem);
            if name == DestinationName::PINPOINT {
                continue;
            }
        }
        let letters = name.chars().filter(char::is_ascii_alphanumeric).collect();
        if let Some(other) = queues.insert(letters, name).filter(|other| other != name) {
            faults.add(
                &path,
                format!("is {other:?} but for signs; give it a name of its own"),
            );
        }
        if let Some(destination) = definition(json, path, faults) {
            defined.insert(DestinationName::new(name), destination);
        }
    }
    defined
}

fn check_name(name: &str) -> Result<(), String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name == NOBODY {
        return Err(
            "is no name of a destination; the stack says by it that there is none".to_owned(),
        );
    }
    if name == DestinationName::PINPOINT {
        return Err(NO_DEFINITION.to_owned());
    }
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if begins && name.len() <= LONGEST_NAME && name.chars().all(allowed) {
        return Ok(());
    }
    Err(format!(
        "is no name of a destination; it begins with a letter, and has {LONGEST_NAME} letters, digits, - and _ at most"
    ))
}

fn definition(json: &Json, path: Path, faults: &mut Faults) -> Option<DestinationConfig> {
    let object = Object::of(json, path, faults)?;
    let found = type_of(&object, faults);
    let fields = found.map(Type::fields).unwrap_or(COMMON.to_vec());
    let region = object.read("Region", faults, |json| named_region(json.text()?));
    let role = role(&object, &fields, faults);
    let rate = object.read("RequestsPerSecond", faults, rate);
    let found = found?;
    object.check_names(&fields, faults);
    Some(DestinationConfig {
        kind: kind((found.name, &fields), &object, faults)?,
        region,
        role,
        requests_per_second: rate,
    })
}

/// The type, as [`TYPES`] has it.
fn type_of(object: &Object<'_>, faults: &mut Faults) -> Option<&'static Type> {
    let known = TYPES.each_ref().map(|it| it.name);
    if object.get("Type").is_none() {
        let fields: Vec<&str> = TYPES.iter().flat_map(Type::fields).collect();
        match object.hides("Type", &fields) {
            true => object.check_names(&fields, faults),
            false => faults.add(
                &object.path.field("Type"),
                format!("is missing; give one of {}", known.join(", ")),
            ),
        }
    }
    object.read("Type", faults, |json| {
        let text = json.text()?;
        if text == DestinationName::PINPOINT {
            return Err(format!(
                "is {text:?}, which {NO_DEFINITION}; take this one out, and name {text:?} in the client's Destinations"
            ));
        }
        let found = TYPES.iter().find(|it| it.name == text);
        found.ok_or_else(|| format!("is no type of a destination; {}", suggestion(text, &known)))
    })
}

/// The role to assume. A client's is pasted from Cognito, and what has no effect there is ignored; here it is a fault.
fn role(object: &Object<'_>, fields: &[&str], faults: &mut Faults) -> Option<Role> {
    let external_id = object.read("ExternalId", faults, Json::text);
    let external_id = external_id.filter(|id| !id.is_empty());
    let arn = object.read("RoleArn", faults, |json| match role_arn(json.text()?)? {
        RoleArn::Assumable(arn) => Ok(arn),
        RoleArn::ServiceLinked => {
            Err("is a role that only a service of AWS can assume; give one of your own".to_owned())
        }
    });
    if external_id.is_some() && object.get("RoleArn").is_none() && !object.hides("RoleArn", fields)
    {
        faults.add(
            &object.path.field("ExternalId"),
            "goes with a role, and there is none; give RoleArn, or take it out",
        );
    }
    Some(Role {
        arn: arn?,
        external_id: external_id.map(str::to_owned),
    })
}

fn rate(json: &Json) -> Result<u32, String> {
    let number = json.number()?;
    let rate = number.as_u64().and_then(|rate| u32::try_from(rate).ok());
    let rate = rate.filter(|rate| (1..=MOST_REQUESTS).contains(rate));
    rate.ok_or_else(|| {
        format!("is {number}; must be a whole number of requests from 1 to {MOST_REQUESTS}")
    })
}

/// No destination takes more requests a second.
const MOST_REQUESTS: u32 = 10_000;

fn kind(
    (name, fields): (&str, &[&str]),
    object: &Object<'_>,
    faults: &mut Faults,
) -> Option<DestinationKind> {
    let mut text = |field: &str, check: fn(&str) -> Result<String, String>| {
        if object.get(field).is_none() && !object.hides(field, fields) {
            let problem = format!("is missing; the type {name} needs it");
            faults.add(&object.path.field(field), problem);
        }
        object.read(field, faults, |json| check(json.text()?))
    };
    match name {
        "firehose" => {
            text("DeliveryStreamName", stream).map(|stream| DestinationKind::Firehose { stream })
        }
        "kinesis" => text("StreamName", stream).map(|stream| DestinationKind::Kinesis { stream }),
        "eventbridge" => text("EventBusName", bus).map(|bus| DestinationKind::EventBridge { bus }),
        "file" => text("Path", filled).map(|path| DestinationKind::File { path: path.into() }),
        _ => {
            let (url, secret) = (text("Url", url), text("SecretName", filled));
            let allowed = object.read("AllowPrivateAddress", faults, Json::boolean);
            Some(DestinationKind::Webhook {
                url: url?,
                secret: secret?,
                private_addresses: match allowed {
                    Some(true) => PrivateAddresses::Allowed,
                    Some(false) | None => PrivateAddresses::Refused,
                },
            })
        }
    }
}

fn filled(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        true => Err("is empty".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// Kinesis' and Firehose's own rule: letters, digits, `_`, `.` and `-`.
fn stream(text: &str) -> Result<String, String> {
    named(
        text,
        128,
        "_.-",
        "a stream's name has letters, digits, _ . and -",
    )
}

/// EventBridge's own rule; a bus of another account is given by its ARN.
fn bus(text: &str) -> Result<String, String> {
    named(
        text,
        1_600,
        "/.-_:",
        "give a bus's name, such as default, or its ARN",
    )
}

fn named(text: &str, longest: usize, signs: &str, rule: &str) -> Result<String, String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
    if !text.is_empty() && text.len() <= longest && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(format!("is {text:?}; {rule}, {longest} at most"))
}

/// Only `https`: what is sent tells of people.
fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").ok_or_else(|| {
        "is no https URL; what is sent tells of people, so give one that begins with https://"
            .to_owned()
    })?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let odd = |letter: char| letter.is_whitespace() || letter.is_control();
    if host.is_empty() || host.contains('@') || text.contains(odd) {
        return Err("is no https URL; it looks like https://example.com/path".to_owned());
    }
    Ok(text.to_owned())
}
