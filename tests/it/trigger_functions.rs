//! The four trigger functions, as Lambda runs them: whatever happens, Cognito gets back the bytes
//! that it sent, in time, and no event is lost.

mod configuration;
mod event_log_at_fault;
mod sharing;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::installation::{Installation, batch};
use crate::support::repository;
use crate::support::runtime_api::{Function, Reply};

/// Each trigger's function, and a source that invokes it.
const TRIGGERS: [(&str, &str); 4] = [
    ("pre-authentication", "PreAuthentication_Authentication"),
    ("post-authentication", "PostAuthentication_Authentication"),
    ("post-confirmation", "PostConfirmation_ConfirmSignUp"),
    ("pre-token-generation", "TokenGeneration_HostedAuth"),
];

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
