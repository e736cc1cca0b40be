//! Users' states: how large they are, in bytes as DynamoDB counts them, how many items a commit has at most, and that
//! nobody's is written over.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::ActiveDays;
use domain::auth_event::{UserKey, Who};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::ids::{ProjectId, Sub, UserPoolId};
use domain::segment::{Segment, SegmentValue};
use pipeline::ports::{Commit, NotCommitted, UserStates, VersionedState};
use serde_json::{Value, json};

use crate::support::installation::Item;
use crate::support::metered::Metered;

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const POOL: &str = "eu-west-1_AAAA11111";
const SUB: &str = "7c0d2f3e-0000-4000-8000-000000000000";

/// DynamoDB's write unit (bytes).
const A_KILOBYTE: usize = 1_024;

/// Far from DynamoDB's limit on an item, 400 KB.
const FAR_FROM_THE_LIMIT: usize = 40 * 1_024;

/// As many as a configuration may have.
const TEN_DIMENSIONS: [&str; 10] = [
    "platform",
    "platformVersion",
    "appVersion",
    "locale",
    "make",
    "model",
    "client+platform",
    "attribute:custom:tenant",
    "app:plan",
    "group",
];

fn config(dimensions: &[&str]) -> String {
    let default = json!({"ApplicationId": PROJECT, "UserDataShared": true});
    let config = match dimensions {
        [] => json!({"Default": default}),
        some => json!({"Dimensions": some, "Default": default}),
    };
    config.to_string()
}

fn user() -> UserKey {
    UserKey {
        project: ProjectId::new(PROJECT),
        pool: UserPoolId::new(POOL),
        who: Who::User(Sub::new(SUB)),
    }
}

/// An event of the user, whose app is of this version.
fn event(trigger: &str, app_version: i64, groups: &[String]) -> Value {
    let metadata = json!({
        "platform": "iOS", "platformVersion": "18.1", "appVersion": format!("2.{app_version}.0"), "locale": "en_US",
        "make": "apple", "model": "iPhone16,2", "analytics:plan": "pro",
        "analyticsEndpointId": "00000000-0000-4000-8000-000000000001",
    });
    let field = match trigger {
        "PreAuthentication_Authentication" => "validationData",
        _ => "clientMetadata",
    };
    json!({
        "version": "1", "region": "eu-west-1", "userPoolId": POOL, "userName": SUB,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789abcdefghij"},
        "triggerSource": trigger,
        "request": {
            "userAttributes": {
                "sub": SUB, "cognito:user_status": "CONFIRMED", "email": "ada@example.com", "email_verified": "true",
                "phone_number": "+493012345678", "phone_number_verified": "true", "custom:tenant": "acme",
            },
            "groupConfiguration": {"groupsToOverride": groups},
            field: metadata,
        },
        "response": {},
    })
}

/// Bytes of an item as DynamoDB counts them: names and values in UTF-8; of numbers a byte for each two digits and one
/// more; of lists and maps three, and one for each element.
fn bytes_of(item: &Item) -> usize {
    let attributes = item.iter();
    attributes
        .map(|(name, value)| name.len() + bytes_of_value(value))
        .sum()
}

fn bytes_of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|it| 1 + bytes_of_value(it)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.len() + bytes_of(map),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        other => panic!("a state has no {other:?}"),
    }
}

/// The user's item, with a place in the log as long as DynamoDB's may be (40 digits).
async fn item(metered: &Metered) -> Item {
    let key = format!("{PROJECT}#{POOL}#sub#{SUB}");
    let got = metered.client.get_item().table_name(&metered.tables.users);
    let got = got.key("user", AttributeValue::S(key)).send().await;
    let mut item = got.unwrap().item.unwrap();
    if let Some(AttributeValue::S(number)) = item.get_mut("n") {
        *number = format!("{number:0>40}");
    }
    item
}

fn days(first: &str, count: u32) -> ActiveDays {
    let first = Day::parse(first).unwrap();
    let last = first.plus(count - 1);
    ActiveDays::from_ordered(first.through(last).collect()).unwrap()
}

async fn load(metered: &Metered) -> VersionedState {
    let mut states = metered.states.load(&[user()]).await.unwrap();
    states.remove(&user()).unwrap().unwrap()
}

async fn commit(metered: &Metered, state: VersionedState) -> Result<(), NotCommitted> {
    let committed = metered.states.commit(vec![Commit {
        user: user(),
        state,
        rows: Default::default(),
        cohorts: Default::default(),
        ledger: Default::default(),
    }]);
    committed.await.remove(0)
}

/// Signs in on three days of each week of a year, by the app of a device that is updated every two months.
async fn a_year(metered: &mut Metered) {
    let start = "2026-01-01T08:30:00Z".parse::<DateTime<Utc>>().unwrap();
    let days = (0..365).filter(|day| [0, 2, 5].contains(&(day % 7)));
    for day in days {
        let time = start + TimeDelta::days(day);
        for (second, trigger) in [
            (0, "PreAuthentication_Authentication"),
            (1, "PostAuthentication_Authentication"),
        ] {
            let time = time + TimeDelta::seconds(second);
            metered.capture(time, &event(trigger, day / 61, &[])).await;
        }
    }
    metered.publish(start + TimeDelta::days(365)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_users_state_after_a_year_takes_one_write_unit() {
    let mut metered = Metered::start(&config(&[])).await;
    a_year(&mut metered).await;
    let item = item(&metered).await;
    let bytes = bytes_of(&item);
    println!("{bytes} bytes: {item:?}");
    assert_eq!(item.get("activeDays").unwrap().as_n().unwrap(), "157");
    assert!(bytes < A_KILOBYTE, "{bytes} bytes: {item:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_ten_years_or_of_another_value_each_day_is_far_from_the_limit() {
    let ten_years = |state: &mut VersionedState| {
        for active in state.state.activity.values_mut() {
            *active = days("2016-01-01", 3_653);
        }
    };
    let all_values = |state: &mut VersionedState| {
        let activity = &mut state.state.activity;
        let year = days("2026-01-01", 365);
        for dimension in TEN_DIMENSIONS {
            let dimension = Dimension::parse(dimension).unwrap();
            for value in 0..20 {
                let of_value = year.as_slice().iter().skip(value).step_by(20);
                let of_value = ActiveDays::from_ordered(of_value.copied().collect());
                let value = SegmentValue::new(&format!("{value:-<100}"));
                activity.insert(Segment::Of(dimension.clone(), value), of_value.unwrap());
            }
        }
        activity.insert(Segment::Whole, year);
    };
    for change in [&ten_years as &dyn Fn(&mut VersionedState), &all_values] {
        let mut metered = Metered::start(&config(&[])).await;
        a_year(&mut metered).await;
        let mut state = load(&metered).await;
        change(&mut state);
        commit(&metered, state.clone()).await.unwrap();
        let bytes = bytes_of(&item(&metered).await);
        println!("{bytes} bytes");
        assert!(bytes < FAR_FROM_THE_LIMIT, "{bytes} bytes");
        assert_eq!(load(&metered).await.state, state.state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_first_event_with_ten_dimensions_and_twenty_groups_is_one_transaction() {
    let mut metered = Metered::start(&config(&TEN_DIMENSIONS)).await;
    let groups: Vec<String> = (0..20).map(|number| format!("group-{number}")).collect();
    let token = event("TokenGeneration_RefreshTokens", 0, &groups);
    let now = "2026-03-03T12:00:00Z".parse::<DateTime<Utc>>().unwrap();
    metered.capture(now, &token).await;
    metered.publish(now).await;
    let mut state = load(&metered).await;
    for active in state.state.activity.values_mut() {
        *active = days("2014-02-08", 4_407);
    }
    commit(&metered, state).await.unwrap();
    metered.written();
    let late = "2014-01-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap();
    metered.capture(late, &token).await;
    metered.publish(now).await;
    let transactions = metered.written().transactions;
    println!("{transactions:?} items");
    // The state; of the whole and of 29 segments a day and the next one; of cohorts the old and the new, of 630 weeks in
    // parts of 200, and of 146 months.
    assert_eq!(transactions, [1 + 2 * 30 + 2 * 4 + 2]);
    let state = load(&metered).await.state;
    let of = |segment: &Segment| state.activity.get(segment).unwrap().as_slice().len();
    assert!(state.activity.keys().all(|segment| of(segment) == 4_408));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_somebody_else_has_written_meanwhile_is_not_written_over() {
    let metered = Metered::start(&config(&[])).await;
    let mine = VersionedState::default();
    let mut theirs = mine.clone();
    theirs.state.signed_up = true;
    commit(&metered, theirs).await.unwrap();
    let committed = commit(&metered, mine).await;
    assert!(
        matches!(committed, Err(NotCommitted::Failed(_))),
        "{committed:?}"
    );
    let state = load(&metered).await;
    assert_eq!((state.version, state.state.signed_up), (1, true));
}
