//! Lambda invokes this with batches of the event log's stream.

use std::sync::Arc;

use aws::configuration::ConfigurationSource;
use aws::sdk::{self, Patience};
use destinations::not_published::NotPublished;
use destinations::queue::Queues;
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    let config = ConfigurationSource::from_environment().read();
    let config = Arc::new(config.map_err(|error| error.to_string())?);
    let sdk = sdk::in_lambda(Patience::BEHIND_THE_LOG);
    let outbox = Queues::from_environment(&sdk)?;
    let queue = NotPublished::from_environment(&sdk);
    aws::lambda::run_publish(&sdk, &config, outbox, queue).await
}
