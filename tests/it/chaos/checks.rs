//! What has come of it all, held against what should have. All that differs is told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use aws::metrics::DynamoMetrics;
use aws::record::{parse_user_key, user_key_text};
use aws::users::DynamoUserStates;
use chrono::{DateTime, NaiveDate, Utc};
use domain::auth_event::{UserKey, Who};
use domain::day::{Day, Interval};
use domain::dimension::Dimension;
use domain::endpoint::{Channel, contact_endpoint_id};
use domain::ids::{ProjectId, Sub, UserPoolId};
use figures::reader::{cohorts_of, months_of};
use pipeline::ports::UserStates;
use pipeline::ports::figures::FiguresStore;
use serde_json::{Value, json};

use super::brute_force::{Contact, Count, Expected, User};
use super::parts::{DESTINATIONS, Parts, queue};
use super::places::{Address, Arrivals};
use super::sign_ins::Seen;
use super::weather::Weather;
use super::workers::Tallies;

/// What differs, and what of it is an event or a count too few or too many.
#[derive(Default)]
pub struct Differences {
    pub all: Vec<String>,
    pub lost: u64,
    pub doubled: u64,
}

impl Differences {
    fn check<T: PartialEq + Debug>(&mut self, what: &str, found: &T, expected: &T) {
        if found != expected {
            self.all
                .push(format!("{what} is {found:?}, and should be {expected:?}"));
        }
    }
}

/// What the functions and capture itself have said is in the log is there.
pub fn captured(
    (seen, past): (&Seen, &[String]),
    expected: &Expected,
    differences: &mut Differences,
) {
    let spilled = seen.spilled.iter().filter_map(|it| it["eventId"].as_str());
    let said = seen.captured.iter().chain(past).map(String::as_str);
    let said = said.chain(spilled);
    let missing: Vec<&str> = said.filter(|id| !expected.ids.contains(*id)).collect();
    differences.lost += missing.len() as u64;
    differences.check("what the log lacks", &missing, &Vec::new());
}

const REFUSED: &str = "rejected:by_destination";

/// A run in which nothing failed shows nothing.
pub fn chaotic(
    (tallies, weather): (&Tallies, &Weather),
    arrivals: &BTreeMap<&'static str, Arrivals>,
    differences: &mut Differences,
) {
    let kills = tallies.lock().unwrap().kills.values().sum::<u64>();
    let faults = weather.happened().values().sum::<u64>();
    let repeats = arrivals.values().map(|it| it.repeats()).sum::<u64>();
    let updates = arrivals.values().map(|it| it.updates).sum::<u64>();
    let refused = tallies.lock().unwrap().delivered.get(REFUSED).copied();
    for (what, count) in [
        ("kills", kills),
        ("faults", faults),
        ("events accepted again", repeats),
        ("endpoint updates", updates),
        (
            "items that were refused for good",
            refused.unwrap_or_default(),
        ),
    ] {
        differences.check(&format!("whether there are {what}"), &(count > 0), &true);
    }
}

/// No more records have come to an outcome than there are, and none to one that is no good end. What was killed has said nothing.
/// And deliver-events, which knows its time, was done in it.
pub fn outcomes(tallies: &Tallies, expected: &Expected, differences: &mut Differences) {
    let tally = tallies.lock().unwrap();
    let late = tally.timed_out.get("deliver-events");
    differences.check("how often deliver-events timed out", &late, &None);
    let (mut ended, mut odd) = (0, Vec::new());
    for (outcome, count) in &tally.published {
        match outcome.as_str() {
            "published" | "ignored:already_signed_up" => ended += count,
            "applied" | "repeated" | "failed" => {}
            other => odd.push(other.to_owned()),
        }
    }
    let more = ended.saturating_sub(expected.captured);
    differences.doubled += more;
    differences.check("the number of outcomes more than events", &more, &0);
    differences.check("outcomes that are in no trace", &odd, &Vec::new());
}

/// Each user's state has come to the end of the user's records, and no further.
pub async fn states(parts: &Parts, expected: &Expected, differences: &mut Differences) {
    let states = DynamoUserStates::new(parts.client.clone(), parts.tables.clone());
    let keys = expected.positions.keys();
    let users: Vec<UserKey> = keys.map(|key| parse_user_key(key).unwrap()).collect();
    let loaded = states.load(&users).await.unwrap();
    for user in &users {
        let key = user_key_text(user);
        let reached = match loaded.get(user) {
            Some(Ok(state)) => state.state.position.as_ref(),
            Some(Err(error)) => {
                differences.all.push(format!("{key}: {error}"));
                None
            }
            None => None,
        };
        let reached = reached.map(|position| &position.sequence_number);
        let allowed = &expected.positions[&key];
        if !allowed.allow(reached) {
            differences.lost += 1;
            let what = format!("the position of {key}");
            differences.check(&what, &reached, &allowed.last_change());
        }
    }
    differences.check(
        "what was moved out of the way",
        &parts.not_published(),
        &String::new(),
    );
}

/// Every attempt that was due when they were looked for last has come to its end; expire-attempts leaves it 15 seconds.
pub fn attempts((expected, looked): (&Expected, DateTime<Utc>), differences: &mut Differences) {
    let due = looked - chrono::TimeDelta::seconds(15);
    let due = expected
        .open_attempts
        .iter()
        .filter(|closes| **closes < due);
    differences.check(
        "the number of attempts that have not ended",
        &due.count(),
        &0,
    );
}

/// Days, months, cohorts and segments.
pub async fn figures(parts: &Parts, expected: &Expected, differences: &mut Differences) {
    let metrics = DynamoMetrics::new(parts.client.clone(), parts.tables.metrics.clone());
    for ((project, segment), count) in &expected.counts {
        let id = ProjectId::new(project);
        let (from, to) = count.span();
        let span = (day(from), day(to));
        let all = (Day::FIRST, Day::LAST);
        let rows = match segment {
            None => metrics.whole(&id, all).await.unwrap(),
            Some((dimension, value)) => {
                let dimension = Dimension::parse(dimension).unwrap();
                let mut by = metrics.by(&id, &dimension, all).await.unwrap().into_iter();
                let of_value = by.find(|(found, _)| found.as_str() == value);
                of_value.map(|(_, rows)| rows).unwrap_or_default()
            }
        };
        let what = format!("{project} {segment:?}");
        differences.check(&format!("the days of {what}"), &rows.span(), &Some(span));
        let found = figures::days(&id, &rows, span, None);
        let found: Vec<Value> = found.iter().map(|day| json!(day)).collect();
        for (found, expected) in found.iter().zip(count.days(project, (from, to))) {
            differences.check(&what, found, &expected);
            differences.compare_counts(found, &expected);
        }
        if segment.is_none() {
            let months = months_of(&metrics, &id, span).await.unwrap();
            let expected = count.months(project, (from, to));
            differences.check(&what, &json!(months), &json!(expected));
            for interval in Interval::ALL {
                cohorts(&metrics, (&id, interval, span), count, differences).await;
            }
        }
    }
    let projects = metrics.projects().await.unwrap();
    let projects: BTreeSet<String> = projects.iter().map(|it| it.id.to_string()).collect();
    let known = expected.counts.keys().map(|(project, _)| project.clone());
    differences.check("the projects", &projects, &known.collect());
}

fn day(date: NaiveDate) -> Day {
    Day::parse(&date.to_string()).unwrap()
}

async fn cohorts(
    metrics: &DynamoMetrics,
    (project, interval, span): (&ProjectId, Interval, (Day, Day)),
    count: &Count,
    differences: &mut Differences,
) {
    let cohorts = cohorts_of(metrics, project, interval, span).await.unwrap();
    let mut found: BTreeMap<(NaiveDate, u32), usize> = BTreeMap::new();
    for cohort in cohorts {
        let start: NaiveDate = cohort.cohort.parse().unwrap();
        for (active, age) in cohort.active.iter().zip(0u32..) {
            if *active != 0 {
                found.insert((start, age), usize::try_from(*active).unwrap());
            }
        }
    }
    let what = format!("the {} cohorts of {project}", interval.name());
    differences.check(&what, &found, &count.cohorts(interval.name()));
}

impl Differences {
    fn compare_counts(&mut self, found: &Value, expected: &Value) {
        for counter in ["signUps", "signIns", "authFailures", "dau"] {
            let of = |day: &Value| day[counter].as_i64().unwrap();
            let more = of(found) - of(expected);
            self.doubled += u64::try_from(more).unwrap_or(0);
            self.lost += u64::try_from(-more).unwrap_or(0);
        }
    }
}

/// Each destination has every event that is to go there, unless it has refused it, and no other.
pub fn events(
    arrivals: &BTreeMap<&'static str, Arrivals>,
    expected: &Expected,
    differences: &mut Differences,
) {
    let none = BTreeSet::new();
    for (name, arrived) in arrivals {
        let expected = expected.events.get(name).unwrap_or(&none);
        let came =
            |id: &&String| arrived.events.contains_key(*id) || arrived.refused_events.contains(*id);
        let missing: Vec<_> = expected.iter().filter(|id| !came(id)).collect();
        let all = arrived.events.keys().chain(&arrived.refused_events);
        let more: Vec<_> = all.filter(|id| !expected.contains(*id)).collect();
        differences.lost += missing.len() as u64;
        differences.doubled += more.len() as u64;
        differences.check(&format!("what {name} lacks"), &missing, &Vec::new());
        differences.check(&format!("what {name} has besides"), &more, &Vec::new());
    }
}

/// What each destination was told last of each endpoint is what it is, whether it took or refused that; and it was told nothing that was
/// not to be told to it. How many endpoints of destinations there are.
pub fn endpoints(
    arrivals: &BTreeMap<&'static str, Arrivals>,
    expected: &Expected,
    differences: &mut Differences,
) -> u64 {
    let mut contacts: BTreeMap<(String, String), &Contact> = BTreeMap::new();
    for (user, of_user) in &expected.contacts {
        let channels = [Channel::Email, Channel::Sms].into_iter();
        for (channel, contact) in channels.zip(&of_user.channels) {
            contacts.insert((user.0.clone(), endpoint_id(user, channel)), contact);
        }
    }
    for (destination, arrived) in arrivals {
        for (key, addresses) in &arrived.addresses {
            let to_tell = contacts.get(key).and_then(|it| it.told.get(destination));
            let to_tell: BTreeSet<&Address> = to_tell.into_iter().flatten().collect();
            let more: Vec<_> = addresses
                .iter()
                .filter(|it| !to_tell.contains(it))
                .collect();
            let what =
                format!("what {destination} was told of {key:?} that is none of its business");
            differences.check(&what, &more, &Vec::new());
        }
    }
    let mut checked = 0;
    for (key, contact) in &contacts {
        for (destination, told) in &contact.told {
            let last = arrivals[destination].endpoints.get(key);
            differences.lost += u64::from(last.is_none());
            let what = format!("what {destination} knows of {key:?}");
            differences.check(&what, &last, &told.last());
            checked += 1;
        }
    }
    checked
}

fn endpoint_id((project, pool, sub): &User, channel: Channel) -> String {
    let sub = Sub::new(sub);
    let user = UserKey {
        project: ProjectId::new(project),
        pool: UserPoolId::new(pool),
        who: Who::User(sub.clone()),
    };
    contact_endpoint_id(&user, &sub, channel).to_string()
}

/// Nothing waits any more.
pub fn queues(parts: &Parts, differences: &mut Differences) {
    for (name, ..) in DESTINATIONS {
        let waiting = parts.queues.waiting(&queue(name));
        differences.check(&format!("what waits for {name}"), &waiting, &0);
    }
}
