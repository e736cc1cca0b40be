//! The contacts of an auth event as they are stored and spilled.

use std::collections::BTreeMap;

use domain::auth_event::RefusedContact;
use domain::contact::{ContactDetails, EmailAddress, PhoneNumber, UserAttributes};
use domain::endpoint::{Channel, Fingerprint};
use domain::ids::DestinationName;
use serde::{Deserialize, Serialize};

use crate::record::RecordError;

/// What a destination refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedRecord {
    channel: ChannelRecord,
    /// Not there in what was written while there was none but Pinpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    /// In hexadecimal digits; none where the endpoint was to be retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ChannelRecord {
    Email,
    Sms,
}

/// What is shared of a user. Its text is never shown.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContactsRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    user_attributes: BTreeMap<String, Option<String>>,
}

impl std::fmt::Debug for ContactsRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactsRecord(redacted)")
    }
}

impl RefusedRecord {
    /// That of a contact.
    pub fn of(contact: &RefusedContact) -> Self {
        Self {
            channel: match contact.channel {
                Channel::Email => ChannelRecord::Email,
                Channel::Sms => ChannelRecord::Sms,
            },
            destination: Some(contact.destination.to_string()),
            fingerprint: contact
                .fingerprint
                .map(|Fingerprint(number)| format!("{number:032x}")),
        }
    }

    /// The contact; an error if it is none.
    pub fn contact(self) -> Result<RefusedContact, RecordError> {
        let number = self
            .fingerprint
            .map(|digits| u128::from_str_radix(&digits, 16))
            .transpose()
            .map_err(|error| RecordError::new("refused", error))?;
        let destination = self.destination.map(DestinationName::new);
        Ok(RefusedContact {
            destination: destination.unwrap_or_else(DestinationName::pinpoint),
            channel: match self.channel {
                ChannelRecord::Email => Channel::Email,
                ChannelRecord::Sms => Channel::Sms,
            },
            fingerprint: number.map(Fingerprint),
        })
    }
}

impl ContactsRecord {
    /// That of details; none if nothing is shared.
    pub fn of(details: &ContactDetails) -> Option<Self> {
        match details {
            ContactDetails::NotShared => None,
            ContactDetails::Shared {
                email,
                phone,
                user_attributes,
            } => Some(Self {
                email: email.as_ref().map(|email| email.as_str().to_owned()),
                phone_number: phone.as_ref().map(|phone| phone.as_str().to_owned()),
                user_attributes: user_attributes
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
                    .collect(),
            }),
        }
    }

    /// The details; an error if an address is none.
    pub fn into_details(record: Option<Self>) -> Result<ContactDetails, RecordError> {
        let Some(record) = record else {
            return Ok(ContactDetails::NotShared);
        };
        let malformed = |field| move || RecordError::new(field, "it is no address");
        let email = record
            .email
            .map(|email| EmailAddress::parse(&email).ok_or_else(malformed("email")));
        let phone = record
            .phone_number
            .map(|phone| PhoneNumber::parse(&phone).ok_or_else(malformed("phoneNumber")));
        let mut user_attributes = UserAttributes::default();
        for (name, value) in record.user_attributes {
            user_attributes.set(name, value.as_deref());
        }
        Ok(ContactDetails::Shared {
            email: email.transpose()?,
            phone: phone.transpose()?,
            user_attributes,
        })
    }
}
