//! What is personal, and where it may be.

use futures::future::join_all;
use serde_json::json;

use super::{EMAIL, NAME, PHONE, again, at, with_addresses};
use crate::support::installation::{Installation, NOT_SHARING, PROJECT, SHARING, batch};
use crate::support::pinpoint::Fault;
use crate::support::runtime_api::Function;
use crate::support::trigger::Trigger;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_logs_an_address_whatever_pinpoint_says_of_it() {
    join_all(
        [Fault::Nothing, Fault::Always(400), Fault::Always(500)].map(async |fault| {
            let installation = Installation::start().await;
            let event = with_addresses(Trigger::PostAuthentication.event("ana", &json!({})));
            installation.capture(at(0), &event).await;
            installation.pinpoint.set(fault.clone());
            let environment = installation.environment().with("RUST_LOG", "trace");
            let mut publish = Function::start("publish-events", environment.clone()).await;
            publish.invoke(batch(&installation.records())).await;
            let mut deliver = Function::start("deliver-events", environment).await;
            installation.deliver(&mut deliver).await;
            let asked = format!("{:?}", installation.pinpoint.asked());
            let log = format!("{:?} {:?}", publish.log(), deliver.log());
            assert!(!log.contains(NAME), "{log}");
            for address in [EMAIL, PHONE] {
                assert!(asked.contains(address), "{fault:?}: {address} was not sent");
                assert!(
                    !log.contains(address),
                    "{fault:?}: {address} was logged: {log}"
                );
            }
        }),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sharing_off_pinpoint_and_the_tables_know_nothing_personal() {
    let installation = Installation::start().await;
    let environment = installation
        .environment()
        .with("ANALYTICS_CONFIG", NOT_SHARING)
        .with("RUST_LOG", "trace");
    let mut logs = Vec::new();
    for (name, trigger) in [
        ("post-confirmation", Trigger::ConfirmSignUp),
        ("post-confirmation", Trigger::ConfirmForgotPassword),
        ("post-authentication", Trigger::PostAuthentication),
        ("pre-token-generation", Trigger::RefreshTokens),
    ] {
        let mut function = Function::start(name, environment.clone()).await;
        function
            .invoke(with_addresses(trigger.event("ana", &json!({}))).to_string())
            .await;
        logs.extend(function.log());
    }
    let mut publish = Function::start("publish-events", environment.clone()).await;
    let reply = publish.invoke(batch(&installation.records())).await;
    assert_eq!(again(&reply), [""; 0]);
    logs.extend(publish.log());
    let mut deliver = Function::start("deliver-events", environment).await;
    installation.deliver(&mut deliver).await;
    logs.extend(deliver.log());
    let mut traces = format!("{logs:?} {:?}", installation.pinpoint.asked());
    for table in [
        &installation.tables.event_log,
        &installation.tables.users,
        &installation.tables.metrics,
    ] {
        traces += &format!("{:?}", installation.items(table).await);
    }
    assert!(traces.contains(PROJECT));
    for personal in [EMAIL, PHONE, NAME, "firstName", "EMAIL", "SMS"] {
        assert!(!traces.contains(personal), "{personal}: {traces}");
    }
}

/// Nothing counts as sent that no destination took.
#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_no_destination_took_are_sent_once_there_is_one() {
    let installation = Installation::start().await;
    let event = with_addresses(Trigger::PostAuthentication.event("ana", &json!({})));
    installation.capture(at(0), &event).await;
    installation
        .publish(&SHARING.replace(r#"["pinpoint"]"#, "[]"))
        .await;
    assert_eq!(format!("{:?}", installation.pinpoint.asked()), "[]");
    installation.capture(at(10), &event).await;
    installation.publish(SHARING).await;
    let asked = format!("{:?}", installation.pinpoint.asked());
    for address in [EMAIL, PHONE] {
        assert!(asked.contains(address), "{address} was not sent: {asked}");
    }
}
