//! Every command that a page shows is run: those of `cognito-pinpoint` and of `cargo lambda` here, those of
//! `make` by CI, here or in the test of the whole stack.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws::sdk::{self, Patience};
use aws::tables::{TableNames, create_missing};
use aws::users::DynamoUserStates;
use aws_sdk_cognitoidentityprovider::types::AnalyticsConfigurationType;
use chrono::Utc;
use config::Config;
use domain::activity::{DayRow, Recency};
use domain::auth_event::{UserKey, Who};
use domain::counter::Counter;
use domain::ids::{ProjectId, Sub, UserPoolId};
use domain::segment::Segment;
use domain::time_zone::TimeZone;
use local::dynamodb::{DynamoDbStore, Served};
use pipeline::ports::{Captured, Commit, UserStates, VersionedState};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::support::command::{cognito_pinpoint, errors_of, figures, json_of};
use crate::support::ministack::Ministack;
use crate::support::{FUNCTIONS, binary, free_port, repository};

/// How long what is started may take, to be built too.
const PATIENCE: Duration = Duration::from_secs(300);

/// A log line of a function that could not reach its event log.
const SPILLED: &str = r#"{"timestamp":"2026-01-31T12:00:00.1Z","level":"ERROR","message":"an auth event was spilled","spilled":"{\"eventId\":\"019c1404-8b80-7000-8000-000000000001\",\"time\":\"2026-01-31T12:00:00.000Z\",\"type\":\"SignedIn\",\"project\":\"00000000000000000000000000000000\",\"userPoolId\":\"eu-west-1_AAAA11111\",\"sub\":\"s-1\"}"}"#;

/// The commands in a README's `sh` blocks, without their comments.
pub fn commands(readme: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository(readme)).unwrap();
    let blocks = text
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap());
    let lines = blocks
        .flat_map(str::lines)
        .map(|line| line.split(" # ").next().unwrap().trim());
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What the end-to-end test has `make` do, and what is done here.
const MADE_IN_TESTS: [&str; 3] = ["make deploy", "make destroy", "make watch"];

/// Where cargo-lambda is.
const CARGO_LAMBDA: &str = ".venv-cargo-lambda/bin";

/// What is invoked under `make watch`.
const INVOKE: &str = "cargo lambda invoke ";

/// What is run where there is a queue: see the test of it.
pub const REPUBLISH: &str = "cognito-pinpoint republish ";

/// The user pool, the app client and the user whom the READMEs name.
const POOL: &str = "eu-west-1_AAAA11111";
const CLIENT: &str = "3example23456789";
const SUB: &str = "7c0d2f3e-0000-4000-8000-000000000001";

/// A pool with a user whose verified address an app client shares; the pool's id, the client's, and the user's `sub`.
async fn pool(ministack: &Ministack) -> (String, String, String) {
    let pool = ministack.user_pool().await;
    let analytics = AnalyticsConfigurationType::builder()
        .application_id("0".repeat(32))
        .user_data_shared(true)
        .build();
    let client = ministack.cognito().create_user_pool_client();
    let client = client.user_pool_id(&pool).client_name("app");
    let made = client.analytics_configuration(analytics).send().await;
    let client = made.unwrap().user_pool_client.unwrap().client_id.unwrap();
    let email = [("email", "ada@example.test"), ("email_verified", "true")];
    let sub = ministack.user(&pool, "ada", &email).await;
    (pool, client, sub)
}

/// A folder with what the commands name, as it is for a user in the repository's folder.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    symlink(
        repository("events").canonicalize().unwrap(),
        path.join("events"),
    )
    .unwrap();
    for part in ["infra", ".venv"] {
        symlink(repository(part).canonicalize().unwrap(), path.join(part)).unwrap();
    }
    symlink(binary("cognito-pinpoint"), path.join("cognito-pinpoint")).unwrap();
    let aws = repository(".venv/bin/aws").canonicalize().unwrap();
    symlink(aws, path.join("aws")).unwrap();
    let recent = Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    std::fs::write(
        path.join("saved.log"),
        SPILLED.replace("2026-01-31T12:00:00.000Z", &recent),
    )
    .unwrap();
    folder
}

fn shell(folder: &Path, command: &str, dynamodb: &str, aws: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &format!("exec {command}")])
        .current_dir(folder);
    shell
        .env("PATH", folder)
        .env("AWS_ENDPOINT_URL", aws)
        .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb);
    shell
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local");
    shell
        .env("AWS_REGION", "us-east-1")
        // The AWS CLI of Python's registry knows no other.
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_PAGER", "")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
}

/// What else is run here.
const PROGRAMS: [&str; 3] = ["aws ", "cognito-pinpoint ", ".venv/bin/python infra/"];

/// The pages whose commands are run, each in a folder of its own.
const PAGES: [&str; 8] = [
    "README.md",
    "events/README.md",
    "docs/configuration.md",
    "docs/console.md",
    "docs/deployment.md",
    "docs/operations.md",
    "docs/replay.md",
    "docs/taken-triggers.md",
];

/// What goes on until it is stopped.
const SERVERS: [&str; 2] = [
    "cognito-pinpoint pinpoint-local",
    "cognito-pinpoint console",
];

/// Where the commands of a page run.
struct Surroundings {
    ministack: Ministack,
    dynamodb: Served,
    pool: String,
    client: String,
    sub: String,
}

impl Surroundings {
    /// A pool, and a stack whose tables, triggers and queue are there, and which has counted a user today.
    async fn start() -> Self {
        let dynamodb = DynamoDbStore::in_memory().unwrap().serve().await.unwrap();
        let client = sdk::dynamodb(&sdk::on_loopback(&dynamodb.url(), Patience::BEHIND_THE_LOG));
        let tables = TableNames::default();
        create_missing(&client, &tables).await.unwrap();
        let mut row = DayRow::default();
        row.count(Counter::SignIns, 1);
        row.add_users(Recency::NEVER, 1);
        let commit = Commit {
            user: UserKey {
                project: ProjectId::new("0".repeat(32)),
                pool: UserPoolId::new(POOL),
                who: Who::User(Sub::new("somebody")),
            },
            state: VersionedState::default(),
            rows: [((TimeZone::UTC.day_of(Utc::now()), Segment::Whole), row)].into(),
            cohorts: BTreeMap::new(),
            ledger: BTreeMap::new(),
        };
        let states = DynamoUserStates::new(client, tables);
        let project = &commit.user.project;
        let config = Config::local_default();
        let counting = states.counting(project, &config, Some(Captured::at(Utc::now())));
        counting.await.unwrap();
        assert!(states.commit(vec![commit]).await.iter().all(Result::is_ok));
        let ministack = Ministack::start().await;
        for trigger in FUNCTIONS.iter().take(4) {
            let name = format!("cognito-pinpoint-{trigger}");
            ministack.function(&name).await;
        }
        let queue = aws_sdk_sqs::Client::new(&ministack.sdk()).create_queue();
        let queue = queue.queue_name("cognito-pinpoint-not-published");
        queue.send().await.unwrap();
        let (pool, client, sub) = pool(&ministack).await;
        Self {
            ministack,
            dynamodb,
            pool,
            client,
            sub,
        }
    }

    fn shell(&self, folder: &Path, command: &str) -> Command {
        let command = command.replace(POOL, &self.pool).replace(SUB, &self.sub);
        let command = command.replace(CLIENT, &self.client);
        shell(folder, &command, &self.dynamodb.url(), self.ministack.url())
    }

    fn run(&self, folder: &Path, command: &str) {
        let mut shell = self.shell(folder, command);
        if SERVERS.iter().any(|server| command.starts_with(server)) {
            return serves(&mut shell, command);
        }
        let output = shell.output().unwrap();
        // Nothing is deployed here, and doctor says so.
        let is_found = command.contains(" doctor ") && output.status.code() == Some(1);
        assert!(
            output.status.success() || is_found,
            "`{command}`: {}",
            errors_of(&output)
        );
    }
}

/// Whether CI or another test runs a command.
fn runs_elsewhere(command: &str) -> bool {
    if command.starts_with("make ") {
        let ci = std::fs::read_to_string(repository(".ci/run")).unwrap();
        let is_made = ci.lines().any(|line| line.starts_with(command))
            || MADE_IN_TESTS.iter().any(|made| command.starts_with(made));
        assert!(is_made, "CI does not run `{command}`");
        return true;
    }
    command == format!("export PATH=\"$PWD/{CARGO_LAMBDA}:$PATH\"")
        || command.starts_with(INVOKE)
        || command.starts_with(REPUBLISH)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_a_page_shows_works() {
    let surroundings = Surroundings::start().await;
    let mut run = 0;
    for page in PAGES {
        let folder = folder();
        let commands = commands(page);
        let makes =
            |command: &String| command.contains(" config import ") && !command.contains("--output");
        if !commands.iter().any(makes) {
            let import = format!("cognito-pinpoint config import --user-pool-id {POOL}");
            surroundings.run(folder.path(), &import);
        }
        for command in commands.iter().filter(|command| !runs_elsewhere(command)) {
            assert!(
                PROGRAMS.iter().any(|program| command.starts_with(program)),
                "{page}: nothing runs `{command}`"
            );
            surroundings.run(folder.path(), command);
            run += 1;
        }
    }
    assert!(run > 20, "only {run} commands were found");
}

/// A server prints where it is, and goes on until it is stopped.
fn serves(shell: &mut Command, command: &str) {
    use std::io::{BufRead, BufReader};
    let mut child = shell.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("http://127.0.0.1:"), "`{command}`: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_run_here_are_invoked_as_the_readme_shows() {
    let data = tempfile::tempdir().unwrap();
    let (port, dynamodb, pinpoint) = (free_port(), free_port(), free_port());
    let mut watch = Command::new("make");
    watch
        .args([
            "watch",
            &format!("DATA_DIR={}", data.path().display()),
            &format!("PORT={port}"),
        ])
        .args([
            format!("DYNAMODB_PORT={dynamodb}"),
            format!("PINPOINT_PORT={pinpoint}"),
        ])
        .env_remove("MAKEFLAGS")
        .current_dir(repository("."))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // What cargo tells a test of its package would have build scripts of others run again.
    for (name, _) in std::env::vars().filter(|(name, _)| is_of_this_package(name)) {
        watch.env_remove(name);
    }
    let mut watch = Group::start(&mut watch);
    watch.until_it_listens(port).await;
    let mut invoked = 0;
    for command in commands("docs/replay.md") {
        let Some(arguments) = command.strip_prefix(INVOKE) else {
            continue;
        };
        let mut invoke = Command::new(repository(CARGO_LAMBDA).join("cargo-lambda"));
        invoke
            .args(["lambda", "invoke", "--invoke-port", &port.to_string()])
            .args(arguments.split(' '))
            .current_dir(repository("."));
        let answer = json_of(&mut invoke);
        let file = arguments.rsplit(' ').next().unwrap();
        let event = std::fs::read_to_string(repository(file)).unwrap();
        assert_eq!(
            answer,
            serde_json::from_str::<Value>(&event).unwrap(),
            "{command}"
        );
        invoked += 1;
    }
    assert_eq!(invoked, 4);
    let began = Instant::now();
    loop {
        let figures = figures_of(data.path());
        if figures["signUps"] == 1 && figures["signIns"] == 1 && figures["mau"] == 3 {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{figures}");
    }
}

/// Whether cargo sets this variable for the test alone.
fn is_of_this_package(variable: &str) -> bool {
    let names = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_CRATE_",
        "CARGO_BIN_",
        "LD_LIBRARY_PATH",
    ];
    variable == "CARGO" || names.iter().any(|name| variable.starts_with(name))
}

/// The figures of what is kept in a folder.
fn figures_of(data: &Path) -> Value {
    let mut metrics = cognito_pinpoint();
    metrics
        .args(["metrics", "--project", &"0".repeat(32), "--data-dir"])
        .arg(data);
    figures(&mut metrics)
}

/// A command and all that it has started; they end when this is dropped.
struct Group(Child);

impl Group {
    fn start(command: &mut Command) -> Self {
        Self(command.process_group(0).spawn().unwrap())
    }

    /// Waits until something listens there, which it has started.
    async fn until_it_listens(&mut self, port: u16) {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            let ended = self.0.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "it has ended with {ended:?}: nothing listens on port {port}"
            );
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("/bin/sh")
            .args(["-c", &format!("kill -s TERM -- {group}")])
            .status();
        let _ = self.0.wait();
    }
}
