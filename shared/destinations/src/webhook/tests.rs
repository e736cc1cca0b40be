use std::sync::{Arc, Mutex as Shared};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::analytics_event::{AnalyticsEvent, AnalyticsEventType};
use domain::auth_event::{UserKey, Who};
use domain::contact::{EmailAddress, UserAttributes};
use domain::endpoint::{ContactChange, ContactUpdate};
use domain::ids::{ClientId, EndpointId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::Demographic;
use pipeline::deliver::What;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A status, and headers.
type Answer = (u16, &'static [(&'static str, &'static str)]);

/// A server that answers with what it is told to, and remembers what it was sent.
#[derive(Clone)]
struct Server {
    answers: Arc<Shared<Vec<Answer>>>,
    asked: Arc<Shared<Vec<(HeaderMap, String)>>>,
}

/// It answers the first request with the first, and all that come after the last with the last.
async fn serve(answers: &[Answer]) -> (Server, String) {
    let server = Server {
        answers: Arc::new(Shared::new(answers.to_vec())),
        asked: Arc::default(),
    };
    let routes = Router::new()
        .route("/hook", post(answer))
        .with_state(server.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (server, url)
}

async fn answer(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    server.asked.lock().unwrap().push((headers, body));
    let mut answers = server.answers.lock().unwrap();
    let (status, headers) = answers[0];
    if answers.len() > 1 {
        answers.remove(0);
    }
    let status = StatusCode::from_u16(status).unwrap();
    let mut response = status.into_response();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

fn webhook(url: &str, private_addresses: PrivateAddresses) -> Webhook {
    let sdk = aws::sdk::on_loopback("http://127.0.0.1:1", aws::sdk::Patience::TO_A_DESTINATION);
    Webhook {
        secrets: Secrets::known(&sdk, Secret::parse(SECRET).unwrap()),
        ..Webhook::new(
            &sdk,
            (&DestinationName::new("hook"), url),
            "secret",
            (private_addresses, None),
        )
    }
}

fn user() -> UserKey {
    UserKey {
        project: ProjectId::new("0123456789abcdef0123456789abcdef"),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who: Who::User(Sub::new("s-1")),
    }
}

fn event(number: u8) -> AnalyticsEvent {
    let time = "2026-01-31T12:00:00.123Z".parse().unwrap();
    AnalyticsEvent {
        id: EventId::new(time, [number; 10]),
        event_type: AnalyticsEventType::SignIn,
        time,
        client: Some(ClientId::new("app")),
        endpoint: EndpointId::new("device"),
        device: None,
        demographic: Demographic {
            app_version: Some("2.4.0".to_owned()),
            ..Demographic::default()
        },
        attributes: [("plan".to_owned(), "pro".to_owned())].into(),
    }
}

/// Sends events, of which each has the number of its message.
async fn send(webhook: &Webhook, events: &[(AnalyticsEvent, usize)]) -> Vec<Sent> {
    let user = user();
    let items = events.iter().map(|(event, message)| Item {
        user: &user,
        what: What::Event(event),
        message: *message,
    });
    let items: Vec<Item<'_>> = items.collect();
    webhook.send(&items, Duration::from_secs(3)).await
}

#[tokio::test]
async fn a_message_is_a_signed_batch_of_cloud_events_with_the_same_id_at_each_retry() {
    let (server, url) = serve(&[(503, &[]), (200, &[]), (204, &[])]).await;
    let webhook = webhook(&url, PrivateAddresses::Allowed);
    let events = [(event(1), 0), (event(2), 0), (event(3), 1)];
    assert_eq!(send(&webhook, &events[..2]).await, [Sent::Later; 2]);
    assert_eq!(send(&webhook, &events).await, [Sent::Accepted; 3]);
    let asked = server.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    let id = |place: usize| asked[place].0["webhook-id"].to_str().unwrap().to_owned();
    assert!(id(0).starts_with("msg_"), "{}", id(0));
    assert!(
        id(0) == id(1) || id(0) == id(2),
        "{} {} {}",
        id(0),
        id(1),
        id(2)
    );
    assert_ne!(id(1), id(2));
    for (headers, body) in &asked {
        let header = |name: &str| headers[name].to_str().unwrap();
        assert_eq!(header("content-type"), "application/cloudevents-batch+json");
        let timestamp = header("webhook-timestamp").parse().unwrap();
        assert!(Utc::now().timestamp() - timestamp < 60);
        let secret = Secret::parse(SECRET).unwrap();
        assert_eq!(
            header("webhook-signature"),
            secret.signature(header("webhook-id"), timestamp, body)
        );
    }
    let batch: Value = serde_json::from_str(&asked[0].1).unwrap();
    assert_eq!(batch.as_array().unwrap().len(), 2);
    assert_eq!(
        batch[0],
        json!({
            "specversion": "1.0", "id": event(1).id.to_string(), "type": "cognito.user.signed_in",
            "source": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AAAA11111",
            "subject": "s-1", "time": "2026-01-31T12:00:00.123Z", "datacontenttype": "application/json",
            "data": {"project": "0123456789abcdef0123456789abcdef", "clientId": "app", "endpointId": "device",
                     "appVersion": "2.4.0", "attributes": {"plan": "pro"}},
        })
    );
}

#[tokio::test]
async fn an_endpoint_says_what_it_is_now() {
    let update = |change| ContactUpdate {
        endpoint: EndpointId::new("address"),
        user: Sub::new("s-1"),
        client: None,
        time: "2026-01-31T12:00:00.123Z".parse().unwrap(),
        change,
        user_attributes: UserAttributes::default(),
    };
    let email = EmailAddress::parse("ada@example.test").unwrap();
    for (change, expected) in [
        (
            ContactChange::Email(email),
            json!(["ada@example.test", "ACTIVE", "NONE"]),
        ),
        (
            ContactChange::Retired(domain::endpoint::Channel::Email),
            json!([null, "INACTIVE", "ALL"]),
        ),
    ] {
        let (user, update) = (user(), update(change));
        let item = Item {
            user: &user,
            what: What::Endpoint(&update),
            message: 0,
        };
        let event = cloud_event::of(&item);
        assert_eq!(event["type"], "cognito.user.endpoint_changed");
        assert_eq!(event["id"], item::id(&item));
        let data = &event["data"];
        assert_eq!(
            json!([data["address"], data["status"], data["optOut"]]),
            expected
        );
    }
}

#[tokio::test]
async fn a_server_is_judged_by_its_status() {
    for (status, expected, asked) in [
        (200, Sent::Accepted, 1),
        (204, Sent::Accepted, 1),
        // Not followed: it would be asked a second time.
        (301, Sent::Misconfigured, 1),
        (401, Sent::Misconfigured, 1),
        (403, Sent::Misconfigured, 1),
        (404, Sent::Misconfigured, 1),
        (410, Sent::Misconfigured, 1),
        (429, Sent::Later, 1),
        (500, Sent::Later, 1),
        (503, Sent::Later, 1),
        // For one of both, perhaps: each is sent by itself.
        (400, Sent::Refused, 3),
        (413, Sent::Refused, 3),
        (422, Sent::Refused, 3),
    ] {
        let (server, url) = serve(&[(status, &[("location", "/hook")])]).await;
        let webhook = webhook(&url, PrivateAddresses::Allowed);
        let sent = send(&webhook, &[(event(1), 0), (event(2), 0)]).await;
        assert_eq!(sent, [expected; 2], "{status}");
        assert_eq!(server.asked.lock().unwrap().len(), asked, "{status}");
    }
}

#[tokio::test]
async fn one_bad_event_does_not_take_the_others_along() {
    let (_server, url) = serve(&[(400, &[]), (200, &[]), (400, &[])]).await;
    let webhook = webhook(&url, PrivateAddresses::Allowed);
    let sent = send(&webhook, &[(event(1), 0), (event(2), 0)]).await;
    assert_eq!(sent, [Sent::Accepted, Sent::Refused]);
}

#[tokio::test]
async fn a_server_is_left_alone_for_as_long_as_it_says() {
    let (server, url) = serve(&[(429, &[("retry-after", "30")])]).await;
    let webhook = webhook(&url, PrivateAddresses::Allowed);
    for _ in 0..2 {
        assert_eq!(send(&webhook, &[(event(1), 0)]).await, [Sent::Later]);
    }
    assert_eq!(server.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn this_networks_own_addresses_are_called_only_if_that_is_allowed() {
    let (server, url) = serve(&[(200, &[])]).await;
    for url in [url.clone(), url.replace("127.0.0.1", "localhost")] {
        let webhook = webhook(&url, PrivateAddresses::Refused);
        assert_eq!(
            send(&webhook, &[(event(1), 0)]).await,
            [Sent::Misconfigured],
            "{url}"
        );
    }
    assert_eq!(server.asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn what_is_not_answered_is_for_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}/hook", listener.local_addr().unwrap());
    for url in [silent.as_str(), "http://127.0.0.1:1/hook"] {
        let webhook = webhook(url, PrivateAddresses::Allowed);
        assert_eq!(
            send(&webhook, &[(event(1), 0)]).await,
            [Sent::Later],
            "{url}"
        );
    }
}
