//! The use cases: [`capture`](capture::capture) in the triggers, [`publish`](publish::publish) on the
//! event log's stream, [`expire`](expire::expire) every minute.
//!
//! Each decides purely and then acts through a port of [`ports`]. Nothing here reads a clock, the
//! environment or randomness.

pub mod capture;
pub mod expire;
pub mod outcome;
pub mod ports;
pub mod publish;
