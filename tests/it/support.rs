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

use std::path::PathBuf;

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
