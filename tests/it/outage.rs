//! The emulator of AWS stops half way: sign-ins at a Cognito that others wrote go on, and no event of
//! theirs is lost.

use std::time::Duration;

use aws::sdk;
use aws::tables::{TableNames, create_missing};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::cognito_local::{CognitoLocal, FUNCTIONS};
use crate::support::command::{figures_in_account, in_account, json_of};
use crate::support::installation::{SHARING, batch};
use crate::support::lambda::{Invocation, Lambda};
use crate::support::ministack::Ministack;
use crate::support::runtime_api::{Environment, Function};

/// A budget of a second, and what a busy machine may add; Cognito waits for 5.
const IN_TIME: Duration = Duration::from_millis(2_500);

const NAME: &str = "ada";
const PASSWORD: &str = "Right-Password-1";
const EMAIL: [(&str, &str); 2] = [("email", "ada@example.test"), ("email_verified", "true")];

/// What comes of a sign-up, by trigger.
const SIGN_UP: [&str; 1] = ["PostConfirmation_ConfirmSignUp"];

/// What comes of a sign-in.
const SIGN_IN: [&str; 2] = [
    "PostAuthentication_Authentication",
    "TokenGeneration_Authentication",
];

/// The functions, run by Lambda's stand-in between this Cognito and the emulator's tables and queue.
struct Installed {
    ministack: Ministack,
    lambda: Lambda,
    cognito: CognitoLocal,
}

/// Where an event is, as its function told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Captured,
    Spilled,
}

impl Installed {
    async fn start() -> Self {
        let ministack = with_tables().await;
        let lambda = Lambda::with(&FUNCTIONS, environment(&ministack)).await;
        Self {
            cognito: CognitoLocal::before(&lambda).await,
            ministack,
            lambda,
        }
    }

    /// The ids of the events since the last time, which are of these triggers and came to this end. For
    /// each, its function gave back what it was given, in time.
    fn events(&self, triggers: &[&str], end: End) -> Vec<String> {
        let invocations = self.lambda.take_invocations();
        let came = invocations.iter().map(|it| (trigger(it), told(it)));
        let (came, told): (Vec<_>, Vec<_>) = came.unzip();
        assert_eq!(came, triggers);
        let (ends, ids): (Vec<_>, Vec<_>) = told.into_iter().unzip();
        assert!(ends.iter().all(|it| *it == end), "{end:?}: {ends:?}");
        ids
    }

    /// What the command makes of the functions' logs.
    async fn take_back(&self) -> Value {
        let mut replay = in_account(self.ministack.url());
        replay.args([
            "replay",
            "--spilled",
            "--format",
            "json",
            "--stack",
            "cognito-pinpoint",
        ]);
        let logs = self.lambda.log_files().await;
        json_of(replay.args(logs))["outcomes"].clone()
    }

    /// What was ever put into the event log, as its stream has it.
    fn records(&self) -> Vec<Value> {
        self.ministack.records(&TableNames::default().event_log)
    }

    /// The ids of that, sorted.
    fn logged(&self) -> Vec<String> {
        let id = |record: &Value| text(&record["dynamodb"]["NewImage"]["eventId"]["S"]);
        sorted(self.records().iter().map(id).collect())
    }

    /// Today's figures, when all of it is published.
    async fn figures(&self) -> Value {
        let environment = environment(&self.ministack);
        let mut publish = Function::start("publish-events", environment).await;
        let reply = publish.invoke(batch(&self.records())).await;
        assert_eq!(reply.json(), json!({"batchItemFailures": []}));
        figures_in_account(self.ministack.url())
    }
}

async fn with_tables() -> Ministack {
    let ministack = Ministack::start().await;
    let client = sdk::dynamodb(&ministack.sdk());
    create_missing(&client, &TableNames::default())
        .await
        .expect("the tables are made");
    let create = aws_sdk_sqs::Client::new(&ministack.sdk()).create_queue();
    let create = create.queue_name("tests-deliver-pinpoint.fifo");
    let made = create.attributes(QueueAttributeName::FifoQueue, "true");
    made.send().await.expect("the queue is made");
    ministack
}

/// What the functions run in. The emulator keeps each Region's tables to itself.
fn environment(ministack: &Ministack) -> Environment {
    let queues = format!("{}/000000000000/tests-deliver-*.fifo", ministack.url());
    Environment::of_lambda()
        .with("AWS_REGION", "us-east-1")
        .with("ANALYTICS_CONFIG", SHARING)
        .with("EVENT_LOG_TABLE", TableNames::default().event_log)
        .with("USERS_TABLE", TableNames::default().users)
        .with("METRICS_TABLE", TableNames::default().metrics)
        .with("AWS_ENDPOINT_URL_DYNAMODB", ministack.url())
        .with("AWS_ENDPOINT_URL_SQS", ministack.url())
        .with(destinations::queue::QUEUES, queues)
}

fn text(value: &Value) -> String {
    value.as_str().expect("it is text").to_owned()
}

/// The trigger that a function was invoked by.
fn trigger(invocation: &Invocation) -> String {
    let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
    text(&event["triggerSource"])
}

/// What became of its event, and the event's id.
fn told(invocation: &Invocation) -> (End, String) {
    let Invocation {
        name,
        payload,
        reply,
    } = invocation;
    assert_eq!(reply.text().as_bytes(), payload, "{name}");
    assert!(reply.took < IN_TIME, "{name}: {:?}", reply.took);
    let (captured, spilled) = (reply.logged("event"), reply.logged("spilled"));
    match (&captured[..], &spilled[..]) {
        ([line], []) => (End::Captured, text(&line["event"])),
        ([], [line]) => {
            let event: Value = serde_json::from_str(&text(&line["spilled"])).unwrap();
            (End::Spilled, text(&event["eventId"]))
        }
        _ => panic!("{name}: {:?}", reply.log),
    }
}

/// In this order, whatever order they came in.
fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

async fn sign_in(app: &App) {
    app.sign_in(NAME, PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_does_at_another_cognito_is_captured_and_counted() {
    let installed = Installed::start().await;
    let app = installed.cognito.app();
    app.sign_up(NAME, "Old-Password-1", &EMAIL).await;
    let refused = app.sign_in(NAME, PASSWORD).await;
    assert_eq!(refused, Err("InvalidPasswordException".to_owned()));
    let token = app.sign_in(NAME, "Old-Password-1").await.unwrap();
    app.refresh(&token).await;
    app.reset_password(NAME, PASSWORD).await;
    sign_in(&app).await;

    let others = [
        "TokenGeneration_RefreshTokens",
        "PostConfirmation_ConfirmForgotPassword",
    ];
    let events = installed.events(
        &[&SIGN_UP[..], &SIGN_IN, &others, &SIGN_IN].concat(),
        End::Captured,
    );
    assert_eq!(installed.logged(), sorted(events));
    let figures = installed.figures().await;
    let expected =
        json!({"signUps": 1, "signIns": 2, "authFailures": 0, "newUsers": 1, "wau": 1, "mau": 1});
    assert_eq!(figures, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_go_through_while_the_event_log_hangs_and_are_in_it_once_when_it_goes_on() {
    let installed = Installed::start().await;
    let app = installed.cognito.app();
    app.sign_up(NAME, PASSWORD, &EMAIL).await;
    sign_in(&app).await;
    let before = installed.events(&[&SIGN_UP[..], &SIGN_IN].concat(), End::Captured);

    installed.ministack.stop();
    sign_in(&app).await;
    let meanwhile = installed.events(&SIGN_IN, End::Spilled);

    installed.ministack.go_on();
    sign_in(&app).await;
    let after = installed.events(&SIGN_IN, End::Captured);
    // The emulator may have done by now what it was asked while it was stopped.
    let outcomes = installed.take_back().await;
    let taken_back = ["appended", "already_in_log"].map(|it| outcomes[it].as_u64().unwrap_or(0));
    assert_eq!(taken_back.iter().sum::<u64>(), 2, "{outcomes}");
    assert_eq!(
        installed.logged(),
        sorted([before, meanwhile, after].concat())
    );
    let figures = installed.figures().await;
    let counted = ["signUps", "signIns", "authFailures", "mau"].map(|it| &figures[it]);
    assert_eq!(counted, [1, 3, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_go_through_when_the_event_log_is_gone_and_are_taken_back_into_a_new_one() {
    let mut installed = Installed::start().await;
    let app = installed.cognito.app();
    app.sign_up(NAME, PASSWORD, &EMAIL).await;
    installed.events(&SIGN_UP, End::Captured);

    installed.ministack.kill();
    sign_in(&app).await;
    let meanwhile = installed.events(&SIGN_IN, End::Spilled);

    installed.ministack = with_tables().await;
    assert_eq!(installed.take_back().await, json!({"appended": 2}));
    assert_eq!(installed.take_back().await, json!({"already_in_log": 2}));
    assert_eq!(installed.logged(), sorted(meanwhile));
    let figures = installed.figures().await;
    let counted = ["signUps", "signIns", "authFailures", "mau"].map(|it| &figures[it]);
    assert_eq!(counted, [0, 1, 0, 1]);
}
