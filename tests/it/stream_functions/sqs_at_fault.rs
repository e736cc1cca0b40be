//! Whatever SQS does, nothing is counted that is not enqueued, and nothing is lost.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};

use super::{again, deliver_events, numbers, publish_events, sign_in, signed_in};
use crate::support::installation::{Installation, QUEUE, batch};
use crate::support::misbehaving::{Conduct, Misbehaving, answer, refusing};
use crate::support::pinpoint::event_ids;
use crate::support::runtime_api::{Function, Reply};

/// Two users sign in, and publish-events has their records before an SQS at this address.
async fn published_before(url: &str, installation: &Installation) -> Reply {
    sign_in(installation, 0, "ana").await;
    sign_in(installation, 10, "bob").await;
    let environment = installation.environment();
    let environment = environment.with("AWS_ENDPOINT_URL_SQS", url);
    let mut publish = Function::start("publish-events", environment).await;
    let records = batch(&installation.records());
    publish
        .invoke_within(Duration::from_secs(30), records)
        .await
}

/// Publishes what was returned: everyone is counted once, and what came of it arrives, whatever was enqueued before.
async fn check_once_well(installation: &Installation, case: &str) {
    let mut publish = publish_events(installation).await;
    let reply = publish.invoke(batch(&installation.records())).await;
    assert_eq!(again(&reply), [""; 0], "{case}");
    assert_eq!(installation.figures().await, signed_in(2), "{case}");
    deliver_events(installation).await;
    let mut sent = event_ids(&installation.pinpoint.asked());
    sent.sort();
    sent.dedup();
    assert_eq!(sent.len(), 2, "{case}");
    assert_eq!(installation.queues.waiting(QUEUE), 0, "{case}");
}

fn error(status: &str, name: &str) -> Conduct {
    let body = json!({"__type": format!("com.amazonaws.sqs#{name}"), "message": "so it is told"});
    Conduct::Say(answer(
        status,
        "application/x-amz-json-1.0",
        &body.to_string(),
    ))
}

fn says(body: &Value) -> Conduct {
    Conduct::answer("200 OK", &body.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_enqueued_is_not_counted_and_returned_to_the_stream() {
    let failed = |sender: bool| {
        says(
            &json!({"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": sender}]}),
        )
    };
    let cut_off = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"Successful\": [".to_vec();
    let html = |status| Conduct::Say(answer(status, "text/html", "<html>"));
    let cases = [
        error("500 Internal Server Error", "InternalError"),
        error("503 Service Unavailable", "ServiceUnavailable"),
        error("400 Bad Request", "RequestThrottled"),
        error("403 Forbidden", "AccessDenied"),
        error("400 Bad Request", "QueueDoesNotExist"),
        error("400 Bad Request", "InvalidMessageContents"),
        html("429 Too Many Requests"),
        html("404 Not Found"),
        html("200 OK"),
        says(&json!({})),
        says(&json!({"Successful": [], "Failed": []})),
        says(
            &json!({"Successful": [{"Id": "another", "MessageId": "1", "MD5OfMessageBody": "1"}]}),
        ),
        failed(true),
        failed(false),
        Conduct::SayAndClose(Vec::new()),
        Conduct::SayAndClose(cut_off.clone()),
        Conduct::SayAndHang(cut_off),
        Conduct::Silence,
        Conduct::LoseAnswerAndClose,
        Conduct::LoseAnswerAndHang,
    ];
    let checks = cases.into_iter().map(|conduct| {
        Box::pin(async move {
            let case = format!("{conduct:?}");
            let installation = Installation::start().await;
            let sqs =
                Misbehaving::before(&installation.queues.endpoint(), move |_| conduct.clone())
                    .await;
            check_returned(&sqs.url(), &installation, &case).await;
        })
    });
    stream::iter(checks)
        .buffer_unordered(6)
        .collect::<Vec<()>>()
        .await;
    let installation = Installation::start().await;
    check_returned(&refusing(), &installation, "refused").await;
}

async fn check_returned(url: &str, installation: &Installation, case: &str) {
    let reply = published_before(url, installation).await;
    assert_eq!(again(&reply), numbers(&installation.records()), "{case}");
    assert_eq!(installation.figures().await, [], "{case}");
    check_once_well(installation, case).await;
}
