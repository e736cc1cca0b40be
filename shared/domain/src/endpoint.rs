//! Endpoints: Pinpoint's address records of a user's devices, email address and phone number.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::auth_event::{AuthEvent, AuthEventKind, RefusedContact, UserKey, Who};
use crate::contact::{EmailAddress, PhoneNumber, UserAttributes};
use crate::ids::{ClientId, DestinationName, EndpointId, EventId, Sub};
use crate::metadata::{AppMetadata, Demographic};
use crate::traits::Traits;

/// The namespace of endpoint ids, which must stay what it is for endpoints to be found again.
const ENDPOINT_NAMESPACE: Uuid = Uuid::from_u128(0x0a8b_77f4_5be0_4f0e_8a53_64b0_1c9d_2e17);

/// The namespace of fingerprints.
const FINGERPRINT_NAMESPACE: Uuid = Uuid::from_u128(0x3f0c_91d2_77aa_4d0b_b7e6_58c4_93f1_0a6d);

/// The longest endpoint id that is taken from an app (characters).
const LONGEST_APP_ID: usize = 100;

/// What an endpoint's id is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// The user's email address.
    Email,
    /// The user's phone number.
    Sms,
}

impl Channel {
    /// Pinpoint's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Sms => "SMS",
        }
    }
}

/// What a destination is sent of the endpoint of a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceEndpoint {
    /// The user.
    pub user: Sub,
    /// What the device is.
    pub demographic: Demographic,
}

/// What a destination is sent of the endpoint of an email address or a phone number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactUpdate {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Whose it is.
    pub user: Sub,
    /// The app client whose configuration says how to reach the destination.
    pub client: Option<ClientId>,
    /// When the address was seen.
    pub time: DateTime<Utc>,
    /// What it is now.
    pub change: ContactChange,
    /// What else is sent of the user; nothing with an endpoint that is retired.
    pub user_attributes: UserAttributes,
}

/// What a contact endpoint is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContactChange {
    /// In use, with this address.
    Email(EmailAddress),
    /// In use, with this number.
    Sms(PhoneNumber),
    /// No longer in use: opted out of everything, and inactive.
    Retired(Channel),
}

impl ContactChange {
    /// The channel of the endpoint.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
            Self::Retired(channel) => *channel,
        }
    }

    /// The address; `None` if it is no longer in use.
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Email(address) => Some(address.as_str()),
            Self::Sms(number) => Some(number.as_str()),
            Self::Retired(_) => None,
        }
    }
}

/// An endpoint that is known to be a user's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedEndpoint {
    /// The endpoint.
    pub id: EndpointId,
    /// What it is for.
    pub kind: OwnedKind,
}

/// What an endpoint of a user is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OwnedKind {
    /// An address, by its channel.
    Contact(Channel),
    /// The user's device, under an id of ours.
    Device,
    /// A device under an id of the app's own. It may have passed to another user since.
    AppDevice,
}

/// Stands for what was last sent, without telling what it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    fn of(parts: &[&str]) -> Self {
        Self(Uuid::new_v5(&FINGERPRINT_NAMESPACE, joined(parts).as_bytes()).as_u128())
    }
}

impl DeviceEndpoint {
    /// Stands for this endpoint's content.
    pub fn fingerprint(&self) -> Fingerprint {
        let fields = self.demographic.fields().map(|field| field.unwrap_or(""));
        let user = self.user.as_str();
        let [a, b, c, d, e, f, g] = fields;
        Fingerprint::of(&[user, a, b, c, d, e, f, g])
    }
}

impl ContactChange {
    /// Stands for this endpoint's content, and what is sent of the user with it.
    pub fn fingerprint(&self, user_attributes: &UserAttributes) -> Fingerprint {
        let own = [self.channel().name(), self.address().unwrap_or("")];
        let sent = user_attributes
            .iter()
            .flat_map(|(name, value)| [name, value.unwrap_or("")]);
        Fingerprint::of(&own.into_iter().chain(sent).collect::<Vec<_>>())
    }
}

impl ContactUpdate {
    /// What is appended to the log when a destination refuses the update: nothing of the address. Appended twice, it is the
    /// same event.
    pub fn refusal(&self, user: &UserKey, destination: &DestinationName) -> AuthEvent {
        let fingerprint = self.change.fingerprint(&self.user_attributes);
        let contact = RefusedContact {
            destination: destination.clone(),
            channel: self.change.channel(),
            fingerprint: self.change.address().map(|_| fingerprint),
        };
        AuthEvent {
            id: EventId::of_refusal(self.time, &self.endpoint, destination),
            time: self.time,
            user: user.clone(),
            client: self.client.clone(),
            kind: AuthEventKind::EndpointRefused(contact),
            metadata: AppMetadata::default(),
            traits: Traits::default(),
        }
    }
}

/// The id of a user's own device endpoint, for apps that have none of their own; for nobody in
/// particular, the one that all unknown users of an app client share.
pub fn device_endpoint_id(user: &UserKey) -> EndpointId {
    match &user.who {
        Who::User(sub) => endpoint_id(user, sub.as_str(), "DEVICE"),
        Who::Nobody(client) | Who::NotFound(client, _) => endpoint_id(
            user,
            client.as_ref().map_or("", ClientId::as_str),
            "ANONYMOUS",
        ),
    }
}

/// The id of the endpoint of a user's email address or phone number.
pub fn contact_endpoint_id(user: &UserKey, sub: &Sub, channel: Channel) -> EndpointId {
    endpoint_id(user, sub.as_str(), channel.name())
}

/// The endpoint id that an app chose, if it can be one: up to 100 characters, none of them `$`, `{`,
/// `}` or a control character. Pinpoint takes ids without regard to case, so it is lower case here.
pub fn app_endpoint_id(text: &str) -> Option<EndpointId> {
    let allowed = |c: char| !matches!(c, '$' | '{' | '}') && !c.is_control();
    let fits =
        !text.is_empty() && text.chars().count() <= LONGEST_APP_ID && text.chars().all(allowed);
    fits.then(|| EndpointId::new(text.to_lowercase()))
}

fn endpoint_id(user: &UserKey, owner: &str, channel: &str) -> EndpointId {
    let name = joined(&[user.pool.as_str(), owner, channel]);
    EndpointId::new(Uuid::new_v5(&ENDPOINT_NAMESPACE, name.as_bytes()).to_string())
}

/// The parts with a separator that none of them can hold.
fn joined(parts: &[&str]) -> String {
    parts.join("\u{0}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth_event::Lane;
    use crate::ids::{ProjectId, UserPoolId};

    #[test]
    fn ids_are_what_they_always_were() {
        let user = |who| UserKey {
            project: ProjectId::new("p"),
            pool: UserPoolId::new("eu-west-1_AAAA11111"),
            who,
        };
        let sub = Sub::new("7c0d2f3e-0000-4000-8000-000000000001");
        let known = user(Who::User(sub.clone()));
        let client = Some(ClientId::new("1example23456789"));
        let unknown = user(Who::Nobody(client.clone()));
        let lane = Lane::new(7).unwrap();
        let not_found = user(Who::NotFound(client, lane));
        for (id, expected) in [
            (
                device_endpoint_id(&known),
                "1d61821a-e7ea-5091-9d3f-7bbf12cea1d6",
            ),
            (
                contact_endpoint_id(&known, &sub, Channel::Email),
                "fa049bf3-f15c-5f68-8e7e-83b3e80aed6e",
            ),
            (
                contact_endpoint_id(&known, &sub, Channel::Sms),
                "8dd9101a-d83c-57fc-99ff-1890117a6f5c",
            ),
            (
                device_endpoint_id(&unknown),
                "1a9f2af4-be1a-56d8-b76b-139fe2ad9ae2",
            ),
            (
                device_endpoint_id(&not_found),
                "1a9f2af4-be1a-56d8-b76b-139fe2ad9ae2",
            ),
        ] {
            assert_eq!(id.as_str(), expected);
        }
    }

    #[test]
    fn an_apps_own_id_is_taken_if_pinpoint_takes_it() {
        for (text, taken) in [
            ("0DF8A4E4-AAAA", Some("0df8a4e4-aaaa")),
            ("", None),
            ("${id}", None),
            ("a\u{7}", None),
            (&"x".repeat(101), None),
        ] {
            assert_eq!(
                app_endpoint_id(text).as_ref().map(EndpointId::as_str),
                taken,
                "{text}"
            );
        }
    }
}
