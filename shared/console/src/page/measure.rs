//! The figures of the tiles and of the main chart, worked out from the rows.

use std::collections::BTreeMap;

use domain::activity::{DayFigures, DayRows};
use domain::day::Day;

use super::period::{Period, Shift, Span, length};
use super::view::Metric;

/// A project's rows, or a segment's, and the figures of each of their days.
pub struct Measured {
    rows: DayRows,
    days: BTreeMap<Day, DayFigures>,
    /// The first day of which there is anything to tell.
    pub first: Day,
}

/// How a metric is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// A number of users or events.
    Count,
    /// A part of a whole, from 0 to 1.
    Share,
}

impl Metric {
    /// How it is written.
    pub fn unit(self) -> Unit {
        match self {
            Self::Active | Self::NewUsers | Self::SignUps | Self::SignIns => Unit::Count,
            Self::FailureRate | Self::Stickiness => Unit::Share,
        }
    }
}

impl Measured {
    /// Of the rows of some days, where figures begin on `first`.
    pub fn of(rows: DayRows, days: Span, first: Day) -> Self {
        let figures = days.0.through(days.1).map(|day| (day, rows.figures(day)));
        Self {
            days: figures.collect(),
            rows,
            first,
        }
    }

    /// The figures of each of these days.
    pub fn days(&self, (from, to): Span) -> impl Iterator<Item = &DayFigures> {
        self.days.range(from..=to).map(|(_, figures)| figures)
    }

    /// The sum of a figure over these days.
    pub fn sum(&self, span: Span, figure: fn(&DayFigures) -> i64) -> i64 {
        self.days(span).map(figure).sum()
    }

    /// A metric over these days; `None` where there is nothing to tell: before the first day, of nobody's sign-ins, of more
    /// days than users can be told apart over.
    pub fn value(&self, metric: Metric, span: Span) -> Option<f64> {
        if span.1 < self.first {
            return None;
        }
        let sum = |figure| self.sum(span, figure);
        match metric {
            Metric::Active => self.active(span).map(number),
            Metric::NewUsers => Some(number(sum(|day| day.new_users))),
            Metric::SignUps => Some(number(sum(|day| day.sign_ups))),
            Metric::SignIns => Some(number(sum(|day| day.sign_ins))),
            Metric::FailureRate => {
                let failures = sum(|day| day.auth_failures);
                share(failures, failures + sum(|day| day.sign_ins))
            }
            Metric::Stickiness => share(sum(|day| day.dau), sum(|day| day.mau)),
        }
    }

    /// Users active on at least one of these days; `None` of more days than they can be told apart over.
    pub fn active(&self, span: Span) -> Option<i64> {
        let days = length(span);
        (days <= DayRows::LONGEST_WINDOW_DAYS).then(|| self.rows.active(span.1, days))
    }

    /// A metric at each point.
    pub fn points(&self, metric: Metric, points: &[Span]) -> Vec<Option<f64>> {
        points
            .iter()
            .map(|point| self.value(metric, *point))
            .collect()
    }

    /// What the tile of a metric shows: the metric over the period; of more days than users can be told apart over, of its
    /// last whole point. An average of days is one of those that are over.
    pub fn headline(&self, metric: Metric, period: &Period) -> Option<f64> {
        match metric {
            Metric::Active if length(period.span) > DayRows::LONGEST_WINDOW_DAYS => {
                self.value(metric, period.last_whole()?)
            }
            metric => self.figure(metric, period.span, period),
        }
    }

    /// A metric over some days, as a figure to be read alone: as long as a day runs, it is left out of an average of days.
    pub fn figure(&self, metric: Metric, span: Span, period: &Period) -> Option<f64> {
        let days = match metric {
            Metric::Stickiness => period.over(span).unwrap_or(span),
            Metric::Active
            | Metric::NewUsers
            | Metric::SignUps
            | Metric::SignIns
            | Metric::FailureRate => span,
        };
        self.value(metric, days)
    }

    /// How many authentications ended on these days, of which a failure rate tells; `None` of another metric.
    pub fn attempts(&self, metric: Metric, span: Span) -> Option<i64> {
        let ended = self.sum(span, |day| day.auth_failures + day.sign_ins);
        (metric == Metric::FailureRate).then_some(ended)
    }

    /// How much a metric has changed over the whole days against those that they are compared with: relatively, or for
    /// shares the difference. `None` if there is nothing to compare with.
    pub fn change(&self, metric: Metric, period: &Period) -> Option<f64> {
        let shift = period.shift?;
        let now = match metric {
            Metric::Active if length(period.span) > DayRows::LONGEST_WINDOW_DAYS => {
                period.last_whole()?
            }
            _ => period.whole()?,
        };
        self.changed(metric, now, shift)
    }

    /// How much a metric over these days has changed. `None` if there is nothing to compare with.
    pub fn changed(&self, metric: Metric, now: Span, shift: Shift) -> Option<f64> {
        let before = shift.of(now);
        if before.0 < self.first {
            return None;
        }
        change(
            metric.unit(),
            self.value(metric, before)?,
            self.value(metric, now)?,
        )
    }

    /// The average of a metric over the points that are whole.
    pub fn average(&self, metric: Metric, period: &Period) -> Option<f64> {
        let counted = period.points.iter().filter(|(from, _)| *from >= self.first);
        let whole = counted.filter(|point| period.is_whole(**point));
        let values: Vec<f64> = whole
            .filter_map(|point| self.value(metric, *point))
            .collect();
        let count = u32::try_from(values.len())
            .ok()
            .filter(|count| *count > 0)?;
        Some(values.iter().sum::<f64>() / f64::from(count))
    }
}

/// How much a figure has changed: relatively, or for shares the difference.
fn change(unit: Unit, before: f64, now: f64) -> Option<f64> {
    match unit {
        Unit::Count => (before > 0.0).then(|| (now - before) / before),
        Unit::Share => Some(now - before),
    }
}

/// A part of a whole; `None` of nothing.
pub fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| number(part) / number(whole))
}

/// Counts are far below the 2^53 that a float holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub fn number(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use domain::activity::{DayRow, Recency};
    use domain::counter::Counter;

    use super::*;
    use crate::page::view::View;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    /// Two users come each day from Monday, 1 June on, and one of them signs in once; today, Wednesday, 17 June, it was one
    /// user so far.
    fn measured() -> Measured {
        let (first, today) = (day("2026-06-01"), day("2026-06-17"));
        let mut rows = DayRows::default();
        for at in first.through(today) {
            let mut row = DayRow::default();
            let recency = match at == first {
                true => Recency::NEVER,
                false => Recency::of_days(1),
            };
            row.add_users(recency, if at == today { 1 } else { 2 });
            row.count(Counter::SignIns, 1);
            rows.add(at, &row);
        }
        Measured::of(rows, (day("2026-01-01"), today), first)
    }

    fn check(query: &str, metric: Metric, expected: [Option<f64>; 2]) {
        let view = View::read(Some(query)).unwrap();
        let period = Period::of(&view, day("2026-06-17"), day("2026-06-01")).unwrap();
        let measured = measured();
        let found = [
            measured.headline(metric, &period),
            measured.average(metric, &period),
        ];
        assert_eq!(found, expected, "{query} {metric:?}");
    }

    #[test]
    fn averages_are_those_of_what_is_whole() {
        check("range=7d", Metric::SignIns, [Some(7.0), Some(1.0)]);
        check("range=7d", Metric::Stickiness, [Some(1.0), Some(1.0)]);
        // Before the first day nothing was counted; weeks that begin there, or are not over, are no whole ones.
        check(
            "range=28d&interval=week",
            Metric::SignIns,
            [Some(17.0), Some(7.0)],
        );
        // The week of 4 to 7 June is cut.
        check(
            "from=2026-06-04&to=2026-06-14&interval=week",
            Metric::SignIns,
            [Some(11.0), Some(7.0)],
        );
        check(
            "range=month&interval=month",
            Metric::SignIns,
            [Some(17.0), None],
        );
    }
}
