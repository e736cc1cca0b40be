//! Route and deliver: what waits for a destination, in which messages, and how each item of them ends.

use std::collections::BTreeMap;
use std::sync::Mutex;

use ::config::Config;
use domain::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use domain::contact::{EmailAddress, UserAttributes};
use domain::endpoint::{Channel, ContactChange, ContactUpdate, contact_endpoint_id};
use domain::ids::{DestinationName, EndpointId};
use domain::metadata::Demographic;
use pipeline::deliver::{Deliver, Destinations, Done, Item, Sent, What, deliver};
use pipeline::route::{Body, Delivery, MOST_BYTES, Message, OfUser, route};

use crate::events::*;
use crate::world::{Call, Fate, World};

/// A sign-in of that number, whose app says so much.
fn event(number: u8, said: usize) -> AnalyticsEvent {
    AnalyticsEvent {
        id: event_id(number),
        event_type: AnalyticsEventType::SignIn,
        time: epoch() + seconds(number.into()),
        client: None,
        endpoint: EndpointId::new("device"),
        device: None,
        demographic: Demographic::default(),
        attributes: BTreeMap::from([("said".to_owned(), "x".repeat(said))]),
    }
}

/// An address of a user's, as it was at that second.
fn update(name: &str, second: i64) -> ContactUpdate {
    let user = user(name);
    let sub = user.sub().unwrap().clone();
    ContactUpdate {
        endpoint: contact_endpoint_id(&user, &sub, Channel::Email),
        user: sub,
        client: None,
        time: epoch() + seconds(second),
        change: ContactChange::Email(EmailAddress::parse("ada@example.test").unwrap()),
        user_attributes: UserAttributes::default(),
    }
}

fn delivery(name: &str, contacts: Vec<ContactUpdate>, analytics: Vec<AnalyticsEvent>) -> Delivery {
    Delivery {
        user: user(name),
        contacts: contacts
            .into_iter()
            .map(|update| (DestinationName::pinpoint(), update))
            .collect(),
        analytics,
    }
}

/// The messages in words: whose they are, how many items they hold, and which deliveries depend on them.
fn routed(deliveries: Vec<Delivery>, config: &Config) -> Vec<String> {
    let routed = route(deliveries, config);
    let words = routed.iter().map(|routed| {
        let what = match &routed.message.body {
            Body::Events(events) => format!("{} events", events.len()),
            Body::Endpoint(update) => {
                let second = (update.item.time - epoch()).num_seconds();
                format!("endpoint of {} at {second}", user_name(&update.user))
            }
        };
        format!(
            "{}: {what} of {:?}",
            routed.message.destination, routed.places
        )
    });
    words.collect()
}

#[test]
fn what_goes_somewhere_is_in_as_few_messages_as_its_order_and_size_allow() {
    let many =
        |numbers: std::ops::Range<u8>, said| numbers.map(|number| event(number, said)).collect();
    let large = MOST_BYTES / 6 / 3;
    for (deliveries, expected) in [
        (vec![], vec![]),
        (
            vec![
                delivery("a", vec![update("a", 1), update("a", 2)], many(0..2, 1)),
                delivery("b", vec![], many(2..3, 1)),
            ],
            vec![
                "pinpoint: endpoint of a at 2 of {0}",
                "pinpoint: 3 events of {0, 1}",
            ],
        ),
        (
            vec![
                delivery("a", vec![], many(0..150, 1)),
                delivery("b", vec![], many(150..201, 1)),
            ],
            vec![
                "pinpoint: 100 events of {0}",
                "pinpoint: 100 events of {0, 1}",
                "pinpoint: 1 events of {1}",
            ],
        ),
        (
            vec![
                delivery("a", vec![], many(0..3, large)),
                delivery("b", vec![], many(3..4, 10 * large)),
            ],
            vec![
                "pinpoint: 2 events of {0}",
                "pinpoint: 1 events of {0}",
                "pinpoint: 1 events of {1}",
            ],
        ),
    ] {
        assert_eq!(routed(deliveries, &config()), expected);
    }
}

#[test]
fn what_no_destination_is_configured_for_goes_nowhere() {
    let deliveries = vec![delivery("a", vec![], vec![event(1, 1)])];
    assert_eq!(routed(deliveries, &Config::empty()), [""; 0]);
}

/// A destination that says of each item what it is told to, and remembers what it was sent.
struct Saying {
    says: fn(&Item<'_>) -> Sent,
    sent: Mutex<Vec<Vec<String>>>,
}

fn item_name(item: &Item<'_>) -> String {
    match item.what {
        What::Event(event) => format!("#{}", number(event.id)),
        What::Endpoint(update) => {
            let second = (update.time - epoch()).num_seconds();
            format!("{} at {second}", user_name(item.user))
        }
    }
}

impl Destinations for Saying {
    async fn send(&self, _: &DestinationName, items: &[Item<'_>]) -> Vec<Sent> {
        let names = items.iter().map(item_name).collect();
        self.sent.lock().unwrap().push(names);
        items.iter().map(self.says).collect()
    }
}

fn message(body: Body) -> Message {
    Message {
        destination: DestinationName::pinpoint(),
        body,
    }
}

/// Events of one user.
fn events(name: &str, numbers: &[u8]) -> Message {
    let events = numbers.iter().map(|number| OfUser {
        user: user(name),
        item: event(*number, 1),
    });
    message(Body::Events(events.collect()))
}

fn endpoint(name: &str, second: i64) -> Message {
    message(Body::Endpoint(OfUser {
        user: user(name),
        item: update(name, second),
    }))
}

/// What is said of each item, and the log and the tombstones.
struct Around {
    says: fn(&Item<'_>) -> Sent,
    log: World,
}

impl Around {
    fn saying(says: fn(&Item<'_>) -> Sent) -> Self {
        Self {
            says,
            log: World::calm(),
        }
    }

    /// Which messages are taken, what was sent with each call, and the outcomes.
    async fn check(
        &self,
        messages: &[Message],
        (taken, sent): (&[bool], &[&[&str]]),
        outcomes: &[(&str, usize)],
    ) {
        let destination = Saying {
            says: self.says,
            sent: Mutex::default(),
        };
        let by = Deliver {
            destinations: &destination,
            log: &self.log,
            forgotten: &self.log,
        };
        let delivered = deliver(messages, &by).await.unwrap();
        let done: Vec<bool> = delivered
            .done
            .iter()
            .map(|done| *done == Done::Taken)
            .collect();
        assert_eq!(done, taken);
        assert_eq!(*destination.sent.lock().unwrap(), sent);
        let found: Vec<_> = delivered
            .outcomes
            .iter()
            .map(|(it, count)| (it.name(), *count))
            .collect();
        assert_eq!(found, outcomes);
    }
}

#[tokio::test]
async fn all_that_keeps_no_order_is_sent_at_once_and_updates_of_an_endpoint_one_after_another() {
    let messages = [
        events("a", &[1, 2]),
        endpoint("a", 1),
        endpoint("b", 1),
        endpoint("a", 2),
        events("a", &[3]),
    ];
    Around::saying(|_| Sent::Accepted)
        .check(
            &messages,
            (
                &[true; 5],
                &[&["#1", "#2", "a at 1", "b at 1", "#3"], &["a at 2"]],
            ),
            &[("delivered", 6)],
        )
        .await;
}

#[tokio::test]
async fn what_may_be_taken_later_is_retried_and_only_what_must_not_overtake_it_waits() {
    for (sent, outcome) in [
        (Sent::Later, "later"),
        (Sent::Misconfigured, "misconfigured"),
    ] {
        let says: fn(&Item<'_>) -> Sent = match sent {
            Sent::Later => |item| {
                if item_name(item).starts_with("a at") {
                    Sent::Later
                } else {
                    Sent::Accepted
                }
            },
            _ => |item| {
                if item_name(item).starts_with("a at") {
                    Sent::Misconfigured
                } else {
                    Sent::Accepted
                }
            },
        };
        let messages = [
            endpoint("a", 1),
            endpoint("b", 1),
            endpoint("a", 2),
            endpoint("b", 2),
            events("a", &[1]),
        ];
        Around::saying(says)
            .check(
                &messages,
                (
                    &[false, true, false, true, true],
                    &[&["a at 1", "b at 1", "#1"], &["b at 2"]],
                ),
                &[("delivered", 3), (outcome, 1)],
            )
            .await;
    }
}

#[tokio::test]
async fn a_message_waits_if_nothing_is_wrong_with_what_is_left_of_it() {
    let around = Around::saying(|item| match item_name(item).as_str() {
        "#2" | "#3" | "a at 1" => Sent::Waiting,
        "#4" => Sent::Later,
        _ => Sent::Accepted,
    });
    let destination = Saying {
        says: around.says,
        sent: Mutex::default(),
    };
    let by = Deliver {
        destinations: &destination,
        log: &around.log,
        forgotten: &around.log,
    };
    let messages = [
        events("a", &[1, 2]),
        events("b", &[3, 4]),
        endpoint("a", 1),
        endpoint("a", 2),
        endpoint("b", 1),
    ];
    let delivered = deliver(&messages, &by).await.unwrap();
    // What comes after what waits in the same order was not tried.
    let expected = [
        Done::Waits,
        Done::Again,
        Done::Waits,
        Done::Again,
        Done::Taken,
    ];
    assert_eq!(delivered.done, expected);
}

#[tokio::test]
async fn a_message_is_retried_for_one_of_its_events() {
    Around::saying(|item| match item_name(item).as_str() {
        "#2" => Sent::Later,
        "#3" => Sent::Refused,
        _ => Sent::Accepted,
    })
    .check(
        &[events("a", &[1, 2]), events("b", &[3, 4])],
        (&[false, true], &[&["#1", "#2", "#3", "#4"]]),
        &[
            ("delivered", 2),
            ("rejected:by_destination", 1),
            ("later", 1),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_log_is_told_of_an_endpoint_that_is_refused_before_that_is_its_end() {
    for (fate, taken, outcome) in [
        (Fate::Done, true, "rejected:by_destination"),
        (Fate::Fails, false, "later"),
        (Fate::FailsWhenDone, false, "later"),
    ] {
        let around = Around {
            log: World::planned(move |call| match call {
                Call::Append(_) => fate,
                _ => Fate::Done,
            }),
            ..Around::saying(|_| Sent::Refused)
        };
        let messages = [endpoint("a", 1)];
        around
            .check(&messages, (&[taken], &[&["a at 1"]]), &[(outcome, 1)])
            .await;
        around.log.calm_down();
        around
            .check(
                &messages,
                (&[true], &[&["a at 1"]]),
                &[("rejected:by_destination", 1)],
            )
            .await;
        around.log.look(|memory| {
            assert_eq!(
                memory.log,
                [update("a", 1).refusal(&user("a"), &DestinationName::pinpoint())]
            )
        });
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_wanted_any_more_does_not_count_as_sent() {
    let around = Around::saying(|_| Sent::NotWanted);
    let messages = [endpoint("a", 1), events("a", &[1])];
    around
        .check(
            &messages,
            (&[true; 2], &[&["a at 1", "#1"]]),
            &[("ignored:not_wanted", 2)],
        )
        .await;
    around.log.look(|memory| {
        assert_eq!(
            memory.log,
            [update("a", 1).refusal(&user("a"), &DestinationName::pinpoint())]
        )
    });
}

#[tokio::test]
async fn nothing_is_sent_of_what_happened_before_its_user_was_forgotten() {
    let around = Around::saying(|_| Sent::Accepted);
    around.log.change(|memory| {
        for (name, second) in [("a", 2), ("c", 9)] {
            let at = epoch() + seconds(second);
            memory.forgotten.insert(user(name), at);
        }
    });
    around
        .check(
            &[
                endpoint("a", 1),
                endpoint("a", 2),
                endpoint("a", 3),
                endpoint("b", 1),
                events("a", &[2, 3]),
            ],
            (&[true; 5], &[&["b at 1", "#3"], &["a at 3"]]),
            &[("delivered", 3), ("ignored:forgotten", 3)],
        )
        .await;
    around
        .check(
            &[events("a", &[1])],
            (&[true], &[]),
            &[("ignored:forgotten", 1)],
        )
        .await;
}
