//! What only commands do to an account: its user pools' settings, its functions and who may invoke them,
//! what could not be published, and CloudWatch's figures.

pub mod account;
pub mod cloudwatch;
pub mod delivery;
pub mod functions;
pub mod not_published;
pub mod user_pool;
