//! A function URL invokes this with what a browser asks for.

use aws::metrics::DynamoMetrics;
use aws::sdk::{self, Patience};
use aws::tables::{METRICS_TABLE, required};
use chrono::Utc;
use console::Console;
use console::sign_in::{SIGN_OUT, Settings, SignIn, behind_sign_in};
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    let settings = Settings::from_variables(|name| std::env::var(name).ok())?;
    let table = required(METRICS_TABLE).map_err(|error| error.to_string())?;
    let client = sdk::dynamodb(&sdk::in_lambda(Patience::BEFORE_A_READER));
    let console = Console {
        place: table.clone(),
        own: None,
        sign_out: Some(SIGN_OUT),
        store: DynamoMetrics::new(client, table),
        now: Utc::now,
        // Whoever looks can mend nothing; the log says what it was.
        explain: |_| "the figures cannot be read at the moment: try again in a minute".to_owned(),
    };
    let routes = console::router(console);
    lambda_http::run(behind_sign_in(routes, SignIn::new(settings))).await
}
