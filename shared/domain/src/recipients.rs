//! Where what comes through a project's app clients is sent.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{ClientId, DestinationName};

/// What each app client of a project sends, and where.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Recipients {
    of_clients: BTreeMap<ClientId, Sends>,
    of_others: Sends,
}

/// What an app client sends, and where.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sends {
    /// The destinations.
    pub to: BTreeSet<DestinationName>,
    /// Whether addresses are sent there.
    pub addresses: Addresses,
}

/// Whether an app client sends addresses.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Addresses {
    /// It shares user data.
    Shared,
    /// It does not.
    #[default]
    Kept,
}

impl Recipients {
    /// What these app clients send, and what all others do.
    pub fn new(of_clients: impl IntoIterator<Item = (ClientId, Sends)>, of_others: Sends) -> Self {
        Self {
            of_clients: of_clients.into_iter().collect(),
            of_others,
        }
    }

    /// Where any of these app clients sends, each with one that does: the last.
    pub fn of_any<'c>(
        &self,
        clients: impl IntoIterator<Item = &'c Option<ClientId>>,
    ) -> BTreeMap<DestinationName, Option<ClientId>> {
        self.named(clients, |_| true)
    }

    /// Where any of these app clients sends addresses, likewise.
    pub fn of_addresses<'c>(
        &self,
        clients: impl IntoIterator<Item = &'c Option<ClientId>>,
    ) -> BTreeMap<DestinationName, Option<ClientId>> {
        self.named(clients, |sends| sends.addresses == Addresses::Shared)
    }

    fn named<'c>(
        &self,
        clients: impl IntoIterator<Item = &'c Option<ClientId>>,
        count: impl Fn(&Sends) -> bool,
    ) -> BTreeMap<DestinationName, Option<ClientId>> {
        let sent = clients.into_iter().flat_map(|client| {
            let own = client.as_ref().and_then(|id| self.of_clients.get(id));
            let sends = Some(own.unwrap_or(&self.of_others)).filter(|sends| count(sends));
            let names = sends.into_iter().flat_map(|sends| &sends.to);
            names.map(|name| (name.clone(), client.clone()))
        });
        sent.collect()
    }
}
