//! Destinations: real clients against an emulator, and against services that misbehave.

mod faults;
mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use ::config::Config;
use ::destinations::senders::Senders;
use aws::sdk::{self, Patience, SdkConfig};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use domain::auth_event::{UserKey, Who};
use domain::contact::{EmailAddress, UserAttributes};
use domain::endpoint::{Channel, ContactChange, ContactUpdate};
use domain::ids::{ClientId, DestinationName, EndpointId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::Demographic;
use pipeline::deliver::{Destinations, Item, Sent, What};
use serde_json::{Value, json};

use crate::support::command::{done, python_program};
use crate::support::installation::PROJECT;
use crate::support::ministack::Ministack;
use crate::support::misbehaving::{Conduct, Misbehaving};
use crate::support::repository;

/// Validates the JSON Lines that it reads against a schema.
const VALIDATE: &str = "
import json, jsonschema_rs, sys
validator = jsonschema_rs.validator_for(json.load(open(sys.argv[1])))
for line in sys.stdin:
    validator.validate(json.loads(line))";

fn time() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn user(who: Who) -> UserKey {
    UserKey {
        project: ProjectId::new(PROJECT),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who,
    }
}

fn event(number: u8, event_type: AnalyticsEventType) -> AnalyticsEvent {
    AnalyticsEvent {
        id: EventId::new(time(), [number; 10]),
        event_type,
        time: time(),
        client: Some(ClientId::new("1example23456789")),
        endpoint: EndpointId::new("device"),
        device: None,
        demographic: Demographic {
            locale: Some("fr_CA".to_owned()),
            ..Demographic::default()
        },
        attributes: BTreeMap::from([("straße".to_owned(), "\u{fffe}\n".to_owned())]),
    }
}

fn update(change: ContactChange) -> ContactUpdate {
    ContactUpdate {
        endpoint: EndpointId::new(format!("{}-address", change.channel().name())),
        user: Sub::new("ana"),
        client: None,
        time: time(),
        change,
        user_attributes: UserAttributes::default(),
    }
}

/// Sends of every kind of item one, and then as many sign-ins, to the destination `there` of this definition.
async fn send(senders: &Senders, sign_ins: u8) -> Vec<Sent> {
    let ana = user(Who::User(Sub::new("ana")));
    let nobody = user(Who::Nobody(None));
    let email = EmailAddress::parse("ana@example.test").unwrap();
    let updates = [
        update(ContactChange::Email(email)),
        update(ContactChange::Retired(Channel::Sms)),
    ];
    let of_types = AnalyticsEventType::ALL.into_iter().zip(1..);
    let mut events: Vec<_> = of_types.map(|(it, number)| event(number, it)).collect();
    events.extend((4..4 + sign_ins).map(|number| event(number, AnalyticsEventType::SignIn)));
    let updates = updates.iter().map(|update| Item {
        message: 0,
        user: &ana,
        what: What::Endpoint(update),
    });
    let events = events.iter().map(|event| Item {
        message: 1,
        user: match event.event_type {
            AnalyticsEventType::AuthFail => &nobody,
            AnalyticsEventType::SignIn | AnalyticsEventType::SignUp => &ana,
        },
        what: What::Event(event),
    });
    let items: Vec<Item<'_>> = updates.chain(events).collect();
    senders.send(&DestinationName::new("there"), &items).await
}

fn senders(definition: &Value, sdk: SdkConfig) -> Senders {
    let config = json!({"Destinations": {"there": definition}, "Default": {"ApplicationId": PROJECT, "Destinations": ["there"]}});
    let config = Config::from_json(&config.to_string()).unwrap();
    Senders::new(Arc::new(config), sdk, None)
}

fn firehose() -> Value {
    json!({"Type": "firehose", "DeliveryStreamName": "auth-events"})
}

fn kinesis() -> Value {
    json!({"Type": "kinesis", "StreamName": "auth-events"})
}

fn eventbridge() -> Value {
    json!({"Type": "eventbridge", "EventBusName": "auth"})
}

/// What the AWS CLI prints.
fn ask(ministack: &Ministack, arguments: &[&str]) -> Value {
    let mut aws = python_program("aws");
    let output = done(
        aws.args(["--endpoint-url", ministack.url()])
            .args(arguments),
    );
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// All records of the stream's shards, each with its key.
fn records(ministack: &Ministack) -> Vec<(String, Value)> {
    let stream = ["--stream-name", "auth-events"];
    let described = ask(
        ministack,
        &[&["kinesis", "list-shards"], &stream[..]].concat(),
    );
    let mut records = Vec::new();
    for shard in described["Shards"].as_array().unwrap() {
        let place = [
            "--shard-id",
            shard["ShardId"].as_str().unwrap(),
            "--shard-iterator-type",
            "TRIM_HORIZON",
        ];
        let begin = [&["kinesis", "get-shard-iterator"], &stream[..], &place].concat();
        let iterator = ask(ministack, &begin)["ShardIterator"].take();
        let get = [
            "kinesis",
            "get-records",
            "--shard-iterator",
            iterator.as_str().unwrap(),
        ];
        for record in ask(ministack, &get)["Records"].as_array().unwrap() {
            let data = STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
            let key = record["PartitionKey"].as_str().unwrap();
            records.push((key.to_owned(), serde_json::from_slice(&data).unwrap()));
        }
    }
    records
}

/// The ids and types of records in event-stream form.
fn identities<'a>(records: impl IntoIterator<Item = &'a Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let records = records.into_iter();
    records
        .map(|record| (text(&record["event_id"]), text(&record["event_type"])))
        .collect()
}

/// The types of what [`send`] sends, how often each.
fn types(identities: &[(String, String)]) -> BTreeMap<&str, usize> {
    let mut types = BTreeMap::new();
    for (_, event_type) in identities {
        *types.entry(event_type.as_str()).or_default() += 1;
    }
    types
}

fn expected_types(sign_ins: usize) -> BTreeMap<&'static str, usize> {
    BTreeMap::from([
        ("_endpoint.updated", 2),
        ("_userauth.auth_fail", 1),
        ("_userauth.sign_in", 1 + sign_ins),
        ("_userauth.sign_up", 1),
    ])
}

/// The stream that [`kinesis`] sends to, with so many shards.
fn create_stream(ministack: &Ministack, shards: &str) {
    let stream = ["--stream-name", "auth-events", "--shard-count", shards];
    ask(
        ministack,
        &[&["kinesis", "create-stream"], &stream[..]].concat(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kinesis_stream_has_every_item_under_its_users_key_and_the_same_id_each_time() {
    let ministack = Ministack::start().await;
    create_stream(&ministack, "2");
    let lost = Misbehaving::before(ministack.url(), |_| Conduct::LoseAnswerAndClose).await;
    let cut_off = senders(
        &kinesis(),
        sdk::on_loopback(&lost.url(), Patience::TO_A_DESTINATION),
    );
    assert_eq!(send(&cut_off, 30).await, [Sent::Later; 35]);
    let direct = senders(&kinesis(), ministack.sdk());
    assert_eq!(send(&direct, 30).await, [Sent::Accepted; 35]);
    let records = records(&ministack);
    let identities = identities(records.iter().map(|(_, record)| record));
    assert_eq!(identities.len(), 70);
    let once: BTreeSet<_> = identities.iter().cloned().collect();
    let once: Vec<_> = once.into_iter().collect();
    assert_eq!(types(&once), expected_types(30));
    for (key, record) in &records {
        let nobodys = record["event_type"] == "_userauth.auth_fail";
        let expected = if nobodys {
            &record["event_id"]
        } else {
            &json!("ana")
        };
        assert_eq!(expected, key);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn firehose_writes_every_item_to_s3_as_a_line() {
    let ministack = Ministack::start().await;
    ask(
        &ministack,
        &["s3api", "create-bucket", "--bucket", "archive"],
    );
    let to = "RoleARN=arn:aws:iam::000000000000:role/firehose,BucketARN=arn:aws:s3:::archive,Prefix=events/";
    ask(
        &ministack,
        &[
            "firehose",
            "create-delivery-stream",
            "--delivery-stream-name",
            "auth-events",
            "--extended-s3-destination-configuration",
            to,
        ],
    );
    let sent = send(&senders(&firehose(), ministack.sdk()), 10).await;
    assert_eq!(sent, [Sent::Accepted; 15]);
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    ask(&ministack, &["s3", "sync", "s3://archive/events/", here]);
    let text: String = files(folder.path())
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    assert!(text.ends_with('\n'));
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(types(&identities(&lines)), expected_types(10));
}

/// All files in a folder, and in the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() {
                &mut folders
            } else {
                &mut files
            };
            list.push(path);
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_eventbridge_gets_every_item_and_each_is_of_the_published_schema() {
    let ministack = Ministack::start().await;
    let queue = ask(&ministack, &["sqs", "create-queue", "--queue-name", "all"])["QueueUrl"].take();
    let queue = queue.as_str().unwrap();
    let pattern = r#"{"source": ["cognito-pinpoint"]}"#;
    let target = "Id=all,Arn=arn:aws:sqs:us-east-1:000000000000:all";
    for command in [
        vec!["events", "create-event-bus", "--name", "auth"],
        vec![
            "events",
            "put-rule",
            "--name",
            "all",
            "--event-bus-name",
            "auth",
            "--event-pattern",
            pattern,
        ],
        vec![
            "events",
            "put-targets",
            "--rule",
            "all",
            "--event-bus-name",
            "auth",
            "--targets",
            target,
        ],
    ] {
        ask(&ministack, &command);
    }
    let sent = send(&senders(&eventbridge(), ministack.sdk()), 10).await;
    assert_eq!(sent, [Sent::Accepted; 15]);
    let mut events: Vec<Value> = Vec::new();
    while events.len() < 15 {
        let receive = [
            "sqs",
            "receive-message",
            "--queue-url",
            queue,
            "--max-number-of-messages",
            "10",
        ];
        let got = ask(&ministack, &receive);
        let got = got["Messages"].as_array().expect("there are more").iter();
        events.extend(got.map(|it| serde_json::from_str(it["Body"].as_str().unwrap()).unwrap()));
    }
    let mut by_type: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for event in &events {
        *by_type
            .entry(event["detail-type"].as_str().unwrap())
            .or_default() += 1;
        ids.insert(event["detail"]["id"].as_str().unwrap());
    }
    let expected = [
        ("Authentication Failed", 1),
        ("Endpoint Changed", 2),
        ("User Signed In", 11),
        ("User Signed Up", 1),
    ];
    assert_eq!((by_type, ids.len()), (BTreeMap::from(expected), 15));
    validate(&events);
}

/// Holds events against the schema in `docs`.
fn validate(events: &[Value]) {
    let mut python = python_program("python");
    python
        .args(["-c", VALIDATE])
        .arg(repository("docs/eventbridge-schema.json"));
    let piped = python.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destinations_role_is_assumed_and_one_that_cannot_be_is_a_misconfiguration() {
    let ministack = Ministack::with_authorization().await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"},
        "Condition": {"StringEquals": {"sts:ExternalId": "chosen"}}}]});
    ministack.role("auth", &trust.to_string());
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    ask(
        &ministack,
        &[
            "iam",
            "put-role-policy",
            "--role-name",
            "auth",
            "--policy-name",
            "all",
            "--policy-document",
            &policy.to_string(),
        ],
    );
    create_stream(&ministack, "1");
    for (external_id, sent) in [("chosen", Sent::Accepted), ("another", Sent::Misconfigured)] {
        let mut definition = kinesis();
        definition["RoleArn"] = json!("arn:aws:iam::000000000000:role/auth");
        definition["ExternalId"] = json!(external_id);
        let senders = senders(&definition, ministack.sdk());
        assert_eq!(send(&senders, 0).await, [sent; 5], "{external_id}");
    }
}
