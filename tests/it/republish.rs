//! `cognito-pinpoint republish`: what was sent once is sent to one destination once more.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use aws::forgotten::DynamoForgotten;
use chrono::{TimeDelta, Utc};
use domain::auth_event::{UserKey, Who};
use domain::ids::{ProjectId, Sub, UserPoolId};
use local::queue::FifoQueues;
use serde_json::{Value, json};

use crate::readme::{REPUBLISH, commands};
use crate::support::command::{cognito_pinpoint, done, errors_of, json_of};
use crate::support::installation::{Installation, PROJECT, QUEUE, SHARING, STACK};
use crate::support::pinpoint::Asked;
use crate::support::repository;
use crate::support::runtime_api::Function;
use crate::support::trigger::Trigger;

/// With what each says, the log has several pages.
const USERS: usize = 100;

/// Two days in which all of it has happened, also across midnight.
const DAYS: [&str; 4] = ["--from", "yesterday", "--to", "today"];

/// An installation whose users have signed up, failed once and signed in an hour ago; all of it was sent to Pinpoint.
async fn installation() -> Installation {
    let installation = Installation::start().await;
    let said: BTreeMap<String, String> = (10..47)
        .map(|number| (format!("analytics:{number}"), "x".repeat(190)))
        .collect();
    let much = json!(said);
    let platform = json!({"platform": "iOS", "analyticsEndpointId": "phone"});
    let mut time = Utc::now() - TimeDelta::hours(1);
    for number in 0..USERS {
        let user = format!("user-{number:03}");
        for (trigger, metadata) in [
            (Trigger::ConfirmSignUp, &much),
            (Trigger::ConfirmSignUp, &much),
            (Trigger::PreAuthentication, &platform),
            (Trigger::PreAuthentication, &platform),
            (Trigger::PostAuthentication, &much),
        ] {
            time += TimeDelta::milliseconds(1);
            installation
                .capture(time, &trigger.event(&user, metadata))
                .await;
        }
    }
    installation.publish(SHARING).await;
    let mut expire = Function::start("expire-attempts", installation.environment()).await;
    let schedule = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    expire.invoke(schedule.to_string()).await;
    installation.publish(SHARING).await;
    installation
}

/// Has what waits delivered, and gives what Pinpoint was sent since it was asked so often: each event with its endpoint, as
/// often as it was.
async fn sent(installation: &Installation, since: usize) -> Vec<(String, String, Value)> {
    let mut deliver = Function::start("deliver-events", installation.environment()).await;
    installation.deliver(&mut deliver).await;
    let asked = installation.pinpoint.asked().split_off(since);
    let mut sent: Vec<_> = asked.iter().flat_map(events).collect();
    sent.sort_by(|one, other| one.0.cmp(&other.0));
    sent
}

fn events(asked: &Asked) -> Vec<(String, String, Value)> {
    let batches = asked.body["BatchItem"].as_object().into_iter().flatten();
    let events = batches.flat_map(|(endpoint, batch)| {
        let events = batch["Events"].as_object().into_iter().flatten();
        events.map(|(id, event)| (id.clone(), endpoint.clone(), event.clone()))
    });
    events.collect()
}

fn republish(installation: &Installation, folder: &Path, arguments: &[&str]) -> Command {
    let mut republish = cognito_pinpoint();
    republish
        .args(["republish", "--stack", STACK])
        .args(arguments)
        .current_dir(folder)
        .env("ANALYTICS_CONFIG", SHARING)
        .env("AWS_ENDPOINT_URL_DYNAMODB", installation.dynamodb_url())
        .env("AWS_ENDPOINT_URL_SQS", installation.queues.endpoint())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1");
    republish
}

fn to_pinpoint(installation: &Installation, folder: &Path) -> Command {
    let mut republish = republish(installation, folder, &DAYS);
    republish.args(["--destination", "pinpoint", "--format", "json"]);
    republish
}

/// What is printed. How much of the log was read is not compared: the embedded store counts an item that a page no longer
/// holds, and then again.
fn tally(republish: &mut Command) -> Value {
    let mut tally = json_of(republish);
    let read = tally.as_object_mut().unwrap().remove("read").unwrap();
    assert!(read.as_u64() >= Some(6 * USERS as u64), "{read}");
    tally
}

/// New queues: SQS takes no repetition of what it was sent within five minutes.
async fn empty_queues(installation: &mut Installation) {
    installation.queues = FifoQueues::serve(&[QUEUE]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_once_is_sent_again_as_it_was_and_nothing_else_changes() {
    let mut installation = installation().await;
    let folder = tempfile::tempdir().unwrap();
    let first = sent(&installation, 0).await;
    assert_eq!(first.len(), 3 * USERS);
    let figures = installation.figures().await;
    let users = installation.tables.users.clone();
    let states = installation.items(&users).await;

    let expected = json!({
        "notWanted": 0, "forgotten": 0, "unreadable": 0,
        "sent": {"_userauth.sign_up": USERS, "_userauth.sign_in": USERS, "_userauth.auth_fail": USERS},
    });
    empty_queues(&mut installation).await;
    let dry = tally(to_pinpoint(&installation, folder.path()).arg("--dry-run"));
    assert_eq!(
        (dry, installation.queues.waiting(QUEUE)),
        (expected.clone(), 0)
    );

    for round in ["once", "twice"] {
        empty_queues(&mut installation).await;
        let asked = installation.pinpoint.asked().len();
        let done = tally(&mut to_pinpoint(&installation, folder.path()));
        assert_eq!(done, expected, "{round}");
        assert_eq!(sent(&installation, asked).await, first, "{round}");
        let paths = installation.pinpoint.asked().split_off(asked);
        assert!(
            paths.iter().all(|it| it.path.ends_with("/events")),
            "{round}"
        );
    }
    assert_eq!(installation.figures().await, figures);
    assert_eq!(installation.items(&users).await, states);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let forgotten = DynamoForgotten::new(installation.client.clone(), users);
    let user = UserKey {
        project: ProjectId::new(PROJECT),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who: Who::User(Sub::new("user-007")),
    };
    // The attempt expired a moment ago, and is older all the same.
    forgotten.bury(&user, Utc::now()).await.unwrap();
    let dry = tally(to_pinpoint(&installation, folder.path()).arg("--dry-run"));
    let left = USERS - 1;
    let expected = json!({
        "notWanted": 0, "forgotten": 6, "unreadable": 0,
        "sent": {"_userauth.sign_up": left, "_userauth.sign_in": left, "_userauth.auth_fail": left},
    });
    assert_eq!(dry, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_killed_half_way_goes_on_from_there() {
    let mut installation = installation().await;
    let folder = tempfile::tempdir().unwrap();
    let first = sent(&installation, 0).await;
    let asked = installation.pinpoint.asked().len();
    empty_queues(&mut installation).await;
    let place = folder
        .path()
        .join(format!("cognito-pinpoint-republish-{STACK}-pinpoint.json"));
    let mut slow = to_pinpoint(&installation, folder.path());
    slow.args(["--events-per-second", "1"])
        .stdout(Stdio::null());
    let mut slow = slow.spawn().unwrap();
    while !place.exists() {
        assert_eq!(slow.try_wait().unwrap(), None, "it has more than one page");
        tokio::task::yield_now().await;
    }
    slow.kill().unwrap();
    slow.wait().unwrap();

    let other = republish(
        &installation,
        folder.path(),
        &["--from", "today", "--to", "today"],
    )
    .args(["--destination", "pinpoint"])
    .output()
    .unwrap();
    assert_eq!(other.status.code(), Some(2));
    let problem = errors_of(&other);
    let today = Utc::now().date_naive();
    let yesterday = today.pred_opt().unwrap();
    let told = format!(
        "it is of an interrupted run from the stack tests, of {yesterday} to {today} of the project {PROJECT}, to pinpoint; to go on \
         with it, give --from {yesterday} --to {today}; delete it to begin anew"
    );
    assert!(problem.contains(&told), "{problem}");

    let rest = done(&mut to_pinpoint(&installation, folder.path()));
    assert!(
        errors_of(&rest).contains("going on after"),
        "{}",
        errors_of(&rest)
    );
    assert_eq!(sent(&installation, asked).await, first);
    assert!(!place.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_republished_is_refused_with_what_to_do() {
    let installation = Installation::start().await;
    let event = Trigger::PostAuthentication.event("ana", &json!({}));
    installation.capture(Utc::now(), &event).await;
    installation.publish(SHARING).await;
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "Destinations": {"archive": {"Type": "firehose", "DeliveryStreamName": "archive"}},
        "Clients": {"other": {"ApplicationId": "f".repeat(32), "Destinations": ["archive"]}},
        "Default": {"ApplicationId": PROJECT, "Destinations": ["pinpoint"]},
    });
    let both = json!({
        "Destinations": {"archive": {"Type": "firehose", "DeliveryStreamName": "archive"}},
        "Default": {"ApplicationId": PROJECT, "Destinations": ["archive"]},
    });
    let counting = json!({"Default": {"ApplicationId": PROJECT}});
    let today = Utc::now().date_naive();
    let first = (Utc::now() - TimeDelta::days(35) + TimeDelta::seconds(210)).date_naive();
    let first = first.succ_opt().unwrap();
    for (config, days, destination, code, expected) in [
        (
            &config,
            ("today", "today"),
            "pinpont",
            2,
            "did you mean \"pinpoint\"?".to_owned(),
        ),
        (
            &config,
            ("today", "today"),
            "lake",
            2,
            "known are archive, pinpoint".to_owned(),
        ),
        (
            &counting,
            ("today", "today"),
            "pinpoint",
            2,
            "no client of the configuration sends anywhere".to_owned(),
        ),
        (
            &config,
            ("today", "today"),
            "archive",
            2,
            format!("no client of the project {PROJECT} sends to archive"),
        ),
        (
            &both,
            ("today", "today"),
            "archive",
            1,
            "the stack tests has no queue tests-deliver-archive.fifo".to_owned(),
        ),
        (
            &config,
            ("today", "yesterday"),
            "pinpoint",
            2,
            format!("is before the first, {today}"),
        ),
        (
            &config,
            ("today", "2999-01-01"),
            "pinpoint",
            2,
            "2999-01-01 has not begun".to_owned(),
        ),
        (
            &config,
            ("2026-01-01", "2026-01-01"),
            "pinpoint",
            2,
            format!("the first day that can be republished is {first}"),
        ),
    ] {
        let arguments = [
            "--from",
            days.0,
            "--to",
            days.1,
            "--destination",
            destination,
        ];
        let mut republish = republish(&installation, folder.path(), &arguments);
        let output = republish
            .env("ANALYTICS_CONFIG", config.to_string())
            .output();
        let output = output.unwrap();
        let problem = errors_of(&output);
        assert_eq!(output.status.code(), Some(code), "{problem}");
        assert!(problem.contains(&expected), "{expected}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_page_work() {
    let mut installation = Installation::start().await;
    let event = Trigger::PostAuthentication.event("ana", &json!({}));
    installation.capture(Utc::now(), &event).await;
    installation.publish(SHARING).await;
    let archive = format!("{STACK}-deliver-archive.fifo");
    installation.queues = FifoQueues::serve(&[&archive]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "Destinations": {"archive": {"Type": "firehose", "DeliveryStreamName": "archive"}},
        "Default": {"ApplicationId": PROJECT, "Destinations": ["archive"]},
    });
    let file = folder.path().join("analytics-config.json");
    std::fs::write(file, config.to_string()).unwrap();
    let shown = commands("docs/operations.md");
    let shown = shown.iter().filter_map(|it| it.strip_prefix(REPUBLISH));
    let shown: Vec<&str> = shown.collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
    for command in shown {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        let output = done(&mut republish(&installation, folder.path(), &arguments));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("1 _userauth.sign_in"), "{command}: {said}");
    }
    assert_eq!(installation.queues.waiting(&archive), 1);
}

/// The ids of the analytics events in a file, sorted.
fn ids_in(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let events = lines.filter(|it: &Value| it["event_type"] != "_endpoint.updated");
    let mut ids: Vec<String> = events
        .map(|it| it["event_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn a_folder_is_republished_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("sent.jsonl"));
    let config = folder.path().join("config.json");
    let json = json!({
        "Destinations": {
            "here": {"Type": "file", "Path": file},
            "archive": {"Type": "firehose", "DeliveryStreamName": "archive"},
        },
        "Default": {"ApplicationId": PROJECT, "Destinations": ["here", "archive"]},
    });
    std::fs::write(&config, json.to_string()).unwrap();
    let command = |words: &[&str]| {
        let mut command = cognito_pinpoint();
        command.args(words).arg("--config").arg(&config);
        command.arg("--data-dir").arg(&data);
        command
    };
    let scenarios = repository("events/scenarios");
    done(command(&["replay"]).arg(scenarios));
    let first = ids_in(&file);
    assert!(first.len() > 10, "{}", first.len());
    std::fs::remove_file(&file).unwrap();
    let words = ["republish", "--from", "2000-01-01", "--to", "today"];
    done(command(&words).args(["--destination", "here"]));
    assert_eq!(ids_in(&file), first);
    let refused = command(&words).args(["--destination", "archive"]).output();
    let refused = refused.unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let problem = errors_of(&refused);
    assert!(
        problem.contains("archive is neither pinpoint nor a file"),
        "{problem}"
    );
}
