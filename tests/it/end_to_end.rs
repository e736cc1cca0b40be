//! The stack, deployed to an emulator as anybody would deploy it, with the project's own binaries in it:
//! what a client does at Cognito arrives at Pinpoint and in the figures.

mod console;
mod delivery;
mod taken_triggers;

use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::console::ConsoleClient;
use crate::support::app::App;
use crate::support::cognito::Cognito;
use crate::support::command::{done, errors_of, figures_in_account, in_account, python_program};
use crate::support::ministack::Ministack;
use crate::support::pinpoint::Pinpoint;
use crate::support::{FUNCTIONS, binary, repository};

/// One project, which shares user data; whose attempts are soon over.
const CONFIG: &str = r#"{"Default": {"ApplicationId": "0123456789abcdef0123456789abcdef", "UserDataShared": true,
    "AttemptWindowSeconds": 5, "Destinations": ["pinpoint"]}}"#;

/// What the emulator takes otherwise than AWS: a request of several messages has a right of its own there, and a number that
/// is a parameter remains text, which no SDK reads.
const AS_THE_EMULATOR_WANTS_IT: [(&str, &str); 3] = [
    (
        "Action: sqs:SendMessage\n",
        "Action: [sqs:SendMessage, sqs:SendMessageBatch]\n",
    ),
    (
        "sqs:ChangeMessageVisibility]",
        "sqs:ChangeMessageVisibility, sqs:ChangeMessageVisibilityBatch]",
    ),
    (
        "MaximumConcurrency: !Ref DeliveryConcurrency",
        "MaximumConcurrency: 2",
    ),
];

/// How long an event may take through the whole stack.
const PATIENCE: Duration = Duration::from_secs(90);

/// A deployed stack, in an account of its own.
struct Stack {
    ministack: Ministack,
    cognito: Cognito,
    pinpoint: Pinpoint,
    console: ConsoleClient,
    folder: tempfile::TempDir,
}

impl Stack {
    async fn deploy() -> Self {
        let ministack = Ministack::with_authorization().await;
        let stack = Self {
            cognito: Cognito::before(&ministack).await,
            console: ConsoleClient::new(&ministack).await,
            ministack,
            pinpoint: Pinpoint::start().await,
            folder: tempfile::tempdir().unwrap(),
        };
        stack.lay_out();
        let console = stack.console.parameters(stack.ministack.url());
        let endpoint = stack.pinpoint.url();
        let parameters = format!("PARAMETERS=PinpointEndpoint={endpoint} {console}");
        done(
            stack
                .make("deploy")
                .args(["CONFIG=config.json", &parameters]),
        );
        stack
            .ministack
            .mount_layers("cognito-pinpoint-pre-authentication");
        stack
    }

    /// The repository's folder, with what `make build` would leave: here, the binaries that the tests have.
    fn lay_out(&self) {
        let folder = self.folder.path();
        for name in [
            "Makefile",
            "functions",
            "tests",
            ".venv",
            ".venv-cargo-lambda",
        ] {
            symlink(repository(name).canonicalize().unwrap(), folder.join(name)).unwrap();
        }
        let mut copy = Command::new("cp");
        done(copy.arg("-r").arg(repository("infra")).arg(folder));
        let template = folder.join("infra/template.yaml");
        let for_the_emulator = AS_THE_EMULATOR_WANTS_IT.iter().fold(
            std::fs::read_to_string(&template).unwrap(),
            |template, (ours, its)| {
                assert!(template.contains(ours), "{ours}");
                template.replace(ours, its)
            },
        );
        std::fs::write(template, for_the_emulator).unwrap();
        std::fs::write(folder.join("config.json"), CONFIG).unwrap();
        for name in FUNCTIONS {
            let code = folder.join("target/lambda").join(name);
            std::fs::create_dir_all(&code).unwrap();
            let mut strip = Command::new("strip");
            done(
                strip
                    .arg(binary(name))
                    .arg("-o")
                    .arg(code.join("bootstrap")),
            );
        }
    }

    /// `make` in that folder, which builds nothing.
    fn make(&self, target: &str) -> Command {
        let architecture = if cfg!(target_arch = "aarch64") {
            "arm64"
        } else {
            "x86_64"
        };
        let mut make = Command::new("make");
        make.args([target, "BUILT=1", &format!("ARCH={architecture}")])
            .arg(format!("COMMAND={}", binary("cognito-pinpoint").display()))
            .env("AWS_ENDPOINT_URL", self.ministack.url())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env_remove("MAKEFLAGS")
            .current_dir(self.folder.path());
        make
    }

    /// The command, which reaches Cognito where clients do.
    fn command(&self, name: &str, pool: &str) -> Command {
        let mut command = in_account(&self.cognito.url());
        command.args([name, "--user-pool-id", pool]);
        command
    }

    /// What `doctor` finds wrong, by subject.
    fn wrong(&self, pool: &str) -> Vec<String> {
        let found = self
            .command("doctor", pool)
            .args(["--format", "json"])
            .output()
            .unwrap();
        let found: Value = serde_json::from_slice(&found.stdout)
            .unwrap_or_else(|_| panic!("{}", errors_of(&found)));
        let wrong = found
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["state"] != "ok");
        wrong
            .map(|it| it["subject"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Has the schedule's function run: the emulator's own schedule would, within a minute.
    async fn expire(&self) {
        let lambda = aws_sdk_lambda::Client::new(&self.ministack.sdk());
        let scheduled =
            json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        let payload = aws_sdk_lambda::primitives::Blob::new(scheduled.to_string());
        let invoke = lambda
            .invoke()
            .function_name("cognito-pinpoint-expire-attempts");
        let invoked = invoke.payload(payload).send().await.unwrap();
        assert_eq!(invoked.function_error, None);
    }

    /// Has CloudWatch observe a million of something.
    fn observe(&self, name: &str, namespace: &str, of: &[(&str, &str)]) {
        let mut put = python_program("aws");
        put.args([
            "cloudwatch",
            "put-metric-data",
            "--endpoint-url",
            self.ministack.url(),
        ])
        .args([
            "--namespace",
            namespace,
            "--metric-name",
            name,
            "--value",
            "1000000",
        ]);
        for (name, value) in of {
            put.args(["--dimensions", &format!("{name}={value}")]);
        }
        done(&mut put);
    }

    /// Waits until Pinpoint has so many events, and gives them.
    async fn wait_for_events(&self, count: usize) -> Vec<Value> {
        let began = Instant::now();
        let mut often = tokio::time::interval(Duration::from_millis(100));
        loop {
            let events = self.pinpoint.events();
            if events.len() >= count {
                return events;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{events:?}\n{}",
                self.ministack.log()
            );
            often.tick().await;
        }
    }

    /// Waits until a figure of today is this, and gives all.
    async fn wait_for(&self, figure: &str, value: i64) -> Value {
        let began = Instant::now();
        loop {
            let figures = figures_in_account(self.ministack.url());
            if figures[figure] == value {
                return figures;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{figures}\n{}",
                self.ministack.log()
            );
            self.expire().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_does_at_cognito_arrives_at_pinpoint_and_in_the_figures() {
    let stack = Stack::deploy().await;
    let app = App::new(&stack.cognito.url()).await;
    assert!(stack.wrong(&app.pool).contains(&"triggers".to_owned()));
    done(
        stack
            .command("attach", &app.pool)
            .arg("--pre-token-generation"),
    );

    done(stack.make("deploy").arg("FUNCTION=post-confirmation"));

    let email = [("email", "ada@example.test")];
    app.sign_up("ada", "Right-Password-1", &email).await;
    let refused = app.sign_in("ada", "Wrong-Password-1").await;
    assert_eq!(refused, Err("NotAuthorizedException".to_owned()));
    stack.wait_for("authFailures", 1).await;
    let token = app.sign_in("ada", "Right-Password-1").await.unwrap();
    let guessed = app.sign_in("nobody", "Right-Password-1").await;
    assert_eq!(guessed, Err("NotAuthorizedException".to_owned()));
    stack.wait_for("signIns", 1).await;
    app.refresh(&token).await;

    let figures = stack.wait_for("authFailures", 2).await;
    let expected =
        json!({"signUps": 1, "signIns": 1, "authFailures": 2, "newUsers": 1, "wau": 1, "mau": 1});
    assert_eq!(figures, expected);
    let events = stack.wait_for_events(4).await;
    let types = events
        .iter()
        .filter_map(|event| event["event_type"].as_str());
    let mut types: Vec<&str> = types.collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "_userauth.auth_fail",
            "_userauth.auth_fail",
            "_userauth.sign_in",
            "_userauth.sign_up"
        ]
    );
    let endpoints = stack.pinpoint.endpoints();
    let addresses = endpoints
        .iter()
        .filter_map(|endpoint| endpoint.get("Address"));
    assert_eq!(addresses.collect::<Vec<_>>(), ["ada@example.test"]);
    assert_eq!(stack.wrong(&app.pool), Vec::<String>::new());
    console::only_members_of_the_group_see_figures(&stack, &stack.console).await;

    let refused = stack.make("destroy").output().unwrap();
    assert!(
        !refused.status.success() && errors_of(&refused).contains(&app.pool),
        "{}",
        errors_of(&refused)
    );
    done(&mut stack.command("detach", &app.pool));
    done(&mut stack.make("destroy"));
    app.sign_in("ada", "Right-Password-1").await.unwrap();
    assert_eq!(figures_in_account(stack.ministack.url()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_installation_is_told_with_how_to_mend_it() {
    let stack = Stack::deploy().await;
    let app = App::new(&stack.cognito.url()).await;
    let lambda = aws_sdk_lambda::Client::new(&stack.ministack.sdk());
    lambda
        .delete_function()
        .function_name("cognito-pinpoint-expire-attempts")
        .send()
        .await
        .unwrap();
    let theirs = json!({"UserPoolId": app.pool, "LambdaConfig": {
        "PreAuthentication": "arn:aws:lambda:us-east-1:000000000000:function:theirs",
        "PostAuthentication": "arn:aws:lambda:us-east-1:000000000000:function:cognito-pinpoint-post-authentication"}});
    stack.cognito.call("UpdateUserPool", &theirs).await;
    let list = lambda
        .list_event_source_mappings()
        .function_name("cognito-pinpoint-publish-events");
    let mapping = list
        .send()
        .await
        .unwrap()
        .event_source_mappings
        .unwrap()
        .remove(0)
        .uuid
        .unwrap();
    lambda
        .update_event_source_mapping()
        .uuid(&mapping)
        .enabled(false)
        .send()
        .await
        .unwrap();
    let faulty = aws_sdk_lambda::types::Environment::builder()
        .variables("ANALYTICS_CONFIG", "{}")
        .build();
    let update = lambda
        .update_function_configuration()
        .function_name("cognito-pinpoint-post-confirmation");
    update.environment(faulty).send().await.unwrap();
    stack.observe("Spilled", "cognito-pinpoint", &[]);
    stack.observe(
        "IteratorAge",
        "AWS/Lambda",
        &[("FunctionName", "cognito-pinpoint-publish-events")],
    );
    let queue = [("QueueName", "cognito-pinpoint-not-published")];
    stack.observe("ApproximateNumberOfMessagesVisible", "AWS/SQS", &queue);
    stack.observe("Misconfigured", "cognito-pinpoint", &[]);
    let queue = [("Queue", "cognito-pinpoint-deliver-pinpoint.fifo")];
    stack.observe("OldestMessageAge", "cognito-pinpoint", &queue);

    let output = stack.command("doctor", &app.pool).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let found = String::from_utf8(output.stdout).unwrap();
    let found = found
        .replace(&app.pool, "us-east-1_AAAA11111")
        .replace(&app.id, "CLIENT");
    // The emulator's own schedule may have invoked the function before it was deleted.
    let lines = found
        .lines()
        .filter(|line| !line.contains("schedule") && !line.contains("EveryMinute"));
    let found = lines.collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!("wrong", found.replace(&mapping, "UUID"));
}
