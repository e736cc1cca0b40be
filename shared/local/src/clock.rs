//! Where the local services take the time from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Gives the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is set. Clones share one time. Its unit is the millisecond.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    milliseconds: Arc<AtomicI64>,
}

impl VirtualClock {
    /// A clock that stands at `time`.
    pub fn new(time: DateTime<Utc>) -> Self {
        Self {
            milliseconds: Arc::new(AtomicI64::new(time.timestamp_millis())),
        }
    }

    /// Moves the clock on to `time`. It never moves back: an earlier time changes nothing.
    pub fn set(&self, time: DateTime<Utc>) {
        self.milliseconds
            .fetch_max(time.timestamp_millis(), Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.milliseconds.load(Ordering::SeqCst))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_clock_moves_on_and_never_back() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let clock = VirtualClock::new(at(100));
        for (set, expected) in [(150, 150), (120, 150), (151, 151)] {
            clock.clone().set(at(set));
            assert_eq!(clock.now(), at(expected));
        }
    }
}
