//! The functions' own binaries, killed at random moments, and started anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;

use super::weather::Weather;
use crate::support::runtime_api::{Environment, Function, Reply};

/// Of how many invocations one is killed.
const KILLED: u32 = 25;

/// What the functions were put to, and what they said.
#[derive(Default)]
pub struct Tally {
    pub invocations: BTreeMap<&'static str, u64>,
    pub kills: BTreeMap<&'static str, u64>,
    pub timed_out: BTreeMap<&'static str, u64>,
    /// How many records came to which end, as publish-events has logged it.
    pub published: BTreeMap<String, u64>,
    /// How many items came to which end, as deliver-events has logged it.
    pub delivered: BTreeMap<String, u64>,
}

/// Where all workers write it down.
pub type Tallies = Arc<Mutex<Tally>>;

/// What came of an invocation.
pub enum Invoked {
    Answered(Reply),
    Killed,
    TimedOut,
}

impl Invoked {
    /// The reply, if there was one.
    pub fn reply(self) -> Option<Reply> {
        match self {
            Self::Answered(reply) => Some(reply),
            Self::Killed | Self::TimedOut => None,
        }
    }
}

/// One environment of a function.
pub struct Worker {
    name: &'static str,
    environment: Environment,
    weather: Arc<Weather>,
    tallies: Tallies,
    rng: Rng,
    function: Option<Function>,
}

impl Worker {
    pub fn new(
        name: &'static str,
        environment: Environment,
        (weather, tallies): (&Arc<Weather>, &Tallies),
        rng: Rng,
    ) -> Self {
        Self {
            name,
            environment,
            weather: weather.clone(),
            tallies: tallies.clone(),
            rng,
            function: None,
        }
    }

    /// Invokes it. The time begins once it has started.
    pub async fn invoke(&mut self, payload: String, timeout: Duration) -> Invoked {
        let mut function = match self.function.take() {
            Some(function) => function,
            None => Function::start(self.name, self.environment.clone()).await,
        };
        let is_killed = !self.weather.is_over() && self.rng.u32(0..KILLED) == 0;
        let killed_after = Duration::from_micros(self.rng.u64(0..150_000));
        let killed = async {
            match is_killed {
                true => tokio::time::sleep(killed_after).await,
                false => std::future::pending().await,
            }
        };
        let invoked = tokio::select! {
            reply = function.invoke_within(timeout, payload) => Invoked::Answered(reply),
            () = killed => Invoked::Killed,
            () = tokio::time::sleep(timeout + Duration::from_secs(1)) => Invoked::TimedOut,
        };
        // Who is dropped is killed.
        self.function = matches!(invoked, Invoked::Answered(_)).then_some(function);
        self.note(|tally, name| {
            *tally.invocations.entry(name).or_default() += 1;
            match &invoked {
                Invoked::Answered(reply) => tally.note_outcomes(name, reply),
                Invoked::Killed => *tally.kills.entry(name).or_default() += 1,
                Invoked::TimedOut => *tally.timed_out.entry(name).or_default() += 1,
            }
        });
        invoked
    }

    fn note(&self, note: impl FnOnce(&mut Tally, &'static str)) {
        note(
            &mut self.tallies.lock().expect("no task has panicked"),
            self.name,
        );
    }
}

impl Tally {
    fn note_outcomes(&mut self, name: &str, reply: &Reply) {
        let all = match name {
            "publish-events" => &mut self.published,
            "deliver-events" => &mut self.delivered,
            _ => return,
        };
        for line in reply.logged("outcomes") {
            let text = line["outcomes"].as_str().unwrap_or_default();
            let outcomes: Value = serde_json::from_str(text).expect("outcomes are JSON");
            for (outcome, count) in outcomes.as_object().into_iter().flatten() {
                *all.entry(outcome.clone()).or_default() += count.as_u64().unwrap_or_default();
            }
        }
    }
}
