//! Whatever DynamoDB does, what was enqueued keeps its id, and everyone is counted once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::{join, join_all};
use serde_json::json;

use super::{again, at, deliver_events, numbers, outcomes, publish_events, sign_in, signed_in};
use crate::support::installation::{Installation, QUEUE, batch};
use crate::support::misbehaving::{Conduct, Gate, Misbehaving};
use crate::support::pinpoint::event_ids;
use crate::support::runtime_api::Function;
use crate::support::trigger::Trigger;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_dynamodb_never_answers_is_given_up_in_time_and_retried() {
    join_all(["BatchGetItem", "TransactWriteItems"].map(async |silent| {
        let installation = Installation::start().await;
        sign_in(&installation, 0, "ana").await;
        let records = installation.records();
        let (mut publish, _dynamodb) = publish_before(&installation, move |operation| {
            if operation == silent {
                Conduct::Silence
            } else {
                Conduct::Behave
            }
        })
        .await;
        let timeout = Duration::from_secs(3);
        let reply = publish.invoke_within(timeout, batch(&records)).await;
        let error = reply.result.unwrap_err();
        assert!(
            error["errorMessage"].as_str().unwrap().contains("retried"),
            "{error}"
        );
        assert!(reply.took < timeout, "{silent}: {:?}", reply.took);
        assert_eq!(installation.figures().await, [], "{silent}");

        let reply = publish_events(&installation)
            .await
            .invoke(batch(&records))
            .await;
        assert_eq!(again(&reply), [""; 0]);
        assert_eq!(installation.figures().await, signed_in(1), "{silent}");
    }))
    .await;
}

/// publish-events with a server before its DynamoDB that decides by the operation what to do.
async fn publish_before(
    installation: &Installation,
    decide: impl Fn(&str) -> Conduct + Send + Sync + 'static,
) -> (Function, Misbehaving) {
    let dynamodb = Misbehaving::before(&installation.dynamodb_url(), decide).await;
    let environment = installation
        .environment()
        .with("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url());
    (
        Function::start("publish-events", environment).await,
        dynamodb,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_enqueued_and_not_committed_is_delivered_once_more_at_most_under_the_same_ids() {
    let conflict = r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]}"#;
    let cases = [
        Conduct::error("500 Internal Server Error", "InternalServerError"),
        Conduct::error("400 Bad Request", "ThrottlingException"),
        Conduct::answer("400 Bad Request", conflict),
        Conduct::answer("200 OK", "{\"Responses\":"),
        Conduct::SayAndClose(Vec::new()),
    ];
    join_all(cases.map(async |conduct| {
        let installation = Installation::start().await;
        sign_in(&installation, 0, "ana").await;
        sign_in(&installation, 10, "bob").await;
        let records = installation.records();
        let case = format!("{conduct:?}");
        let decide = move |operation: &str| match operation {
            "TransactWriteItems" => conduct.clone(),
            _ => Conduct::Behave,
        };
        let (mut publish, _dynamodb) = publish_before(&installation, decide).await;
        let reply = publish.invoke(batch(&records)).await;
        assert_eq!(again(&reply), numbers(&records), "{case}");
        assert_eq!(installation.figures().await, [], "{case}");
        deliver_events(&installation).await;
        let sent = event_ids(&installation.pinpoint.asked());
        assert_eq!(sent.len(), 2, "{case}");

        let mut publish = publish_events(&installation).await;
        let reply = publish.invoke(batch(&records)).await;
        assert_eq!(again(&reply), [""; 0], "{case}");
        assert_eq!(installation.figures().await, signed_in(2), "{case}");
        deliver_events(&installation).await;
        let mut all = event_ids(&installation.pinpoint.asked());
        all.dedup();
        assert_eq!(all, sent, "{case}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_counts_once() {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    let records = installation.records();
    let (mut publish, _dynamodb) = publish_before(&installation, |operation| match operation {
        "TransactWriteItems" => Conduct::LoseAnswerAndClose,
        _ => Conduct::Behave,
    })
    .await;
    let reply = publish.invoke(batch(&records)).await;
    assert_eq!(again(&reply), numbers(&records));
    assert_eq!(installation.figures().await, signed_in(1));
    let waiting = installation.queues.waiting(QUEUE);

    let reply = publish_events(&installation)
        .await
        .invoke(batch(&records))
        .await;
    assert_eq!(outcomes(&reply), json!({"repeated": 2}));
    assert_eq!(installation.figures().await, signed_in(1));
    assert_eq!(installation.queues.waiting(QUEUE), waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_functions_that_have_a_batch_at_once_one_commits() {
    let installation = Installation::start().await;
    for user in 0..20 {
        sign_in(&installation, user, &format!("user-{user}")).await;
    }
    let records = installation.records();
    let gate = Arc::new(Gate::default());
    let before_commit = gate.clone();
    let (mut slow, _dynamodb) = publish_before(&installation, move |operation| match operation {
        "TransactWriteItems" => Conduct::BehaveAfter(before_commit.clone()),
        _ => Conduct::Behave,
    })
    .await;
    let mut fast = publish_events(&installation).await;
    let overtaking = async {
        gate.reached().await;
        let reply = fast.invoke(batch(&records)).await;
        gate.open();
        reply
    };
    let (slow_reply, fast_reply) = join(slow.invoke(batch(&records)), overtaking).await;
    assert_eq!(again(&fast_reply), [""; 0]);
    assert_eq!(again(&slow_reply), numbers(&records));
    assert_eq!(installation.figures().await, signed_in(20));

    let reply = slow.invoke(batch(&records)).await;
    assert_eq!(outcomes(&reply), json!({"repeated": 40}));
    assert_eq!(installation.figures().await, signed_in(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_conflicts_is_tried_again() {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    let conflict = r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}"#;
    let conflicts = AtomicU32::new(2);
    let left =
        move || conflicts.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
    let decide = move |operation: &str| {
        if operation == "TransactWriteItems" && left().is_ok() {
            Conduct::answer("400 Bad Request", conflict)
        } else {
            Conduct::Behave
        }
    };
    let (mut publish, _dynamodb) = publish_before(&installation, decide).await;
    let reply = publish.invoke(batch(&installation.records())).await;
    assert_eq!(outcomes(&reply), json!({"published": 2}));
    assert_eq!(installation.figures().await, signed_in(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_the_users_or_the_metrics_cannot_be_read() {
    join_all(["BatchGetItem", "GetItem"].map(async |unavailable| {
        let installation = Installation::start().await;
        let metadata = json!({"platform": "iOS"});
        let event = Trigger::PostAuthentication.event("ana", &metadata);
        installation.capture(at(0), &event).await;
        let records = installation.records();
        let decide = move |operation: &str| match operation {
            _ if operation == unavailable => {
                Conduct::error("500 Internal Server Error", "InternalServerError")
            }
            _ => Conduct::Behave,
        };
        let (mut publish, _dynamodb) = publish_before(&installation, decide).await;
        let reply = publish.invoke(batch(&records)).await;
        assert_eq!(again(&reply), numbers(&records), "{unavailable}");
        assert_eq!(installation.queues.waiting(QUEUE), 0, "{unavailable}");
    }))
    .await;
}
