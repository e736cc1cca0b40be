//! The days on which a user was active, and what a further one changes in the histogram.

use super::Recency;
use crate::day::Day;

/// All the days on which a user was active, however long ago: so a day may be added as late as anybody likes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ActiveDays(Vec<Day>);

/// What a user's activity on a day changes in the histogram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activity {
    /// The user was known to be active on that day: nothing.
    Repeated,
    /// The day's row gains one user of this recency, and a later day's entry may move.
    Added(Recency, Option<Moved>),
}

/// The entry of a user in a day's row, which moves to another recency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The day whose row changes.
    pub day: Day,
    /// Where the user was counted so far.
    pub from: Recency,
    /// Where the user is counted from now on.
    pub to: Recency,
}

impl ActiveDays {
    /// These days, which must be in order, and each there once.
    pub fn from_ordered(days: Vec<Day>) -> Option<Self> {
        days.is_sorted_by(|day, next| day < next)
            .then_some(Self(days))
    }

    /// The days, in order.
    pub fn as_slice(&self) -> &[Day] {
        &self.0
    }

    /// The first one.
    pub fn first(&self) -> Option<Day> {
        self.0.first().copied()
    }

    /// The newest one.
    pub fn newest(&self) -> Option<Day> {
        self.0.last().copied()
    }

    /// Takes note that the user was active on `day`. The first day of a user who was there before anything was counted
    /// is not new: see [`ActiveDays::recency_of_first`].
    pub fn record(&mut self, day: Day, seed: Option<Day>) -> Activity {
        let place = match self.newest() {
            Some(newest) if newest < day => self.0.len(),
            _ => match self.0.binary_search(&day) {
                Ok(_) => return Activity::Repeated,
                Err(place) => place,
            },
        };
        let previous = place.checked_sub(1).and_then(|place| self.0.get(place));
        let recency = recency(previous.copied(), day, seed);
        let moved = self.0.get(place).map(|next| Moved {
            day: *next,
            from: self::recency(previous.copied(), *next, seed),
            to: Recency::of_days(next.days_since(day)),
        });
        self.0.insert(place, day);
        Activity::Added(recency, moved)
    }

    /// What becomes of the first day's entry once it is known that Cognito made the user on `seed`.
    pub fn seeded(&self, seed: Day) -> Option<Moved> {
        let day = self.first()?;
        let (from, to) = (Recency::NEVER, Self::recency_of_first(day, Some(seed)));
        (from != to).then_some(Moved { day, from, to })
    }

    /// The recency of a user's first active day. Who was made before anything was counted was active before, unless
    /// the day is that on which they were made, or the next.
    pub fn recency_of_first(day: Day, seed: Option<Day>) -> Recency {
        match seed {
            Some(seed) if day > seed.plus(1) => Recency::BEYOND,
            Some(_) | None => Recency::NEVER,
        }
    }
}

fn recency(previous: Option<Day>, day: Day, seed: Option<Day>) -> Recency {
    match previous {
        Some(previous) => Recency::of_days(day.days_since(previous)),
        None => ActiveDays::recency_of_first(day, seed),
    }
}
