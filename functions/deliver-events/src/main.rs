//! Lambda invokes this with batches of a destination's queue.

use std::sync::Arc;

use aws::configuration::ConfigurationSource;
use aws::sdk::{self, Patience};
use destinations::lambda::run_deliver;
use destinations::senders::Senders;
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    let config = ConfigurationSource::from_environment().read();
    let config = Arc::new(config.map_err(|error| error.to_string())?);
    let sdk = sdk::in_lambda(Patience::TO_A_DESTINATION);
    let endpoint = sdk::endpoint_from_environment("PINPOINT");
    let senders = Senders::new(config, sdk.clone(), endpoint);
    run_deliver(&sdk, senders).await
}
