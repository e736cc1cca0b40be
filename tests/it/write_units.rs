//! What a sign-in costs, in write units as the embedded store counts them for each request, and how many a second one
//! project may have, held against the README.

mod calls;

use std::collections::BTreeMap;
use std::ops::Range;

use aws::users::last_active;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::metered::{Metered, Written};

/// Dollars for a million write units (on demand, us-east-1).
const DOLLARS: f64 = 0.625;

/// Shards of each row of the metrics table.
const ROW_SHARDS: f64 = 8.0;

/// Partitions of the index of due attempts.
const DUE_SHARDS: f64 = 4.0;

/// Write units that DynamoDB takes in a second in one partition.
const MOST_OF_PARTITION: f64 = 1_000.0;

/// By how many dimensions figures are broken down, and which triggers are attached.
#[derive(Clone, Copy)]
struct Setting {
    what: &'static str,
    dimensions: &'static [&'static str],
    triggers: &'static [&'static str],
}

const FIVE: Setting = Setting {
    what: "five",
    dimensions: &["platform", "appVersion", "locale", "client", "provider"],
    triggers: &[
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
    ],
};

/// Groups are told by tokens alone.
const TEN: Setting = Setting {
    what: "ten",
    dimensions: &[
        "platform",
        "platformVersion",
        "appVersion",
        "locale",
        "client",
        "provider",
        "client+platform",
        "attribute:custom:tenant",
        "app:plan",
        "group",
    ],
    triggers: &[
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
        "TokenGeneration_Authentication",
    ],
};

/// Whether each event of a sign-in comes in a batch of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Batches {
    OfOneEvent,
    OfASignIn,
}

/// Sunday, the first of a month; the Monday after it; and a day that begins neither.
const FIRST_OF_MONTH: i64 = 9;
const MONDAY: i64 = 10;
const ORDINARY: i64 = 11;

impl Setting {
    async fn start(self) -> Metered {
        Metered::start(&self.config(&[]).to_string()).await
    }

    fn config(self, destinations: &[&str]) -> Value {
        json!({
            "Dimensions": self.dimensions,
            "Default": {"ApplicationId": "0123456789abcdef0123456789abcdef", "UserDataShared": true, "Destinations": destinations},
        })
    }

    /// An event of one of the users, whose apps, clients and tenants differ.
    fn event(self, user: usize, trigger: &str) -> Value {
        let of = |values: &[&str]| values[user % values.len()].to_owned();
        let client = of(&["1example23456789abcdefghij", "2example23456789abcdefghij"]);
        let metadata = json!({
            "platform": of(&["iOS", "Android", "Web"]), "platformVersion": of(&["18.0", "18.1", "15", "17.6"]),
            "appVersion": of(&["2.4.0", "2.3.1", "2.5.0"]), "locale": of(&["en_US", "de_DE", "fr_FR", "ja_JP", "pt_BR"]),
            "analytics:plan": of(&["free", "pro"]), "analyticsEndpointId": format!("{user:08}-0000-4000-8000-000000000001"),
        });
        let field = match trigger {
            "PreAuthentication_Authentication" => "validationData",
            _ => "clientMetadata",
        };
        let sub = format!("{user:08}-0000-4000-8000-000000000000");
        json!({
            "version": "1", "region": "eu-west-1", "userPoolId": "eu-west-1_AAAA11111", "userName": sub,
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client},
            "triggerSource": trigger,
            "request": {
                "userAttributes": {
                    "sub": sub, "cognito:user_status": "CONFIRMED", "email_verified": "true",
                    "email": format!("user-{user}@example.com"), "phone_number_verified": "true",
                    "phone_number": format!("+4930{user:08}"), "custom:tenant": format!("tenant-{}", user % 100),
                },
                "groupConfiguration": {"groupsToOverride": [of(&["admins", "editors", "readers"])]},
                field: metadata,
            },
            "response": {},
        })
    }

    async fn sign_in(self, metered: &mut Metered, day: i64, batches: Batches) {
        for (second, trigger) in (0..).zip(self.triggers) {
            metered
                .capture(at(day, second), &self.event(0, trigger))
                .await;
            if batches == Batches::OfOneEvent {
                metered.publish(at(day, second)).await;
            }
        }
        metered.publish(at(day, 10)).await;
    }

    /// What one sign-in writes on this day, by a user who was active on each day before.
    async fn alone(self, day: i64, batches: Batches) -> Written {
        let mut metered = self.start().await;
        for before in 0..day {
            for (second, trigger) in (0..).zip(self.triggers) {
                let time = at(before, second);
                metered.capture(time, &self.event(0, trigger)).await;
            }
        }
        metered.publish(at(day, 0)).await;
        metered.written();
        self.sign_in(&mut metered, day, batches).await;
        metered.written()
    }

    async fn all_sign_in(self, metered: &mut Metered, users: Range<usize>, time: DateTime<Utc>) {
        for user in users {
            for (second, trigger) in (0..).zip(self.triggers) {
                let time = time + TimeDelta::seconds(second);
                metered.capture(time, &self.event(user, trigger)).await;
            }
        }
        metered.publish(time + TimeDelta::seconds(10)).await;
    }

    /// What each of a full batch's sign-ins writes, by users who were active on the day before: the first one of that
    /// day, and one more.
    async fn in_full_batches(self) -> [Written; 2] {
        let users = 0..500 / self.triggers.len();
        let count = f64::from(u32::try_from(users.len()).unwrap());
        let mut metered = self.start().await;
        self.all_sign_in(&mut metered, users.clone(), at(MONDAY, 0))
            .await;
        metered.written();
        self.all_sign_in(&mut metered, users.clone(), at(ORDINARY, 0))
            .await;
        let first = metered.written();
        self.all_sign_in(&mut metered, users, at(ORDINARY, 3_600))
            .await;
        [first, metered.written()].map(|written| written.each_of(count))
    }
}

fn at(day: i64, seconds: i64) -> DateTime<Utc> {
    let start = "2026-02-20T12:00:00Z".parse::<DateTime<Utc>>().unwrap();
    start + TimeDelta::days(day) + TimeDelta::seconds(seconds)
}

/// A row of the README's table.
fn row(setting: Setting, what: &str, written: &Written) -> String {
    let of = |table: &str| written.tables.get(table).copied().unwrap_or(0.0);
    let (log, users, metrics) = (of("t-event-log"), of("t-users"), of("t-metrics"));
    let together = written.total();
    let dollars = (together * DOLLARS * 100.0).round() / 100.0;
    format!(
        "| {} | {what} | {log:.1} | {users:.1} | {metrics:.1} | {together:.1} | ${dollars:.2} |",
        setting.what
    )
}

/// What the README does not say.
fn missing(told: Vec<String>) -> Vec<String> {
    let readme = std::fs::read_to_string(crate::support::repository("README.md")).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let readme = words(&readme);
    let missing = told.into_iter().filter(|text| {
        println!("{text}");
        !readme.contains(&words(text))
    });
    missing.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_costs_as_many_write_units_as_the_readme_says() {
    let mut told = Vec::new();
    for setting in [FIVE, TEN] {
        let apart = setting.alone(ORDINARY, Batches::OfOneEvent).await;
        let alone = setting.alone(ORDINARY, Batches::OfASignIn).await;
        let [first, again] = setting.in_full_batches().await;
        for (what, written) in [
            ("alone, each event in a batch of its own", &apart),
            ("alone, its events in one batch", &alone),
            ("in full batches, the user's first on that day", &first),
            ("in full batches, one more on that day", &again),
        ] {
            told.push(row(setting, what, written));
        }
    }
    assert_eq!(missing(told), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_sign_in_of_a_week_and_of_a_month_costs_one_more_row_each() {
    let of_day = async |day| FIVE.alone(day, Batches::OfASignIn).await.total();
    let ordinary = of_day(ORDINARY).await;
    let (week, month) = (of_day(MONDAY).await, of_day(FIRST_OF_MONTH).await);
    let (week, month) = (week - ordinary, month - ordinary);
    let told = format!(
        "A user's first sign-in of a week takes {week:.1} more, of a month {month:.1} more"
    );
    assert_eq!(missing(vec![told]), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_token_of_a_user_who_was_active_that_day_costs_as_the_readme_says() {
    let mut metered = FIVE.start().await;
    FIVE.sign_in(&mut metered, ORDINARY, Batches::OfASignIn)
        .await;
    metered.written();
    let token = FIVE.event(0, "TokenGeneration_RefreshTokens");
    metered.capture(at(ORDINARY, 3_600), &token).await;
    metered.publish(at(ORDINARY, 3_610)).await;
    let told = format!(
        "A token that is refreshed on a day on which the user was active before takes {:.1}",
        metered.written().total()
    );
    assert_eq!(missing(vec![told]), Vec::<String>::new());
}

/// The most that one partition has to take in a second, of what is spread over so many.
fn busiest(units: &BTreeMap<String, f64>, spread: impl Fn(&str) -> f64) -> f64 {
    const SIGN_INS: f64 = 1_000.0;
    let of = |(name, units): (&String, &f64)| units * SIGN_INS / spread(name);
    units.iter().map(of).fold(0.0, f64::max)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_sign_ins_a_second_of_a_hundred_tenants_fit_each_partition() {
    let apart = TEN.alone(MONDAY, Batches::OfOneEvent).await;
    let [first, _] = TEN.in_full_batches().await;
    let rows = |written: &Written| busiest(&written.rows, |_| ROW_SHARDS);
    let index = |written: &Written| {
        busiest(&written.indexes, |name| match name {
            "attemptsDue" => DUE_SHARDS,
            _ => f64::from(u32::try_from(last_active::SHARDS).unwrap()),
        })
    };
    let of_partitions = [rows(&apart), rows(&first), index(&apart), index(&first)];
    for units in of_partitions {
        assert!(units < MOST_OF_PARTITION, "{of_partitions:?}");
    }
    let [rows_apart, rows_batched, index_apart, _] = of_partitions.map(f64::round);
    let told = format!(
        "{rows_batched} of the 1,000 write units that the busiest partition of the metrics table takes in a second, \
         {rows_apart} if every event came in a batch of its own, and {index_apart} in the busiest of the users table's indexes"
    );
    assert_eq!(missing(vec![told]), Vec::<String>::new());
}
