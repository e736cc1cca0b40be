//! Lambda invokes this with batches of the event log's stream.

use std::sync::Arc;

use aws::configuration::ConfigurationSource;
use aws::sdk::{self, Patience};
use destinations::not_published::NotPublished;
use destinations::pinpoint::{PinpointDestination, Routes};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    let config = ConfigurationSource::from_environment().read();
    let config = Arc::new(config.map_err(|error| error.to_string())?);
    let sdk = sdk::in_lambda(Patience::BEHIND_THE_LOG);
    let endpoint = sdk::endpoint_from_environment("PINPOINT");
    let destination = PinpointDestination::new(Routes::new(config.clone(), sdk.clone(), endpoint));
    let queue = NotPublished::from_environment(&sdk);
    aws::lambda::run_publish(&sdk, &config, |budget| destination.within(budget), queue).await
}
