//! The keys that the pool signs with, fetched when they are needed, and kept.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use tokio::sync::Mutex;

use super::pool::{Pool, PoolError};

/// How soon they are fetched again where that failed, or for an unknown key: anybody can make up the name of one.
const AT_MOST_EVERY: Duration = Duration::from_secs(30);

/// How long they are kept: a key that the pool has withdrawn opens nothing for long.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);

/// How long they are kept while the pool gives none: what it signs is to be verified while its keys cannot be fetched.
const KEPT_WITHOUT_THE_POOL: Duration = Duration::from_secs(24 * 60 * 60);

/// One issuer's.
#[derive(Debug)]
pub(super) struct Keys {
    url: String,
    known: Mutex<Known>,
}

impl Keys {
    /// Those at this address.
    pub(super) fn at(url: String) -> Self {
        Self {
            url,
            known: Mutex::default(),
        }
    }

    /// The key of this id, if the issuer has one.
    ///
    /// # Errors
    ///
    /// If they cannot be fetched, and this one is not known from before.
    pub(super) async fn key(
        &self,
        id: &str,
        pool: &Pool,
    ) -> Result<Option<DecodingKey>, PoolError> {
        let mut known = self.known.lock().await;
        if known.are_due(id, Instant::now()) {
            let fetched = pool.keys(&self.url).await;
            let fetched = fetched.map(|set| set.keys.iter().filter_map(named).collect());
            known.learn(fetched, id, Instant::now())?;
        }
        Ok(known.keys.get(id).cloned())
    }
}

/// What was fetched.
#[derive(Default)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    fetched: Option<Instant>,
    /// When they were asked for last, whatever came of it.
    asked: Option<Instant>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

impl Known {
    /// Whether they are to be fetched for the key of this id.
    fn are_due(&self, id: &str, now: Instant) -> bool {
        let within = |since: Option<Instant>, limit| since.is_some_and(|it| now - it < limit);
        let is_kept = self.keys.contains_key(id) && within(self.fetched, KEPT_FOR);
        let is_soon = self.are_usable(now) && within(self.asked, AT_MOST_EVERY);
        !is_kept && !is_soon
    }

    /// Whether they may still stand in for what the pool does not give.
    fn are_usable(&self, now: Instant) -> bool {
        self.fetched
            .is_some_and(|it| now - it < KEPT_WITHOUT_THE_POOL)
    }

    /// Takes what was fetched for the key of this id. No keys are no reason to forget those that were there.
    fn learn(
        &mut self,
        fetched: Result<HashMap<String, DecodingKey>, PoolError>,
        id: &str,
        now: Instant,
    ) -> Result<(), PoolError> {
        let stands_in = self.are_usable(now);
        match fetched {
            Ok(keys) if keys.is_empty() && stands_in => {
                tracing::warn!("the user pool publishes no keys: those of before are used");
            }
            Ok(keys) => {
                self.keys = keys;
                self.fetched = Some(now);
            }
            Err(error) if stands_in && self.keys.contains_key(id) => {
                tracing::warn!(%error, "the user pool's keys cannot be fetched: those of before are used");
            }
            Err(error) => return Err(error),
        }
        self.asked = Some(now);
        Ok(())
    }
}

/// An RSA key, by its id.
fn named(key: &Jwk) -> Option<(String, DecodingKey)> {
    let AlgorithmParameters::RSA(_) = key.algorithm else {
        return None;
    };
    let id = key.common.key_id.clone()?;
    Some((id, DecodingKey::from_jwk(key).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://pool.example";

    /// What is fetched: keys of these ids, or a failure.
    type Fetch = Option<&'static [&'static str]>;

    /// A request for a key: when (seconds), its id, what is fetched if anything is asked for, and whether that key is found;
    /// `None` where it cannot be told.
    type Step = (u64, &'static str, Fetch, Option<bool>);

    fn learn(known: &mut Known, (id, fetch): (&str, Fetch), now: Instant) -> Option<bool> {
        if known.are_due(id, now) {
            let keys = |ids: &[&str]| {
                let keys = ids.iter().map(|id| (*id).to_owned());
                keys.map(|id| (id, DecodingKey::from_secret(b""))).collect()
            };
            let url = URL.to_owned();
            let fetched = fetch.map(keys).ok_or(PoolError::TimedOut { url });
            known.learn(fetched, id, now).ok()?;
        }
        Some(known.keys.contains_key(id))
    }

    fn check(steps: &[Step]) {
        let (began, mut known) = (Instant::now(), Known::default());
        for (seconds, id, fetch, expected) in steps {
            let now = began + Duration::from_secs(*seconds);
            let found = learn(&mut known, (id, *fetch), now);
            assert_eq!(found, *expected, "{id} after {seconds} s: {steps:?}");
        }
    }

    #[test]
    fn keys_are_kept_while_the_pool_gives_none_and_no_longer_than_a_day() {
        const HOUR: u64 = 60 * 60;
        const NONE: Fetch = Some(&[]);
        let first = (0, "a", Some(&["a"][..]), Some(true));
        // A withdrawn key opens nothing after an hour, and another one is asked for after half a minute.
        let b: Fetch = Some(&["b"]);
        check(&[
            first,
            (HOUR - 1, "a", b, Some(true)),
            (HOUR, "a", b, Some(false)),
        ]);
        check(&[first, (29, "b", b, Some(false)), (30, "b", b, Some(true))]);
        for nothing in [NONE, None] {
            check(&[
                first,
                (HOUR, "a", nothing, Some(true)),
                (HOUR + 29, "a", b, Some(true)),
                (HOUR + 30, "a", b, Some(false)),
            ]);
            check(&[first, (24 * HOUR - 1, "a", nothing, Some(true))]);
        }
        check(&[
            first,
            (30, "b", NONE, Some(false)),
            (31, "a", NONE, Some(true)),
        ]);
        check(&[first, (30, "b", None, None), (31, "a", None, Some(true))]);
        // Longer, the pool has to say so again.
        check(&[first, (24 * HOUR, "a", NONE, Some(false))]);
        let nearly = (24 * HOUR - 1, "a", None, Some(true));
        check(&[first, nearly, (24 * HOUR, "a", None, None)]);
        // Nothing is known yet.
        check(&[(0, "a", None, None), (1, "a", Some(&["a"]), Some(true))]);
        check(&[
            (0, "a", NONE, Some(false)),
            (29, "a", Some(&["a"]), Some(false)),
        ]);
        check(&[
            (0, "a", NONE, Some(false)),
            (30, "a", Some(&["a"]), Some(true)),
        ]);
    }
}
