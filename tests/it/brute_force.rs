//! Random traces of a hundred users over three months: the figures equal a count by brute force that
//! shares no code with the project.

pub mod by_dimension;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::support::command::{cognito_pinpoint, json_of};
use crate::support::trigger::{Trigger, entry};

const USERS: i64 = 100;
const DAYS: i64 = 90;
const PROJECT: &str = "00000000000000000000000000000000";

/// What the brute-force count knows: who was active when, and how often what happened.
#[derive(Default)]
struct Count {
    signed_up: BTreeSet<i64>,
    active: BTreeMap<NaiveDate, BTreeSet<i64>>,
    sign_ups: BTreeMap<NaiveDate, i64>,
    sign_ins: BTreeMap<NaiveDate, i64>,
    failures: BTreeMap<NaiveDate, i64>,
}

/// Something that one user does: the events that it makes, and what is to be counted.
struct Act {
    user: i64,
    at: DateTime<Utc>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    SignUp,
    SignIn { seconds: i64 },
    WrongPassword,
    TokenOnly,
    PasswordReset,
}

/// A generator whose numbers are the same at every run (Knuth's MMIX).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Each user acts at most once in any twenty minutes, so that no attempt can be closed by another act.
fn acts(seed: u64) -> Vec<Act> {
    let mut numbers = Numbers(seed);
    let start: DateTime<Utc> = "2025-12-01T00:00:00Z".parse().unwrap();
    let mut acts = Vec::new();
    for user in 0..USERS {
        for slot in 0..DAYS * 72 {
            if numbers.below(400) > 0 {
                continue;
            }
            let at = start + Duration::minutes(slot * 20) + Duration::seconds(numbers.below(300));
            let kind = match numbers.below(10) {
                0 => Kind::SignUp,
                1 => Kind::WrongPassword,
                2 => Kind::SignIn {
                    seconds: 211 + numbers.below(600),
                },
                3 => Kind::TokenOnly,
                4 => Kind::PasswordReset,
                _ => Kind::SignIn {
                    seconds: numbers.below(211),
                },
            };
            acts.push(Act { user, at, kind });
        }
    }
    acts
}

impl Act {
    fn entries(&self) -> Vec<Value> {
        let user = format!("{:08}-0000-4000-8000-000000000000", self.user);
        let platform = json!({"platform": (if self.user % 2 == 0 { "iOS" } else { "Android" })});
        let at = |seconds, trigger: Trigger| {
            entry(
                self.at + Duration::seconds(seconds),
                trigger.event(&user, &platform),
            )
        };
        match self.kind {
            Kind::SignUp => vec![at(0, Trigger::ConfirmSignUp)],
            Kind::SignIn { seconds } => {
                vec![
                    at(0, Trigger::PreAuthentication),
                    at(seconds, Trigger::PostAuthentication),
                ]
            }
            Kind::WrongPassword => vec![at(0, Trigger::PreAuthentication)],
            Kind::TokenOnly => vec![at(0, Trigger::RefreshTokens)],
            Kind::PasswordReset => vec![at(0, Trigger::ConfirmForgotPassword)],
        }
    }

    fn count(&self, count: &mut Count) {
        let day = self.at.date_naive();
        match self.kind {
            Kind::SignUp if !count.signed_up.insert(self.user) => {}
            Kind::SignUp => {
                *count.sign_ups.entry(day).or_default() += 1;
                count.active.entry(day).or_default().insert(self.user);
            }
            Kind::SignIn { seconds } => {
                let signed_in = (self.at + Duration::seconds(seconds)).date_naive();
                *count.sign_ins.entry(signed_in).or_default() += 1;
                count.active.entry(signed_in).or_default().insert(self.user);
                if seconds > 210 {
                    *count.failures.entry(day).or_default() += 1;
                }
            }
            Kind::WrongPassword => *count.failures.entry(day).or_default() += 1,
            Kind::TokenOnly => drop(count.active.entry(day).or_default().insert(self.user)),
            Kind::PasswordReset => {}
        }
    }
}

impl Count {
    fn of<'a>(acts: impl IntoIterator<Item = &'a Act>) -> Self {
        let mut count = Self::default();
        for act in acts {
            act.count(&mut count);
        }
        count
    }

    fn active_between(&self, first: NaiveDate, last: NaiveDate) -> usize {
        self.active
            .range(first..=last)
            .flat_map(|(_, users)| users)
            .collect::<BTreeSet<_>>()
            .len()
    }

    fn days(&self) -> Vec<Value> {
        let counted = [&self.sign_ups, &self.sign_ins, &self.failures]
            .into_iter()
            .flat_map(|counts| counts.keys());
        let all: BTreeSet<NaiveDate> = self.active.keys().chain(counted).copied().collect();
        let (first, last) = (*all.first().unwrap(), *all.last().unwrap());
        first
            .iter_days()
            .take_while(|day| *day <= last)
            .map(|day| self.day(first, day))
            .collect()
    }

    fn day(&self, first: NaiveDate, day: NaiveDate) -> Value {
        let window = |days: i64| self.active_between(day - Duration::days(days - 1), day);
        let of = |counts: &BTreeMap<NaiveDate, i64>| counts.get(&day).copied().unwrap_or(0);
        json!({
            "project": PROJECT, "date": day.to_string(),
            "signUps": of(&self.sign_ups), "signIns": of(&self.sign_ins), "authFailures": of(&self.failures),
            "newUsers": self.new_on(first, day),
            "dau": window(1), "wau": window(7), "mau": window(30),
        })
    }

    fn new_on(&self, first: NaiveDate, day: NaiveDate) -> usize {
        let today = self.active.get(&day).cloned().unwrap_or_default();
        let before = |user: &i64| {
            self.active
                .range(first..day)
                .any(|(_, users)| users.contains(user))
        };
        today.iter().filter(|user| !before(user)).count()
    }
}

fn write(file: &Path, acts: &[&Act]) {
    let lines: Vec<String> = acts
        .iter()
        .flat_map(|act| act.entries())
        .map(|entry| entry.to_string())
        .collect();
    std::fs::write(file, lines.join("\n")).unwrap();
}

#[test]
fn a_replay_counts_as_brute_force_does() {
    for seed in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let acts = acts(seed);
        let file = folder.path().join("trace.jsonl");
        write(&file, &acts.iter().collect::<Vec<_>>());
        let report = json_of(
            cognito_pinpoint()
                .args(["replay", "--format", "json"])
                .arg(&file),
        );
        assert_eq!(
            report["days"],
            json!(Count::of(&acts).days()),
            "seed {seed}"
        );
    }
}

#[test]
fn replays_that_add_up_count_late_events_as_brute_force_does() {
    let folder = tempfile::tempdir().unwrap();
    let acts = acts(3);
    let mut numbers = Numbers(4);
    let (late, early): (Vec<&Act>, Vec<&Act>) = acts.iter().partition(|_| numbers.below(3) == 0);
    let data = folder.path().join("data");
    let (mut report, mut arrived) = (Value::Null, Vec::new());
    for (name, part) in [("early.jsonl", early), ("late.jsonl", late)] {
        let file = folder.path().join(name);
        write(&file, &part);
        let replay = ["replay", "--format", "json", "--data-dir"];
        report = json_of(cognito_pinpoint().args(replay).arg(&data).arg(&file));
        let expected = Count::of(part.iter().copied()).days();
        arrived.extend(part);
        if name == "early.jsonl" {
            assert_eq!(report["days"], json!(expected), "{name}");
        }
    }
    assert_eq!(
        report["days"],
        json!(Count::of(arrived.iter().copied()).days())
    );
    by_month(&data, &arrived);
    by_platform(&data, &arrived);
}

/// The same by calendar month.
fn by_month(data: &Path, acts: &[&Act]) {
    let count = Count::of(acts.iter().copied());
    let months = metrics(data, &["--months"]);
    assert_eq!(months.len(), 4);
    for month in months {
        let first: NaiveDate = format!("{}-01", month["month"].as_str().unwrap())
            .parse()
            .unwrap();
        let next = first.checked_add_months(chrono::Months::new(1)).unwrap();
        let expected = count.active_between(first, next.pred_opt().unwrap());
        assert_eq!(month["calendarMau"], json!(expected), "{}", first.month());
    }
}

/// The same of each platform by itself.
fn by_platform(data: &Path, acts: &[&Act]) {
    for (platform, rest) in [("iOS", 0), ("Android", 1)] {
        let count = Count::of(acts.iter().copied().filter(|act| act.user % 2 == rest));
        let days = metrics(data, &["--by", "platform"]);
        let alone = metrics(data, &["--where", &format!("platform={platform}")]);
        let days: Vec<_> = days
            .iter()
            .filter(|day| day["segment"]["platform"] == platform)
            .collect();
        assert_eq!(days.len(), 93);
        assert_eq!(alone.iter().collect::<Vec<_>>(), days);
        for day in days {
            let date: NaiveDate = day["date"].as_str().unwrap().parse().unwrap();
            let window = |days: i64| count.active_between(date - Duration::days(days - 1), date);
            assert_eq!(day["dau"], json!(window(1)), "{platform} {date}");
            assert_eq!(day["wau"], json!(window(7)), "{platform} {date}");
            assert_eq!(day["mau"], json!(window(30)), "{platform} {date}");
        }
    }
}

fn metrics(data: &Path, more: &[&str]) -> Vec<Value> {
    let range = [
        "--project",
        PROJECT,
        "--from",
        "2025-12-01",
        "--to",
        "2026-03-03",
        "--format",
        "json",
    ];
    let mut command = cognito_pinpoint();
    let figures = json_of(
        command
            .arg("metrics")
            .arg("--data-dir")
            .arg(data)
            .args(range)
            .args(more),
    );
    figures.as_array().unwrap().clone()
}
