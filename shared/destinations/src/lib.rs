//! Where analytics events and endpoints are sent, and the roles to send them with.

pub mod assume_role;
pub mod pinpoint;
