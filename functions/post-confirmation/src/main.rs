//! Cognito invokes this when a sign-up is confirmed or a forgotten password is reset.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    aws::lambda::run_trigger().await
}
