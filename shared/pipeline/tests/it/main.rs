//! The use cases, against a world that remembers everything and fails when it is told to.

#[cfg(test)]
mod capture;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod deliver;
#[cfg(test)]
mod delivered;
#[cfg(test)]
mod events;
#[cfg(test)]
mod expire;
#[cfg(test)]
mod history;
#[cfg(test)]
mod publish;
#[cfg(test)]
mod republish;
#[cfg(test)]
mod resolve;
#[cfg(test)]
mod resolve_excluded;
#[cfg(test)]
mod resolve_traits;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod world;
