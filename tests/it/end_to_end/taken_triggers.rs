//! A pool whose triggers have functions already, written as the documentation shows: they hand their events on
//! to ours, and nobody's sign-in depends on it.

use std::path::PathBuf;

use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use serde_json::{Value, json};

use super::Stack;
use crate::support::app::App;
use crate::support::command::{done, errors_of, python_program};
use crate::support::repository;

/// The page that the code is taken from.
const PAGE: &str = "docs/taken-triggers.md";

/// The Region and the account that the page names, and the emulator's.
const NAMED: (&str, &str) = ("eu-west-1:111122223333", "us-east-1:000000000000");

/// A function of somebody else's.
struct Theirs {
    trigger: &'static str,
    /// The language of its code block in the page, and the file that it is.
    code: (&'static str, &'static str),
    runtime: Runtime,
    /// Ours for the same trigger.
    ours: &'static str,
}

impl Theirs {
    fn name(&self) -> String {
        format!("theirs-{}", self.trigger)
    }

    fn arn(&self) -> String {
        format!(
            "arn:aws:lambda:us-east-1:000000000000:function:{}",
            self.name()
        )
    }

    /// Makes it, with a role that may do what the page says, and nothing else.
    async fn deploy(&self, stack: &Stack, pool: &str) {
        let ours = format!(
            "arn:aws:lambda:us-east-1:000000000000:function:{}",
            self.ours
        );
        let anybody =
            r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}"#;
        stack.ministack.role(&self.name(), anybody);
        let (named, here) = NAMED;
        let statement = block("json")
            .replace(named, here)
            .replace("cognito-pinpoint-post-confirmation", self.ours);
        let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        let role = self.name();
        let put = [
            "put-role-policy",
            "--role-name",
            &role,
            "--policy-name",
            "hand-on",
        ];
        done(iam(stack, &put).args(["--policy-document", &policy]));
        // The Python that the emulator runs functions with has no boto3 of its own, as Lambda's has.
        let environment = Environment::builder()
            .variables("HAND_ON_TO", ours)
            .variables("PYTHONPATH", site_packages().display().to_string())
            .build();
        let lambda = Lambda::new(&stack.ministack.sdk());
        let create = lambda.create_function().function_name(self.name());
        let create = create.code(self.zipped(stack)).handler("index.handler");
        let create = create
            .runtime(self.runtime.clone())
            .environment(environment);
        let role = format!("arn:aws:iam::000000000000:role/{}", self.name());
        create.role(role).send().await.unwrap();
        let permit = lambda.add_permission().function_name(self.name());
        let permit = permit.statement_id("pool").action("lambda:InvokeFunction");
        let permit = permit
            .principal("cognito-idp.amazonaws.com")
            .source_account("000000000000")
            .source_arn(format!(
                "arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool}"
            ));
        permit.send().await.unwrap();
    }

    fn zipped(&self, stack: &Stack) -> FunctionCode {
        let (language, file) = self.code;
        let folder = stack.folder.path().join(self.name());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(file), block(language)).unwrap();
        let mut zip = python_program("python");
        zip.args(["-m", "zipfile", "-c", "code.zip", file]);
        done(zip.current_dir(&folder));
        let zip = std::fs::read(folder.join("code.zip")).unwrap();
        FunctionCode::builder().zip_file(Blob::new(zip)).build()
    }

    /// Invokes it with an event that is not counted, so that a machine that is busy has started it before anybody
    /// waits for it.
    async fn start(&self, stack: &Stack) {
        let event = json!({"version": "1", "triggerSource": "CustomMessage_SignUp", "request": {}, "response": {}});
        let invoke = Lambda::new(&stack.ministack.sdk()).invoke();
        let invoke = invoke.function_name(self.name());
        let invoked = invoke.payload(Blob::new(event.to_string())).send().await;
        let answer = invoked.unwrap().payload.unwrap().into_inner();
        assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap(), event);
    }
}

fn theirs() -> [Theirs; 2] {
    [
        Theirs {
            trigger: "PostConfirmation",
            code: ("js", "index.mjs"),
            runtime: Runtime::Nodejs22x,
            ours: "cognito-pinpoint-post-confirmation",
        },
        Theirs {
            trigger: "PreAuthentication",
            code: ("python", "index.py"),
            runtime: Runtime::Python312,
            ours: "cognito-pinpoint-pre-authentication",
        },
    ]
}

/// The page's only code block in this language.
fn block(language: &str) -> String {
    let page = std::fs::read_to_string(repository(PAGE)).unwrap();
    let blocks: Vec<&str> = page.split(&format!("```{language}\n")).skip(1).collect();
    let [block] = blocks.as_slice() else {
        panic!("{PAGE} has {} blocks of {language}", blocks.len());
    };
    block.split("```").next().unwrap().to_owned()
}

fn iam(stack: &Stack, arguments: &[&str]) -> std::process::Command {
    let mut iam = python_program("aws");
    iam.args(["--endpoint-url", stack.ministack.url(), "iam"])
        .args(arguments);
    iam
}

/// Where the tests' Python has its packages.
fn site_packages() -> PathBuf {
    let libraries = std::fs::read_dir(repository(".venv/lib")).unwrap();
    let library = libraries.map(|entry| entry.unwrap().path()).next().unwrap();
    library.canonicalize().unwrap().join("site-packages")
}

/// What `doctor` finds of the triggers: the state and the text.
fn found(stack: &Stack, pool: &str) -> Vec<String> {
    let mut doctor = stack.command("doctor", pool);
    let output = doctor.args(["--format", "json"]).output().unwrap();
    let all: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", errors_of(&output)));
    let all = all.as_array().unwrap().iter();
    let triggers = all.filter(|finding| finding["subject"] == "triggers");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    triggers
        .map(|it| format!("{}: {}", text(&it["state"]), text(&it["found"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_functions_hand_on_is_counted_and_nobody_depends_on_it() {
    let stack = Stack::deploy().await;
    let app = App::new(&stack.cognito.url()).await;
    let mut triggers = json!({});
    for it in theirs() {
        it.deploy(&stack, &app.pool).await;
        triggers[it.trigger] = it.arn().into();
    }
    let update = json!({"UserPoolId": app.pool, "LambdaConfig": triggers});
    stack.cognito.call("UpdateUserPool", &update).await;
    done(&mut stack.command("attach", &app.pool));
    let [node, python] = theirs();
    let (node, python) = (node.arn(), python.arn());
    let note = |trigger, theirs: &str, ours, lost| {
        format!(
            "note: {trigger} is {theirs}, which handed nothing on to cognito-pinpoint-{ours} in the last day: if it never \
             does, {lost} are not counted"
        )
    };
    assert_eq!(
        found(&stack, &app.pool),
        [
            "ok: attached: PostAuthentication".to_owned(),
            note(
                "PreAuthentication",
                &python,
                "pre-authentication",
                "failures"
            ),
            note("PostConfirmation", &node, "post-confirmation", "sign-ups"),
        ]
    );

    for it in theirs() {
        it.start(&stack).await;
    }
    app.sign_up("ada", "Right-Password-1", &[("email", "ada@example.test")])
        .await;
    let refused = app.sign_in("ada", "Wrong-Password-1").await;
    assert_eq!(refused, Err("NotAuthorizedException".to_owned()));
    app.sign_in("ada", "Right-Password-1").await.unwrap();
    stack.wait_for("signIns", 1).await;
    stack.wait_for("signUps", 1).await;
    let figures = stack.wait_for("authFailures", 1).await;
    let expected =
        json!({"signUps": 1, "signIns": 1, "authFailures": 1, "newUsers": 1, "wau": 1, "mau": 1});
    assert_eq!(figures, expected);
    let told = found(&stack, &app.pool);
    assert!(
        told.len() == 3
            && told[1].starts_with(&format!(
                "ok: PreAuthentication is {python}, which hands on to"
            ))
            && told[2].starts_with(&format!(
                "ok: PostConfirmation is {node}, which hands on to"
            )),
        "{told:?}"
    );

    // Without the permission, everybody signs up and in all the same, and the log says why nothing is counted.
    for it in theirs() {
        let role = it.name();
        done(&mut iam(
            &stack,
            &[
                "delete-role-policy",
                "--role-name",
                &role,
                "--policy-name",
                "hand-on",
            ],
        ));
    }
    app.sign_up("ben", "Right-Password-1", &[("email", "ben@example.test")])
        .await;
    app.sign_in("ben", "Right-Password-1").await.unwrap();
    let logged = stack.ministack.log();
    let refusals = logged
        .lines()
        .filter(|line| line.starts_with("not handed on: ") && line.contains("AccessDenied"));
    assert_eq!(refusals.count(), 2, "{logged}");
    let figures = stack.wait_for("signIns", 2).await;
    assert_eq!(
        (&figures["signUps"], &figures["authFailures"]),
        (&json!(1), &json!(1))
    );
}
