//! The keys that the pool signs with, fetched when they are needed, and kept.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use tokio::sync::Mutex;

use super::pool::{Pool, PoolError};

/// How soon an unknown key has them fetched again: anybody can make up the name of one.
const AT_MOST_EVERY: Duration = Duration::from_secs(30);

/// How long they are kept: a key that the pool has withdrawn opens nothing for long.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);

/// One issuer's.
#[derive(Debug)]
pub(super) struct Keys {
    url: String,
    fetched: Mutex<Option<Fetched>>,
}

struct Fetched {
    keys: HashMap<String, DecodingKey>,
    at: Instant,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

impl Fetched {
    fn age(&self) -> Duration {
        self.at.elapsed()
    }
}

impl Keys {
    /// Those at this address.
    pub(super) fn at(url: String) -> Self {
        Self {
            url,
            fetched: Mutex::default(),
        }
    }

    /// The key of this id, if the issuer has one.
    pub(super) async fn key(
        &self,
        id: &str,
        pool: &Pool,
    ) -> Result<Option<DecodingKey>, PoolError> {
        let mut fetched = self.fetched.lock().await;
        let is_fresh = fetched.as_ref().is_some_and(|it| {
            let known = it.keys.contains_key(id);
            it.age() < if known { KEPT_FOR } else { AT_MOST_EVERY }
        });
        if !is_fresh {
            let keys = pool.keys(&self.url).await?.keys;
            let keys = keys.iter().filter_map(named).collect();
            let at = Instant::now();
            *fetched = Some(Fetched { keys, at });
        }
        Ok(fetched.as_ref().and_then(|it| it.keys.get(id)).cloned())
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
