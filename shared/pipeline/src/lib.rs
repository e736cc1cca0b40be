//! The use cases: [`capture`](capture::capture) in the triggers, [`publish`](publish::publish) on the
//! event log's stream, [`deliver`](deliver::deliver) on the destinations' queues,
//! [`expire`](expire::expire) every minute; and when somebody asks for it,
//! [`sync`](sync::Walk), [`forget`](forget::forget), [`import`](import::Import) and
//! [`republish`](republish::Republish).
//!
//! Each decides purely and then acts through a port of [`ports`]. Nothing here reads a clock, the
//! environment or randomness.

pub mod capture;
pub mod contact_details;
pub mod deliver;
pub mod expire;
pub mod forget;
pub mod import;
pub mod outcome;
pub mod ports;
pub mod publish;
pub mod republish;
pub mod route;
pub mod sync;
mod traits;
