//! Email addresses, phone numbers and user attributes, which nothing here ever prints.

use std::collections::BTreeMap;
use std::fmt;

/// The longest address that SMTP can carry (RFC 5321, section 4.5.3.1.3, less the brackets).
const LONGEST_EMAIL: usize = 254;

/// Of a user attribute's value, in characters ("Amazon Pinpoint quotas", endpoints).
const LONGEST_USER_ATTRIBUTE: usize = 100;

macro_rules! redacted {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

/// An email address that could be one: something on both sides of an `@`, at most 254 bytes, and no
/// white space.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

redacted!(EmailAddress);

impl EmailAddress {
    /// Takes the address; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.rsplit_once('@')?;
        let plain = text.len() <= LONGEST_EMAIL && !text.chars().any(char::is_whitespace);
        (plain && !local.is_empty() && !domain.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A phone number in E.164: `+`, then up to 15 digits, the first of them not 0.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

redacted!(PhoneNumber);

impl PhoneNumber {
    /// Takes the number; `None` if it is not in E.164.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let e164 = (2..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        e164.then(|| Self(text.to_owned()))
    }

    /// The number as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is known of a user beside the addresses, by Pinpoint's names: of each attribute that the
/// configuration lists, its value, or that there is none.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct UserAttributes(BTreeMap<String, Option<String>>);

impl UserAttributes {
    /// Sets an attribute. `false` if the value is over 100 characters: then there is none.
    pub fn set(&mut self, name: impl Into<String>, value: Option<&str>) -> bool {
        let fits = value.is_none_or(|value| value.chars().count() <= LONGEST_USER_ATTRIBUTE);
        let value = value.filter(|value| fits && !value.is_empty());
        self.0.insert(name.into(), value.map(str::to_owned));
        fits
    }

    /// The attributes in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// Whether the configuration lists none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for UserAttributes {
    /// Names only: the values are the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What an auth event says of the user's verified addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContactDetails {
    /// The app client does not share user data: nothing is said.
    NotShared,
    /// The app client shares user data: these are verified, and what is `None` is not, or is not
    /// there.
    Shared {
        /// The verified email address.
        email: Option<EmailAddress>,
        /// The verified phone number.
        phone: Option<PhoneNumber>,
        /// What else of the user goes along with the addresses.
        user_attributes: UserAttributes,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_or_not() {
        for (text, taken) in [
            ("ada@example.test", true),
            ("a@b@example.test", true),
            ("@example.test", false),
            ("ada@", false),
            ("ada", false),
            ("ada lovelace@example.test", false),
            (&format!("{}@example.test", "a".repeat(241)), true),
            (&format!("{}@example.test", "a".repeat(242)), false),
        ] {
            assert_eq!(EmailAddress::parse(text).is_some(), taken, "{text}");
        }
        for (text, taken) in [
            ("+12065550100", true),
            ("+491234567", true),
            ("12065550100", false),
            ("+0123456", false),
            ("+1234567890123456", false),
            ("+1 206 555 0100", false),
            ("+", false),
        ] {
            assert_eq!(PhoneNumber::parse(text).is_some(), taken, "{text}");
        }
    }

    #[test]
    fn a_user_attribute_that_is_too_long_has_no_value() {
        let mut attributes = UserAttributes::default();
        for (name, value, fits) in [
            ("fits", Some("v".repeat(100)), true),
            ("too_long", Some("v".repeat(101)), false),
            ("empty", Some(String::new()), true),
            ("gone", None, true),
        ] {
            assert_eq!(attributes.set(name, value.as_deref()), fits, "{name}");
        }
        let with_value = attributes.iter().filter(|(_, value)| value.is_some());
        assert_eq!(
            with_value.map(|(name, _)| name).collect::<Vec<_>>(),
            ["fits"]
        );
        assert_eq!(attributes.iter().count(), 4);
    }

    #[test]
    fn debug_prints_no_address() {
        let details = ContactDetails::Shared {
            email: EmailAddress::parse("ada@example.test"),
            phone: PhoneNumber::parse("+12065550100"),
            user_attributes: UserAttributes(BTreeMap::from([("tier".into(), Some("gold".into()))])),
        };
        assert_eq!(
            format!("{details:?}"),
            "Shared { email: Some(EmailAddress(redacted)), phone: Some(PhoneNumber(redacted)), user_attributes: {\"tier\"} }"
        );
    }
}
