//! What is true of users, events, endpoints and days.
//!
//! Pure: no clock, no environment, no randomness, no input or output. What is stored or sent, and in
//! what form, is the business of the crates around this one.

pub mod activity;
pub mod analytics_event;
pub mod annotation;
pub mod auth_event;
pub mod contact;
pub mod counter;
pub mod counting;
pub mod day;
pub mod dimension;
pub mod endpoint;
pub mod history;
pub mod ids;
pub mod metadata;
pub mod recipients;
pub mod segment;
pub mod time_zone;
pub mod traits;
pub mod user_state;
