//! Chaos: what many users do goes through the functions' own binaries, while everything that they need fails at random and they
//! are killed at any moment. What has come of it in the end is held against brute force.
//!
//! `make chaos MINUTES=20` runs it for so long; `make test`, for twenty seconds. The same seed gives the same users, the same phases
//! and the same choices one after another, of each part and each function. Which request a choice falls on is the threads' to
//! say: a run is not the same twice, and a failure tells its seed, and what differed.

mod brute_force;
mod checks;
mod mappings;
mod partly;
mod parts;
mod places;
mod report;
mod sign_ins;
mod traces;
mod weather;
mod workers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::event_log::AuthEventRecord;
use chrono::{DateTime, Utc};
use domain::auth_event::AuthEvent;
use fastrand::Rng;
use futures::future::join_all;
use pipeline::capture::{End, Moment, capture};
use pipeline::outcome::Outcome;
use pipeline::ports::EventLog;

use brute_force::expected;
use checks::Differences;
use mappings::{Records, SHARDS, Shard, deliver, expire};
use parts::{DESTINATIONS, Parts, queue};
use places::Arrivals;
use report::Report;
use sign_ins::Triggers;
use traces::Past;
use weather::Weather;
use workers::{Tallies, Worker};

use crate::support::pinpoint::Fault;

/// The seed and the length, unless the environment says otherwise.
const SEED: u64 = 20_261_030;
const SECONDS: u64 = 20;

/// Users of the days before, and a second more of each: their events come in over nearly all of the time.
const USERS: usize = 100;
const USERS_A_SECOND: usize = 10;

/// How many users sign in at a time.
const SESSIONS: usize = 6;

/// How many write to the log at a time what is captured with the time of then.
const CAPTURERS: usize = 8;

/// How long a mapping waits that has nothing to do, or did not get on.
const PAUSE: Duration = Duration::from_millis(40);

/// What waited is delivered in this time once all is well, all of it shown, by functions that have just started: else something hangs.
/// A long run leaves thousands, that take longer.
const ALL_WELL: Duration = Duration::from_secs(5 * 60);

fn number(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var(variable).ok().filter(|it| !it.is_empty());
    text.map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|e| panic!("{variable}: {e}"))
    })
}

/// A run, as far as it has come.
struct Run {
    seed: u64,
    weather: Arc<Weather>,
    tallies: Tallies,
    parts: Parts,
    records: Records,
    past: Vec<Past>,
    /// The ids of what is captured of it, by what capture says.
    captured: Mutex<Vec<String>>,
}

/// What takes records and messages on.
struct Mappings {
    shards: Vec<(Shard, Worker)>,
    deliveries: Vec<(&'static str, Worker, Rng)>,
    expire: Worker,
}

#[tokio::test(flavor = "multi_thread")]
async fn chaos_loses_nothing_and_counts_nothing_twice() {
    let seed = number("CHAOS_SEED", SEED);
    let length = Duration::from_secs(number("CHAOS_SECONDS", SECONDS));
    println!("chaos: seed {seed}, {} s", length.as_secs());
    let run = Run::start(seed, length).await;
    let mut rng = Rng::with_seed(seed ^ 0x5eed);
    let triggers = Triggers::new(&run.parts, (&run.weather, &run.tallies), &mut rng);
    let mappings = run.go_through_it(&triggers, &mut rng).await;
    let seen = triggers.seen.into_inner().unwrap();
    run.re_ingest(&seen.spilled).await;
    let looked = run.drain_in_time(mappings).await;

    let records = run.records.all();
    let expected = expected(records.iter().flatten());
    let arrivals = run.arrivals();
    let mut differences = Differences {
        all: seen.wrong.clone(),
        ..Differences::default()
    };
    let weather = (&run.tallies, &*run.weather);
    checks::chaotic(weather, &arrivals, &mut differences);
    let past = run.captured.lock().unwrap().clone();
    checks::captured((&seen, &past), &expected, &mut differences);
    checks::outcomes(&run.tallies, &expected, &mut differences);
    checks::states(&run.parts, &expected, &mut differences).await;
    checks::attempts((&expected, looked), &mut differences);
    checks::figures(&run.parts, &expected, &mut differences).await;
    checks::events(&arrivals, &expected, &mut differences);
    let endpoints = checks::endpoints(&arrivals, &expected, &mut differences);
    checks::queues(&run.parts, &mut differences);
    let report = Report {
        run: &run,
        seen: &seen,
        expected: &expected,
        arrivals: &arrivals,
        endpoints,
        differences: &differences,
    };
    println!("{report}");
    let all = &differences.all;
    assert!(
        all.is_empty(),
        "seed {seed}: {} differences\n{}",
        all.len(),
        all.join("\n")
    );
}

impl Run {
    async fn start(seed: u64, length: Duration) -> Self {
        let seconds = usize::try_from(length.as_secs()).unwrap();
        let past = traces::past(seed, USERS + USERS_A_SECOND * seconds, Utc::now());
        let weather = Weather::new(seed, length);
        let parts = Parts::start(&weather).await;
        Self {
            seed,
            records: Records::new(parts.stream()),
            tallies: Tallies::default(),
            captured: Mutex::default(),
            weather,
            parts,
            past,
        }
    }

    fn mappings(&self, rng: &mut Rng) -> Mappings {
        let mut worker = |name| {
            let environment = self.parts.environment();
            let notes = (&self.weather, &self.tallies);
            Worker::new(name, environment, notes, rng.fork())
        };
        let publish: Vec<Worker> = (0..SHARDS).map(|_| worker("publish-events")).collect();
        // Two of each: message groups go side by side.
        let deliveries = DESTINATIONS.iter().chain(&DESTINATIONS);
        let deliver: Vec<_> = deliveries
            .map(|(name, ..)| (*name, worker("deliver-events")))
            .collect();
        let expire = worker("expire-attempts");
        Mappings {
            shards: publish
                .into_iter()
                .enumerate()
                .map(|(number, publish)| (Shard::new(number, rng.fork()), publish))
                .collect(),
            deliveries: deliver
                .into_iter()
                .map(|(name, worker)| (name, worker, rng.fork()))
                .collect(),
            expire,
        }
    }

    /// Everything at once, until the weather is over.
    async fn go_through_it(&self, triggers: &Triggers, rng: &mut Rng) -> Mappings {
        let mut mappings = self.mappings(rng);
        let publishing = mappings.shards.iter_mut().map(async |(shard, publish)| {
            while !self.weather.is_over() {
                let before = shard.done();
                shard.hand_out(&self.records, publish).await;
                if shard.done() == before {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        });
        let delivering = mappings
            .deliveries
            .iter_mut()
            .map(async |(name, worker, rng)| {
                while !self.weather.is_over() {
                    if !deliver(&self.parts, name, worker, rng).await {
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            });
        let expiring = async {
            while !self.weather.is_over() {
                expire(&mut mappings.expire).await;
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        };
        let capturing = (0..CAPTURERS).map(|number| self.capture_past(number));
        let sessions = (0..SESSIONS).map(|number| {
            let rng = rng.fork();
            triggers.users_act(number, &self.weather, rng)
        });
        tokio::join!(
            join_all(publishing),
            join_all(delivering),
            expiring,
            join_all(capturing),
            join_all(sessions),
            self.tell_progress(),
        );
        self.mappings(rng).after(mappings)
    }

    /// Captures one part of what happened before, evenly over nearly all of the time; what was spilled, once more. What has not
    /// come in when the weather is over does not.
    async fn capture_past(&self, number: usize) {
        let log = self.parts.faulty_log();
        let count = u32::try_from(self.past.len()).unwrap();
        let between = self.weather.length() * 9 / 10 / count;
        let own = self.past.iter().enumerate();
        for (place, past) in own.filter(|(place, _)| place % CAPTURERS == number) {
            let at = between * u32::try_from(place).unwrap();
            tokio::time::sleep(at.saturating_sub(self.weather.elapsed())).await;
            let payload = past.event.to_string();
            let moment = Moment {
                time: past.time,
                random: past.random,
            };
            loop {
                if self.weather.is_over() {
                    return;
                }
                let config = &self.parts.config;
                let captured = capture(payload.as_bytes(), moment, config, &log).await;
                match captured.end {
                    End::Logged(id) => {
                        self.captured.lock().unwrap().push(id.to_string());
                        break;
                    }
                    End::Ended(Outcome::Spilled) => tokio::time::sleep(PAUSE).await,
                    End::Ended(other) => panic!("{other}: {payload}"),
                }
            }
        }
    }

    /// How many messages wait for each destination.
    fn waiting(&self) -> [usize; DESTINATIONS.len()] {
        DESTINATIONS.map(|(name, ..)| self.parts.queues.waiting(&queue(name)))
    }

    async fn tell_progress(&self) {
        while !self.weather.is_over() {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let waiting = self.waiting();
            let tally = self.tallies.lock().unwrap();
            println!(
                "chaos: {} s: {} records read, {} of {} past events captured, {} kills, waiting {waiting:?}",
                self.weather.elapsed().as_secs(),
                self.records.count(),
                self.captured.lock().unwrap().len(),
                self.past.len(),
                tally.kills.values().sum::<u64>(),
            );
        }
    }

    /// Puts into the log what was spilled, as `replay --spilled` does. What is there already stays as it is.
    async fn re_ingest(&self, spilled: &[serde_json::Value]) {
        let log = self.parts.log();
        for spilled in spilled {
            let record: AuthEventRecord = serde_json::from_value(spilled.clone()).unwrap();
            log.append(&AuthEvent::try_from(record).unwrap())
                .await
                .unwrap();
        }
    }

    /// [`Run::drain`]; what does not come to its end by then never will.
    async fn drain_in_time(&self, mappings: Mappings) -> DateTime<Utc> {
        let within = ALL_WELL.max(self.weather.length() / 2);
        let drained = tokio::time::timeout(within, self.drain(mappings)).await;
        drained.unwrap_or_else(|_| {
            let waiting = self.waiting();
            let (seed, read) = (self.seed, self.records.count());
            panic!("seed {seed}: {within:?} after all was well, {waiting:?} wait, and {read} records were read")
        })
    }

    /// Everything goes on without faults until nothing is left. When attempts that are due were looked for last.
    async fn drain(&self, mut mappings: Mappings) -> DateTime<Utc> {
        self.parts.pinpoint.set(Fault::Nothing);
        for (name, ..) in DESTINATIONS {
            self.parts.queues.show(&queue(name));
        }
        loop {
            let before = self.records.count();
            let looked = Utc::now();
            expire(&mut mappings.expire).await;
            let publishing = mappings.shards.iter_mut().map(async |(shard, publish)| {
                while shard.hand_out(&self.records, publish).await {}
            });
            join_all(publishing).await;
            let delivering = mappings
                .deliveries
                .iter_mut()
                .map(async |(name, worker, rng)| {
                    while self.parts.queues.waiting(&queue(name)) > 0 {
                        if !deliver(&self.parts, name, worker, rng).await {
                            tokio::time::sleep(PAUSE).await;
                        }
                    }
                });
            join_all(delivering).await;
            if self.records.count() == before {
                return looked;
            }
        }
    }

    fn arrivals(&self) -> BTreeMap<&'static str, Arrivals> {
        let at_pinpoint = &self.parts.places["pinpoint"];
        at_pinpoint.take_asked(&self.parts.pinpoint.asked());
        let places = self.parts.places.iter();
        places
            .map(|(name, place)| (*name, place.arrivals()))
            .collect()
    }
}

impl Mappings {
    /// The same with new environments, from where others have come to.
    fn after(mut self, before: Self) -> Self {
        let shards = before.shards.into_iter().map(|(shard, _)| shard);
        for ((own, _), shard) in self.shards.iter_mut().zip(shards) {
            *own = shard;
        }
        self
    }
}
