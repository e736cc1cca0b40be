//! EventBridge invokes this every five minutes.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    aws::lambda::run_gauge().await
}
