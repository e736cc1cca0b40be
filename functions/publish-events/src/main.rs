//! Lambda invokes this with batches of the event log's stream.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    aws::lambda::run_publish().await
}
