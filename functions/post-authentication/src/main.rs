//! Cognito invokes this when a user has signed in.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    aws::lambda::run_trigger().await
}
