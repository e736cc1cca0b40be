//! Where what comes through a project's app clients is sent.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{ClientId, DestinationName};

/// The destinations that each app client of a project sends to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Recipients {
    of_clients: BTreeMap<ClientId, BTreeSet<DestinationName>>,
    of_others: BTreeSet<DestinationName>,
}

impl Recipients {
    /// What these app clients send to, and what all others do.
    pub fn new(
        of_clients: impl IntoIterator<Item = (ClientId, BTreeSet<DestinationName>)>,
        of_others: BTreeSet<DestinationName>,
    ) -> Self {
        Self {
            of_clients: of_clients.into_iter().collect(),
            of_others,
        }
    }

    /// What an app client sends to.
    pub fn of(&self, client: Option<&ClientId>) -> &BTreeSet<DestinationName> {
        let own = client.and_then(|client| self.of_clients.get(client));
        own.unwrap_or(&self.of_others)
    }

    /// What any of these app clients sends to, each with one that does: the last.
    pub fn of_any<'c>(
        &self,
        clients: impl IntoIterator<Item = &'c Option<ClientId>>,
    ) -> BTreeMap<DestinationName, Option<ClientId>> {
        let sent = clients.into_iter().flat_map(|client| {
            let names = self.of(client.as_ref()).iter();
            names.map(|name| (name.clone(), client.clone()))
        });
        sent.collect()
    }
}
