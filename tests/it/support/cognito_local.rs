//! Cognito as `cognito-local` has it, in a process of its own on the loopback interface: trigger
//! events that nobody here wrote.
//!
//! It has no pre-authentication, does not tell when a post-authentication or post-confirmation
//! function fails, and keeps to itself what an app passes with InitiateAuth.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::app::{App, CODE};
use super::lambda::Lambda;
use super::repository;

/// The functions behind its triggers.
pub const FUNCTIONS: [&str; 3] = [
    "post-authentication",
    "post-confirmation",
    "pre-token-generation",
];

/// Its user pool.
const POOL: &str = "eu-west-1_AAAA11111";

/// The app client of that.
const CLIENT: &str = "1example23456789";

/// What it logs before its address.
const READY: &str = "Cognito Local running on ";

/// The file in its folder that it writes its log to.
const LOG: &str = "cognito-local.log";

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Cognito. It ends when this is dropped.
pub struct CognitoLocal {
    url: String,
    _child: Child,
    _folder: TempDir,
}

impl CognitoLocal {
    /// Starts it, with a pool and an app client, before this Lambda.
    pub async fn before(lambda: &Lambda) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        lay_out(folder.path(), lambda);
        let log = folder.path().join(LOG);
        let file = File::create(&log).expect("a file");
        let child = Command::new(installed("node"))
            .arg(installed(
                "cognito-local/node_modules/cognito-local/lib/bin/start.js",
            ))
            .current_dir(folder.path())
            .env_clear()
            .envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("CODE", CODE)])
            .stdout(file.try_clone().expect("a file"))
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .expect("it can be run");
        Self {
            url: address(&log).await,
            _child: child,
            _folder: folder,
        }
    }

    /// The app of that client.
    pub fn app(&self) -> App {
        App::known(&self.url, POOL, CLIENT)
    }
}

/// A file that `make` has installed beside Node.js.
fn installed(path: &str) -> PathBuf {
    let path = repository(".venv-node").join(path);
    assert!(
        path.exists(),
        "{} is not there: run `make test`",
        path.display()
    );
    path
}

/// Where it listens, as soon as its log tells.
async fn address(log: &Path) -> String {
    let began = Instant::now();
    loop {
        let log = fs::read_to_string(log).expect("its log is UTF-8");
        let told = log.split_once(READY).map(|(_, told)| told);
        // The line is coloured: an escape sequence follows.
        if let Some((address, _)) = told.and_then(|told| told.split_once(['\x1b', '\n'])) {
            return address.to_owned();
        }
        assert!(
            began.elapsed() < PATIENCE,
            "cognito-local does not start: {log}"
        );
        tokio::task::yield_now().await;
    }
}

/// What it finds in its folder: its configuration, and what it wrote in an earlier life.
fn lay_out(folder: &Path, lambda: &Lambda) {
    let database = folder.join(".cognito/db");
    fs::create_dir_all(&database).expect("a folder");
    let write = |name: &str, content: Value| {
        fs::write(database.join(name), content.to_string()).expect("a file");
    };
    write("../config.json", config(&lambda.url()));
    write(
        &format!("{POOL}.json"),
        json!({"Users": {}, "Options":
            {"Id": POOL, "UsernameAttributes": [], "AutoVerifiedAttributes": ["email"]}}),
    );
    let client = json!({"ClientId": CLIENT, "ClientName": "app", "UserPoolId": POOL,
        "CreationDate": "2026-01-01T00:00:00.000Z", "LastModifiedDate": "2026-01-01T00:00:00.000Z",
        "TokenValidityUnits": {"AccessToken": "hours", "IdToken": "minutes", "RefreshToken": "days"},
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]});
    write("clients.json", json!({"Clients": {CLIENT: client}}));
}

/// It waits 5 seconds for a function, as Cognito does, and invokes it once for each event.
fn config(lambda: &str) -> Value {
    json!({
        "LambdaClient": {"endpoint": lambda, "maxRetries": 0, "httpOptions": {"timeout": 5_000}},
        "TriggerFunctions": {
            "PostAuthentication": "post-authentication",
            "PostConfirmation": "post-confirmation",
            "PreTokenGeneration": "pre-token-generation",
        },
        "UserPoolDefaults": {"UsernameAttributes": []},
    })
}
