//! `cognito-pinpoint sync`: a pool's users are listed, and their endpoints come into step.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Output};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::{Json, Router};
use chrono::Utc;
use domain::activity::DayFigures;
use local::dynamodb::Served;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::command::{cognito_pinpoint, errors_of};
use crate::support::installation::{Installation, PROJECT, STACK};
use crate::support::ministack::{Ministack, attribute};
use crate::support::pinpoint::Asked;
use crate::support::trigger::Trigger;

/// More than two pages of ListUsers.
const USERS: usize = 130;

/// A pool, and an installation that was attached to it later.
struct Late {
    ministack: Ministack,
    pool: String,
    installation: Installation,
    /// The pool's two app clients.
    clients: [String; 2],
    folder: tempfile::TempDir,
}

impl Late {
    async fn start() -> Self {
        let ministack = Ministack::start().await;
        let pool = ministack.user_pool().await;
        Self {
            clients: [
                ministack.app_client(&pool).await,
                ministack.app_client(&pool).await,
            ],
            pool,
            ministack,
            installation: Installation::start().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Makes `USERS` users with verified email addresses.
    async fn users(&self) {
        for number in 0..USERS {
            let (name, address) = (
                format!("user{number:03}"),
                format!("user{number:03}@example.test"),
            );
            self.ministack
                .user(&self.pool, &name, &email(&address))
                .await;
        }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, config: &Value) -> Command {
        self.command_of(&self.pool, STACK, config)
    }

    fn command_of(&self, pool: &str, stack: &str, config: &Value) -> Command {
        let mut sync = cognito_pinpoint();
        sync.args(["sync", "--user-pool-id", pool, "--format", "json"])
            .args([
                "--users-per-second",
                "1000000",
                "--endpoints-per-second",
                "1000000",
            ])
            .current_dir(self.folder())
            .env("ANALYTICS_CONFIG", config.to_string())
            .env(
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
                self.ministack.url(),
            )
            .env(
                "AWS_ENDPOINT_URL_DYNAMODB",
                self.installation.dynamodb_url(),
            )
            .args(["--stack", stack])
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1");
        sync
    }

    /// Walks the pool, and has what came of it published; what is printed, and what Pinpoint was asked.
    async fn sync(&self, config: &Value) -> (Value, Vec<Asked>) {
        let tally = tally(&self.command(config).output().unwrap());
        (tally, self.publish(config).await)
    }

    async fn publish(&self, config: &Value) -> Vec<Asked> {
        let asked = self.installation.pinpoint.asked().len();
        self.installation.publish(&config.to_string()).await;
        self.installation.pinpoint.asked().split_off(asked)
    }

    /// The contact endpoints that are in use, as channel and address.
    fn in_use(&self) -> Vec<(String, String)> {
        let endpoints = self.installation.pinpoint.endpoints().into_iter();
        let in_use = endpoints
            .filter(|it| it["EndpointStatus"] == "ACTIVE" && it.get("ChannelType").is_some());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut all: Vec<_> = in_use
            .map(|endpoint| (text(&endpoint["ChannelType"]), text(&endpoint["Address"])))
            .collect();
        all.sort();
        all
    }
}

fn tally(output: &Output) -> Value {
    assert!(output.status.success(), "{}", errors_of(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sharing(client: &str) -> Value {
    json!({"Clients": {(client): {"Destinations": ["pinpoint"], "ApplicationId": PROJECT, "UserDataShared": true,
        "UserAttributes": {"custom:tier": "tier"}}}})
}

fn email(address: &str) -> [(&str, &str); 2] {
    [("email", address), ("email_verified", "true")]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pools_users_come_into_step_once_and_only_what_has_changed_is_told_again() {
    let late = Late::start().await;
    late.users().await;
    let odd = [
        ("phone_number", "+12065550123"),
        ("phone_number_verified", "true"),
        ("email", "late@example.test"),
        ("email_verified", "false"),
        ("custom:tier", "gold"),
    ];
    late.ministack.user(&late.pool, "phone", &odd).await;
    let no_e164 = [
        ("phone_number", "2065550123"),
        ("phone_number_verified", "true"),
    ];
    late.ministack.user(&late.pool, "odd-phone", &no_e164).await;
    let config = sharing(&late.clients[0]);

    let dry = tally(&late.command(&config).arg("--dry-run").output().unwrap());
    let nothing = late
        .installation
        .items(&late.installation.tables.event_log)
        .await;
    assert_eq!(nothing.len(), 0, "a dry run appends nothing");

    let (first, asked) = late.sync(&config).await;
    let expected = json!({"users": USERS + 2, "outOfStep": USERS + 1, "seeded": USERS + 2, "events": USERS + 2,
        "sent": {"email": USERS, "sms": 1}, "retired": {}, "rejected": {"rejected:sms": 1}, "unreadable": 0});
    assert_eq!((&dry, &first), (&expected, &expected));
    assert!(
        asked.iter().all(|asked| !asked.path.ends_with("/events")),
        "no analytics event: {asked:?}"
    );
    let in_use = late.in_use();
    assert_eq!(in_use.len(), USERS + 1);
    assert_eq!(
        in_use[0],
        ("EMAIL".to_owned(), "user000@example.test".to_owned())
    );
    let phone = late.installation.pinpoint.endpoints();
    let phone = phone
        .iter()
        .find(|endpoint| endpoint["ChannelType"] == "SMS")
        .unwrap();
    assert_eq!(phone["User"]["UserAttributes"], json!({"tier": ["gold"]}));
    assert_eq!(late.installation.figures().await, [], "nobody was active");
    assert_eq!(
        std::fs::read_dir(late.folder()).unwrap().count(),
        0,
        "the walk is over"
    );

    let (second, asked) = late.sync(&config).await;
    let nothing = [&second["outOfStep"], &second["seeded"], &second["events"]];
    assert_eq!((nothing, asked), ([&json!(0); 3], Vec::new()));

    let changed = [
        attribute("email", "new@example.test"),
        attribute("email_verified", "true"),
    ];
    let update = late.ministack.cognito().admin_update_user_attributes();
    let update = update.user_pool_id(&late.pool).username("user007");
    update
        .set_user_attributes(Some(changed.into()))
        .send()
        .await
        .unwrap();
    let (third, asked) = late.sync(&config).await;
    assert_eq!((&third["sent"], asked.len()), (&json!({"email": 1}), 1));
    assert!(
        late.in_use()
            .contains(&("EMAIL".to_owned(), "new@example.test".to_owned()))
    );

    let to = |name: &str| {
        let mut command = late.command(&config);
        command.args(["--destination", name]).output().unwrap()
    };
    let again = tally(&to("pinpoint"));
    assert_eq!(again["sent"], json!({"email": USERS, "sms": 1}));
    let requests = late.publish(&config).await.len();
    assert_eq!(requests, (USERS + 1).div_ceil(10), "ten in each");
    let unknown = to("pinpont");
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(
        errors_of(&unknown),
        "error: \"pinpont\" is no destination that a client of the configuration sends to; did you mean \"pinpoint\"?\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_shares_no_longer_is_retired_unless_another_client_of_the_project_does() {
    let late = Late::start().await;
    late.ministack
        .user(&late.pool, "ana", &email("ana@example.test"))
        .await;
    late.sync(&sharing(&late.clients[0])).await;
    assert_eq!(late.in_use().len(), 1);
    let mut both = sharing(&late.clients[1]);
    both["Clients"][&late.clients[0]] =
        json!({"Destinations": ["pinpoint"], "ApplicationId": PROJECT});
    let (tally, _) = late.sync(&both).await;
    assert_eq!(tally["retired"], json!({}));
    assert_eq!(late.in_use().len(), 1);
    let (tally, _) = late
        .sync(&json!({"Clients": {(&late.clients[0]): {"Destinations": ["pinpoint"], "ApplicationId": PROJECT}}}))
        .await;
    assert_eq!(tally["retired"], json!({"email": 1}));
    assert_eq!(late.in_use().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_walk_goes_on_where_it_was() {
    let late = Late::start().await;
    late.users().await;
    let config = sharing(&late.clients[0]);
    // As the walk keeps it after its first page: the emulator's tokens are offsets.
    let place = late
        .folder()
        .join(format!("cognito-pinpoint-sync-{STACK}-{}.json", late.pool));
    let kept = json!({"stack": STACK, "userPoolId": late.pool, "paginationToken": "60", "tally": {
        "users": 60, "outOfStep": 60, "seeded": 60, "events": 60, "sent": {"email": 60}, "retired": {}, "rejected": {}, "unreadable": 0}});
    std::fs::write(&place, kept.to_string()).unwrap();
    let output = late.command(&config).output().unwrap();
    assert!(
        errors_of(&output).contains("going on after 60 users"),
        "{}",
        errors_of(&output)
    );
    assert_eq!(tally(&output)["users"], json!(USERS));
    late.publish(&config).await;
    assert_eq!(late.in_use().len(), USERS - 60);
    assert!(!place.exists());

    std::fs::write(
        &place,
        kept.to_string().replace(&late.pool, "us-east-1_other"),
    )
    .unwrap();
    let output = late.command(&config).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        errors_of(&output).contains("us-east-1_other"),
        "{}",
        errors_of(&output)
    );
}

/// A Cognito that takes no token: the emulator takes any. It has one client, `app`, and one user, whom it made in 2017.
async fn forgetful_cognito() -> Served {
    let answer = async |headers: HeaderMap, body: Bytes| {
        let asked: Value = serde_json::from_slice(&body).unwrap();
        let target = headers["x-amz-target"].to_str().unwrap();
        match target.rsplit('.').next().unwrap() {
            "ListUserPoolClients" => {
                Json(json!({"UserPoolClients": [{"ClientId": "app"}]})).into_response()
            }
            "DescribeUserPool" => Json(json!({"UserPool": {}})).into_response(),
            _ if asked.get("PaginationToken").is_some() => {
                let refused = json!({"__type": "InvalidParameterException", "message": "Paging marker is invalid"});
                (StatusCode::BAD_REQUEST, Json(refused)).into_response()
            }
            _ => {
                let attributes = [
                    ("sub", "ana"),
                    ("email", "ana@example.test"),
                    ("email_verified", "true"),
                ];
                let attributes =
                    attributes.map(|(name, value)| json!({"Name": name, "Value": value}));
                let user = json!({"Username": "ana", "Enabled": true, "UserStatus": "CONFIRMED", "Attributes": attributes,
                    "UserCreateDate": 1_500_000_000.123});
                Json(json!({"Users": [user]})).into_response()
            }
        }
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer);
    Served::new(address, async move { axum::serve(listener, router).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_whose_place_cognito_no_longer_knows_begins_anew() {
    let late = Late::start().await;
    let cognito = forgetful_cognito().await;
    let place = late
        .folder()
        .join(format!("cognito-pinpoint-sync-{STACK}-{}.json", late.pool));
    let kept = json!({"stack": STACK, "userPoolId": late.pool, "paginationToken": "gone", "tally": {
        "users": 60, "outOfStep": 60, "seeded": 60, "events": 60, "sent": {}, "retired": {}, "rejected": {}, "unreadable": 0}});
    std::fs::write(&place, kept.to_string()).unwrap();
    let mut sync = late.command(&sharing("app"));
    let output = sync
        .env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", cognito.url())
        .output()
        .unwrap();
    assert!(
        errors_of(&output).contains("beginning anew"),
        "{}",
        errors_of(&output)
    );
    let tally = tally(&output);
    assert_eq!(
        (&tally["users"], &tally["sent"]),
        (&json!(1), &json!({"email": 1}))
    );
    assert!(!place.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_that_cannot_go_on_says_why_and_keeps_its_place() {
    let late = Late::start().await;
    late.ministack
        .user(&late.pool, "ana", &email("ana@example.test"))
        .await;
    let place = late
        .folder()
        .join(format!("cognito-pinpoint-sync-nowhere-{}.json", late.pool));
    let kept = json!({"stack": "nowhere", "userPoolId": late.pool, "paginationToken": "0", "tally": {
        "users": 60, "outOfStep": 60, "seeded": 60, "events": 60, "sent": {}, "retired": {}, "rejected": {}, "unreadable": 0}});
    std::fs::write(&place, kept.to_string()).unwrap();
    let config = sharing(&late.clients[0]);
    let no_table = late
        .command_of(&late.pool, "nowhere", &config)
        .output()
        .unwrap();
    assert_eq!(no_table.status.code(), Some(1));
    assert!(
        errors_of(&no_table).contains("there is no table nowhere-users in this account and Region"),
        "{}",
        errors_of(&no_table)
    );
    assert_eq!(std::fs::read_to_string(&place).unwrap(), kept.to_string());

    let no_config = late
        .command(&config)
        .env_remove("ANALYTICS_CONFIG")
        .output()
        .unwrap();
    assert_eq!(no_config.status.code(), Some(2));
    assert!(
        errors_of(&no_config).contains("--config FILE"),
        "{}",
        errors_of(&no_config)
    );

    let no_pool = late
        .command_of("us-east-1_nowhere", STACK, &config)
        .output()
        .unwrap();
    assert_eq!(no_pool.status.code(), Some(1));
    assert!(
        errors_of(&no_pool).contains("there is no user pool us-east-1_nowhere in this account"),
        "{}",
        errors_of(&no_pool)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_configured_for_clients_of_another_pool_is_no_business_of_this_pools_users() {
    let late = Late::start().await;
    late.ministack
        .user(&late.pool, "ana", &email("ana@example.test"))
        .await;
    let mut config = sharing("elsewhere");
    config["Default"] = json!({"Destinations": ["pinpoint"], "ApplicationId": "f".repeat(32), "UserDataShared": true});
    for client in &late.clients {
        config["Clients"][client] =
            json!({"Destinations": ["pinpoint"], "ApplicationId": "e".repeat(32)});
    }
    let (tally, asked) = late.sync(&config).await;
    assert_eq!(
        (&tally["users"], &tally["outOfStep"], asked),
        (&json!(1), &json!(0), Vec::new())
    );
    config["Clients"]
        .as_object_mut()
        .unwrap()
        .remove(&late.clients[0]);
    let (tally, _) = late.sync(&config).await;
    assert_eq!(
        tally["sent"],
        json!({"email": 1}),
        "a client of the pool has the default"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_is_left_as_he_is() {
    let late = Late::start().await;
    late.ministack
        .user(&late.pool, "ana", &email("ana@example.test"))
        .await;
    let disable = late.ministack.cognito().admin_disable_user();
    disable
        .user_pool_id(&late.pool)
        .username("ana")
        .send()
        .await
        .unwrap();
    let (tally, asked) = late.sync(&sharing(&late.clients[0])).await;
    assert_eq!(
        (&tally["users"], &tally["outOfStep"], asked),
        (&json!(1), &json!(0), Vec::new())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_event_said_since_the_users_were_listed_is_newer() {
    let late = Late::start().await;
    let sub = late
        .ministack
        .user(&late.pool, "ana", &email("old@example.test"))
        .await;
    let config = sharing(&late.clients[0]);
    let mut event = Trigger::PostAuthentication.event(&sub, &json!({}));
    event["userPoolId"] = late.pool.as_str().into();
    let attributes = event["request"]["userAttributes"].as_object_mut().unwrap();
    attributes.insert("email".into(), "new@example.test".into());
    attributes.insert("email_verified".into(), "true".into());
    late.installation.capture(Utc::now(), &event).await;
    late.publish(&config).await;
    let (tally, _) = late.sync(&config).await;
    assert_eq!(tally["outOfStep"], json!(0));
    assert_eq!(
        late.in_use(),
        [("EMAIL".to_owned(), "new@example.test".to_owned())]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_there_before_counting_began_is_not_new_when_they_come_back() {
    let late = Late::start().await;
    let cognito = forgetful_cognito().await;
    let config = json!({"Clients": {"app": {"ApplicationId": PROJECT}}});
    for (sub, client) in [("ana", "app"), ("ben", "app")] {
        let mut event = Trigger::RefreshTokens.event(sub, &json!({}));
        event["userPoolId"] = late.pool.as_str().into();
        event["callerContext"]["clientId"] = client.into();
        late.installation.capture(Utc::now(), &event).await;
    }
    late.publish(&config).await;
    let new = async || {
        let figures = late.installation.figures().await;
        let of = |figure: fn(&DayFigures) -> i64| figures.iter().map(figure).sum::<i64>();
        (of(|day| day.new_users), of(|day| day.dau))
    };
    assert_eq!(new().await, (2, 2));
    let sync = |arguments: &[&str]| {
        let mut sync = late.command(&config);
        let url = cognito.url();
        sync.env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url);
        tally(&sync.args(arguments).output().unwrap())
    };
    let log = async || {
        let table = &late.installation.tables.event_log;
        late.installation.items(table).await.len()
    };
    let before = log().await;
    let one = json!({"users": 1, "outOfStep": 0, "seeded": 1, "events": 1, "sent": {}, "retired": {}, "rejected": {},
        "unreadable": 0});
    assert_eq!(sync(&["--dry-run"]), one);
    assert_eq!(log().await, before);
    assert_eq!(sync(&[]), one);
    assert_eq!(late.publish(&config).await, []);
    assert_eq!(new().await, (1, 2));
    assert_eq!(sync(&[])["events"], json!(0));
}
