//! Dimensions: what figures are broken down by, by their names in the configuration, in keys and in results.

use std::fmt;
use std::sync::Arc;

/// What figures are broken down by: one property of an event, or two at once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// By one property, such as `platform`.
    Of(Property),
    /// By two at once, such as `client+platform`: its values are pairs.
    Pair(Property, Property),
}

/// A property of an event or of its user.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Property {
    /// `platform`, as the app says.
    Platform,
    /// `platformVersion`, as the app says.
    PlatformVersion,
    /// `appVersion`, as the app says.
    AppVersion,
    /// `locale`, as the app says.
    Locale,
    /// `make`, as the app says.
    Make,
    /// `model`, as the app says.
    Model,
    /// `client`: the app client's id.
    Client,
    /// `provider`: `Cognito`, or the identity provider of a federated user.
    Provider,
    /// `attribute:<name>`: an attribute that Cognito keeps of the user.
    Attribute(Arc<str>),
    /// `app:<name>`: what the app passes as `analytics:<name>`.
    App(Arc<str>),
    /// `group`: the user's groups, of which there may be several.
    Group,
}

/// The properties with a name of their own.
const NAMED: [(&str, Property); 9] = [
    ("platform", Property::Platform),
    ("platformVersion", Property::PlatformVersion),
    ("appVersion", Property::AppVersion),
    ("locale", Property::Locale),
    ("make", Property::Make),
    ("model", Property::Model),
    ("client", Property::Client),
    ("provider", Property::Provider),
    ("group", Property::Group),
];

const ATTRIBUTE: &str = "attribute:";
const APP: &str = "app:";

/// Stands between the properties of a pair.
const PAIR: char = '+';

/// What a name may not hold: it stands in keys, in conditions and in lists of dimensions.
const RESERVED: [char; 4] = [',', '=', '#', PAIR];

/// The longest name of an attribute or of what an app passes (characters; Pinpoint's limit on the latter).
const LONGEST_NAME: usize = 50;

/// Cognito's attributes that name a person.
const PERSONAL: [&str; 20] = [
    "sub",
    "cognito:username",
    "cognito:email_alias",
    "cognito:phone_number_alias",
    "identities",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "address",
    "birthdate",
    "picture",
    "profile",
    "website",
];

/// Why a name is no dimension. Displayed, it begins with a verb whose subject is the name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DimensionError {
    /// No property has this name.
    #[error("is no known dimension")]
    Unknown(String),
    /// It would hold personal data.
    #[error("would hold personal data: figures are never broken down by {0}")]
    Personal(String),
    /// It has a character that means something else.
    #[error("has {0:?}, which no dimension's name may hold")]
    Reserved(char),
    /// The name after the prefix is empty or too long.
    #[error("has no name after {0:?}, or one of more than {LONGEST_NAME} characters")]
    Length(&'static str),
    /// A user has several groups: their pairs would have no bounds.
    #[error("is a pair with group, of which a user has several; give group by itself")]
    PairWithGroup,
    /// Both are the same.
    #[error("is a pair of one property with itself")]
    PairOfOne,
    /// There are more than two.
    #[error("has more than two properties; a pair looks like client+platform")]
    MoreThanTwo,
}

impl Dimension {
    /// How many a configuration may have.
    pub const MOST: usize = 10;

    /// Those of a configuration that names none.
    pub fn default_list() -> Vec<Self> {
        use Property::{AppVersion, Client, Locale, Platform, Provider};
        [Platform, AppVersion, Locale, Client, Provider]
            .map(Self::Of)
            .into()
    }

    /// Reads a name such as `platform`, `attribute:custom:tenant` or `client+platform`.
    ///
    /// # Errors
    ///
    /// If no figures can be broken down by it.
    pub fn parse(name: &str) -> Result<Self, DimensionError> {
        let mut parts = name.split(PAIR);
        let first = Property::parse(parts.next().unwrap_or_default())?;
        let Some(second) = parts.next() else {
            return Ok(Self::Of(first));
        };
        let second = Property::parse(second)?;
        if parts.next().is_some() {
            Err(DimensionError::MoreThanTwo)
        } else if first == Property::Group || second == Property::Group {
            Err(DimensionError::PairWithGroup)
        } else if first == second {
            Err(DimensionError::PairOfOne)
        } else {
            Ok(Self::Pair(first, second))
        }
    }

    /// Its properties, in order.
    pub fn properties(&self) -> Vec<&Property> {
        match self {
            Self::Of(property) => vec![property],
            Self::Pair(first, second) => vec![first, second],
        }
    }

    /// Whether both are broken down by the same properties, in whichever order.
    pub fn is_same_pair(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pair(a, b), Self::Pair(c, d)) => (a, b) == (c, d) || (a, b) == (d, c),
            (Self::Of(_) | Self::Pair(..), Self::Of(_) | Self::Pair(..)) => self == other,
        }
    }
}

impl Property {
    /// The names of those that have one of their own, and the prefixes of the others.
    pub const NAMES: [&str; 11] = [
        "platform",
        "platformVersion",
        "appVersion",
        "locale",
        "make",
        "model",
        "client",
        "provider",
        "attribute:<name>",
        "app:<name>",
        "group",
    ];

    /// Reads a name such as `platform` or `app:plan`.
    ///
    /// # Errors
    ///
    /// If there is no such property, or none that figures may be broken down by.
    pub fn parse(name: &str) -> Result<Self, DimensionError> {
        if let Some(reserved) = name.chars().find(|c| RESERVED.contains(c)) {
            return Err(DimensionError::Reserved(reserved));
        }
        if let Some(attribute) = name.strip_prefix(ATTRIBUTE) {
            if PERSONAL.contains(&attribute) {
                return Err(DimensionError::Personal(attribute.to_owned()));
            }
            return bounded(ATTRIBUTE, attribute).map(Self::Attribute);
        }
        if let Some(passed) = name.strip_prefix(APP) {
            return bounded(APP, passed).map(Self::App);
        }
        let named = NAMED.into_iter().find(|(known, _)| *known == name);
        named
            .map(|(_, property)| property)
            .ok_or_else(|| DimensionError::Unknown(name.to_owned()))
    }
}

fn bounded(prefix: &'static str, name: &str) -> Result<Arc<str>, DimensionError> {
    if (1..=LONGEST_NAME).contains(&name.chars().count()) {
        Ok(Arc::from(name))
    } else {
        Err(DimensionError::Length(prefix))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(property) => property.fmt(f),
            Self::Pair(first, second) => write!(f, "{first}{PAIR}{second}"),
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => write!(f, "{ATTRIBUTE}{name}"),
            Self::App(name) => write!(f, "{APP}{name}"),
            Self::Platform => f.write_str("platform"),
            Self::PlatformVersion => f.write_str("platformVersion"),
            Self::AppVersion => f.write_str("appVersion"),
            Self::Locale => f.write_str("locale"),
            Self::Make => f.write_str("make"),
            Self::Model => f.write_str("model"),
            Self::Client => f.write_str("client"),
            Self::Provider => f.write_str("provider"),
            Self::Group => f.write_str("group"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_or_says_why_it_is_no_dimension() {
        for (name, expected) in [
            ("platform", None),
            ("platformVersion", None),
            ("provider", None),
            ("group", None),
            ("attribute:custom:tenant", None),
            ("attribute:cognito:user_status", None),
            ("app:plan", None),
            ("client+platform", None),
            ("attribute:custom:tenant+app:plan", None),
            ("Platform", Some("is no known dimension")),
            ("", Some("is no known dimension")),
            (
                "attribute:email",
                Some("would hold personal data: figures are never broken down by email"),
            ),
            (
                "client+attribute:sub",
                Some("would hold personal data: figures are never broken down by sub"),
            ),
            (
                "app:a=b",
                Some("has '=', which no dimension's name may hold"),
            ),
            (
                "attribute:a,b",
                Some("has ',', which no dimension's name may hold"),
            ),
            (
                "app:a#b",
                Some("has '#', which no dimension's name may hold"),
            ),
            (
                "app:",
                Some("has no name after \"app:\", or one of more than 50 characters"),
            ),
            (
                "client+group",
                Some("is a pair with group, of which a user has several; give group by itself"),
            ),
            (
                "client+client",
                Some("is a pair of one property with itself"),
            ),
            (
                "client+platform+locale",
                Some("has more than two properties; a pair looks like client+platform"),
            ),
        ] {
            let parsed = Dimension::parse(name);
            let found = parsed
                .as_ref()
                .map_or_else(ToString::to_string, ToString::to_string);
            assert_eq!(found, expected.unwrap_or(name));
        }
    }
}
