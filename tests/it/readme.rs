//! Every command that a README shows is run: those of `cognito-pinpoint` here, those of `make` by CI.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use aws::sdk::{self, Patience};
use aws::tables::{TableNames, create_missing};
use aws_sdk_cognitoidentityprovider::types::AnalyticsConfigurationType;
use local::dynamodb::DynamoDbStore;

use crate::support::command::errors_of;
use crate::support::ministack::Ministack;
use crate::support::{binary, repository};

/// A log line of a function that could not reach its event log.
const SPILLED: &str = r#"{"timestamp":"2026-01-31T12:00:00.1Z","level":"ERROR","message":"an auth event was spilled","spilled":"{\"eventId\":\"019c1404-8b80-7000-8000-000000000001\",\"time\":\"2026-01-31T12:00:00.000Z\",\"type\":\"SignedIn\",\"project\":\"00000000000000000000000000000000\",\"userPoolId\":\"eu-west-1_AAAA11111\",\"sub\":\"s-1\"}"}"#;

/// The commands in a README's `sh` blocks, without their comments.
fn commands(readme: &str) -> Vec<String> {
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

/// The user pool and the user whom the READMEs name.
const POOL: &str = "eu-west-1_AAAA11111";
const SUB: &str = "7c0d2f3e-0000-4000-8000-000000000001";

/// A pool with a user whose verified address an app client shares; the pool's id, and the user's `sub`.
async fn pool(ministack: &Ministack) -> (String, String) {
    let pool = ministack.user_pool().await;
    let analytics = AnalyticsConfigurationType::builder()
        .application_id("0".repeat(32))
        .user_data_shared(true)
        .build();
    let client = ministack.cognito().create_user_pool_client();
    let client = client.user_pool_id(&pool).client_name("app");
    client
        .analytics_configuration(analytics)
        .send()
        .await
        .unwrap();
    let email = [("email", "ada@example.test"), ("email_verified", "true")];
    let sub = ministack.user(&pool, "ada", &email).await;
    (pool, sub)
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
    symlink(binary("cognito-pinpoint"), path.join("cognito-pinpoint")).unwrap();
    let recent = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
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
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_a_readme_shows_works() {
    let folder = folder();
    let dynamodb = DynamoDbStore::in_memory().unwrap().serve().await.unwrap();
    let client = sdk::dynamodb(&sdk::on_loopback(&dynamodb.url(), Patience::BEHIND_THE_LOG));
    create_missing(&client, &TableNames::default())
        .await
        .unwrap();
    let ministack = Ministack::start().await;
    let (pool, sub) = pool(&ministack).await;
    let ci = std::fs::read_to_string(repository(".ci/run")).unwrap();
    let mut run = 0;
    for command in commands("README.md")
        .into_iter()
        .chain(commands("events/README.md"))
    {
        if command.starts_with("make ") {
            assert!(
                ci.lines().any(|line| line.starts_with(&command)),
                "CI does not run `{command}`"
            );
            continue;
        }
        assert!(
            command.starts_with("cognito-pinpoint "),
            "nothing runs `{command}`"
        );
        let command = command.replace(POOL, &pool).replace(SUB, &sub);
        let mut shell = shell(folder.path(), &command, &dynamodb.url(), ministack.url());
        if command.contains("pinpoint-local") {
            serves(&mut shell, &command);
        } else {
            let output = shell.output().unwrap();
            assert!(
                output.status.success(),
                "`{command}`: {}",
                errors_of(&output)
            );
        }
        run += 1;
    }
    assert!(run > 5, "only {run} commands were found");
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
