//! Whom a walk through a user pool passes over.

use std::collections::BTreeSet;

use cognito::Attributes;
use config::Config;
use domain::ids::{ClientId, UserPoolId};
use pipeline::sync::Walk;
use serde_json::{Value, json};

use crate::resolve::PROJECT;
use crate::world::World;

fn user(sub: &str, email: &str) -> Attributes {
    let pairs = [
        ("sub", sub),
        ("email", email),
        ("email_verified", "true"),
        ("cognito:user_status", "CONFIRMED"),
    ];
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Those for whom something would be appended, of Ada at `example.test` and Ben at `example.org`.
async fn planned(exclude: Value) -> Vec<String> {
    let client =
        json!({"ApplicationId": PROJECT, "UserDataShared": true, "Destinations": ["pinpoint"]});
    let config = json!({"Exclude": exclude, "Clients": {"app": client}, "Default": client});
    let config = Config::from_json(&config.to_string()).unwrap();
    let walk = Walk {
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        clients: &BTreeSet::from([ClientId::new("app"), ClientId::new("other")]),
        config: &config,
        time: "2026-03-01T12:00:00Z".parse().unwrap(),
    };
    let users = [
        user("ada", "ada@example.test"),
        user("ben", "ben@example.org"),
    ];
    let plan = walk.plan(&users, &World::calm(), || [7; 10]).await.unwrap();
    let events = plan.events.iter().flatten();
    let subs = events.filter_map(|event| event.user.sub());
    subs.map(ToString::to_string).collect()
}

#[tokio::test]
async fn who_is_excluded_is_passed_over_and_so_is_a_client() {
    for (exclude, expected) in [
        (json!({}), vec!["ada", "ben"]),
        (json!({"EmailDomains": ["example.test"]}), vec!["ben"]),
        (json!({"Attributes": {"sub": ["ben"]}}), vec!["ada"]),
        (json!({"Clients": ["app"]}), vec!["ada", "ben"]),
        (json!({"Clients": ["app", "other"]}), vec![]),
    ] {
        assert_eq!(planned(exclude.clone()).await, expected, "{exclude}");
    }
}
