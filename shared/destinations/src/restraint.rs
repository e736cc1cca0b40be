//! Holding back: a destination that is gone is left alone for a while, and none is asked faster than it may be.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use pipeline::deliver::Sent;
use tokio::time::Instant;

/// After how many failures in a row a destination is left alone.
const FAILURES: u32 = 3;

/// For how long, and at most: what waits is there within five minutes once it is well. It doubles with each failure more.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// The environment variable with how many environments of deliver-events send to one destination at a time: what the stack's
/// mapping allows. Two, if it is not set.
const CONCURRENCY: &str = "DELIVERY_CONCURRENCY";
const USUAL_CONCURRENCY: u32 = 2;

/// Circuit breakers, one for each of something that can be gone by itself. They are this environment's own.
#[derive(Debug)]
pub struct Breakers<K>(Mutex<BTreeMap<K, Failures>>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    in_a_row: u32,
    last: Instant,
}

impl<K> Default for Breakers<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord + Clone> Breakers<K> {
    /// Whether nothing is to be sent now.
    pub fn is_open(&self, key: &K, now: Instant) -> bool {
        let Ok(failures) = self.0.lock() else {
            return false;
        };
        let pause = |it: &Failures| it.pause().filter(|pause| now < it.last + *pause);
        failures.get(key).is_some_and(|it| pause(it).is_some())
    }

    /// Takes note of what became of items that were sent together: it is a failure if none of them came to its end. Of those whose turn
    /// has not come, it says nothing.
    pub fn note(&self, key: &K, sent: &[Sent], now: Instant) {
        if !sent.is_empty() && sent.iter().all(|sent| *sent == Sent::Waiting) {
            return;
        }
        let Ok(mut failures) = self.0.lock() else {
            return;
        };
        let is_open =
            |sent: &Sent| matches!(sent, Sent::Later | Sent::Waiting | Sent::Misconfigured);
        if sent.is_empty() || !sent.iter().all(is_open) {
            failures.remove(key);
            return;
        }
        let before = failures.get(key).map_or(0, |it| it.in_a_row);
        let failed = Failures {
            in_a_row: before.saturating_add(1),
            last: now,
        };
        failures.insert(key.clone(), failed);
    }
}

impl Failures {
    fn pause(&self) -> Option<Duration> {
        let more = self.in_a_row.checked_sub(FAILURES)?;
        let doubled = 2_u32.checked_pow(more);
        let pause = doubled.and_then(|doubled| FIRST_PAUSE.checked_mul(doubled));
        Some(pause.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE))
    }
}

/// For how long what was seen of a destination holds: a role may be mended, and a secret changed. It is longer than anything that
/// waits is left alone.
const REMEMBERED: Duration = Duration::from_secs(600);

/// What was seen of destinations, and is believed for a while. It is this environment's own.
#[derive(Debug)]
pub struct Recent<K>(Mutex<BTreeMap<K, Instant>>);

impl<K> Default for Recent<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord + Clone> Recent<K> {
    /// Takes note that it was seen.
    pub fn note(&self, key: &K, now: Instant) {
        if let Ok(mut noted) = self.0.lock() {
            noted.insert(key.clone(), now);
        }
    }

    /// Whether it was seen a short time ago.
    pub fn is_noted(&self, key: &K, now: Instant) -> bool {
        let noted = self.0.lock().ok();
        let noted = noted.and_then(|noted| noted.get(key).copied());
        noted.is_some_and(|noted| now < noted + REMEMBERED)
    }
}

/// How long an answer takes, as a rule: a request that would be cut off is not sent.
const AN_ANSWER: Duration = Duration::from_secs(1);

/// Whether a request may be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It may.
    Now,
    /// Its turn comes when the time is over.
    TooLate,
}

/// A rate of requests, kept by waiting.
#[derive(Debug, Default)]
pub struct Pace {
    /// Between two requests.
    interval: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// At most so many requests a second from all environments together; as many as there are, if nothing is said.
    pub fn of(requests_per_second: Option<u32>) -> Self {
        let concurrency = std::env::var(CONCURRENCY).ok();
        let concurrency = concurrency.and_then(|number| number.parse().ok());
        let environments = concurrency.unwrap_or(USUAL_CONCURRENCY);
        let interval = |rate: u32| Duration::from_secs(1) * environments / rate.max(1);
        Self {
            interval: requests_per_second.map(interval),
            next: Mutex::default(),
        }
    }

    /// Waits until a request may be sent; if that leaves no time for an answer until this moment, it tells so at once. Those that
    /// wait are let through in their order.
    pub async fn wait(&self, until: Instant) -> Turn {
        let now = Instant::now();
        let turn = match self.next.lock() {
            Ok(mut next) => self.turn(&mut next, (now, until)),
            Err(_) => Some(now),
        };
        let Some(at) = turn else {
            return Turn::TooLate;
        };
        tokio::time::sleep_until(at).await;
        Turn::Now
    }

    /// When a request may be sent that wants to be now; `None` if that is too late.
    fn turn(
        &self,
        next: &mut Option<Instant>,
        (now, until): (Instant, Instant),
    ) -> Option<Instant> {
        let at = next.map_or(now, |at| at.max(now));
        if now > until || (at > now && at + AN_ANSWER > until) {
            return None;
        }
        *next = self.interval.map(|interval| at + interval);
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_that_failed_thrice_is_left_alone_for_longer_and_longer() {
        let (breakers, start) = (Breakers::default(), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        for (sent, second, open_until) in [
            (vec![Sent::Later], 0, None),
            (vec![Sent::Later, Sent::Misconfigured], 1, None),
            (vec![Sent::Later], 2, Some(12)),
            (vec![Sent::Later], 12, Some(32)),
            (vec![Sent::Misconfigured], 40, Some(80)),
            (vec![Sent::Later], 100, Some(180)),
            (vec![Sent::Later], 200, Some(320)),
            (vec![Sent::Later], 400, Some(520)),
            // One item is enough to show that it is there.
            (vec![Sent::Later, Sent::Refused], 600, None),
            (vec![Sent::Later], 601, None),
            (vec![Sent::Later], 602, None),
            // Nothing was sent.
            (vec![Sent::Waiting], 603, None),
            (vec![Sent::Later, Sent::Waiting], 604, Some(614)),
        ] {
            breakers.note(&"a", &sent, at(second));
            let probes = (second..second + 200).map(at);
            let open = probes.filter(|now| breakers.is_open(&"a", *now)).count();
            let expected = open_until.map_or(0, |until| usize::try_from(until - second).unwrap());
            assert_eq!(open, expected, "{second}");
            assert!(!breakers.is_open(&"b", at(second)));
        }
    }

    #[test]
    fn what_was_seen_holds_for_ten_minutes() {
        let (seen, start) = (Recent::default(), Instant::now());
        let is_noted =
            |key, minutes: u64| seen.is_noted(&key, start + Duration::from_secs(60 * minutes));
        assert!(!is_noted("a", 0));
        seen.note(&"a", start);
        let found = [("a", 0), ("a", 9), ("a", 10), ("b", 0)].map(|(key, at)| is_noted(key, at));
        assert_eq!(found, [true, true, false, false]);
    }

    #[test]
    fn a_rate_is_shared_by_the_environments() {
        let start = Instant::now();
        let turns = |rate| {
            let (pace, mut next) = (Pace::of(rate), None);
            [0, 0, 100, 900].map(|millis| {
                let now = start + Duration::from_millis(millis);
                let at = pace.turn(&mut next, (now, now + Duration::from_secs(9)));
                (at.unwrap() - start).as_millis()
            })
        };
        assert_eq!(turns(None), [0, 0, 100, 900]);
        // Ten a second are five of each environment.
        assert_eq!(turns(Some(10)), [0, 200, 400, 900]);
    }

    #[test]
    fn a_turn_that_leaves_no_time_for_an_answer_is_not_waited_for() {
        let (pace, start, mut next) = (Pace::of(Some(1)), Instant::now(), None);
        let at = |seconds| start + Duration::from_secs(seconds);
        for (now, until, expected) in [
            (0, 0, Some(0)),
            (0, 2, None),
            (0, 3, Some(2)),
            (0, 5, Some(4)),
            (0, 6, None),
            (7, 7, Some(7)),
            (9, 8, None),
        ] {
            let turn = pace.turn(&mut next, (at(now), at(until)));
            assert_eq!(turn, expected.map(at), "{now} {until}");
        }
    }
}
