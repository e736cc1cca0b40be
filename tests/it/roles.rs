//! The roles that configurations name: whose credentials reach Pinpoint, and how often STS is asked.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use aws::sdk::{self, Patience};
use aws_sdk_dynamodb::config::{ProvideCredentials, Region};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use config::{Config, Role};
use destinations::assume_role::assume;
use destinations::senders::Senders;
use domain::auth_event::{UserKey, Who};
use domain::contact::{EmailAddress, UserAttributes};
use domain::endpoint::{ContactChange, ContactUpdate};
use domain::ids::{ClientId, DestinationName, EndpointId, ProjectId, Sub, UserPoolId};
use local::dynamodb::Served;
use pipeline::deliver::{Destinations, Item, Sent, What};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::installation::PROJECT;
use crate::support::ministack::Ministack;

/// The emulator's own account.
const ACCOUNT: &str = "000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_assumed_with_its_external_id_and_not_without() {
    let ministack = Ministack::with_authorization().await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"},
        "Condition": {"StringEquals": {"sts:ExternalId": "chosen"}}}]});
    ministack.role("cognito-analytics", &trust.to_string());
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/cognito-analytics");
    for (external_id, assumed) in [
        (Some("chosen"), true),
        (Some("another"), false),
        (None, false),
    ] {
        let role = Role {
            arn: arn.clone(),
            external_id: external_id.map(str::to_owned),
        };
        let sdk = assume(&ministack.sdk(), Region::from_static("us-east-1"), &role).await;
        let credentials = sdk
            .credentials_provider()
            .unwrap()
            .provide_credentials()
            .await;
        let of_a_session = credentials.is_ok_and(|it| it.access_key_id().starts_with("ASIA"));
        assert_eq!(of_a_session, assumed, "{external_id:?}");
    }
}

/// STS and Pinpoint in one, which remembers who asked.
struct Account {
    state: Arc<Asked>,
    server: Served,
}

struct Asked {
    sessions_last: TimeDelta,
    /// For each AssumeRole, in order: role and external id.
    assumed: Mutex<Vec<String>>,
    /// The session's key, and Region, of each UpdateEndpoint.
    updated: Mutex<Vec<String>>,
}

impl Account {
    async fn start(sessions_last: TimeDelta) -> Self {
        let state = Arc::new(Asked {
            sessions_last,
            assumed: Mutex::default(),
            updated: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(state.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Served::new(address, async move { axum::serve(listener, router).await });
        Self { state, server }
    }
}

async fn answer(State(asked): State<Arc<Asked>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let signed = request.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX)
        .await
        .unwrap();
    if path.starts_with("/v1/apps/") {
        // Credential=<key>/<day>/<Region>/mobiletargeting/aws4_request
        let scope: Vec<&str> = signed.split(['=', '/']).collect();
        asked
            .updated
            .lock()
            .unwrap()
            .push(format!("{} {}", scope[1], scope[3]));
        let accepted = axum::Json(json!({"Message": "Accepted", "RequestID": "1"}));
        return (StatusCode::ACCEPTED, accepted).into_response();
    }
    let body = String::from_utf8(body.to_vec()).unwrap();
    let form: BTreeMap<&str, &str> = body
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    assert_eq!(form["Action"], "AssumeRole");
    let role = form["RoleArn"].rsplit("%2F").next().unwrap();
    let mut assumed = asked.assumed.lock().unwrap();
    assumed.push(format!(
        "{role} {}",
        form.get("ExternalId").unwrap_or(&"none")
    ));
    session(assumed.len(), Utc::now() + asked.sessions_last).into_response()
}

fn session(number: usize, expires: DateTime<Utc>) -> String {
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
         <SessionToken>token</SessionToken><Expiration>{}</Expiration></Credentials></AssumeRoleResult>\
         </AssumeRoleResponse>",
        expires.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    )
}

/// Clients `a` and `b` have one role in one Region, `c` has it in another, `d` another role.
fn senders(account: &Account) -> Senders {
    let client = |role: &str, region: &str| {
        json!({"ApplicationId": PROJECT, "Destinations": ["pinpoint"], "Region": region, "ExternalId": "chosen", "UserDataShared": true,
            "RoleArn": format!("arn:aws:iam::111122223333:role/{role}")})
    };
    let config = json!({"Clients": {
        "a": client("one", "eu-west-1"), "b": client("one", "eu-west-1"),
        "c": client("one", "us-east-1"), "d": client("two", "eu-west-1"),
    }});
    let config = Config::from_json(&config.to_string()).unwrap();
    let sdk = sdk::on_loopback(&account.server.url(), Patience::BEHIND_THE_LOG);
    Senders::new(Arc::new(config), sdk, None)
}

async fn deliver(senders: &Senders, client: &str) {
    let sub = Sub::new("ana");
    let update = ContactUpdate {
        endpoint: EndpointId::new("endpoint"),
        user: sub.clone(),
        client: Some(ClientId::new(client)),
        time: Utc::now(),
        change: ContactChange::Email(EmailAddress::parse("ana@example.test").unwrap()),
        user_attributes: UserAttributes::default(),
    };
    let user = UserKey {
        project: ProjectId::new(PROJECT),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who: Who::User(sub),
    };
    let item = Item {
        user: &user,
        what: What::Endpoint(&update),
        message: 0,
    };
    let sent = senders.send(&DestinationName::pinpoint(), &[item]).await;
    assert_eq!(sent, [Sent::Accepted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_serves_all_that_goes_with_its_role_to_its_region_until_it_ends() {
    let account = Account::start(TimeDelta::hours(1)).await;
    let senders = senders(&account);
    for client in ["a", "b", "c", "d", "a", "b", "c", "d"] {
        deliver(&senders, client).await;
    }
    let assumed = account.state.assumed.lock().unwrap().clone();
    assert_eq!(assumed, ["one chosen", "one chosen", "two chosen"]);
    let round = [
        "ASIA1 eu-west-1",
        "ASIA1 eu-west-1",
        "ASIA2 us-east-1",
        "ASIA3 eu-west-1",
    ];
    assert_eq!(
        *account.state.updated.lock().unwrap(),
        [round, round].concat()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_about_to_end_is_renewed_before_it_is_used() {
    let account = Account::start(TimeDelta::seconds(5)).await;
    let senders = senders(&account);
    for _ in 0..3 {
        deliver(&senders, "a").await;
    }
    let updated = account.state.updated.lock().unwrap().clone();
    assert_eq!(
        updated,
        ["ASIA1 eu-west-1", "ASIA2 eu-west-1", "ASIA3 eu-west-1"]
    );
}
