//! Days summed up, as people look at them: totals, averages, what has changed, and what a spark line shows.
//! Whole numbers only: an average is in tenths, a share in thousandths.

use crate::DayObject;

/// A column of the days, by the name that people read and the figure that it takes of a day.
type Column = (&'static str, Sum, fn(&DayObject) -> i64);

const COLUMNS: [Column; 7] = [
    ("sign-ups", Sum::OfDays, |day| day.sign_ups),
    ("sign-ins", Sum::OfDays, |day| day.sign_ins),
    ("failures", Sum::OfDays, |day| day.auth_failures),
    ("new users", Sum::OfDays, |day| day.new_users),
    ("DAU", Sum::None, |day| day.dau),
    ("WAU", Sum::None, |day| day.wau),
    ("MAU", Sum::None, |day| day.mau),
];

/// Whether the days of a column add up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sum {
    OfDays,
    /// One user is in many of them.
    None,
}

/// Days summed up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Each column, in the order of a day's figures.
    pub columns: Vec<ColumnSummary>,
    /// The average DAU by the average MAU (thousandths); `None` if nobody was active.
    pub dau_by_mau: Option<i64>,
    /// The share of the sign-ins tried that failed (thousandths); `None` if there was none.
    pub failure_rate: Option<i64>,
}

/// A column of the days, summed up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnSummary {
    /// Its name, for people.
    pub name: &'static str,
    /// The sum; `None` where the days do not add up.
    pub total: Option<i64>,
    /// The average day (tenths).
    pub average: i64,
    /// How much the average day has changed against the days before (hundredths, 0 for no change); `None` if there
    /// was nothing to change.
    pub change: Option<i64>,
    /// The figure of each day.
    pub values: Vec<i64>,
}

impl Summary {
    /// That of these days, of which so many are over, beside the days before them. A day that is not over is in totals, and left
    /// out of averages and of change.
    pub fn of(days: &[DayObject], before: &[DayObject], over: usize) -> Self {
        let whole = days.get(..over).unwrap_or(days);
        let before = before.get(..over).unwrap_or(before);
        let of_whole = |figure: fn(&DayObject) -> i64| whole.iter().map(figure).sum::<i64>();
        let sum = |figure: fn(&DayObject) -> i64| days.iter().map(figure).sum::<i64>();
        let (failures, sign_ins) = (sum(|day| day.auth_failures), sum(|day| day.sign_ins));
        Self {
            columns: COLUMNS
                .map(|(name, adds_up, figure)| {
                    let values: Vec<i64> = days.iter().map(figure).collect();
                    let is: Vec<i64> = whole.iter().map(figure).collect();
                    let was: Vec<i64> = before.iter().map(figure).collect();
                    ColumnSummary {
                        name,
                        total: (adds_up == Sum::OfDays).then(|| values.iter().sum()),
                        average: average(&is, 10),
                        change: change(&was, &is),
                        values,
                    }
                })
                .into(),
            dau_by_mau: share(of_whole(|day| day.dau), of_whole(|day| day.mau)),
            failure_rate: share(failures, failures + sign_ins),
        }
    }
}

/// Days in a row with the same figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run<'a> {
    /// The first of them.
    pub first: &'a DayObject,
    /// The last of them, which may be the first.
    pub last: &'a DayObject,
}

/// From how many like days on they are folded into one run.
const FOLDED: usize = 3;

/// The days, the long runs of like ones folded.
pub fn folded(days: &[DayObject]) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    for like in days.chunk_by(|day, next| figures(day) == figures(next)) {
        match like {
            [first, .., last] if like.len() >= FOLDED => runs.push(Run { first, last }),
            few => runs.extend(few.iter().map(|day| Run {
                first: day,
                last: day,
            })),
        }
    }
    runs
}

/// A day's figures, in the order of the columns.
pub fn figures(day: &DayObject) -> [i64; 7] {
    COLUMNS.map(|(_, _, figure)| figure(day))
}

/// The names of a day's figures, for people.
pub fn names() -> [&'static str; 7] {
    COLUMNS.map(|(name, _, _)| name)
}

/// The same values in at most so many, each the highest of some that follow one another: a peak is always seen.
pub fn narrowed(values: &[i64], most: usize) -> Vec<i64> {
    if values.len() <= most || most == 0 {
        return values.to_vec();
    }
    (0..most)
        .map(|part| {
            let end = |part: usize| part * values.len() / most;
            let some = values.get(end(part)..end(part + 1)).unwrap_or_default();
            some.iter().copied().max().unwrap_or(0)
        })
        .collect()
}

/// The average in parts of one, rounded; 0 of nothing.
fn average(values: &[i64], parts: i64) -> i64 {
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
    rounded(values.iter().sum::<i64>() * parts, count).unwrap_or(0)
}

/// How much the average has changed (hundredths).
fn change(before: &[i64], now: &[i64]) -> Option<i64> {
    let count = |values: &[i64]| i64::try_from(values.len()).unwrap_or(i64::MAX);
    let (was, is) = (before.iter().sum::<i64>(), now.iter().sum::<i64>());
    // The averages by cross-multiplication: the two may be of unlike lengths.
    let (was, is) = (was * count(now), is * count(before));
    rounded((is - was) * 100, was)
}

fn share(part: i64, whole: i64) -> Option<i64> {
    rounded(part * 1_000, whole)
}

/// The nearest whole number to a fraction; `None` if its denominator is not positive.
fn rounded(numerator: i64, denominator: i64) -> Option<i64> {
    (denominator > 0).then(|| {
        let half = denominator / 2 * numerator.signum();
        (numerator + half) / denominator
    })
}

#[cfg(test)]
mod tests;
