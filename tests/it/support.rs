//! What several of the tests need.

pub mod app;
pub mod browser;
pub mod cognito;
pub mod cognito_local;
pub mod command;
pub mod counting;
pub mod installation;
pub mod lambda;
pub mod metered;
pub mod ministack;
pub mod misbehaving;
pub mod pinpoint;
pub mod queue;
pub mod runtime_api;
pub mod trigger;
pub mod user_pool;

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// The Lambda functions.
pub const FUNCTIONS: [&str; 9] = [
    "pre-authentication",
    "post-authentication",
    "post-confirmation",
    "pre-token-generation",
    "publish-events",
    "deliver-events",
    "expire-attempts",
    "gauge-active-users",
    "console",
];

/// The path of one of the workspace's binaries, built beside this one.
pub fn binary(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("a test has a path");
    let folder = this
        .parent()
        .and_then(|deps| deps.parent())
        .expect("it is in target/<profile>/deps");
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is not built: run `make build-debug`, or `make test`",
        path.display()
    );
    path
}

/// The path of a file or folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path)
}

/// A port that nothing listens on, and that nobody gets who asks the system for any: those are higher. So it is still free when the one
/// that it is for begins to listen.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(100);
    let ports = std::iter::repeat_with(|| {
        let number = begin.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        u16::try_from(20_000 + number % 10_000).expect("it is below 30,000")
    });
    let mut free = ports
        .take(10_000)
        .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.next().expect("a free port")
}
