//! The four trigger functions, as Lambda runs them: whatever happens, Cognito gets back the bytes
//! that it sent, in time, and no event is lost.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{cognito_pinpoint, json_of};
use crate::support::installation::{Installation, NOT_SHARING, SHARING, batch};
use crate::support::misbehaving::{Conduct, Misbehaving, answer, refusing};
use crate::support::repository;
use crate::support::runtime_api::{Environment, Function, Reply};

/// Each trigger's function, and a source that invokes it.
const TRIGGERS: [(&str, &str); 4] = [
    ("pre-authentication", "PreAuthentication_Authentication"),
    ("post-authentication", "PostAuthentication_Authentication"),
    ("post-confirmation", "PostConfirmation_ConfirmSignUp"),
    ("pre-token-generation", "TokenGeneration_HostedAuth"),
];

/// A budget of a second, and what a busy machine may add.
const WITHIN_A_SECOND: Duration = Duration::from_millis(1_500);

/// After this, Cognito gives up a trigger, and the sign-in with it.
const COGNITO_WAITS: Duration = Duration::from_secs(5);

/// How many functions run at a time.
const CONCURRENT: usize = 8;

const EMAIL: &str = "ana@example.test";
const PHONE: &str = "+12065550123";
const NAME: &str = "Ana Alvarez";
const USER_NAME: &str = "ana.alvarez";

/// A trigger event of a user with verified addresses, written as no serializer writes: odd white
/// space, escapes, fields that nobody knows, names that come twice, and numbers of any size.
fn odd_event(source: &str, sub: &str) -> String {
    format!(
        "{{ \"version\" :\t1.0 ,\r\n\n  \"region\":\"eu-west-1\",\"userPoolId\":\"eu-west-1_AAAA11111\",\
         \"userName\":\"{USER_NAME}\",\"callerContext\":{{\"clientId\":\"1example23456789\"}},\
         \"triggerSource\":\"overwritten by the next\",\"triggerSource\":\"{source}\",\
         \"request\":{{\"userAttributes\":{{\"sub\":\"{sub}\",\"email\":\"{EMAIL}\",\
         \"email_verified\":\"true\",\"phone_number\":\"{PHONE}\",\"phone_number_verified\":true,\
         \"name\":\"{NAME}\",\"custom:note\":\"\\u00e9 \\uD83D\\uDE00 é \\/ \\\"\"}},\
         \"unknown\":[1e3, 1E+03, -0.0, 12345678901234567890123456789.10, 0.1000000000000000055511],\
         \"clientMetadata\":null }},\"response\":{{ }},\"\":{{\"a\":{{}},\"a\":[ ]}} }}"
    )
}

/// What an event log that fails does.
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
    vec![
        ("refuses the connection", None),
        ("never answers", Some(Conduct::Silence)),
        (
            "says its headers only",
            Some(Conduct::SayAndHang(head.clone())),
        ),
        (
            "stops in the middle of the body",
            Some(Conduct::SayAndHang(half.clone())),
        ),
        (
            "cuts the connection at once",
            Some(Conduct::SayAndClose(Vec::new())),
        ),
        (
            "cuts the connection after the headers",
            Some(Conduct::SayAndClose(head.clone())),
        ),
        (
            "cuts the connection in the middle of the body",
            Some(Conduct::SayAndClose(half)),
        ),
        ("trickles", Some(Conduct::Trickle(head))),
        (
            "speaks no HTTP",
            Some(Conduct::SayAndClose(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
        ),
        (
            "is a web page",
            Some(Conduct::Say(answer("200 OK", "text/html", "<html></html>"))),
        ),
        (
            "is a long page of a proxy",
            Some(Conduct::Say(answer("502 Bad Gateway", "text/html", &page))),
        ),
        (
            "answers with broken JSON",
            Some(Conduct::answer("200 OK", r#"{"Attributes":{"#)),
        ),
        (
            "answers with other JSON",
            Some(Conduct::answer("200 OK", r#"{"Attributes":[7]}"#)),
        ),
        (
            "throttles",
            Some(Conduct::error("400 Bad Request", "ThrottlingException")),
        ),
        (
            "is out of capacity",
            Some(Conduct::error(
                "400 Bad Request",
                "ProvisionedThroughputExceededException",
            )),
        ),
        (
            "has no such table",
            Some(Conduct::error(
                "400 Bad Request",
                "ResourceNotFoundException",
            )),
        ),
        (
            "denies access",
            Some(Conduct::error("400 Bad Request", "AccessDeniedException")),
        ),
        (
            "fails",
            Some(Conduct::error(
                "500 Internal Server Error",
                "InternalServerError",
            )),
        ),
        (
            "is not available",
            Some(Conduct::error(
                "503 Service Unavailable",
                "ServiceUnavailable",
            )),
        ),
    ]
}

/// The outcomes that a reply's log tells of. An event that is in the log has its outcome to come.
fn outcomes(reply: &Reply) -> Vec<&str> {
    let captured = reply
        .log
        .iter()
        .filter(|line| line["message"] == "captured");
    let ended = reply
        .logged("outcome")
        .into_iter()
        .filter_map(|line| line["outcome"].as_str());
    ended.chain(captured.map(|_| "captured")).collect()
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
        None => refusing().await,
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
    assert_eq!(
        installation
            .items(&installation.tables.event_log)
            .await
            .len(),
        1
    );
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
        assert_eq!(
            installation
                .items(&installation.tables.event_log)
                .await
                .len(),
            1
        );

        let report = append_to(&installation, &function.log_file());
        assert_eq!(report["outcomes"], json!({"already_in_log": 1}));
        assert_eq!(
            installation
                .items(&installation.tables.event_log)
                .await
                .len(),
            1
        );
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
    assert_eq!(
        installation
            .items(&installation.tables.event_log)
            .await
            .len(),
        1
    );
}

/// What `replay --spilled --table` makes of a log, with the installation in AWS's place.
fn append_to(installation: &Installation, log: &PathBuf) -> Value {
    let mut command = cognito_pinpoint();
    command
        .args(["replay", "--spilled", "--format", "json", "--table"])
        .arg(&installation.tables.event_log)
        .arg(log)
        .env("AWS_ENDPOINT_URL_DYNAMODB", installation.dynamodb_url())
        .envs([("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "local")])
        .env("AWS_SECRET_ACCESS_KEY", "local");
    tokio::task::block_in_place(|| json_of(&mut command))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_configuration_is_told_of_and_keeps_nobody_from_signing_in() {
    let installation = Installation::start().await;
    let good = installation.environment();
    let faulty = r#"{"Clients": {"c": {"ApplicationId": "short", "Colour": 1}}, "Defaults": {}}"#;
    let cases = [
        (
            "missing",
            good.clone().without("ANALYTICS_CONFIG"),
            vec!["ANALYTICS_CONFIG"],
        ),
        (
            "empty",
            good.clone().with("ANALYTICS_CONFIG", ""),
            vec!["configuration"],
        ),
        (
            "not JSON",
            good.clone().with("ANALYTICS_CONFIG", "{"),
            vec!["configuration"],
        ),
        (
            "null",
            good.clone().with("ANALYTICS_CONFIG", "null"),
            vec!["configuration"],
        ),
        (
            "faulty in three places",
            good.clone().with("ANALYTICS_CONFIG", faulty),
            vec!["Clients.c.ApplicationId", "Clients.c.Colour", "Defaults"],
        ),
        (
            "in a file that is not there",
            good.clone()
                .without("ANALYTICS_CONFIG")
                .with("ANALYTICS_CONFIG_FILE", "/nowhere/analytics.json"),
            vec!["/nowhere/analytics.json"],
        ),
    ];
    let checks = cases.into_iter().map(async |(case, environment, told)| {
        let mut function = Function::start("post-authentication", environment).await;
        let event = odd_event("PostAuthentication_Authentication", "ana");
        let reply = function.invoke(event.clone()).await;
        assert_eq!(reply.text(), event, "{case}");
        assert_eq!(
            outcomes(&reply),
            ["ignored:client_not_configured"],
            "{case}"
        );
        let log = function.log();
        let errors: Vec<_> = log.iter().filter(|line| line["level"] == "ERROR").collect();
        assert_eq!(errors.len(), 1, "{case}: {log:?}");
        let error = errors[0]["error"].as_str().unwrap();
        assert!(
            told.iter().all(|part| error.contains(part)),
            "{case}: {error}"
        );
    });
    stream::iter(checks)
        .buffer_unordered(CONCURRENT)
        .collect::<Vec<()>>()
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_in_a_file_is_read() {
    let installation = Installation::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("analytics.json");
    std::fs::write(&file, SHARING).unwrap();
    let environment = installation
        .environment()
        .without("ANALYTICS_CONFIG")
        .with("ANALYTICS_CONFIG_FILE", file.to_str().unwrap());
    let mut function = Function::start("post-authentication", environment).await;
    let reply = function
        .invoke(odd_event("PostAuthentication_Authentication", "ana"))
        .await;
    assert_eq!(outcomes(&reply), ["captured"]);
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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_trigger_event_is_returned_as_it_came() {
    let installation = Installation::start().await;
    let rejected = "rejected:no_trigger_event";
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let known = r#""userPoolId":"eu-west-1_A","triggerSource":"PostAuthentication_Authentication""#;
    let cases = [
        ("null", rejected),
        ("true", rejected),
        ("1e400", rejected),
        ("-0", rejected),
        (r#""a \ud800 \u0000 text""#, rejected),
        ("[ ]", rejected),
        ("{ }", rejected),
        (deep.as_str(), rejected),
        (r#"{"triggerSource":7}"#, rejected),
        (
            r#"{"triggerSource":"PostAuthentication_Authentication"}"#,
            rejected,
        ),
        (&format!(r#"{{{known},"request":[]}}"#), rejected),
        (
            &format!(r#"{{{known},"callerContext":{{"clientId":7}}}}"#),
            rejected,
        ),
        (
            &format!(r#"{{{known},"request":{{"userAttributes":"none"}}}}"#),
            rejected,
        ),
        (
            r#"{"triggerSource":"CustomMessage_SignUp"}"#,
            "ignored:trigger_source",
        ),
        (r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, rejected),
        (&format!("{{{known}}}"), "captured"),
    ];
    for (name, _) in TRIGGERS {
        let mut function = Function::start(name, installation.environment()).await;
        for (payload, outcome) in cases {
            let reply = function.invoke(payload.to_owned()).await;
            assert_eq!(reply.text(), payload, "{name}");
            assert_eq!(outcomes(&reply), [outcome], "{name}: {payload}");
        }
    }
}

/// Lambda hands out JSON only; so this is about going on.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_an_error_and_the_next_sign_in_goes_through() {
    let installation = Installation::start().await;
    let mut function = Function::start("pre-authentication", installation.environment()).await;
    for payload in [&b"{"[..], b"", b"\"\xff\""] {
        assert!(
            function.invoke(payload).await.result.is_err(),
            "{payload:?}"
        );
        let event = odd_event("PreAuthentication_Authentication", "ana");
        assert_eq!(function.invoke(event.clone()).await.text(), event);
    }
}

/// Invokes each trigger, with DynamoDB as it should be and out of reach; all that was logged, and
/// all that the event log holds.
async fn traces(config: &str) -> (String, String) {
    let installation = Installation::start().await;
    let works = installation
        .environment()
        .with("ANALYTICS_CONFIG", config)
        .with("RUST_LOG", "trace");
    let spills = works
        .clone()
        .with("AWS_ENDPOINT_URL_DYNAMODB", refusing().await);
    let mut logs = String::new();
    for environment in [works, spills] {
        for (name, source) in TRIGGERS {
            let mut function = Function::start(name, environment.clone()).await;
            let event = odd_event(source, "ana");
            assert_eq!(function.invoke(event.clone()).await.text(), event);
            let unknown = event.replace("\"request\":{", "\"request\":{\"userNotFound\":true,");
            assert_eq!(function.invoke(unknown.clone()).await.text(), unknown);
            logs += &std::fs::read_to_string(function.log_file()).unwrap();
        }
    }
    let items = installation.items(&installation.tables.event_log).await;
    assert_eq!(items.len(), 2 * TRIGGERS.len());
    (logs, format!("{items:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sharing_off_nothing_personal_is_stored_or_logged() {
    let (logs, items) = traces(NOT_SHARING).await;
    for personal in [
        EMAIL,
        PHONE,
        NAME,
        USER_NAME,
        "ana@",
        "2065550123",
        "Alvarez",
        "custom:note",
    ] {
        assert!(!logs.contains(personal), "{personal} was logged: {logs}");
        assert!(!items.contains(personal), "{personal} was stored: {items}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sharing_on_verified_addresses_are_kept_and_names_are_not() {
    let (logs, items) = traces(SHARING).await;
    for shared in [EMAIL, PHONE] {
        assert!(items.contains(shared), "{shared} was not stored: {items}");
        for line in logs.lines().filter(|line| line.contains(shared)) {
            let line: Value = serde_json::from_str(line).unwrap();
            assert!(line["spilled"].as_str().unwrap().contains(shared));
        }
    }
    for personal in [NAME, USER_NAME, "custom:note"] {
        assert!(!logs.contains(personal), "{personal} was logged: {logs}");
        assert!(!items.contains(personal), "{personal} was stored: {items}");
    }
}

/// The function that a sample belongs to. Other triggers' events may reach any.
fn function_of(sample: &Value) -> &'static str {
    let source = sample["triggerSource"].as_str().unwrap_or_default();
    let (trigger, _) = source.split_once('_').unwrap_or_default();
    match trigger {
        "PreAuthentication" => "pre-authentication",
        "PostConfirmation" => "post-confirmation",
        "TokenGeneration" => "pre-token-generation",
        _ => "post-authentication",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_event_is_returned_as_it_is_and_comes_to_one_outcome() {
    let installation = Installation::start().await;
    let mut functions = BTreeMap::new();
    for (name, _) in TRIGGERS {
        functions.insert(
            name,
            Function::start(name, installation.environment()).await,
        );
    }
    let mut captured = 0;
    for file in std::fs::read_dir(repository("events")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let sample = text.trim();
        let name = function_of(&serde_json::from_str(sample).unwrap());
        let reply = functions
            .get_mut(name)
            .unwrap()
            .invoke(sample.to_owned())
            .await;
        assert_eq!(reply.text(), sample, "{}", path.display());
        let [outcome] = outcomes(&reply)[..] else {
            panic!("{}: {:?}", path.display(), reply.log)
        };
        captured += u64::from(outcome == "captured");
    }
    assert!(captured > 10, "{captured}");

    let mut publish = Function::start("publish-events", installation.environment()).await;
    let reply = publish.invoke(batch(&installation.records())).await;
    assert_eq!(reply.json(), json!({"batchItemFailures": []}));
    let outcomes = reply.logged("outcomes")[0]["outcomes"].as_str().unwrap();
    assert_eq!(outcomes, format!("{{\"published\": {captured}}}"));
}
