//! publish-events and expire-attempts, as Lambda runs them behind the event log: whatever fails, each
//! event is delivered, and counted once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws::tables::definitions;
use aws_lambda_events::streams::DynamoDbEventResponse;
use aws_sdk_dynamodb::types::{AttributeValue, BillingMode};
use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::DayFigures;
use domain::day::Day;
use futures::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::installation::{Installation, NOT_SHARING, PROJECT, batch, number};
use crate::support::misbehaving::{Conduct, Misbehaving, answer, refusing};
use crate::support::pinpoint::{Asked, Fault, event_ids};
use crate::support::runtime_api::{Environment, Function, Reply};
use crate::support::trigger::Trigger;

const EMAIL: &str = "ana@example.test";
const PHONE: &str = "+12065550123";

/// A moment of the day on which all of it happens.
fn at(seconds: i64) -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

/// The figures of that day, when so many users signed in for the first time.
fn signed_in(users: i64) -> Vec<DayFigures> {
    vec![DayFigures {
        day: Day::of(at(0)),
        sign_ups: 0,
        sign_ins: users,
        auth_failures: 0,
        new_users: users,
        dau: users,
        wau: users,
        mau: users,
    }]
}

/// The user signs in with a password, on the device with this endpoint. Two records.
async fn sign_in(installation: &Installation, seconds: i64, user: &str) {
    let nothing = json!({});
    let device = json!({"analyticsEndpointId": format!("{user}s-phone")});
    let attempt = Trigger::PreAuthentication.event(user, &nothing);
    installation.capture(at(seconds), &attempt).await;
    let success = Trigger::PostAuthentication.event(user, &device);
    installation.capture(at(seconds + 5), &success).await;
}

/// The event of a user with verified addresses.
fn with_addresses(mut event: Value) -> Value {
    let attributes = event["request"]["userAttributes"].as_object_mut().unwrap();
    for (name, value) in [("email", EMAIL), ("phone_number", PHONE)] {
        attributes.insert(name.to_owned(), json!(value));
        attributes.insert(format!("{name}_verified"), json!("true"));
    }
    event
}

/// The records that are to be given again.
fn again(reply: &Reply) -> Vec<String> {
    let response: DynamoDbEventResponse = serde_json::from_value(reply.json()).unwrap();
    let failures = response.batch_item_failures.into_iter();
    failures
        .map(|failure| failure.item_identifier.unwrap())
        .collect()
}

fn numbers<'a>(records: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    records
        .into_iter()
        .map(|record| number(record).to_owned())
        .collect()
}

/// How many records came to which end, as it was logged.
fn outcomes(reply: &Reply) -> Value {
    let lines = reply.logged("outcomes");
    assert_eq!(lines.len(), 1, "{:?}", reply.log);
    serde_json::from_str(lines[0]["outcomes"].as_str().unwrap()).unwrap()
}

/// The types of the events that Pinpoint has accepted.
fn accepted(installation: &Installation) -> Vec<String> {
    let events = installation.pinpoint.events().into_iter();
    events
        .map(|event| event["event_type"].as_str().unwrap().to_owned())
        .collect()
}

async fn publish_events(installation: &Installation) -> Function {
    Function::start("publish-events", installation.environment()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_triggers_capture_is_published_and_counted_once() {
    let installation = Installation::start().await;
    let metadata = json!({"platform": "iOS"});
    for (name, trigger) in [
        ("post-confirmation", Trigger::ConfirmSignUp),
        ("pre-authentication", Trigger::PreAuthentication),
        ("post-authentication", Trigger::PostAuthentication),
        ("pre-token-generation", Trigger::RefreshTokens),
    ] {
        let mut function = Function::start(name, installation.environment()).await;
        let event = with_addresses(trigger.event("ana", &metadata)).to_string();
        assert_eq!(function.invoke(event.clone()).await.text(), event);
    }
    let records = installation.records();
    let mut publish = publish_events(&installation).await;
    let first = publish.invoke(batch(&records)).await;
    assert_eq!(again(&first), [""; 0]);
    assert_eq!(outcomes(&first), json!({"published": 4}));
    let asked = installation.pinpoint.asked();
    let repeated = publish.invoke(batch(&records)).await;
    assert_eq!(again(&repeated), [""; 0]);
    assert_eq!(outcomes(&repeated), json!({"repeated": 4}));

    assert_eq!(installation.pinpoint.asked(), asked);
    assert_eq!(
        accepted(&installation),
        ["_userauth.sign_up", "_userauth.sign_in"]
    );
    let endpoints = installation.pinpoint.endpoints();
    let mut told: Vec<_> = endpoints
        .iter()
        .map(|it| [&it["ChannelType"], &it["Address"]])
        .collect();
    told.sort_by_key(|it| it[0].to_string());
    assert_eq!(
        json!(told),
        json!([["EMAIL", EMAIL], ["SMS", PHONE], [null, null]])
    );
    assert!(
        endpoints.iter().all(|it| it["User"]["UserId"] == "ana"),
        "{endpoints:?}"
    );
    let figures = installation.figures().await;
    let sums = figures
        .iter()
        .map(|it| [it.sign_ups, it.sign_ins, it.auth_failures, it.new_users]);
    let sums = sums.reduce(|a, b| std::array::from_fn(|n| a[n] + b[n]));
    assert_eq!(sums, Some([1, 1, 0, 1]));
}

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
async fn users_whom_pinpoint_is_not_told_of_in_time_are_given_again_and_others_are_counted() {
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
async fn a_batch_that_dynamodb_never_answers_is_given_up_in_time_and_given_again() {
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
            error["errorMessage"]
                .as_str()
                .unwrap()
                .contains("given again"),
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

#[tokio::test(flavor = "multi_thread")]
async fn only_the_user_whose_endpoint_fails_is_given_again_from_his_first_event_on() {
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
async fn what_is_no_auth_event_is_set_aside_by_name_and_the_others_go_on() {
    let installation = Installation::start().await;
    sign_in(&installation, 0, "ana").await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = installation
        .client
        .put_item()
        .table_name(&installation.tables.event_log);
    put.item("user", text("somebody"))
        .item("eventId", text("e"))
        .send()
        .await
        .unwrap();
    sign_in(&installation, 10, "bob").await;
    let records = installation.records();
    let made = AtomicU32::new(0);
    let changed = |record: &Value, change: &dyn Fn(&mut Value)| {
        let mut record = record.clone();
        let place = made.fetch_add(1, Ordering::Relaxed);
        record["dynamodb"]["SequenceNumber"] = json!(format!("{}{place}", number(&record)));
        change(&mut record);
        record
    };
    let (good, poison) = (&records[0], &records[2]);
    let set_aside = [
        poison.clone(),
        changed(good, &|it| {
            drop(it["dynamodb"].as_object_mut().unwrap().remove("NewImage"))
        }),
        changed(good, &|it| it["dynamodb"]["NewImage"] = Value::Null),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["type"] = json!({"S": "TakenOver"})
        }),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["time"] = json!({"N": "5"})
        }),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["eventId"] = json!({"S": "no id"})
        }),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["metadata"] = json!({"S": "none"})
        }),
        changed(good, &|it| {
            it["dynamodb"]["NewImage"]["attemptWindowSeconds"] = json!({"N": "0"})
        }),
    ];
    let passed_over = [
        changed(good, &|it| it["eventName"] = json!("MODIFY")),
        changed(good, &|it| {
            it["eventName"] = json!("REMOVE");
            it["userIdentity"] =
                json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
        }),
    ];
    let all = [&records[..2], &set_aside, &passed_over, &records[3..]].concat();

    let mut publish = publish_events(&installation).await;
    let reply = publish.invoke(batch(&all)).await;
    assert_eq!(again(&reply), [""; 0]);
    assert_eq!(outcomes(&reply), json!({"published": 4}));
    assert_eq!(
        reply.logged("outcomes")[0]["set_aside"],
        json!(set_aside.len())
    );
    let told = reply.logged("sequence_number");
    let names: Vec<_> = told
        .iter()
        .map(|line| line["sequence_number"].as_str().unwrap())
        .collect();
    assert_eq!(names, numbers(&set_aside));
    assert!(
        told.iter()
            .all(|line| line["outcome"] == "rejected:no_auth_event"),
        "{told:?}"
    );
    assert_eq!(installation.figures().await, signed_in(2));

    let reply = publish.invoke(batch(&set_aside)).await;
    assert_eq!(again(&reply), [""; 0]);
    assert_eq!(
        reply.logged("outcomes")[0]["set_aside"],
        json!(set_aside.len())
    );
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

/// The events in the requests from the `from`th on.
fn sent_since(asked: &[Asked], from: usize) -> Vec<String> {
    event_ids(&asked[from..])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_delivered_and_not_committed_is_delivered_again_under_the_same_ids() {
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
        let asked = installation.pinpoint.asked();

        let mut publish = publish_events(&installation).await;
        let reply = publish.invoke(batch(&records)).await;
        assert_eq!(again(&reply), [""; 0], "{case}");
        assert_eq!(installation.figures().await, signed_in(2), "{case}");
        let sent = sent_since(&asked, 0);
        assert_eq!(sent.len(), 2, "{case}");
        assert_eq!(
            sent_since(&installation.pinpoint.asked(), asked.len()),
            sent,
            "{case}"
        );
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
    let asked = installation.pinpoint.asked();

    let reply = publish_events(&installation)
        .await
        .invoke(batch(&records))
        .await;
    assert_eq!(outcomes(&reply), json!({"repeated": 2}));
    assert_eq!(installation.figures().await, signed_in(1));
    assert_eq!(installation.pinpoint.asked(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_two_functions_have_at_once_counts_once() {
    let installation = Installation::start().await;
    for user in 0..20 {
        sign_in(&installation, user, &format!("user-{user}")).await;
    }
    let records = installation.records();
    let mut one = publish_events(&installation).await;
    let mut other = publish_events(&installation).await;
    let (reply, others) = join(one.invoke(batch(&records)), other.invoke(batch(&records))).await;
    let (failed, others) = (again(&reply), again(&others));
    assert!(
        failed.iter().all(|number| !others.contains(number)),
        "{failed:?} {others:?}"
    );
    assert_eq!(installation.figures().await, signed_in(20));

    let reply = one.invoke(batch(&records)).await;
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
        assert_eq!(installation.pinpoint.asked(), [], "{unavailable}");
    }))
    .await;
}

/// What EventBridge invokes a function with, by a rule's schedule and by a schedule of its Scheduler.
fn schedules() -> [String; 2] {
    let event = |source: &str, detail: Value| {
        json!({
            "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event", "source": source, "account": "111122223333",
            "time": "2026-01-31T12:05:00Z", "region": "eu-west-1",
            "resources": ["arn:aws:events:eu-west-1:111122223333:rule/every-minute"],
            "detail": detail,
        })
        .to_string()
    };
    [
        event("aws.events", json!({})),
        event("aws.scheduler", json!("{}")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_without_a_sign_in_expires_into_one_failure() {
    let installation = Installation::start().await;
    let nothing = json!({});
    let attempt = Trigger::PreAuthentication.event("ana", &nothing);
    installation.capture(at(0), &attempt).await;
    sign_in(&installation, 10, "bob").await;
    let open = Utc::now();
    let attempt = Trigger::PreAuthentication.event("carla", &nothing);
    installation.capture(open, &attempt).await;
    let mut publish = publish_events(&installation).await;
    let before = installation.records();
    publish.invoke(batch(&before)).await;

    let environment = installation.environment();
    let mut expire = Function::start("expire-attempts", environment).await;
    for schedule in schedules() {
        let reply = expire.invoke(schedule).await;
        assert_eq!(reply.text(), "null");
        assert_eq!(
            reply.logged("expired.failed")[0]["expired.failed"],
            0,
            "{:?}",
            reply.log
        );
    }
    let records = installation.records();
    let expiries = &records[before.len()..];
    assert_eq!(expiries.len(), 1);
    for outcome in ["expiry_applied", "expiry_applied"] {
        let reply = publish.invoke(batch(expiries)).await;
        assert_eq!(outcomes(&reply), json!({outcome: 1}));
    }
    let events = installation.pinpoint.events();
    let failure = events
        .iter()
        .find(|event| event["event_type"] == "_userauth.auth_fail")
        .unwrap();
    assert_eq!(failure["event_timestamp"], at(0).timestamp_millis());
    assert_eq!(accepted(&installation).len(), 2);
    let one = DayFigures {
        auth_failures: 1,
        ..signed_in(1)[0]
    };
    assert_eq!(installation.figures().await, [one]);

    let reply = expire.invoke(schedules()[0].clone()).await;
    assert_eq!(
        reply.logged("expired.appended")[0]["expired.appended"],
        0,
        "{:?}",
        reply.log
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_that_cannot_be_appended_is_found_by_the_next_run() {
    let installation = Installation::start().await;
    let attempt = Trigger::PreAuthentication.event("ana", &json!({}));
    installation.capture(at(0), &attempt).await;
    let before = installation.records();
    publish_events(&installation)
        .await
        .invoke(batch(&before))
        .await;

    for (unavailable, goes_on) in [("PutItem", true), ("Query", false)] {
        let dynamodb = Misbehaving::before(&installation.dynamodb_url(), move |operation| {
            if operation == unavailable {
                Conduct::error("500 Internal Server Error", "InternalServerError")
            } else {
                Conduct::Behave
            }
        })
        .await;
        let environment = installation
            .environment()
            .with("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url());
        let mut expire = Function::start("expire-attempts", environment).await;
        let reply = expire.invoke(schedules()[0].clone()).await;
        assert_eq!(
            reply.result.is_ok(),
            goes_on,
            "{unavailable}: {:?}",
            reply.result
        );
        assert_eq!(installation.records().len(), before.len(), "{unavailable}");
    }
    let mut expire = Function::start("expire-attempts", installation.environment()).await;
    expire.invoke(schedules()[0].clone()).await;
    assert_eq!(installation.records().len(), before.len() + 1);
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
async fn publish_events_logs_no_address_whatever_pinpoint_says_of_it() {
    join_all(
        [Fault::Nothing, Fault::Always(400), Fault::Always(500)].map(async |fault| {
            let installation = Installation::start().await;
            let event = with_addresses(Trigger::PostAuthentication.event("ana", &json!({})));
            installation.capture(at(0), &event).await;
            installation.pinpoint.set(fault.clone());
            let environment = installation.environment().with("RUST_LOG", "trace");
            let mut publish = Function::start("publish-events", environment).await;
            publish.invoke(batch(&installation.records())).await;
            let asked = format!("{:?}", installation.pinpoint.asked());
            let log = format!("{:?}", publish.log());
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
    let mut publish = Function::start("publish-events", environment).await;
    let reply = publish.invoke(batch(&installation.records())).await;
    assert_eq!(again(&reply), [""; 0]);
    logs.extend(publish.log());
    let mut traces = format!("{logs:?} {:?}", installation.pinpoint.asked());
    for table in [
        &installation.tables.event_log,
        &installation.tables.users,
        &installation.tables.metrics,
    ] {
        traces += &format!("{:?}", installation.items(table).await);
    }
    assert!(traces.contains(PROJECT));
    for personal in [EMAIL, PHONE, "EMAIL", "SMS"] {
        assert!(!traces.contains(personal), "{personal}: {traces}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_events_does_not_start_with_a_faulty_configuration() {
    let faulty = r#"{"Clients": {"c": {"ApplicationId": "short", "Colour": 1}}}"#;
    let environment = Environment::of_lambda();
    for (environment, told) in [
        (environment.clone(), vec!["ANALYTICS_CONFIG"]),
        (
            environment.with("ANALYTICS_CONFIG", faulty),
            vec!["Clients.c.ApplicationId", "Clients.c.Colour"],
        ),
    ] {
        let ended = Function::start("publish-events", environment)
            .await
            .ended()
            .await;
        assert_eq!(ended.exit_code, Some(1));
        assert!(
            told.iter().all(|part| ended.stderr.contains(part)),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_are_what_their_definitions_say() {
    let installation = Installation::start().await;
    for defined in definitions(&installation.tables).unwrap() {
        let name = defined.table_name.as_ref().unwrap().clone();
        let described = installation
            .client
            .describe_table()
            .table_name(&name)
            .send()
            .await
            .unwrap();
        let table = described.table.unwrap();
        assert_eq!(table.key_schema, defined.key_schema, "{name}");
        assert_eq!(
            sorted(table.attribute_definitions.unwrap_or_default()),
            sorted(defined.attribute_definitions.unwrap_or_default()),
            "{name}"
        );
        assert_eq!(
            table.stream_specification, defined.stream_specification,
            "{name}"
        );
        let mode = table
            .billing_mode_summary
            .and_then(|summary| summary.billing_mode);
        assert_eq!(mode, defined.billing_mode, "{name}");
        assert_eq!(mode, Some(BillingMode::PayPerRequest), "{name}");
        let described = table
            .global_secondary_indexes
            .unwrap_or_default()
            .into_iter();
        let described: Vec<_> = described
            .map(|it| (it.index_name, it.key_schema, it.projection))
            .collect();
        let defined = defined
            .global_secondary_indexes
            .unwrap_or_default()
            .into_iter();
        let defined: Vec<_> = defined
            .map(|it| (Some(it.index_name), Some(it.key_schema), it.projection))
            .collect();
        assert_eq!(described, defined, "{name}");
    }
}

fn sorted<T: std::fmt::Debug>(mut values: Vec<T>) -> Vec<T> {
    values.sort_by_key(|value| format!("{value:?}"));
    values
}
