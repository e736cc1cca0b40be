//! Addresses that are this network's own. Who may write a configuration may not reach through it what only this network can.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use config::PrivateAddresses;
use config::private_address::is_private;

/// A name has no address but private ones.
#[derive(Debug, thiserror::Error)]
#[error("it has no address but private ones")]
pub struct PrivateAddress;

/// Looks names up, and passes over private addresses unless they are allowed. Asked at each connection, so that what a name
/// leads to cannot change after it was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Resolver(pub PrivateAddresses);

impl ResolveDns for Resolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await;
            let found = found.map_err(ResolveDnsError::new)?;
            let addresses = found.map(|address| address.ip());
            let allowed =
                |address: &IpAddr| self.0 == PrivateAddresses::Allowed || !is_private(*address);
            let addresses: Vec<IpAddr> = addresses.filter(allowed).collect();
            match addresses.is_empty() {
                true => Err(ResolveDnsError::new(PrivateAddress)),
                false => Ok(addresses),
            }
        })
    }
}
