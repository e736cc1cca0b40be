//! What is personal, and where it may be.

use serde_json::Value;

use super::{EMAIL, NAME, PHONE, TRIGGERS, USER_NAME, odd_event};
use crate::support::installation::{Installation, NOT_SHARING, SHARING};
use crate::support::misbehaving::refusing;
use crate::support::runtime_api::Function;

/// Invokes each trigger, with DynamoDB as it should be and out of reach; all that was logged, and
/// all that the event log holds.
async fn traces(config: &str) -> (String, String) {
    let installation = Installation::start().await;
    let works = installation
        .environment()
        .with("ANALYTICS_CONFIG", config)
        .with("RUST_LOG", "trace");
    let spills = works.clone().with("AWS_ENDPOINT_URL_DYNAMODB", refusing());
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
