//! The parts of AWS that run in this process: a DynamoDB-compatible store, FIFO queues, a Pinpoint-compatible server, and the
//! clock behind them.

pub mod clock;
pub mod dynamodb;
pub mod pinpoint;
pub mod queue;
