//! What only commands do to an account: its user pools' settings, its functions and who may invoke them, and
//! CloudWatch's figures of them.

pub mod account;
pub mod cloudwatch;
pub mod functions;
pub mod user_pool;
