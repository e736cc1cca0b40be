//! `cognito-pinpoint forget`: nothing is left of one user but the figures, which name nobody.

use std::process::Output;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::command::{cognito_pinpoint, errors_of};
use crate::support::installation::{Installation, Item, PROJECT, SHARING, STACK, batch};
use crate::support::misbehaving::{Conduct, Misbehaving};
use crate::support::pinpoint::Fault;
use crate::support::runtime_api::Function;
use crate::support::trigger::Trigger;

const CONFIG: &str = r#"{"Default": {"ApplicationId": "0123456789abcdef0123456789abcdef", "Destinations": ["pinpoint"],
    "UserDataShared": true, "UserAttributes": {"given_name": "firstName"}}}"#;

/// The pool of the tests' events.
const POOL: &str = "eu-west-1_AAAA11111";

async fn forget(installation: &Installation, sub: &str) -> Output {
    forget_with(installation, sub, &["--yes", "--wait-seconds", "0"]).await
}

/// Before a user pool that has no users.
async fn forget_with(installation: &Installation, sub: &str, arguments: &[&str]) -> Output {
    forget_in(r#"{"Users":[]}"#, installation, sub, arguments).await
}

/// Before a user pool that lists these users.
async fn forget_in(
    users: &str,
    installation: &Installation,
    sub: &str,
    arguments: &[&str],
) -> Output {
    let cognito = Misbehaving::always(Conduct::answer("200 OK", users)).await;
    let mut forget = cognito_pinpoint();
    forget
        .args(["forget", "--user-pool-id", POOL, "--sub", sub])
        .args(arguments)
        .env("ANALYTICS_CONFIG", CONFIG)
        .env("AWS_ENDPOINT_URL_DYNAMODB", installation.dynamodb_url())
        .env("AWS_ENDPOINT_URL_PINPOINT", installation.pinpoint.url())
        .args(["--stack", STACK])
        .env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", cognito.url())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-west-1");
    tokio::task::block_in_place(|| forget.output().unwrap())
}

fn at(seconds: i64) -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

/// Two users sign in, each on a phone of his own and in a browser.
async fn installation() -> Installation {
    let installation = Installation::start().await;
    let environment = installation.environment().with("ANALYTICS_CONFIG", CONFIG);
    let mut post_authentication = Function::start("post-authentication", environment).await;
    for user in ["ana", "ben"] {
        let phone = json!({"analyticsEndpointId": format!("{user}s-phone"), "platform": "iOS"});
        for metadata in [phone, json!({"platform": "web"})] {
            let mut event = Trigger::PostAuthentication.event(user, &metadata);
            let attributes = event["request"]["userAttributes"].as_object_mut().unwrap();
            attributes.insert("email".into(), format!("{user}@example.test").into());
            attributes.insert("email_verified".into(), "true".into());
            attributes.insert("given_name".into(), format!("Name-{user}").into());
            post_authentication.invoke(event.to_string()).await;
        }
    }
    installation.publish(CONFIG).await;
    installation
}

/// All that the log, the users table and Pinpoint hold, to be compared.
async fn all_kept(installation: &Installation) -> (Vec<Item>, Vec<Item>, Vec<Value>) {
    (
        installation.items(&installation.tables.event_log).await,
        installation.items(&installation.tables.users).await,
        installation.pinpoint.endpoints(),
    )
}

/// The same, to be searched.
async fn traces(installation: &Installation) -> String {
    let log = installation.items(&installation.tables.event_log).await;
    let users = installation.items(&installation.tables.users).await;
    let endpoints: Vec<String> = installation
        .pinpoint
        .endpoints()
        .iter()
        .map(Value::to_string)
        .collect();
    format!("{log:?} {users:?} {endpoints:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_user_leaves_no_trace_and_the_figures_stay() {
    let installation = installation().await;
    let figures = installation.figures().await;
    let before = traces(&installation).await;
    let output = forget(&installation, "ana").await;
    assert!(output.status.success(), "{}", errors_of(&output));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!(
            "project {PROJECT}: 4 endpoints known, 2 events and the state kept\n\
             project {PROJECT}: 3 endpoints emptied and opted out, 2 events and the state deleted\n"
        )
    );
    let after = traces(&installation).await;
    for (personal, of_ben) in [
        ("ana@example.test", "ben@example.test"),
        ("Name-ana", "Name-ben"),
        ("sub#ana", "sub#ben"),
    ] {
        assert!(before.contains(personal), "{personal}: {before}");
        assert!(!after.contains(personal), "{personal}: {after}");
        assert!(after.contains(of_ben), "{of_ben}: {after}");
    }
    let emptied: Vec<Value> = installation
        .pinpoint
        .endpoints()
        .into_iter()
        .filter(|endpoint| endpoint["OptOut"] == "ALL")
        .collect();
    assert_eq!(emptied.len(), 3);
    for endpoint in emptied {
        assert_eq!(endpoint["EndpointStatus"], "INACTIVE", "{endpoint}");
        assert_eq!(endpoint.get("Address"), None, "{endpoint}");
        assert!(
            !endpoint.to_string().contains("iOS") && !endpoint.to_string().contains("\"ana\""),
            "{endpoint}"
        );
    }
    assert_eq!(installation.figures().await, figures);

    let again = forget(&installation, "ana").await;
    assert!(again.status.success(), "{}", errors_of(&again));
    assert_eq!(
        String::from_utf8(again.stdout).unwrap(),
        "nothing is kept of this user any more, in any project of the configuration\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_in_a_dry_run_nor_where_nobody_can_be_asked() {
    let installation = installation().await;
    let before = all_kept(&installation).await;
    let dry_run = forget_with(&installation, "ana", &["--dry-run"]).await;
    assert!(dry_run.status.success(), "{}", errors_of(&dry_run));
    assert_eq!(
        String::from_utf8(dry_run.stdout).unwrap(),
        format!(
            "project {PROJECT}: 4 endpoints known, 2 events and the state kept\n\
             nothing was deleted: this was a dry run\n"
        )
    );
    let unasked = forget_with(&installation, "ana", &[]).await;
    assert_eq!(unasked.status.code(), Some(2));
    assert!(
        errors_of(&unasked).contains("--yes"),
        "{}",
        errors_of(&unasked)
    );
    assert_eq!(all_kept(&installation).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_still_in_the_pool_is_told() {
    let installation = installation().await;
    for (users, told) in [
        (
            r#"{"Users":[{"Username":"ana"}]}"#,
            "the user is still in the pool",
        ),
        (
            "<html>",
            "it is not known whether the user is still in the pool: what answers is not AWS",
        ),
        (r#"{"Users":[]}"#, ""),
    ] {
        let output = forget_in(users, &installation, "ana", &["--dry-run"]).await;
        let errors = errors_of(&output);
        assert!(output.status.success(), "{errors}");
        assert!(errors.contains(told), "{users}: {errors}");
        assert_eq!(errors.is_empty(), told.is_empty(), "{users}: {errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_pinpoint_fails_the_state_still_knows_the_endpoints_and_all_is_done_again() {
    let installation = installation().await;
    installation.pinpoint.set(Fault::Always(500));
    let output = forget(&installation, "ana").await;
    let errors = errors_of(&output);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("GetEndpoint on "), "{errors}");
    assert!(traces(&installation).await.contains("sub#ana"));
    installation.pinpoint.set(Fault::Nothing);
    assert!(forget(&installation, "ana").await.status.success());
    assert!(!traces(&installation).await.contains("sub#ana"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pinpoint_refuses_for_good_is_named_and_the_state_stays_unless_it_is_let_go() {
    let installation = installation().await;
    installation.pinpoint.set(Fault::Always(403));
    let output = forget(&installation, "ana").await;
    let errors = errors_of(&output);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("endpoint anas-phone is left as it was: the role may not call GetEndpoint"),
        "{errors}"
    );
    assert!(
        errors.contains("Pinpoint refuses UpdateEndpoint with 403"),
        "{errors}"
    );
    assert!(!errors.contains("ana@example.test"), "{errors}");
    assert!(
        traces(&installation).await.contains("sub#ana"),
        "the state knows of them"
    );
    let output = forget_with(
        &installation,
        "ana",
        &["--yes", "--wait-seconds", "0", "--leave-endpoints"],
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    for table in [&installation.tables.users, &installation.tables.event_log] {
        let items = format!("{:?}", installation.items(table).await);
        assert!(
            !items.contains("sub#ana") && items.contains("sub#ben"),
            "{items}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_has_passed_to_another_user_is_left_to_him() {
    let installation = installation().await;
    let shared = json!({"analyticsEndpointId": "anas-phone", "platform": "iOS"});
    installation
        .capture(at(0), &Trigger::PostAuthentication.event("ben", &shared))
        .await;
    installation.publish(SHARING).await;
    assert!(forget(&installation, "ana").await.status.success());
    let endpoints = installation.pinpoint.endpoints();
    let phone = endpoints
        .iter()
        .find(|endpoint| endpoint["Id"] == "anas-phone")
        .unwrap();
    assert_eq!(
        (&phone["User"]["UserId"], &phone["OptOut"]),
        (&json!("ben"), &json!("NONE"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_again_is_a_new_user() {
    let installation = installation().await;
    assert!(forget(&installation, "ana").await.status.success());
    let before = installation.records().len();
    installation
        .capture(at(0), &Trigger::PostAuthentication.event("ana", &json!({})))
        .await;
    let records = installation.records().split_off(before);
    let environment = installation.environment();
    let mut publish = Function::start("publish-events", environment).await;
    publish.invoke(batch(&records)).await;
    assert_eq!(installation.figures().await.first().unwrap().new_users, 1);
}
