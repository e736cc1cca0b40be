use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws::sdk::{Patience, in_process};
use config::Config;
use domain::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use domain::auth_event::{UserKey, Who};
use domain::contact::{EmailAddress, UserAttributes};
use domain::endpoint::{Channel, ContactChange, ContactUpdate, contact_endpoint_id};
use domain::ids::{EndpointId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::Demographic;
use pipeline::route::{Delivery, route};
use serde_json::{Value, json};

use super::*;

const PROJECT: &str = "0123456789abcdef0123456789abcdef";

/// The entries of each request.
type Requests = Arc<Mutex<Vec<Vec<Value>>>>;

/// Where queues are.
const URLS: &str = "http://127.0.0.1/000000000000/deliver-*.fifo";

/// Queues that are there, in which the messages with these numbers of a request are not taken.
fn queues(urls: &str, not_taken: &'static [&'static str]) -> (Queues, Requests) {
    let requests = Requests::default();
    let asked = requests.clone();
    let answer = move |_: &str, body: &[u8]| {
        let request: Value = serde_json::from_slice(body).unwrap();
        let entries = request["Entries"].as_array().unwrap().clone();
        let is_taken = |entry: &&Value| !not_taken.contains(&entry["Id"].as_str().unwrap());
        let (taken, left): (Vec<_>, Vec<_>) = entries.iter().partition(is_taken);
        let taken = taken
            .iter()
            .map(|it| json!({"Id": it["Id"], "MessageId": "m", "MD5OfMessageBody": ""}));
        let left = left
            .iter()
            .map(|it| json!({"Id": it["Id"], "Code": "InternalError", "SenderFault": false}));
        let (taken, left): (Vec<_>, Vec<_>) = (taken.collect(), left.collect());
        asked.lock().unwrap().push(entries);
        (
            200,
            json!({"Successful": taken, "Failed": left}).to_string(),
        )
    };
    let sdk = in_process(answer, Patience::BEHIND_THE_LOG);
    let queues = Queues {
        client: sqs::client(&sdk),
        urls: urls.to_owned(),
    };
    (queues, requests)
}

fn user(number: usize) -> UserKey {
    UserKey {
        project: ProjectId::new(PROJECT),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who: Who::User(Sub::new(format!("s-{number}"))),
    }
}

fn event(number: usize) -> AnalyticsEvent {
    let time = "2026-01-31T12:00:00Z".parse().unwrap();
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_le_bytes());
    AnalyticsEvent {
        id: EventId::new(time, random),
        event_type: AnalyticsEventType::SignIn,
        time,
        client: None,
        endpoint: EndpointId::new(format!("device-{number}")),
        device: None,
        demographic: Demographic::default(),
        attributes: BTreeMap::new(),
    }
}

fn update(user: &UserKey) -> ContactUpdate {
    let sub = user.sub().unwrap();
    ContactUpdate {
        endpoint: contact_endpoint_id(user, sub, Channel::Email),
        user: sub.clone(),
        client: None,
        time: "2026-01-31T12:00:00Z".parse().unwrap(),
        change: ContactChange::Email(EmailAddress::parse("ada@example.test").unwrap()),
        user_attributes: UserAttributes::default(),
    }
}

/// The messages that come of so many users, who all sign in, and of whom the first so many have an address that is new.
fn messages(users: usize, addresses: usize, names: &[&str]) -> Vec<Message> {
    let mut definitions = json!({});
    for name in names.iter().filter(|name| **name != "pinpoint") {
        definitions[*name] = json!({"Type": "file", "Path": "/nowhere"});
    }
    let config = json!({"Destinations": definitions, "Default": {"ApplicationId": PROJECT, "Destinations": names}});
    let config = Config::from_json(&config.to_string()).unwrap();
    let deliveries = (0..users).map(|number| {
        let user = user(number);
        Delivery {
            contacts: if number < addresses {
                vec![(DestinationName::pinpoint(), update(&user))]
            } else {
                vec![]
            },
            analytics: vec![event(number)],
            user,
        }
    });
    let routed = route(deliveries.collect(), &config).into_iter();
    routed.map(|it| it.message).collect()
}

#[tokio::test]
async fn a_batch_takes_as_few_requests_as_sqs_allows() {
    for (users, addresses, names, expected) in [
        (0, 0, &["pinpoint"][..], 0),
        (1, 0, &["pinpoint"], 1),
        // Four hundred events are four messages.
        (400, 0, &["pinpoint"], 1),
        (400, 6, &["pinpoint"], 1),
        (400, 7, &["pinpoint"], 2),
        (400, 0, &["archive", "pinpoint"], 2),
    ] {
        let messages = messages(users, addresses, names);
        let (queues, requests) = queues(URLS, &[]);
        let results = queues.enqueue(&messages.iter().collect::<Vec<_>>()).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let requests = requests.lock().unwrap().clone();
        assert_eq!(requests.len(), expected, "{users} {addresses} {names:?}");
        assert_eq!(requests.iter().map(Vec::len).sum::<usize>(), messages.len());
    }
}

#[tokio::test]
async fn endpoints_keep_their_order_in_a_group_of_their_own_and_only_events_are_repetitions() {
    let messages = messages(2, 2, &["pinpoint"]);
    let sent = async || {
        let (queues, requests) = queues(URLS, &[]);
        queues.enqueue(&messages.iter().collect::<Vec<_>>()).await;
        let requests = requests.lock().unwrap().clone();
        let entries = requests.into_iter().flatten();
        let ids = entries.map(|entry| {
            ["MessageGroupId", "MessageDeduplicationId"]
                .map(|name| entry[name].as_str().unwrap().to_owned())
        });
        ids.collect::<Vec<_>>()
    };
    let (first, again) = (sent().await, sent().await);
    let groups: BTreeSet<&String> = first.iter().map(|[group, _]| group).collect();
    assert_eq!(groups.len(), 3);
    let same = first.iter().zip(&again);
    let same = same.map(|(one, other)| [one[0] == other[0], one[1] == other[1]]);
    assert_eq!(
        same.collect::<Vec<_>>(),
        [[true, false], [true, false], [true, true]]
    );
}

#[tokio::test]
async fn what_is_not_taken_is_told_by_its_place() {
    let messages = messages(1, 1, &["pinpoint"]);
    let (queues, _requests) = queues(URLS, &["1"]);
    let results = queues.enqueue(&messages.iter().collect::<Vec<_>>()).await;
    let errors: Vec<Option<String>> = results
        .into_iter()
        .map(|it| it.err().map(|error| error.to_string()))
        .collect();
    let [None, Some(error)] = errors.as_slice() else {
        panic!("{errors:?}")
    };
    assert!(error.ends_with("InternalError"), "{error}");
}

#[tokio::test]
async fn without_queues_it_is_an_error_that_says_what_to_do() {
    let messages = messages(1, 0, &["pinpoint"]);
    let (queues, requests) = queues("", &[]);
    let results = queues.enqueue(&messages.iter().collect::<Vec<_>>()).await;
    let errors = results.into_iter().filter_map(Result::err);
    let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
    assert_eq!(
        errors,
        [
            "SendMessageBatch on the queue of pinpoint: DESTINATION_QUEUES is not set: deploy the stack again"
        ]
    );
    assert_eq!(requests.lock().unwrap().len(), 0);
}
