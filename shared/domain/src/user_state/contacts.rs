//! The contact endpoints of a user that destinations know, and how they are kept in step.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Fold;
use crate::auth_event::{AuthEvent, RefusedContact};
use crate::contact::{ContactDetails, UserAttributes};
use crate::endpoint::{Channel, ContactChange, ContactUpdate, Fingerprint, contact_endpoint_id};
use crate::ids::ClientId;

/// What destinations have been sent of the user's addresses.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Contacts {
    /// The newest event that said anything of the addresses; older ones that come late are not
    /// believed.
    pub as_of: Option<DateTime<Utc>>,
    /// The email endpoint, while it is in use.
    pub email: Option<KnownContact>,
    /// The SMS endpoint, while it is in use.
    pub sms: Option<KnownContact>,
}

/// A contact endpoint in use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownContact {
    /// What was last sent of it; `None` if that was not taken, so that the next event sends it again.
    pub fingerprint: Option<Fingerprint>,
    /// The app clients that share it. When the last of them no longer does, it is retired.
    pub clients: BTreeSet<Option<ClientId>>,
}

impl Contacts {
    /// The app clients that share something of the user.
    pub fn clients(&self) -> impl Iterator<Item = Option<&ClientId>> {
        let known = self.email.iter().chain(&self.sms);
        let clients: BTreeSet<_> = known.flat_map(|known| &known.clients).collect();
        clients.into_iter().map(Option::as_ref)
    }

    /// Takes note that a destination did not take the endpoint's last update, and will once something
    /// is mended there: what says anything of the address next sends it again.
    pub fn not_sent(&mut self, update: &ContactUpdate) {
        match self.of(update.change.channel()) {
            Some(known) => known.fingerprint = None,
            retired @ None => {
                *retired = Some(KnownContact {
                    fingerprint: None,
                    clients: BTreeSet::from([update.client.clone()]),
                });
            }
        }
    }

    /// Takes note that a destination has refused what was sent of an endpoint, unless something newer was sent since: what
    /// says anything of the address next sends it again.
    pub fn refused(&mut self, contact: &RefusedContact, client: Option<&ClientId>) {
        let known = self.of(contact.channel);
        match (known.as_mut(), contact.fingerprint) {
            (Some(known), Some(refused)) if known.fingerprint == Some(refused) => {
                known.fingerprint = None;
            }
            (None, None) => {
                *known = Some(KnownContact {
                    fingerprint: None,
                    clients: BTreeSet::from([client.cloned()]),
                });
            }
            (Some(_) | None, _) => {}
        }
    }

    fn of(&mut self, channel: Channel) -> &mut Option<KnownContact> {
        match channel {
            Channel::Email => &mut self.email,
            Channel::Sms => &mut self.sms,
        }
    }
}

impl Fold<'_> {
    /// Brings the contact endpoints into step with what the event says.
    pub(super) fn synchronise(&mut self, event: &AuthEvent, details: &ContactDetails) {
        let outdated = self
            .state
            .contacts
            .as_of
            .is_some_and(|as_of| event.time < as_of);
        if outdated || event.user.sub().is_none() {
            return;
        }
        match details {
            ContactDetails::NotShared => {
                self.withdraw(event, Channel::Email);
                self.withdraw(event, Channel::Sms);
            }
            ContactDetails::Shared {
                email,
                phone,
                user_attributes,
            } => {
                self.state.contacts.as_of = Some(event.time);
                match email.clone().map(ContactChange::Email) {
                    Some(address) => self.tell(event, address, user_attributes),
                    None => self.retire(event, Channel::Email),
                }
                match phone.clone().map(ContactChange::Sms) {
                    Some(number) => self.tell(event, number, user_attributes),
                    None => self.retire(event, Channel::Sms),
                }
            }
        }
    }

    /// The user has no such address any more.
    fn retire(&mut self, event: &AuthEvent, channel: Channel) {
        if let Some(known) = self.state.contacts.of(channel).take() {
            let attributes = &UserAttributes::default();
            let change = (ContactChange::Retired(channel), attributes);
            self.push(event, change, known.clients);
        }
    }

    /// The user's address is this one.
    fn tell(&mut self, event: &AuthEvent, address: ContactChange, attributes: &UserAttributes) {
        let fingerprint = address.fingerprint(attributes);
        let known = self.state.contacts.of(address.channel());
        let mut clients = known
            .as_ref()
            .map(|known| known.clients.clone())
            .unwrap_or_default();
        clients.insert(event.client.clone());
        let unchanged = known
            .as_ref()
            .is_some_and(|known| known.fingerprint == Some(fingerprint));
        *known = Some(KnownContact {
            fingerprint: Some(fingerprint),
            clients: clients.clone(),
        });
        if !unchanged {
            self.push(event, (address, attributes), clients);
        }
    }

    /// The event's app client does not share: what it alone shared is retired.
    fn withdraw(&mut self, event: &AuthEvent, channel: Channel) {
        let Some(known) = self.state.contacts.of(channel) else {
            return;
        };
        if known.clients.remove(&event.client) && known.clients.is_empty() {
            self.retire(event, channel);
        }
    }

    fn push(
        &mut self,
        event: &AuthEvent,
        (change, attributes): (ContactChange, &UserAttributes),
        clients: BTreeSet<Option<ClientId>>,
    ) {
        let Some(sub) = event.user.sub() else { return };
        self.effects.contacts.push(ContactUpdate {
            endpoint: contact_endpoint_id(&event.user, sub, change.channel()),
            user: sub.clone(),
            client: event.client.clone(),
            clients,
            time: event.time,
            change,
            user_attributes: attributes.clone(),
        });
    }
}
