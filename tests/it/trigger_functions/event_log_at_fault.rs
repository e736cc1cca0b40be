//! Whatever the event log does, sign-in goes through in time, and the event can be re-ingested.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{CONCURRENT, TRIGGERS, odd_event, outcomes};
use crate::support::command::{cognito_pinpoint, json_of};
use crate::support::installation::{Installation, SHARING, STACK};
use crate::support::misbehaving::{Conduct, Misbehaving, answer, refusing};
use crate::support::runtime_api::{Environment, Function, Reply};

/// A budget of a second, and what a busy machine may add.
const WITHIN_A_SECOND: Duration = Duration::from_millis(1_500);

/// After this, Cognito gives up a trigger, and the sign-in with it.
const COGNITO_WAITS: Duration = Duration::from_secs(5);

/// What an event log at fault does; none stands for an address at which nothing listens.
fn faults() -> Vec<(&'static str, Option<Conduct>)> {
    let json = "application/x-amz-json-1.0";
    let whole = answer("200 OK", json, r#"{"Attributes":{"eventId":{"S":"x"}}}"#);
    let head = whole
        .split(|byte| *byte == b'{')
        .next()
        .unwrap_or_default()
        .to_vec();
    let half = whole.get(..whole.len() - 20).unwrap_or_default().to_vec();
    let page = format!(
        "<html><body>{}</body></html>",
        "Bad Gateway ".repeat(100_000)
    );
    let unavailable = "503 Service Unavailable";
    let (bad, failed) = ("400 Bad Request", "500 Internal Server Error");
    let error = Conduct::error;
    let misconduct = [
        ("never answers", Conduct::Silence),
        ("says its headers only", Conduct::SayAndHang(head.clone())),
        ("stops within the body", Conduct::SayAndHang(half.clone())),
        ("hangs up at once", Conduct::SayAndClose(Vec::new())),
        (
            "hangs up after the headers",
            Conduct::SayAndClose(head.clone()),
        ),
        ("hangs up within the body", Conduct::SayAndClose(half)),
        ("trickles", Conduct::Trickle(head)),
        (
            "speaks no HTTP",
            Conduct::SayAndClose(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        ),
        (
            "is a web page",
            Conduct::Say(answer("200 OK", "text/html", "<html></html>")),
        ),
        (
            "is a proxy's page",
            Conduct::Say(answer("502 Bad Gateway", "text/html", &page)),
        ),
        (
            "breaks off its JSON",
            Conduct::answer("200 OK", r#"{"Attributes":{"#),
        ),
        (
            "answers other JSON",
            Conduct::answer("200 OK", r#"{"Attributes":[7]}"#),
        ),
        ("throttles", error(bad, "ThrottlingException")),
        (
            "is out of capacity",
            error(bad, "ProvisionedThroughputExceededException"),
        ),
        ("has no such table", error(bad, "ResourceNotFoundException")),
        ("denies access", error(bad, "AccessDeniedException")),
        ("fails", error(failed, "InternalServerError")),
        ("is not available", error(unavailable, "ServiceUnavailable")),
    ];
    let mut faults: Vec<_> = misconduct
        .map(|(fault, conduct)| (fault, Some(conduct)))
        .into();
    faults.push(("refuses the connection", None));
    faults
}

/// The event that was spilled. There is one line of it, and the line is not too long for
/// CloudWatch Logs.
fn spilled(reply: &Reply) -> Value {
    let lines = reply.logged("spilled");
    assert_eq!(lines.len(), 1, "{:?}", reply.log);
    assert!(
        lines[0].to_string().len() < 10_000,
        "the line is {} bytes",
        lines[0].to_string().len()
    );
    assert_eq!(outcomes(reply), ["spilled"]);
    serde_json::from_str(lines[0]["spilled"].as_str().unwrap()).unwrap()
}

/// A function whose event log is at this address.
async fn start(name: &str, dynamodb: &str) -> Function {
    let environment = Environment::of_lambda()
        .with("ANALYTICS_CONFIG", SHARING)
        .with("AWS_ENDPOINT_URL_DYNAMODB", dynamodb);
    Function::start(name, environment).await
}

/// The text of a log in which the event of a function was spilled while its event log was at fault.
async fn spill(
    (fault, conduct): (&str, Option<Conduct>),
    (name, source): (&str, &str),
    sub: &str,
) -> String {
    let event_log = match conduct {
        Some(conduct) => Some(Misbehaving::always(conduct).await),
        None => None,
    };
    let url = match &event_log {
        Some(event_log) => event_log.url(),
        None => refusing(),
    };
    let mut function = start(name, &url).await;
    let event = odd_event(source, sub);
    let reply = function.invoke(event.clone()).await;
    assert_eq!(reply.text(), event, "{name}: the event log {fault}");
    assert!(
        reply.took < WITHIN_A_SECOND,
        "{name}: {fault}: {:?}",
        reply.took
    );
    let waited = function.started().elapsed();
    assert!(
        waited < COGNITO_WAITS,
        "{name}: {fault}: {waited:?} with its start"
    );
    assert_eq!(spilled(&reply)["sub"], sub, "{name}: {fault}");
    std::fs::read_to_string(function.log_file()).unwrap()
}

/// What `replay --spilled` makes of these logs.
fn take_back(logs: &[&PathBuf], data: &TempDir) -> Value {
    let config = data.path().join("analytics.json");
    std::fs::write(&config, SHARING).unwrap();
    let mut command = cognito_pinpoint();
    command
        .args(["replay", "--spilled", "--format", "json", "--data-dir"])
        .arg(data.path());
    command.arg("--config").arg(config);
    tokio::task::block_in_place(|| json_of(command.args(logs)))
}

fn sum(report: &Value, figure: &str) -> u64 {
    let days = report["days"].as_array().unwrap();
    days.iter().map(|day| day[figure].as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_goes_through_whatever_the_event_log_does_and_no_event_is_lost() {
    let faults = faults();
    let mut cases = Vec::new();
    for fault in &faults {
        for trigger in TRIGGERS {
            cases.push((fault.clone(), trigger, format!("user-{}", cases.len())));
        }
    }
    let spilling = cases
        .iter()
        .map(|(fault, trigger, sub)| spill(fault.clone(), *trigger, sub));
    let logs: Vec<String> = stream::iter(spilling)
        .buffer_unordered(CONCURRENT)
        .collect()
        .await;

    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("functions.log");
    std::fs::write(&log, logs.concat()).unwrap();
    let first = take_back(&[&log], &data);
    let (events, each) = (cases.len() as u64, faults.len() as u64);
    assert_eq!(first["replayed"], events);
    assert_eq!(first["rejected"], json!([]));
    assert_eq!(first["outcomes"], json!({"published": events}));
    let published = json!({
        "_userauth.sign_in": each, "_userauth.sign_up": each, "_userauth.auth_fail": each,
    });
    assert_eq!(first["published"], published);
    assert_eq!(
        first["endpoints"],
        json!({"device": events - each, "email": 1, "sms": 1})
    );
    let figures = ["signIns", "signUps", "authFailures", "newUsers"].map(|name| sum(&first, name));
    assert_eq!(figures, [each, each, each, events - each]);

    let again = take_back(&[&log, &log], &data);
    assert_eq!(again["outcomes"], json!({"already_in_log": 2 * events}));
    assert_eq!(again["days"], first["days"]);
    assert_eq!(again["endpoints"], first["endpoints"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_is_kept_and_none_is_too_large() {
    let head = answer("200 OK", "application/json", "{")
        .split_last()
        .unwrap()
        .1
        .to_vec();
    let second = WITHIN_A_SECOND;
    let cases = [
        ("500", Conduct::Silence, Duration::from_millis(1_000)),
        (
            "500",
            Conduct::SayAndHang(head.clone()),
            Duration::from_millis(1_000),
        ),
        ("500", Conduct::Trickle(head), Duration::from_millis(1_000)),
        ("0", Conduct::Silence, Duration::from_millis(500)),
        ("", Conduct::Silence, second),
        ("a second", Conduct::Silence, second),
        ("-500", Conduct::Silence, second),
        ("86400000", Conduct::Silence, Duration::from_millis(3_500)),
    ];
    let checks = cases.map(async |(budget, conduct, limit)| {
        let event_log = Misbehaving::always(conduct.clone()).await;
        let environment = Environment::of_lambda()
            .with("ANALYTICS_CONFIG", SHARING)
            .with("EVENT_LOG_TABLE", "event-log")
            .with("AWS_ENDPOINT_URL_DYNAMODB", event_log.url())
            .with("CAPTURE_BUDGET_MS", budget);
        let mut function = Function::start("post-authentication", environment).await;
        for sub in ["cold", "warm"] {
            let event = odd_event("PostAuthentication_Authentication", sub);
            let reply = function.invoke(event.clone()).await;
            assert_eq!(reply.text(), event, "{budget:?} ms: {conduct:?}");
            assert!(
                reply.took < limit,
                "{budget:?} ms: {conduct:?}: {:?}",
                reply.took
            );
            assert_eq!(spilled(&reply)["sub"], sub);
            let waited = function.started().elapsed();
            assert!(
                sub == "warm" || waited < COGNITO_WAITS,
                "{budget:?} ms: {waited:?}"
            );
        }
    });
    stream::iter(checks)
        .buffer_unordered(CONCURRENT)
        .collect::<Vec<()>>()
        .await;
}

/// A function of the installation with a server before its event log, which decides by the name of
/// the operation what to do.
async fn start_before(
    installation: &Installation,
    decide: impl Fn(&str) -> Conduct + Send + Sync + 'static,
) -> (Function, Misbehaving) {
    let event_log = Misbehaving::before(&installation.dynamodb_url(), decide).await;
    let environment = installation
        .environment()
        .with("AWS_ENDPOINT_URL_DYNAMODB", event_log.url());
    (
        Function::start("post-authentication", environment).await,
        event_log,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn capture_goes_on_as_soon_as_the_event_log_does() {
    let installation = Installation::start().await;
    let hangs = Arc::new(AtomicBool::new(true));
    let decide = hangs.clone();
    let (mut function, _event_log) = start_before(&installation, move |_| {
        if decide.load(Ordering::Relaxed) {
            Conduct::Silence
        } else {
            Conduct::Behave
        }
    })
    .await;
    for (silent, expected) in [(true, "spilled"), (false, "captured"), (true, "spilled")] {
        hangs.store(silent, Ordering::Relaxed);
        let event = odd_event("PostAuthentication_Authentication", expected);
        let reply = function.invoke(event.clone()).await;
        assert_eq!(reply.text(), event);
        assert_eq!(outcomes(&reply), [expected]);
    }
    assert_eq!(installation.records().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_is_in_the_log_once() {
    for conduct in [Conduct::LoseAnswerAndHang, Conduct::LoseAnswerAndClose] {
        let installation = Installation::start().await;
        let decide = move |_: &str| conduct.clone();
        let (mut function, _event_log) = start_before(&installation, decide).await;
        let event = odd_event("PostAuthentication_Authentication", "ana");
        let reply = function.invoke(event.clone()).await;
        assert_eq!(reply.text(), event);
        assert!(reply.took < WITHIN_A_SECOND, "{:?}", reply.took);
        assert_eq!(outcomes(&reply), ["spilled"]);
        assert_eq!(installation.records().len(), 1);

        let report = append_to(&installation, &function.log_file());
        assert_eq!(report["outcomes"], json!({"already_in_log": 1}));
        assert_eq!(installation.records().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_first_answer_was_lost_is_tried_again_and_captured() {
    let installation = Installation::start().await;
    let first = AtomicBool::new(true);
    let (mut function, _event_log) = start_before(&installation, move |operation| {
        let is_lost = operation == "PutItem" && first.swap(false, Ordering::Relaxed);
        if is_lost {
            Conduct::LoseAnswerAndHang
        } else {
            Conduct::Behave
        }
    })
    .await;
    let event = odd_event("PostAuthentication_Authentication", "ana");
    let reply = function.invoke(event.clone()).await;
    assert_eq!(reply.text(), event);
    assert_eq!(outcomes(&reply), ["captured"]);
    assert_eq!(installation.records().len(), 1);
}

/// What `replay --spilled --stack` makes of a log, with the installation in AWS's place.
fn append_to(installation: &Installation, log: &PathBuf) -> Value {
    let mut command = cognito_pinpoint();
    command
        .args(["replay", "--spilled", "--format", "json", "--stack"])
        .arg(STACK)
        .arg(log)
        .env("AWS_ENDPOINT_URL_DYNAMODB", installation.dynamodb_url())
        .envs([("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "local")])
        .env("AWS_SECRET_ACCESS_KEY", "local");
    tokio::task::block_in_place(|| json_of(&mut command))
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_goes_through_without_what_the_function_needs() {
    let installation = Installation::start().await;
    let good = installation.environment();
    let cases = [
        ("no Region", good.clone().without("AWS_REGION")),
        ("no credentials", good.clone().without("AWS_ACCESS_KEY_ID")),
        ("no secret", good.clone().without("AWS_SECRET_ACCESS_KEY")),
        (
            "no table of this name",
            good.clone().with("EVENT_LOG_TABLE", "nowhere"),
        ),
        (
            "no variable for a table's name",
            good.clone().without("EVENT_LOG_TABLE"),
        ),
        (
            "a budget that is no number",
            good.clone()
                .with("CAPTURE_BUDGET_MS", "1s")
                .with("EVENT_LOG_TABLE", "nowhere"),
        ),
        (
            "no name of a table",
            good.clone().with("EVENT_LOG_TABLE", ""),
        ),
        (
            "no address",
            good.clone().with("AWS_ENDPOINT_URL_DYNAMODB", "nowhere"),
        ),
    ];
    let checks = cases.into_iter().map(async |(case, environment)| {
        let mut function = Function::start("post-authentication", environment).await;
        let event = odd_event("PostAuthentication_Authentication", "ana");
        let reply = function.invoke(event.clone()).await;
        assert_eq!(reply.text(), event, "{case}");
        assert!(reply.took < WITHIN_A_SECOND, "{case}: {:?}", reply.took);
        assert_eq!(spilled(&reply)["sub"], "ana", "{case}");
    });
    stream::iter(checks)
        .buffer_unordered(CONCURRENT)
        .collect::<Vec<()>>()
        .await;
}
