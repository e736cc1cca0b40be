//! EventBridge invokes this every minute.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    aws::lambda::run_expire().await
}
