//! Traffic through the trigger functions themselves, at the time that it is: each reply is what came, byte for byte, and in time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::Value;

use super::parts::Parts;
use super::traces::{Person, Step};
use super::weather::Weather;
use super::workers::{Invoked, Tallies, Worker};
use crate::support::runtime_api::Reply;
use crate::support::trigger::Trigger;

/// How long capture may keep a sign-in waiting.
const BUDGET: Duration = Duration::from_millis(1_000);

/// What a busy machine may add, besides what it is found to be late.
const ALLOWANCE: Duration = Duration::from_millis(500);

/// How long Cognito waits for a trigger.
const TIMEOUT: Duration = Duration::from_secs(5);

const TRIGGERS: [&str; 4] = [
    "pre-authentication",
    "post-authentication",
    "post-confirmation",
    "pre-token-generation",
];

fn function(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::PreAuthentication => "pre-authentication",
        Trigger::PostAuthentication => "post-authentication",
        Trigger::ConfirmSignUp | Trigger::ConfirmForgotPassword => "post-confirmation",
        Trigger::RefreshTokens | Trigger::HostedAuth => "pre-token-generation",
    }
}

/// What was seen of the triggers.
#[derive(Default)]
pub struct Seen {
    pub answered: u64,
    pub slowest: Duration,
    /// How late the machine was at that time.
    pub late_meanwhile: Duration,
    /// The ids of events that are in the log, by what the functions say.
    pub captured: Vec<String>,
    /// Events that were spilled.
    pub spilled: Vec<Value>,
    pub wrong: Vec<String>,
}

/// The trigger functions, one environment each.
pub struct Triggers {
    workers: BTreeMap<&'static str, tokio::sync::Mutex<Worker>>,
    pub seen: Mutex<Seen>,
    lateness: Arc<Lateness>,
}

impl Triggers {
    pub fn new(
        parts: &Parts,
        (weather, tallies): (&Arc<Weather>, &Tallies),
        rng: &mut Rng,
    ) -> Self {
        let workers = TRIGGERS.map(|name| {
            let environment = parts.environment();
            let worker = Worker::new(name, environment, (weather, tallies), rng.fork());
            (name, tokio::sync::Mutex::new(worker))
        });
        Self {
            workers: workers.into(),
            seen: Mutex::default(),
            lateness: Lateness::watch(),
        }
    }

    /// Users act one after another until the weather is over.
    pub async fn users_act(&self, number: usize, weather: &Weather, mut rng: Rng) {
        for person in 0u32.. {
            let sub = format!("now-{number}-{person:06}");
            let mut person = Person::new(sub, &mut rng);
            for _ in 0..rng.u8(1..4) {
                let begun = Instant::now();
                for step in person.act(&mut rng) {
                    let at = begun + step.after.to_std().unwrap();
                    // Who comes back after minutes comes back at once.
                    if step.after.num_seconds() < 60 {
                        tokio::time::sleep_until(at.into()).await;
                    }
                    self.fire(&step).await;
                    if weather.is_over() {
                        return;
                    }
                }
            }
        }
    }

    /// A trigger fires, again where its function was killed.
    async fn fire(&self, step: &Step) {
        let name = function(step.trigger);
        let payload = step.event.to_string();
        loop {
            let mut worker = self.workers[name].lock().await;
            let begun = Instant::now();
            let invoked = worker.invoke(payload.clone(), TIMEOUT).await;
            let mut seen = self.seen.lock().unwrap();
            match invoked {
                Invoked::Answered(reply) => {
                    let late = self.lateness.between(begun, Instant::now());
                    return seen.note((name, &payload), &reply, late);
                }
                Invoked::TimedOut => {
                    seen.wrong
                        .push(format!("{name} has not answered {payload}"));
                }
                Invoked::Killed => {}
            }
        }
    }
}

impl Seen {
    fn note(&mut self, (name, payload): (&str, &str), reply: &Reply, late: Duration) {
        self.answered += 1;
        match &reply.result {
            Ok(bytes) if bytes == payload.as_bytes() => {}
            other => self.wrong.push(format!("{name}: {other:?} for {payload}")),
        }
        if reply.took > BUDGET + ALLOWANCE + late {
            let took = reply.took;
            self.wrong.push(format!(
                "{name} took {took:?} while the machine was late by {late:?}"
            ));
        }
        if reply.took > self.slowest {
            (self.slowest, self.late_meanwhile) = (reply.took, late);
        }
        let before = self.captured.len() + self.spilled.len();
        for line in &reply.log {
            if let Some(spilled) = line["spilled"].as_str() {
                self.spilled.push(serde_json::from_str(spilled).unwrap());
            }
            if line["message"] == "captured" {
                let id = line["event"].as_str().unwrap_or_default();
                self.captured.push(id.to_owned());
            }
        }
        let ends = self.captured.len() + self.spilled.len() - before;
        if ends != 1 {
            self.wrong.push(format!(
                "{name} captured or spilled {ends} times: {payload}"
            ));
        }
    }
}

/// How late this machine is: a thread that wants to run every few milliseconds, and takes note of when it did not.
#[derive(Default)]
struct Lateness(Mutex<Vec<(Instant, Duration)>>);

impl Lateness {
    const EVERY: Duration = Duration::from_millis(10);

    fn watch() -> Arc<Self> {
        let lateness = Arc::new(Self::default());
        let watched = Arc::downgrade(&lateness);
        std::thread::spawn(move || {
            let mut before = Instant::now();
            while let Some(lateness) = watched.upgrade() {
                std::thread::sleep(Self::EVERY);
                let now = Instant::now();
                let late = (now - before).saturating_sub(Self::EVERY);
                before = now;
                let mut all = lateness.0.lock().unwrap();
                all.retain(|(at, _)| now - *at < Duration::from_secs(60));
                if late > Duration::from_millis(5) {
                    all.push((now, late));
                }
            }
        });
        lateness
    }

    fn between(&self, begun: Instant, ended: Instant) -> Duration {
        let all = self.0.lock().unwrap();
        let meanwhile = all.iter().filter(|(at, _)| (begun..=ended).contains(at));
        meanwhile.map(|(_, late)| *late).sum()
    }
}
