//! Progress on standard error, when that is a terminal; and how fast it is to be.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long so many take, at so many a second.
pub fn paced(count: u64, per_second: u32) -> Duration {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Duration::from_secs(1) * count / per_second.max(1)
}

/// A progress bar; nothing at all where there is no terminal.
pub struct Progress(ProgressBar);

impl Progress {
    /// Counts bytes, of as many as [`Progress::set`] will say.
    pub fn of_bytes(what: &'static str) -> Self {
        Self::new(
            what,
            0,
            "{msg:>10} {bar:40} {bytes}/{total_bytes}, {eta} left",
        )
    }

    /// Counts events.
    pub fn of_events(what: &'static str, total: usize) -> Self {
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        Self::new(
            what,
            total,
            "{msg:>10} {bar:40} {human_pos}/{human_len}, {per_sec}, {eta} left",
        )
    }

    /// Counts users, of about as many as there may be.
    #[cfg(feature = "account")]
    pub fn of_users(what: &'static str, about: Option<u64>) -> Self {
        match about {
            Some(users) => Self::new(
                what,
                users,
                "{msg:>10} {bar:40} {human_pos}/about {human_len} users, {per_sec}",
            ),
            None => Self::new(what, 0, "{msg:>10} {human_pos} users, {per_sec}"),
        }
    }

    fn new(what: &'static str, total: u64, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(what);
        Self(bar)
    }

    /// So many are done, of so many.
    pub fn set(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    /// So many are done.
    #[cfg(feature = "account")]
    pub fn set_position(&self, done: u64) {
        self.0.set_position(done);
    }

    /// One more is done.
    pub fn advance(&self) {
        self.0.inc(1);
    }

    /// All is done: the bar goes.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
