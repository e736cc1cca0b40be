//! `cognito-pinpoint console`: the page on this machine, and the API that it reads.

use std::net::Ipv4Addr;
use std::process::ExitCode;

use chrono::Utc;
use console::security_headers::with_security_headers;
use console::{Console, loopback};
use pipeline::ports::PortError;
use tokio::net::TcpListener;

use crate::Failure;
use crate::args::console::ConsoleArgs;
use crate::failure::explained;
use crate::site::{Place, Site};

/// Serves until it is interrupted.
pub async fn run(args: ConsoleArgs) -> Result<ExitCode, Failure> {
    let place = Place::new(args.data_dir.as_deref(), &args.account);
    let site = Site::open(&place).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await;
    let listener = listener.map_err(|error| {
        Failure::Outside(format!(
            "cannot listen on 127.0.0.1, port {}: {error}; another one: --port",
            args.port
        ))
    })?;
    let port = listener.local_addr()?.port();
    let console = Console {
        store: site.metrics,
        now: Utc::now,
        explain: |error: &PortError| explained(error),
        sign_out: None,
        own: Some(Box::new(site.states)),
        place: place.to_string(),
    };
    let address = format!("http://127.0.0.1:{port}/");
    println!("the console of {place}: {address} (Ctrl+C ends it)");
    if args.open
        && let Err(error) = opener::open_browser(&address)
    {
        eprintln!("no browser can be opened: {error}");
    }
    let routes = loopback::only(console::router(console), port);
    let routes = with_security_headers(routes);
    axum::serve(listener, routes)
        .with_graceful_shutdown(crate::interrupted())
        .await?;
    Ok(ExitCode::SUCCESS)
}
