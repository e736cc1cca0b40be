//! How many calls it costs to count and to deliver, held against the least that the services' limits allow.

use std::sync::Arc;

use aws::event_log::DynamoEventLog;
use aws::forgotten::DynamoForgotten;
use aws::sdk::{Patience, on_loopback};
use config::Config;
use destinations::queue::{Queues, deliver_batch};
use destinations::senders::Senders;
use domain::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use domain::auth_event::{UserKey, Who};
use domain::endpoint::DeviceEndpoint;
use domain::ids::{ClientId, EndpointId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::Demographic;
use pipeline::deliver::{Deliver, Outcome, Sent};
use pipeline::ports::Outbox;
use pipeline::route::{Delivery, route};
use serde_json::{Value, json};

use super::{FIVE, MONDAY, ORDINARY, at};
use crate::support::counting::Counting;
use crate::support::metered::Metered;

/// Services that take what they are sent, and what sends to them by this configuration.
struct Sending {
    config: Arc<Config>,
    services: Counting,
    queues: Queues,
    senders: Senders,
}

impl Sending {
    async fn start(config: &Value) -> Self {
        let services = Counting::start().await;
        let sdk = on_loopback(&services.url(), Patience::TO_A_DESTINATION);
        let config = Arc::new(Config::from_json(&config.to_string()).unwrap());
        Self {
            queues: Queues::at(&sdk, services.queues()).unwrap(),
            senders: Senders::new(config.clone(), sdk, Some(services.url())),
            config,
            services,
        }
    }

    /// Delivers all that waits for a destination, batch by batch. How many items it has taken.
    async fn deliver(&self, destination: &str, metered: &Metered) -> usize {
        let (client, tables) = (&metered.client, &metered.tables);
        let budget = Patience::BEHIND_THE_LOG.operation;
        let by = Deliver {
            destinations: &self.senders,
            log: &DynamoEventLog::new(client.clone(), tables.event_log.clone(), budget),
            forgotten: &DynamoForgotten::new(client.clone(), tables.users.clone()),
        };
        let mut items = 0;
        for batch in self.services.batches(destination) {
            let delivered = deliver_batch(&batch, &by).await.unwrap();
            let ends: Vec<_> = delivered.outcomes.into_iter().collect();
            let [(Outcome::Sent(Sent::Accepted), accepted)] = ends[..] else {
                panic!("{ends:?}")
            };
            items += accepted;
        }
        items
    }
}

/// One user's sign-in, with what an app says of itself.
fn delivery(number: u64) -> Delivery {
    let said = |text: &str| Some(text.to_owned());
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_le_bytes());
    let demographic = Demographic {
        platform: said("iOS"),
        platform_version: said("18.1"),
        app_version: said("2.4.0"),
        locale: said("en_US"),
        make: said("Apple"),
        model: said("iPhone17,1"),
        ..Demographic::default()
    };
    let sub = Sub::new(format!("{number:08}-0000-4000-8000-000000000000"));
    let event = AnalyticsEvent {
        id: EventId::new(at(ORDINARY, 0), random),
        event_type: AnalyticsEventType::SignIn,
        time: at(ORDINARY, 0),
        client: Some(ClientId::new("1example23456789")),
        endpoint: EndpointId::new(format!("{number:08}-0000-4000-8000-000000000001")),
        device: Some(DeviceEndpoint {
            user: sub.clone(),
            demographic: demographic.clone(),
        }),
        demographic,
        attributes: [("plan".to_owned(), "pro".to_owned())].into(),
    };
    Delivery {
        user: UserKey {
            project: ProjectId::new("0123456789abcdef0123456789abcdef"),
            pool: UserPoolId::new("eu-west-1_AAAA11111"),
            who: Who::User(sub),
        },
        contacts: Vec::new(),
        analytics: vec![event],
    }
}

/// Publish packs the events of a batch of 500 records, half of which are sign-ins, by a hundred; deliver-events packs what ten messages
/// hold (the most that a mapping takes of a FIFO queue) once more, so that one request of each batch at most is not full. Where a
/// message holds 50 events or more, that is enough. Where each holds one, nothing makes a request of more than ten.
#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_ten_thousand_events_costs_at_most_eleven_calls_a_thousand() {
    const EVENTS: usize = 10_000;
    let metered = FIVE.start().await;
    let mut config = FIVE.config(&["pinpoint", "archive"]);
    config["Destinations"] =
        json!({"archive": {"Type": "firehose", "DeliveryStreamName": "auth-events"}});
    let sending = Sending::start(&config).await;
    let deliveries: Vec<_> = (0..).map(delivery).take(EVENTS).collect();
    for batch in deliveries.chunks(250) {
        let routes = route(batch.to_vec(), &sending.config);
        let messages: Vec<_> = routes.iter().map(|it| &it.message).collect();
        let enqueued = sending.queues.enqueue(&messages).await;
        assert!(enqueued.iter().all(Result::is_ok), "{enqueued:?}");
    }
    for (destination, operation) in [("pinpoint", "PutEvents"), ("archive", "PutRecordBatch")] {
        assert_eq!(sending.deliver(destination, &metered).await, EVENTS);
        let items = sending.services.items().remove(operation).unwrap();
        println!("{operation}: {} for {EVENTS} events", items.len());
        assert_eq!(items.iter().sum::<usize>(), EVENTS, "{operation}");
        assert!(items.len() * 1_000 <= EVENTS * 11, "{operation}: {items:?}");
    }
}

/// The least that the services' limits allow:
///
/// - BatchGetItem takes 100 keys: four for the states of 400 users. Nothing else is read: the project's item and its segment values
///   are known from the batch before.
/// - A transaction has 100 items. The day's row of the whole, and one of a value of each of five dimensions, are six of them in any:
///   it has room for at most 94 states, so it takes five for 400. The users are of two clients and of three to five platforms,
///   versions and locales, whose rows are 14 together; more than 80 states fit with all of these.
/// - SendMessageBatch takes ten messages and 1 MiB. Each of 400 endpoints is a message, and 400 events are four of a hundred: 404.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_500_records_of_400_users_costs_as_few_calls_as_the_limits_allow() {
    const USERS: usize = 400;
    let sending = Sending::start(&FIVE.config(&["pinpoint"])).await;
    let config = FIVE.config(&["pinpoint"]).to_string();
    let mut metered = Metered::start(&config).await;
    let [starts, signs_in] = [FIVE.triggers[0], FIVE.triggers[1]];
    for user in 0..USERS {
        let event = FIVE.event(user, signs_in);
        metered.capture(at(MONDAY, 0), &event).await;
    }
    metered.publish(at(MONDAY, 10)).await;

    for user in 0..100 {
        let event = FIVE.event(user, starts);
        metered.capture(at(ORDINARY, 0), &event).await;
    }
    for user in 0..USERS {
        let mut event = FIVE.event(user, signs_in);
        event["request"]["userAttributes"]["email"] = json!(format!("new-{user}@example.com"));
        metered.capture(at(ORDINARY, 1), &event).await;
    }
    drop((metered.asked(), metered.written()));
    metered.publish_to(at(ORDINARY, 10), &sending.queues).await;
    let (asked, written) = (metered.asked(), metered.written());
    let sent = sending.services.items().remove("SendMessageBatch").unwrap();
    println!("{asked:?} {:?} {sent:?}", written.transactions);
    let expected = [("BatchGetItem", 4), ("TransactWriteItems", 5)];
    let expected = expected.map(|(operation, calls)| (operation.to_owned(), calls));
    assert_eq!(asked, expected.into());
    assert_eq!((sent.iter().sum::<usize>(), sent.len()), (404, 41));
}
