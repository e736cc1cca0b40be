//! Users and what they do, as the trigger events that Cognito would send.

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use serde_json::{Value, json};

use super::parts::CLIENTS;
use crate::support::trigger::Trigger;

/// Over how many days, up to now, users act whose events are captured with the times of then.
const DAYS: i64 = 120;

const PLATFORMS: [&str; 4] = ["iOS", "Android", "web", ""];

/// A user of some app clients of one project.
pub struct Person {
    sub: String,
    clients: Vec<&'static str>,
    platform: &'static str,
    /// Each change of an address gives it the next number.
    email: Option<u32>,
    phone: Option<u32>,
    changes: u32,
    has_signed_up: bool,
}

/// A trigger that fires, so many milliseconds after an act has begun.
pub struct Step {
    pub after: TimeDelta,
    pub trigger: Trigger,
    pub event: Value,
}

/// A trigger event that is captured as if it came at that time.
pub struct Past {
    pub time: DateTime<Utc>,
    pub random: [u8; 10],
    pub event: Value,
    /// When it comes in, compared with others: most at their time, some late.
    comes: i64,
}

impl Person {
    pub fn new(sub: String, rng: &mut Rng) -> Self {
        let first = &CLIENTS[rng.usize(0..CLIENTS.len())];
        let of_project = CLIENTS
            .iter()
            .filter(|other| other.project == first.project);
        Self {
            sub,
            clients: of_project.map(|client| client.id).collect(),
            platform: PLATFORMS[rng.usize(0..PLATFORMS.len())],
            email: rng.bool().then_some(0),
            phone: (rng.u8(0..4) == 0).then_some(0),
            changes: 0,
            has_signed_up: false,
        }
    }

    /// What the user does next.
    pub fn act(&mut self, rng: &mut Rng) -> Vec<Step> {
        let client = self.clients[rng.usize(0..self.clients.len())];
        self.change_addresses(rng);
        let mut steps = match rng.u8(0..20) {
            0..=2 if !self.has_signed_up || rng.bool() => {
                self.has_signed_up = true;
                vec![self.step(0, Trigger::ConfirmSignUp, client)]
            }
            0..=9 => vec![
                self.step(0, Trigger::PreAuthentication, client),
                self.step(rng.i64(1..2_500), Trigger::PostAuthentication, client),
            ],
            10..=11 => vec![self.step(0, Trigger::PreAuthentication, client)],
            // Wrong, and then right.
            12 => vec![
                self.step(0, Trigger::PreAuthentication, client),
                self.step(700, Trigger::PreAuthentication, client),
                self.step(1_400, Trigger::PostAuthentication, client),
            ],
            // Managed login, that fires no post-authentication; and one that does.
            13 => vec![
                self.step(0, Trigger::PreAuthentication, client),
                self.step(1_000, Trigger::HostedAuth, client),
            ],
            14 => vec![
                self.step(0, Trigger::PreAuthentication, client),
                self.step(500, Trigger::PostAuthentication, client),
                self.step(900, Trigger::HostedAuth, client),
            ],
            15..=16 => vec![self.step(0, Trigger::RefreshTokens, client)],
            17 => vec![self.step(0, Trigger::ConfirmForgotPassword, client)],
            // Later than any window.
            18 => vec![
                self.step(0, Trigger::PreAuthentication, client),
                self.step(400_000, Trigger::PostAuthentication, client),
            ],
            _ => vec![self.not_found(client)],
        };
        // Cognito invokes a trigger again that it has heard nothing of.
        if rng.u8(0..12) == 0 {
            let last = steps.last().unwrap();
            let again = Step {
                after: last.after + TimeDelta::milliseconds(300),
                trigger: last.trigger,
                event: last.event.clone(),
            };
            steps.push(again);
        }
        steps
    }

    /// Each address may be changed, removed, or there again.
    fn change_addresses(&mut self, rng: &mut Rng) {
        self.changes += 1;
        for address in [&mut self.email, &mut self.phone] {
            match rng.u8(0..16) {
                0 | 1 => *address = Some(self.changes),
                2 => *address = None,
                _ => {}
            }
        }
    }

    fn step(&self, milliseconds: i64, trigger: Trigger, client: &str) -> Step {
        let metadata = match self.platform {
            "" => json!({}),
            platform => json!({"platform": platform}),
        };
        let mut event = trigger.event(&self.sub, &metadata);
        event["callerContext"]["clientId"] = json!(client);
        let attributes = &mut event["request"]["userAttributes"];
        // Of one that is not verified, nothing is said.
        let email = self.email.unwrap_or_default();
        attributes["email"] = json!(format!("{}.{email}@example.test", self.sub));
        attributes["email_verified"] = json!(self.email.is_some().to_string());
        if let Some(number) = self.phone {
            let digits = self.sub.bytes().fold(0u64, |all, byte| {
                (all * 31 + u64::from(byte)) % 10_000_000_000
            });
            attributes["phone_number"] = json!(format!("+1{digits:010}{number:03}"));
            attributes["phone_number_verified"] = json!("true");
        }
        Step {
            after: TimeDelta::milliseconds(milliseconds),
            trigger,
            event,
        }
    }

    /// Somebody gives a name that nobody has.
    fn not_found(&self, client: &str) -> Step {
        let mut step = self.step(0, Trigger::PreAuthentication, client);
        step.event["request"] =
            json!({"userAttributes": {}, "validationData": {}, "userNotFound": true});
        step
    }
}

/// What so many users did on the days before, in the order in which it comes in. Each has a random number generator of their own.
pub fn past(seed: u64, users: usize, now: DateTime<Utc>) -> Vec<Past> {
    let mut all = Vec::new();
    for number in 0..users {
        let mut rng = Rng::with_seed(seed ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9));
        let sub = format!("{number:08}-0000-4000-8000-000000000000");
        let mut person = Person::new(sub, &mut rng);
        let mut begins = now - TimeDelta::seconds(rng.i64(86_400..DAYS * 86_400));
        for _ in 0..rng.u8(1..6) {
            for step in person.act(&mut rng) {
                let time = begins + step.after;
                let late = match rng.u8(0..10) {
                    0 => rng.i64(0..40 * 86_400_000),
                    _ => 0,
                };
                all.push(Past {
                    time,
                    random: std::array::from_fn(|_| rng.u8(..)),
                    event: step.event,
                    comes: time.timestamp_millis() + late,
                });
            }
            let gap = match rng.u8(0..4) {
                0 => rng.i64(600..86_400),
                1 => rng.i64(86_400..3 * 86_400),
                _ => rng.i64(3 * 86_400..50 * 86_400),
            };
            begins = (begins + TimeDelta::seconds(gap)).min(now - TimeDelta::minutes(20));
        }
    }
    all.sort_by_key(|past| past.comes);
    all
}
