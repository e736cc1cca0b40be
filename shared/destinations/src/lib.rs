//! Where analytics events and endpoints are sent, and the roles to send them with; and where records go that
//! cannot be published.

pub mod assume_role;
pub mod not_published;
pub mod pinpoint;
