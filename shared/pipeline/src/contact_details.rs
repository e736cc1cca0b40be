//! What a user's Cognito attributes say of their endpoints, as far as the app client's configuration
//! lets it be looked at.

use cognito::Attributes;
use config::{ClientConfig, UserDataSharing};
use domain::contact::{ContactDetails, EmailAddress, PhoneNumber, UserAttributes};

use crate::outcome::LeftOut;

/// The details, and what no endpoint can have of what is there. With sharing off, nothing is even
/// looked at.
pub fn contact_details(
    attributes: &Attributes,
    client: &ClientConfig,
) -> (ContactDetails, Vec<LeftOut>) {
    match client.sharing {
        UserDataSharing::Off => (ContactDetails::NotShared, Vec::new()),
        UserDataSharing::On => shared(attributes, client),
    }
}

fn shared(attributes: &Attributes, client: &ClientConfig) -> (ContactDetails, Vec<LeftOut>) {
    let mut left_out = Vec::new();
    let email = attributes.verified_email().map(EmailAddress::parse);
    let phone = attributes.verified_phone_number().map(PhoneNumber::parse);
    if email == Some(None) {
        left_out.push(LeftOut::Email);
    }
    if phone == Some(None) {
        left_out.push(LeftOut::Sms);
    }
    let mut user_attributes = UserAttributes::default();
    for (from, to) in &client.user_attributes {
        if !user_attributes.set(to, attributes.get(from)) {
            left_out.push(LeftOut::UserAttribute);
        }
    }
    let details = ContactDetails::Shared {
        email: email.flatten(),
        phone: phone.flatten(),
        user_attributes,
    };
    (details, left_out)
}
