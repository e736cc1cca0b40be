//! Where the configuration comes from, and what a faulty one does.

use futures::{StreamExt, stream};
use serde_json::json;

use super::{CONCURRENT, odd_event, outcomes};
use crate::support::installation::{Installation, SHARING};
use crate::support::runtime_api::Function;

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
        assert_eq!(outcomes(&reply), ["rejected:no_configuration"], "{case}");
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
async fn a_configuration_in_a_file_is_read_however_long() {
    let installation = Installation::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("analytics.json");
    let clients = (0..1_000).map(|number| {
        let client = json!({"ApplicationId": "f".repeat(32)});
        (format!("client-{number}"), client)
    });
    let mut long: serde_json::Value = serde_json::from_str(SHARING).unwrap();
    long["Clients"] = clients.collect::<serde_json::Map<_, _>>().into();
    std::fs::write(&file, long.to_string()).unwrap();
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
async fn who_signs_in_to_look_at_the_console_is_in_no_figure() {
    let installation = Installation::start().await;
    let event = odd_event("PostAuthentication_Authentication", "ana");
    let client = "1example23456789";
    for (console, expected) in [
        (client, vec!["ignored:excluded"]),
        ("another", vec!["captured"]),
        ("", vec!["captured"]),
    ] {
        let environment = installation
            .environment()
            .with("CONSOLE_CLIENT_ID", console);
        let mut function = Function::start("post-authentication", environment).await;
        let reply = function.invoke(event.clone()).await;
        assert_eq!(reply.text(), event, "{console}");
        assert_eq!(outcomes(&reply), expected, "{console}");
    }
}
