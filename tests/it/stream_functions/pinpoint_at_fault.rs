//! Whatever Pinpoint does, everyone is counted at once, and what waits arrives when it is well again.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    EMAIL, PHONE, accepted, again, at, deliver_events, outcomes, publish_events, sign_in,
    signed_in, with_addresses,
};
use crate::support::installation::{Installation, PROJECT, QUEUE, batch};
use crate::support::misbehaving::{Conduct, Misbehaving, answer, refusing};
use crate::support::pinpoint::Fault;
use crate::support::runtime_api::Function;
use crate::support::trigger::Trigger;

/// Ana and Bob sign in and are counted. One message has both events.
async fn two_sign_ins() -> Installation {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    sign_in(&installation, 10, "bob").await;
    let mut publish = publish_events(&installation).await;
    let reply = publish.invoke(batch(&installation.records())).await;
    assert_eq!(again(&reply), [""; 0]);
    assert_eq!(installation.figures().await, signed_in(2));
    assert_eq!(installation.queues.waiting(QUEUE), 1);
    installation
}

/// What is hidden is handed out at once.
async fn deliver_again(installation: &Installation) -> Vec<(String, u64)> {
    installation.queues.show(QUEUE);
    deliver_events(installation).await.into_iter().collect()
}

fn all(end: &str, count: u64) -> Vec<(String, u64)> {
    vec![(end.to_owned(), count)]
}

#[tokio::test(flavor = "multi_thread")]
async fn while_pinpoint_fails_what_waits_stays_and_arrives_when_it_is_well() {
    let later = [Fault::Always(500), Fault::Always(503), Fault::Always(429)];
    let later = later.map(|fault| (fault, "later"));
    let misconfigured = [Fault::Always(401), Fault::Always(403), Fault::Always(404)];
    let misconfigured = misconfigured.map(|fault| (fault, "misconfigured"));
    let faults = later.into_iter().chain(misconfigured);
    join_all(faults.map(async |(fault, end)| {
        let installation = two_sign_ins().await;
        installation.pinpoint.set(fault.clone());
        for _ in 0..2 {
            assert_eq!(deliver_again(&installation).await, all(end, 2), "{fault:?}");
            assert_eq!(installation.queues.waiting(QUEUE), 1, "{fault:?}");
        }
        installation.pinpoint.set(Fault::Nothing);
        assert_eq!(
            deliver_again(&installation).await,
            all("delivered", 2),
            "{fault:?}"
        );
        assert_eq!(
            accepted(&installation),
            ["_userauth.sign_in"; 2],
            "{fault:?}"
        );
        assert_eq!(installation.queues.waiting(QUEUE), 0, "{fault:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_makes_no_sense_is_no_delivery() {
    let cases = [
        Conduct::Say(answer("200 OK", "text/html", "<html></html>")),
        Conduct::Say(answer(
            "202 Accepted",
            "application/json",
            "{\"Results\": {",
        )),
        Conduct::Say(answer(
            "202 Accepted",
            "application/json",
            "{\"Results\": {}}",
        )),
        Conduct::Say(answer("202 Accepted", "application/json", "{}")),
        Conduct::SayAndClose(b"HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n\r\n{".to_vec()),
        Conduct::SayAndClose(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
    ];
    join_all(cases.map(async |conduct| {
        let installation = two_sign_ins().await;
        let pinpoint = Misbehaving::always(conduct.clone()).await;
        let environment = installation.environment();
        let environment = environment.with("AWS_ENDPOINT_URL_PINPOINT", pinpoint.url());
        let mut deliver = Function::start("deliver-events", environment).await;
        let replies = installation.deliver(&mut deliver).await;
        assert_eq!(outcomes(&replies[0]), json!({"later": 2}), "{conduct:?}");
        assert_eq!(installation.queues.waiting(QUEUE), 1, "{conduct:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pinpoint_does_not_answer_or_is_not_there_for_is_given_back_in_time() {
    let installation = two_sign_ins().await;
    installation.pinpoint.set(Fault::Silence);
    let mut silent = Function::start("deliver-events", installation.environment()).await;
    let gone = installation.environment();
    let gone = gone.with("AWS_ENDPOINT_URL_PINPOINT", refusing());
    let mut gone = Function::start("deliver-events", gone).await;
    for deliver in [&mut silent, &mut gone] {
        installation.queues.show(QUEUE);
        let waiting = installation.queues.batch(QUEUE).unwrap();
        let timeout = Duration::from_secs(4);
        let reply = deliver.invoke_within(timeout, waiting.to_string()).await;
        assert!(reply.took < timeout, "{:?}", reply.took);
        assert_eq!(outcomes(&reply), json!({"later": 2}));
        let again = reply.json();
        let again = &again["batchItemFailures"][0]["itemIdentifier"];
        assert_eq!(*again, waiting["Records"][0]["messageId"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_failed_is_hidden_for_some_seconds_and_then_handed_out_again() {
    let installation = two_sign_ins().await;
    installation.pinpoint.set(Fault::Always(500));
    let failed = Instant::now();
    deliver_events(&installation).await;
    assert_eq!(installation.queues.batch(QUEUE), None);
    let hidden = installation.queues.hidden_for(QUEUE).unwrap();
    assert!(
        hidden + failed.elapsed() > Duration::from_secs(4),
        "{hidden:?}"
    );
    assert!(hidden <= Duration::from_secs(5), "{hidden:?}");
    installation.queues.show(QUEUE);
    assert!(installation.queues.batch(QUEUE).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pinpoint_refuses_for_good_is_sent_once() {
    let installation = two_sign_ins().await;
    installation
        .pinpoint
        .set(Fault::Endpoint("bobs-phone".to_owned(), 400));
    let ends = deliver_again(&installation).await;
    let expected = [all("delivered", 1), all("rejected:by_destination", 1)].concat();
    assert_eq!(ends, expected);
    assert_eq!(installation.queues.waiting(QUEUE), 0);
}

/// Ana's event with both addresses, published.
async fn two_addresses() -> Installation {
    let installation = Installation::start().await;
    let event = with_addresses(Trigger::RefreshTokens.event("ana", &json!({})));
    installation.capture(at(0), &event).await;
    let mut publish = publish_events(&installation).await;
    publish.invoke(batch(&installation.records())).await;
    assert_eq!(installation.queues.waiting(QUEUE), 2);
    installation
}

fn addresses(installation: &Installation) -> Vec<String> {
    let endpoints = installation.pinpoint.endpoints();
    let addresses = endpoints.iter().filter_map(|it| it["Address"].as_str());
    let mut addresses: Vec<_> = addresses.map(str::to_owned).collect();
    addresses.sort_unstable();
    addresses
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_endpoints_go_one_by_one_where_the_role_may_not_update_many() {
    let installation = two_addresses().await;
    installation.pinpoint.set(Fault::Batches(403));
    let mut deliver = Function::start("deliver-events", installation.environment()).await;
    let mut publish = publish_events(&installation).await;
    let first = installation.deliver(&mut deliver).await;
    assert_eq!(outcomes(&first[0]), json!({"delivered": 2}));
    let mut event = with_addresses(Trigger::RefreshTokens.event("ana", &json!({})));
    let attributes = &mut event["request"]["userAttributes"];
    attributes["email"] = json!("second@example.test");
    attributes["phone_number"] = json!("+12065550199");
    installation.capture(at(8), &event).await;
    publish.invoke(batch(&installation.records())).await;
    let second = installation.deliver(&mut deliver).await;
    assert_eq!(outcomes(&second[0]), json!({"delivered": 2}));
    let asked = installation.pinpoint.asked();
    let calls = asked.iter().map(|it| match it.path.rsplit_once('/') {
        Some((_, "endpoints")) => "UpdateEndpointsBatch",
        Some((_, "events")) => "PutEvents",
        _ => "UpdateEndpoint",
    });
    // The second time, nobody asks whether the role may.
    let expected = [&["UpdateEndpointsBatch"][..], &["UpdateEndpoint"; 4]].concat();
    assert_eq!(calls.collect::<Vec<_>>(), expected);
    let second = ["+12065550199", "second@example.test"];
    assert_eq!(addresses(&installation), second);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_refused_is_sent_anew_with_its_users_next_event() {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "bob").await;
    let mut publish = publish_events(&installation).await;
    publish.invoke(batch(&installation.records())).await;
    let mut deliver = Function::start("deliver-events", installation.environment()).await;
    installation.deliver(&mut deliver).await;

    let event = with_addresses(Trigger::RefreshTokens.event("ana", &json!({})));
    installation.capture(at(8), &event).await;
    publish.invoke(batch(&installation.records())).await;
    installation.pinpoint.set(Fault::Always(400));
    // Of one that has accepted nothing, nobody knows whether it refuses what is sent.
    let ends = deliver_again(&installation).await;
    assert_eq!(ends, all("misconfigured", 2));
    installation.queues.show(QUEUE);
    let replies = installation.deliver(&mut deliver).await;
    assert_eq!(outcomes(&replies[0]), json!({"rejected:by_destination": 2}));
    assert_eq!(installation.queues.waiting(QUEUE), 0);

    // What the log was told of it is published, and then what happens next.
    installation.pinpoint.set(Fault::Nothing);
    let event = with_addresses(Trigger::RefreshTokens.event("ana", &json!({})));
    installation.capture(at(10), &event).await;
    let mut publish = publish_events(&installation).await;
    let reply = publish.invoke(batch(&installation.records())).await;
    assert_eq!(
        outcomes(&reply),
        json!({"applied": 2, "published": 1, "repeated": 3})
    );
    assert_eq!(deliver_again(&installation).await, all("delivered", 2));
    assert_eq!(addresses(&installation), [PHONE, EMAIL]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_that_was_waiting_when_its_user_was_forgotten() {
    let installation = two_addresses().await;
    let tombstones = aws::forgotten::DynamoForgotten::new(
        installation.client.clone(),
        installation.tables.users.clone(),
    );
    let user = domain::auth_event::UserKey {
        project: domain::ids::ProjectId::new(PROJECT),
        pool: domain::ids::UserPoolId::new("eu-west-1_AAAA11111"),
        who: domain::auth_event::Who::User(domain::ids::Sub::new("ana")),
    };
    tombstones.bury(&user, Utc::now()).await.unwrap();
    assert_eq!(
        deliver_again(&installation).await,
        all("ignored:forgotten", 2)
    );
    assert_eq!(installation.pinpoint.asked(), []);

    // Who comes again is somebody new.
    let event = with_addresses(Trigger::RefreshTokens.event("ana", &json!({})));
    let mut event: Value = event;
    event["request"]["userAttributes"]["email"] = json!("new@example.test");
    installation
        .capture(Utc::now() + TimeDelta::seconds(1), &event)
        .await;
    let mut publish = publish_events(&installation).await;
    publish.invoke(batch(&installation.records())).await;
    assert_eq!(deliver_again(&installation).await, all("delivered", 1));
    assert_eq!(addresses(&installation), ["new@example.test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_it_is_not_known_who_was_forgotten() {
    let installation = two_sign_ins().await;
    let dynamodb = Misbehaving::before(&installation.dynamodb_url(), |_| {
        Conduct::error("500 Internal Server Error", "InternalServerError")
    })
    .await;
    let environment = installation.environment();
    let environment = environment.with("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url());
    let mut deliver = Function::start("deliver-events", environment).await;
    let replies = installation.deliver(&mut deliver).await;
    assert!(replies[0].result.is_err(), "{:?}", replies[0].result);
    assert_eq!(installation.pinpoint.asked(), []);
    assert_eq!(installation.queues.waiting(QUEUE), 1);
}
