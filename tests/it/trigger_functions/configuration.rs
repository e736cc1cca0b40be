//! Where the configuration comes from, and what a faulty one does.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures::{StreamExt, stream};
use local::dynamodb::Served;
use serde_json::json;
use tokio::net::TcpListener;

use super::{CONCURRENT, odd_event, outcomes};
use crate::support::installation::{Installation, SHARING};
use crate::support::ministack::Ministack;
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
async fn a_configuration_in_an_ssm_parameter_is_read_also_an_encrypted_or_long_one() {
    let (installation, ministack) = (Installation::start().await, Ministack::start().await);
    let ssm = aws_sdk_ssm::Client::new(&ministack.sdk());
    let clients: serde_json::Map<_, _> = (0..60)
        .map(|number| {
            (
                format!("client-{number}"),
                json!({"ApplicationId": "f".repeat(32)}),
            )
        })
        .collect();
    let mut long: serde_json::Value = serde_json::from_str(SHARING).unwrap();
    long["Clients"] = clients.into();
    for (name, value, kind) in [
        ("/plain", SHARING.to_owned(), ParameterType::String),
        (
            "/encrypted",
            SHARING.to_owned(),
            ParameterType::SecureString,
        ),
        ("/long", long.to_string(), ParameterType::String),
    ] {
        let put = ssm.put_parameter().name(name).value(&value).r#type(kind);
        put.tier(ParameterTier::Advanced).send().await.unwrap();
        let environment = installation
            .environment()
            .without("ANALYTICS_CONFIG")
            .with("ANALYTICS_CONFIG_PARAMETER", name)
            .with("AWS_REGION", "us-east-1")
            .with("AWS_ENDPOINT_URL_SSM", ministack.url());
        let mut function = Function::start("post-authentication", environment).await;
        let event = odd_event("PostAuthentication_Authentication", "ana");
        let reply = function.invoke(event.clone()).await;
        assert_eq!(
            (reply.text(), outcomes(&reply)),
            (event.as_str(), vec!["captured"]),
            "{name}"
        );
    }
}

/// An SSM that fails until it works.
async fn failing_until(works: Arc<AtomicBool>) -> Served {
    let answer = async move || {
        if works.load(Ordering::SeqCst) {
            json!({"Parameter": {"Name": "/config", "Value": SHARING}})
                .to_string()
                .into_response()
        } else {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer);
    Served::new(address, async move { axum::serve(listener, router).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn while_ssm_fails_everybody_signs_in_and_events_are_captured_as_soon_as_it_works() {
    let installation = Installation::start().await;
    let works = Arc::new(AtomicBool::new(false));
    let ssm = failing_until(works.clone()).await;
    let environment = installation
        .environment()
        .without("ANALYTICS_CONFIG")
        .with("ANALYTICS_CONFIG_PARAMETER", "/config")
        .with("AWS_ENDPOINT_URL_SSM", ssm.url());
    let mut function = Function::start("post-authentication", environment).await;
    let event = odd_event("PostAuthentication_Authentication", "ana");
    for (ssm_works, outcome) in [
        (false, "rejected:no_configuration"),
        (true, "captured"),
        (false, "captured"),
    ] {
        works.store(ssm_works, Ordering::SeqCst);
        let reply = function.invoke(event.clone()).await;
        assert_eq!(
            (reply.text(), outcomes(&reply)),
            (event.as_str(), vec![outcome])
        );
    }
    let told = function.log().into_iter().any(|line| {
        line["error"]
            .as_str()
            .is_some_and(|error| error.contains("GetParameter on /config"))
    });
    assert!(told, "{:?}", function.log());
}
