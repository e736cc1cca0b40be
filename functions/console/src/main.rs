//! A function URL invokes this with what a browser asks for.

use aws::tables::{METRICS_TABLE, required};
use axum::Router;
use axum::routing::get;
use console::sign_in::{Settings, SignIn, behind_sign_in};
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::telemetry::start();
    let table = required(METRICS_TABLE).map_err(|error| error.to_string())?;
    let settings = Settings::from_variables(|name| std::env::var(name).ok())?;
    let figures = figures(table);
    lambda_http::run(behind_sign_in(figures, SignIn::new(settings)?)).await
}

/// In place of the console's own router.
fn figures(table: String) -> Router {
    Router::new().route("/", get(async move || table))
}
