//! The contact endpoints of a user that destinations know, and how they are kept in step.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::fold::Fold;
use crate::auth_event::{AuthEvent, RefusedContact};
use crate::contact::{ContactDetails, UserAttributes};
use crate::endpoint::{Channel, ContactChange, ContactUpdate, Fingerprint, contact_endpoint_id};
use crate::ids::{ClientId, DestinationName};

/// What destinations have been sent of the user's addresses.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Contacts {
    /// The newest event that said anything of the addresses; older ones that come late are not
    /// believed.
    pub as_of: Option<DateTime<Utc>>,
    /// The email endpoint, until every destination that has it knows that it is retired.
    pub email: Option<KnownContact>,
    /// The SMS endpoint, likewise.
    pub sms: Option<KnownContact>,
}

/// A contact endpoint.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KnownContact {
    /// What it is; `None` if it is retired.
    pub fingerprint: Option<Fingerprint>,
    /// The app clients that share it. When the last of them no longer does, it is retired; then these are who did.
    pub clients: BTreeSet<Option<ClientId>>,
    /// The destinations that may have it, since it was enqueued for them.
    pub holders: BTreeMap<DestinationName, Held>,
}

/// What a destination has of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// What it is.
    Current,
    /// What it was, or nothing if what was sent was refused: what says anything of the address next sends it.
    Outdated,
}

impl Contacts {
    /// The app clients that share something of the user.
    pub fn clients(&self) -> impl Iterator<Item = Option<&ClientId>> {
        let known = self.email.iter().chain(&self.sms);
        let clients: BTreeSet<_> = known.flat_map(|known| &known.clients).collect();
        clients.into_iter().map(Option::as_ref)
    }

    /// Takes note that a destination has refused what was sent of an endpoint, unless something newer was sent since: what
    /// says anything of the address next sends it again.
    pub fn refused(&mut self, contact: &RefusedContact, client: Option<&ClientId>) {
        let slot = self.of(contact.channel);
        if contact.fingerprint.is_some() {
            let same = slot
                .as_mut()
                .filter(|known| known.fingerprint == contact.fingerprint);
            if let Some(known) = same {
                known.outdate(&contact.destination);
            }
            return;
        }
        let known = slot.get_or_insert_default();
        let holders = &mut known.holders;
        holders
            .entry(contact.destination.clone())
            .or_insert(Held::Outdated);
        if known.fingerprint.is_none() {
            known.clients.insert(client.cloned());
        }
    }

    /// Has a destination be sent the endpoints by what says anything of the addresses next.
    pub fn send_anew(&mut self, destination: &DestinationName) {
        let known = self.email.iter_mut().chain(&mut self.sms);
        known.for_each(|known| known.outdate(destination));
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
        let known = self.state.contacts.of(channel).as_mut();
        let sharing = known.map(|known| std::mem::take(&mut known.clients));
        if let Some(sharing) = sharing {
            self.stop_sharing(event, channel, sharing);
        }
    }

    /// The event's app client does not share: what it alone shared is retired, and what is left of that.
    fn withdraw(&mut self, event: &AuthEvent, channel: Channel) {
        let known = self.state.contacts.of(channel).as_mut();
        let shared = known.is_some_and(|known| known.clients.remove(&event.client));
        let left = shared.then(|| event.client.clone());
        self.stop_sharing(event, channel, left.into_iter().collect());
    }

    /// The user's address is this one.
    fn tell(&mut self, event: &AuthEvent, address: ContactChange, attributes: &UserAttributes) {
        let slot = self.state.contacts.of(address.channel());
        let known = slot.get_or_insert_default();
        if known.fingerprint.is_none() {
            known.clients.clear();
        }
        known.clients.insert(event.client.clone());
        known.become_of(Some(address.fingerprint(attributes)));
        let sharing = known.clients.iter().chain([&event.client]);
        let mut to = self.counting.recipients.of_addresses(sharing);
        to.retain(|name, _| known.holders.get(name) != Some(&Held::Current));
        let sent = to.keys().map(|name| (name.clone(), Held::Current));
        known.holders.extend(sent);
        self.push(event, (address, attributes), to);
    }

    /// These app clients do not share the address any more: who has it from them alone is to retire it. And so is whoever the
    /// event's client sends to and was to retire it before, but has refused that.
    fn stop_sharing(
        &mut self,
        event: &AuthEvent,
        channel: Channel,
        clients: BTreeSet<Option<ClientId>>,
    ) {
        let slot = self.state.contacts.of(channel);
        let Some(known) = slot else { return };
        if known.clients.is_empty() {
            known.become_of(None);
        }
        let recipients = &self.counting.recipients;
        let kept = match known.fingerprint {
            Some(_) => recipients.of_addresses(&known.clients),
            None => BTreeMap::new(),
        };
        let none_left = clients.is_empty();
        let mut to = recipients.of_any(clients.iter().chain([&event.client]));
        to.retain(|name, _| {
            let held = known.holders.get(name);
            let is_left = held.is_some_and(|held| !none_left || *held == Held::Outdated);
            is_left && !kept.contains_key(name)
        });
        known.holders.retain(|name, _| !to.contains_key(name));
        if known.fingerprint.is_none() {
            known.clients.extend(clients);
            slot.take_if(|known| known.holders.is_empty());
        }
        let attributes = &UserAttributes::default();
        self.push(event, (ContactChange::Retired(channel), attributes), to);
    }

    fn push(
        &mut self,
        event: &AuthEvent,
        (change, attributes): (ContactChange, &UserAttributes),
        to: BTreeMap<DestinationName, Option<ClientId>>,
    ) {
        let Some(sub) = event.user.sub() else { return };
        let updates = to.into_iter().map(|(destination, client)| {
            let update = ContactUpdate {
                endpoint: contact_endpoint_id(&event.user, sub, change.channel()),
                user: sub.clone(),
                client,
                time: event.time,
                change: change.clone(),
                user_attributes: attributes.clone(),
            };
            (destination, update)
        });
        self.effects.contacts.extend(updates);
    }
}

impl KnownContact {
    /// Makes the endpoint what this stands for: who has it as it was has it outdated.
    fn become_of(&mut self, fingerprint: Option<Fingerprint>) {
        if self.fingerprint != fingerprint {
            self.fingerprint = fingerprint;
            let all = self.holders.values_mut();
            all.for_each(|held| *held = Held::Outdated);
        }
    }

    fn outdate(&mut self, destination: &DestinationName) {
        if let Some(held) = self.holders.get_mut(destination) {
            *held = Held::Outdated;
        }
    }
}
