//! `cognito-pinpoint pinpoint-local`: a Pinpoint-compatible server.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use local::clock::SystemClock;
use local::pinpoint::{AppCreation, EventsOut, Options, Store, serve};
use tokio::net::TcpListener;

use crate::Failure;
use crate::args::PinpointLocalArgs;
use crate::data_folder::PINPOINT_FILE;

/// Serves until it is interrupted.
pub async fn run(args: PinpointLocalArgs) -> Result<ExitCode, Failure> {
    let store = match &args.data_dir {
        Some(folder) => open(folder)?,
        None => Store::in_memory()?,
    };
    let events_out = match &args.events_out {
        Some(path) => Some(EventsOut::new(open_at_end(path)?, &store)?),
        None => None,
    };
    let address = (args.host, args.port);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let (host, port) = address;
        Failure::Outside(format!("cannot listen on {host}, port {port}: {error}"))
    })?;
    println!(
        "Pinpoint-compatible server at http://{}",
        listener.local_addr()?
    );
    let options = Options {
        apps: AppCreation::Explicit,
        allowed_origins: args.allow_origin,
        events_out,
    };
    let ended = crate::interrupted();
    serve(listener, store, Arc::new(SystemClock), options, ended).await?;
    Ok(ExitCode::SUCCESS)
}

fn open(folder: &Path) -> Result<Store, Failure> {
    std::fs::create_dir_all(folder)?;
    Ok(Store::open(&folder.join(PINPOINT_FILE))?)
}

fn open_at_end(path: &Path) -> Result<File, Failure> {
    let file = File::options().create(true).append(true).open(path);
    file.map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display())))
}
