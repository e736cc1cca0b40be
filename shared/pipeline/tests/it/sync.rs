//! Whom a walk through a user pool passes over, and whom it seeds.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cognito::Attributes;
use config::Config;
use domain::auth_event::{AuthEvent, UserKey};
use domain::ids::{ClientId, DestinationName, UserPoolId};
use pipeline::publish::LogRecord;
use pipeline::sync::{ListedUser, Walk};
use serde_json::{Value, json};

use crate::events::{days, epoch, position, records, seconds, signed_in_sharing, token_issued};
use crate::resolve::PROJECT;
use crate::world::World;

/// Made on 2026-01-01.
fn user(sub: &str, email: &str) -> ListedUser {
    let pairs = [
        ("sub", sub),
        ("email", email),
        ("email_verified", "true"),
        ("cognito:user_status", "CONFIRMED"),
    ];
    let pairs = pairs.into_iter();
    let attributes: Attributes = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    ListedUser {
        attributes,
        created: Some("2026-01-01T12:00:00Z".parse().unwrap()),
    }
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
        anew: None,
    };
    let users = [
        user("ada", "ada@example.test"),
        user("ben", "ben@example.org"),
    ];
    let users = users.map(|user| ListedUser {
        created: None,
        ..user
    });
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

/// Who would be seeded of these users with this configuration, after this was captured; and again, after that was done.
async fn seeded(config: &Value, captured: Option<&str>, users: &[ListedUser]) -> [Vec<String>; 2] {
    let config = Config::from_json(&config.to_string()).unwrap();
    let world = World::calm();
    let mut log = Vec::new();
    if let Some(captured) = captured {
        let captured: DateTime<Utc> = captured.parse().unwrap();
        log = records([token_issued("somebody", captured - epoch())]);
        world.publish(log.clone()).await;
    }
    let walk = Walk {
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        clients: &BTreeSet::from([ClientId::new("app"), ClientId::new("other")]),
        config: &config,
        time: "2026-03-01T12:00:00Z".parse().unwrap(),
        anew: None,
    };
    let mut rounds = [Vec::new(), Vec::new()];
    for round in &mut rounds {
        let plan = walk.plan(users, &world, || [7; 10]).await.unwrap();
        assert_eq!((plan.out_of_step, plan.updates.len()), (0, 0));
        assert_eq!(plan.seeded, plan.events.len());
        for event in plan.events.into_iter().flatten() {
            round.push(format!(
                "{} {}",
                event.user.project,
                event.user.sub().unwrap()
            ));
            let position = position(log.len() + 1);
            log.push(LogRecord { position, event });
        }
        world.publish(log.clone()).await;
    }
    rounds
}

#[tokio::test]
async fn who_was_there_before_counting_began_is_seeded_once_in_every_project_that_includes_them() {
    let (quiet, shares) = (
        json!({"ApplicationId": "a".repeat(32)}),
        json!({"ApplicationId": "b".repeat(32), "UserDataShared": true}),
    );
    let federated = json!({"ApplicationId": "b".repeat(32), "IncludeFederatedUsers": true});
    let (ada, ben, eve) = (
        user("ada", "ada@example.test"),
        user("ben", "ben@example.org"),
        user("eve", "eve@example.test"),
    );
    let eve = ListedUser {
        attributes: [("sub", "eve"), ("cognito:user_status", "EXTERNAL_PROVIDER")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect(),
        ..eve
    };
    let unknown = ListedUser {
        created: None,
        ..ben.clone()
    };
    let of = |all: &[(char, &str)]| -> Vec<String> {
        let names = all.iter();
        names
            .map(|(project, sub)| format!("{} {sub}", project.to_string().repeat(32)))
            .collect()
    };
    let all = [ada.clone(), ben.clone(), eve];
    for (config, captured, users, expected) in [
        (
            json!({"Clients": {"app": quiet, "other": shares}}),
            None,
            &all[..],
            of(&[('a', "ada"), ('b', "ada"), ('a', "ben"), ('b', "ben")]),
        ),
        (
            json!({"Clients": {"app": quiet, "other": federated}}),
            Some("2026-01-01T12:00:01Z"),
            &all[2..],
            of(&[('b', "eve")]),
        ),
        (
            json!({"Clients": {"app": quiet}}),
            Some("2026-01-01T12:00:00Z"),
            &all[..],
            of(&[]),
        ),
        (
            json!({"Clients": {"elsewhere": quiet}}),
            None,
            &all[..],
            of(&[]),
        ),
        (
            json!({"Clients": {"app": quiet}}),
            None,
            &[unknown][..],
            of(&[]),
        ),
        (
            json!({"Exclude": {"EmailDomains": ["example.test"]}, "Default": quiet}),
            None,
            &all[..2],
            of(&[('a', "ben")]),
        ),
        (
            json!({"Exclude": {"Clients": ["app"]}, "Clients": {"app": quiet, "other": shares}}),
            None,
            &all[..1],
            of(&[('b', "ada")]),
        ),
    ] {
        let rounds = seeded(&config, captured, users).await;
        assert_eq!(rounds, [expected, Vec::new()], "{config} {captured:?}");
    }
}

#[tokio::test]
async fn a_seed_changes_no_endpoint_that_the_default_client_has_sent() {
    let world = World::calm();
    let client = json!({"ApplicationId": "a".repeat(32), "UserDataShared": true, "Destinations": ["pinpoint"]});
    let config = Config::from_json(&json!({"Default": client}).to_string()).unwrap();
    let project = config.projects().into_iter().next().unwrap();
    let of_default = AuthEvent {
        client: None,
        ..signed_in_sharing("ada", seconds(0), "ada@example.test")
    };
    let of_default = AuthEvent {
        user: UserKey {
            project,
            ..of_default.user
        },
        ..of_default
    };
    let mut log = records([of_default]);
    world.publish_by(&config, log.clone()).await;
    let walk = Walk {
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        clients: &BTreeSet::from([ClientId::new("other")]),
        config: &config,
        time: epoch() + days(1),
        anew: None,
    };
    let users = [user("ada", "ada@example.test")];
    let plan = walk.plan(&users, &world, || [7; 10]).await.unwrap();
    assert_eq!((plan.seeded, plan.out_of_step), (1, 0));
    for event in plan.events.into_iter().flatten() {
        let position = position(log.len() + 1);
        log.push(LogRecord { position, event });
    }
    let before = world.look(|memory| memory.contacts().count());
    world.publish_by(&config, log).await;
    let after = world.look(|memory| memory.contacts().count());
    assert_eq!((before, after), (1, 1));
}

#[tokio::test]
async fn a_destination_that_is_new_is_sent_the_endpoints_of_all_who_share() {
    let signed_in = signed_in_sharing("ada", seconds(0), "ada@example.test");
    let project = signed_in.user.project.as_str();
    let client = |shares: bool, names: &[&str]| json!({"ApplicationId": project, "UserDataShared": shares, "Destinations": names});
    let configured = |web: Value, mobile: Value| {
        let clients = json!({"app": web, "other": mobile});
        let mut definitions = json!({});
        if clients.to_string().contains("archive") {
            definitions["archive"] = json!({"Type": "file", "Path": "f"});
        }
        let config = json!({"Destinations": definitions, "Clients": clients});
        Config::from_json(&config.to_string()).unwrap()
    };
    let before = configured(client(true, &["pinpoint"]), client(true, &["pinpoint"]));
    let both = &["pinpoint", "archive"][..];
    let archive = DestinationName::new("archive");
    let pinpoint = DestinationName::pinpoint();
    for (now, anew, expected) in [
        // Without being asked for, what lacks an endpoint is sent it.
        (
            configured(client(true, both), client(true, &["pinpoint"])),
            None,
            vec![("app", "archive")],
        ),
        (
            configured(client(true, both), client(true, &["pinpoint"])),
            Some(&archive),
            vec![("app", "archive")],
        ),
        // What has it is sent it again if it is asked for.
        (
            configured(client(true, &["pinpoint"]), client(true, &["pinpoint"])),
            None,
            vec![],
        ),
        (
            configured(client(true, &["pinpoint"]), client(true, &["pinpoint"])),
            Some(&pinpoint),
            vec![("app", "pinpoint")],
        ),
        // Through a client that sends there, although the user came through another.
        (
            configured(client(true, &["pinpoint"]), client(true, both)),
            Some(&archive),
            vec![("other", "archive")],
        ),
        (
            configured(client(true, &["pinpoint"]), client(false, both)),
            Some(&archive),
            vec![],
        ),
    ] {
        let world = World::calm();
        let log = records([signed_in.clone()]);
        world.publish_by(&before, log.clone()).await;
        let walk = Walk {
            pool: UserPoolId::new("eu-west-1_AAAA11111"),
            clients: &BTreeSet::from([ClientId::new("app"), ClientId::new("other")]),
            config: &now,
            time: epoch() + days(1),
            anew,
        };
        let mut log = log;
        for round in 0..2 {
            let plan = walk
                .plan(&[user("ada", "ada@example.test")], &world, || {
                    [7 + round; 10]
                })
                .await
                .unwrap();
            let updates = plan.updates.iter();
            let updates: Vec<_> = updates
                .map(|(to, update)| (update.client.as_ref().unwrap().as_str(), to.as_str()))
                .collect();
            let again = if anew.is_some() { &expected[..] } else { &[] };
            assert_eq!(updates, if round == 0 { &expected[..] } else { again });
            for event in plan.events.into_iter().flatten() {
                let position = position(log.len() + 1);
                log.push(LogRecord { position, event });
            }
            let sent = world.look(|memory| memory.contacts().count());
            world.publish_by(&now, log.clone()).await;
            let enqueued = world.look(|memory| memory.contacts().count()) - sent;
            assert_eq!(enqueued, updates.len(), "{now:?} {anew:?}");
        }
    }
}

#[tokio::test]
async fn who_was_forgotten_since_they_were_listed_is_passed_over() {
    let client =
        json!({"ApplicationId": PROJECT, "UserDataShared": true, "Destinations": ["pinpoint"]});
    let config = Config::from_json(&json!({"Default": client}).to_string()).unwrap();
    let listed = epoch() + days(1);
    let walk = Walk {
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        clients: &BTreeSet::from([ClientId::new("app")]),
        config: &config,
        time: listed,
        anew: None,
    };
    for (forgotten, expected) in [
        (listed - seconds(1), vec!["ada", "ben"]),
        (listed, vec!["ben"]),
        (listed + seconds(1), vec!["ben"]),
    ] {
        let world = World::calm();
        let ada = UserKey {
            project: config.projects().into_iter().next().unwrap(),
            ..crate::events::user("ada")
        };
        world.change(|memory| memory.forgotten.insert(ada, forgotten));
        let users = [
            user("ada", "ada@example.test"),
            user("ben", "ben@example.org"),
        ];
        let plan = walk.plan(&users, &world, || [7; 10]).await.unwrap();
        let subs = plan.events.iter().flatten();
        let subs: Vec<&str> = subs.map(|it| it.user.sub().unwrap().as_str()).collect();
        assert_eq!(subs, expected, "{forgotten}");
    }
}
