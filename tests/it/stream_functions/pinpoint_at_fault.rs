//! Whatever Pinpoint does, only the users concerned are retried, and everyone is counted once.

use std::time::Duration;

use domain::activity::DayFigures;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    EMAIL, PHONE, accepted, again, at, numbers, outcomes, publish_events, sign_in, signed_in,
    with_addresses,
};
use crate::support::installation::{Installation, batch, number};
use crate::support::misbehaving::{Conduct, Misbehaving, answer, refusing};
use crate::support::pinpoint::Fault;
use crate::support::runtime_api::Function;
use crate::support::trigger::Trigger;

#[tokio::test(flavor = "multi_thread")]
async fn while_pinpoint_fails_nothing_is_counted_and_then_each_event_once() {
    let faults = [Fault::Always(500), Fault::Always(503), Fault::Always(429)];
    join_all(faults.map(async |fault| {
        let installation = Installation::start().await;
        sign_in(&installation, 0, "ana").await;
        sign_in(&installation, 10, "bob").await;
        let records = installation.records();
        let mut publish = publish_events(&installation).await;
        installation.pinpoint.set(fault.clone());
        for _ in 0..2 {
            let reply = publish.invoke(batch(&records)).await;
            assert_eq!(again(&reply), numbers(&records), "{fault:?}");
            assert_eq!(outcomes(&reply), json!({"failed": 4}), "{fault:?}");
            assert_eq!(installation.figures().await, [], "{fault:?}");
        }
        installation.pinpoint.set(Fault::Nothing);
        let reply = publish.invoke(batch(&records)).await;
        assert_eq!(again(&reply), [""; 0], "{fault:?}");
        assert_eq!(installation.figures().await, signed_in(2), "{fault:?}");
        assert_eq!(
            accepted(&installation),
            ["_userauth.sign_in"; 2],
            "{fault:?}"
        );
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_pinpoint_is_down_users_of_whom_it_is_told_nothing_are_counted() {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    let token = Trigger::RefreshTokens.event("bob", &json!({}));
    installation.capture(at(7), &token).await;
    sign_in(&installation, 10, "ana").await;
    let records = installation.records();
    let is_anas = |record: &&Value| record["dynamodb"]["NewImage"]["sub"]["S"] == "ana";
    let down = installation
        .environment()
        .with("AWS_ENDPOINT_URL_PINPOINT", refusing().await);
    let mut publish = Function::start("publish-events", down).await;
    let reply = publish.invoke(batch(&records)).await;
    assert_eq!(again(&reply), numbers(records.iter().filter(is_anas)));
    assert_eq!(outcomes(&reply), json!({"published": 1, "failed": 4}));
    let mut publish = publish_events(&installation).await;
    let reply = publish.invoke(batch(&records)).await;
    assert_eq!(outcomes(&reply), json!({"published": 4, "repeated": 1}));
    let all = DayFigures {
        new_users: 2,
        dau: 2,
        wau: 2,
        mau: 2,
        ..signed_in(2)[0]
    };
    assert_eq!(installation.figures().await, [all]);
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
        let installation = Installation::start().await;
        sign_in(&installation, 0, "ana").await;
        let records = installation.records();
        let pinpoint = Misbehaving::always(conduct.clone()).await;
        let environment = installation
            .environment()
            .with("AWS_ENDPOINT_URL_PINPOINT", pinpoint.url());
        let mut publish = Function::start("publish-events", environment).await;
        let reply = publish.invoke(batch(&records)).await;
        assert_eq!(again(&reply), numbers(&records), "{conduct:?}");
        assert_eq!(installation.figures().await, [], "{conduct:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_whom_pinpoint_is_not_told_of_in_time_are_retried_and_others_are_counted() {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    let event = with_addresses(Trigger::RefreshTokens.event("bob", &json!({})));
    installation.capture(at(7), &event).await;
    let token = Trigger::RefreshTokens.event("carla", &json!({}));
    installation.capture(at(8), &token).await;
    let records = installation.records();
    let mut publish = publish_events(&installation).await;
    installation.pinpoint.set(Fault::Silence);
    let timeout = Duration::from_secs(4);
    let reply = publish.invoke_within(timeout, batch(&records)).await;
    assert!(reply.took < timeout, "{:?}", reply.took);
    assert_eq!(again(&reply), numbers(&records[..3]));
    assert_eq!(outcomes(&reply), json!({"published": 1, "failed": 3}));

    installation.pinpoint.set(Fault::Nothing);
    let reply = publish.invoke(batch(&records)).await;
    assert_eq!(outcomes(&reply), json!({"published": 3, "repeated": 1}));
    let three = DayFigures {
        new_users: 3,
        dau: 3,
        wau: 3,
        mau: 3,
        ..signed_in(1)[0]
    };
    assert_eq!(installation.figures().await, [three]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_user_whose_endpoint_fails_is_retried_from_his_first_event_on() {
    join_all([500, 503, 429].map(async |status| {
        let installation = Installation::start().await;
        sign_in(&installation, 0, "ana").await;
        sign_in(&installation, 2, "bob").await;
        sign_in(&installation, 10, "ana").await;
        sign_in(&installation, 12, "bob").await;
        let records = installation.records();
        let is_bobs = |record: &&Value| record["dynamodb"]["NewImage"]["sub"]["S"] == "bob";
        let bobs = numbers(records.iter().filter(is_bobs));
        let mut publish = publish_events(&installation).await;
        installation
            .pinpoint
            .set(Fault::Endpoint("bobs-phone".to_owned(), status));
        let reply = publish.invoke(batch(&records)).await;
        assert_eq!(again(&reply), bobs, "{status}");
        assert_eq!(
            outcomes(&reply),
            json!({"published": 4, "failed": 4}),
            "{status}"
        );
        let ana = DayFigures {
            sign_ins: 2,
            ..signed_in(1)[0]
        };
        assert_eq!(installation.figures().await, [ana], "{status}");

        // Lambda goes back to the first that failed, and gives all that follow.
        installation.pinpoint.set(Fault::Nothing);
        let rest = records
            .iter()
            .position(|record| number(record) == bobs[0])
            .unwrap();
        let reply = publish.invoke(batch(&records[rest..])).await;
        assert_eq!(again(&reply), [""; 0], "{status}");
        assert_eq!(outcomes(&reply)["published"], 4, "{status}");
        let both = DayFigures {
            sign_ins: 4,
            ..signed_in(2)[0]
        };
        assert_eq!(installation.figures().await, [both], "{status}");
        assert_eq!(
            accepted(&installation),
            ["_userauth.sign_in"; 4],
            "{status}"
        );
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pinpoint_refuses_for_good_is_counted_and_not_sent_again() {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    sign_in(&installation, 2, "bob").await;
    let records = installation.records();
    let mut publish = publish_events(&installation).await;
    installation
        .pinpoint
        .set(Fault::Endpoint("bobs-phone".to_owned(), 400));
    let reply = publish.invoke(batch(&records)).await;
    assert_eq!(again(&reply), [""; 0]);
    assert_eq!(
        outcomes(&reply),
        json!({"published": 3, "rejected:by_destination": 1})
    );
    assert_eq!(installation.figures().await, signed_in(2));
    let asked = installation.pinpoint.asked();
    let reply = publish.invoke(batch(&records)).await;
    assert_eq!(outcomes(&reply), json!({"repeated": 4}));
    assert_eq!(installation.pinpoint.asked(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_endpoints_go_one_by_one_where_the_role_may_not_update_many() {
    let installation = Installation::start().await;
    let event = with_addresses(Trigger::PostAuthentication.event("ana", &json!({})));
    installation.capture(at(0), &event).await;
    installation.pinpoint.set(Fault::Batches(403));
    let mut publish = publish_events(&installation).await;
    let reply = publish.invoke(batch(&installation.records())).await;
    assert_eq!(again(&reply), [""; 0]);
    let asked = installation.pinpoint.asked();
    let calls = asked.iter().map(|it| match it.path.rsplit_once('/') {
        Some((_, "endpoints")) => "UpdateEndpointsBatch",
        Some((_, "events")) => "PutEvents",
        _ => "UpdateEndpoint",
    });
    let expected = [
        "UpdateEndpointsBatch",
        "UpdateEndpoint",
        "UpdateEndpoint",
        "PutEvents",
    ];
    assert_eq!(calls.collect::<Vec<_>>(), expected);
    let endpoints = installation.pinpoint.endpoints();
    let mut addresses: Vec<_> = endpoints
        .iter()
        .filter_map(|it| it["Address"].as_str())
        .collect();
    addresses.sort_unstable();
    assert_eq!(addresses, [PHONE, EMAIL]);
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_endpoints_that_a_faulty_project_did_not_take_are_sent_with_the_next_event() {
    join_all([401, 403, 404].map(async |status| {
        let installation = Installation::start().await;
        let event = with_addresses(Trigger::PostAuthentication.event("ana", &json!({})));
        installation.capture(at(0), &event).await;
        let mut publish = publish_events(&installation).await;
        installation.pinpoint.set(Fault::Always(status));
        let first = installation.records();
        let reply = publish.invoke(batch(&first)).await;
        assert_eq!(again(&reply), [""; 0], "{status}");
        assert_eq!(installation.figures().await, signed_in(1), "{status}");

        installation.pinpoint.set(Fault::Nothing);
        let event = with_addresses(Trigger::RefreshTokens.event("ana", &json!({})));
        installation.capture(at(10), &event).await;
        let reply = publish
            .invoke(batch(&installation.records()[first.len()..]))
            .await;
        assert_eq!(outcomes(&reply), json!({"published": 1}), "{status}");
        let endpoints = installation.pinpoint.endpoints();
        let mut addresses: Vec<_> = endpoints
            .iter()
            .filter_map(|it| it["Address"].as_str())
            .collect();
        addresses.sort_unstable();
        assert_eq!(addresses, [PHONE, EMAIL], "{status}");
    }))
    .await;
}
