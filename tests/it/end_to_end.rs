//! The stack, deployed to an emulator by the AWS CLI as anybody would, with the project's own binaries in
//! it: what a trigger sees arrives at Pinpoint and in the figures.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::command::{cognito_pinpoint, errors_of, json_of, python_program};
use crate::support::installation::PROJECT;
use crate::support::ministack::Ministack;
use crate::support::pinpoint::Pinpoint;
use crate::support::trigger::Trigger;
use crate::support::{FUNCTIONS, binary, repository};

/// One project, which shares user data; whose attempts are soon over.
const CONFIG: &str = r#"{"Default": {"ApplicationId": "0123456789abcdef0123456789abcdef", "UserDataShared": true,
    "AttemptWindowSeconds": 1}}"#;

/// How long an event may take through the whole stack.
const PATIENCE: Duration = Duration::from_secs(60);

/// A deployed stack, in an account of its own.
struct Stack {
    ministack: Ministack,
    pinpoint: Pinpoint,
    folder: tempfile::TempDir,
}

impl Stack {
    async fn deploy() -> Self {
        let stack = Self {
            ministack: Ministack::with_authorization().await,
            pinpoint: Pinpoint::start().await,
            folder: tempfile::tempdir().unwrap(),
        };
        stack.lay_out();
        done(stack.aws().args(["s3", "mb", "s3://code"]));
        done(
            stack
                .aws()
                .args(["cloudformation", "package", "--s3-bucket", "code"])
                .args([
                    "--template-file",
                    "infra/template.yaml",
                    "--output-template-file",
                    "packaged.yaml",
                ]),
        );
        let endpoint = format!("PinpointEndpoint={}", stack.pinpoint.url());
        let config = format!("AnalyticsConfig={CONFIG}");
        done(
            stack
                .aws()
                .args([
                    "cloudformation",
                    "deploy",
                    "--template-file",
                    "packaged.yaml",
                ])
                .args([
                    "--stack-name",
                    "cognito-pinpoint",
                    "--capabilities",
                    "CAPABILITY_IAM",
                    "--parameter-overrides",
                    &endpoint,
                    &config,
                ]),
        );
        stack
    }

    /// The template beside what `cargo lambda build` would leave: here, the binaries that the tests have.
    fn lay_out(&self) {
        let folder = self.folder.path();
        std::fs::create_dir(folder.join("infra")).unwrap();
        let template = folder.join("infra/template.yaml");
        std::fs::copy(repository("infra/template.yaml"), template).unwrap();
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

    fn aws(&self) -> Command {
        let mut aws = python_program("aws");
        aws.env("AWS_ENDPOINT_URL", self.ministack.url())
            .current_dir(self.folder.path());
        aws
    }

    /// Invokes a trigger as Cognito does; its answer.
    fn invoke(&self, name: &str, event: &Value) -> Value {
        let answer: &Path = &self.folder.path().join("answer.json");
        done(
            self.aws()
                .args([
                    "lambda",
                    "invoke",
                    "--function-name",
                    &format!("cognito-pinpoint-{name}"),
                ])
                .args(["--payload", &event.to_string()])
                .arg(answer),
        );
        serde_json::from_str(&std::fs::read_to_string(answer).unwrap()).unwrap()
    }

    /// Today's figures, as the command reads them.
    fn figures(&self) -> Value {
        let today = chrono::Utc::now().date_naive().to_string();
        let mut metrics = cognito_pinpoint();
        metrics
            .args([
                "metrics",
                "--table",
                "cognito-pinpoint-metrics",
                "--project",
                PROJECT,
            ])
            .args(["--from", &today, "--to", &today, "--format", "json"])
            .env("AWS_ENDPOINT_URL", self.ministack.url())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_REGION", "us-east-1");
        json_of(&mut metrics)[0].clone()
    }

    /// Waits until a figure of today is this, and gives all.
    fn wait_for(&self, figure: &str, value: i64, meanwhile: impl Fn()) -> Value {
        let began = Instant::now();
        loop {
            let figures = self.figures();
            if figures[figure] == value {
                return figures;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{figures}\n{}",
                self.ministack.log()
            );
            meanwhile();
        }
    }
}

fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        errors_of(&output)
    );
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_triggers_of_a_deployed_stack_see_arrives_at_pinpoint_and_in_the_figures() {
    let stack = Stack::deploy().await;
    for (name, trigger, user) in [
        ("post-confirmation", Trigger::ConfirmSignUp, "ana"),
        ("pre-authentication", Trigger::PreAuthentication, "ben"),
        ("pre-authentication", Trigger::PreAuthentication, "ana"),
        ("post-authentication", Trigger::PostAuthentication, "ana"),
        ("pre-token-generation", Trigger::RefreshTokens, "ana"),
    ] {
        let mut event = trigger.event(user, &json!({"platform": "iOS"}));
        let attributes = event["request"]["userAttributes"].as_object_mut().unwrap();
        attributes.insert("email".into(), format!("{user}@example.test").into());
        attributes.insert("email_verified".into(), "true".into());
        assert_eq!(stack.invoke(name, &event), event, "{name}");
    }
    stack.wait_for("signIns", 1, || ());
    // The schedule would do this every minute.
    let figures = stack.wait_for("authFailures", 1, || {
        let scheduled =
            json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        assert_eq!(stack.invoke("expire-attempts", &scheduled), Value::Null);
    });
    let expected = json!({"project": PROJECT, "date": figures["date"], "signUps": 1, "signIns": 1, "authFailures": 1,
        "newUsers": 1, "dau": 1, "wau": 1, "mau": 1});
    assert_eq!(figures, expected);
    let events = stack.pinpoint.events();
    let mut types: Vec<&str> = events
        .iter()
        .filter_map(|event| event["event_type"].as_str())
        .collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "_userauth.auth_fail",
            "_userauth.sign_in",
            "_userauth.sign_up"
        ]
    );
    let endpoints = stack.pinpoint.endpoints();
    let addresses: Vec<&Value> = endpoints
        .iter()
        .filter_map(|endpoint| endpoint.get("Address"))
        .collect();
    assert_eq!(addresses, ["ana@example.test"]);
}
