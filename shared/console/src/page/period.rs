//! The days that the page shows, cut into the points of its charts, and what they are compared with.

use domain::activity::DayRows;
use domain::day::{Day, Interval};
use figures::dates;

use super::view::{Compare, Matching, Preset, Range, Step, View};
use crate::api::ApiError;

/// Up to how many days a chart has a point for each, unless the view says otherwise; and up to how many one for each week.
const DAYS_BY_DAY: u32 = 92;
const DAYS_BY_WEEK: u32 = 800;

/// Some days in a row: the first and the last.
pub type Span = (Day, Day);

/// How many days there are.
pub fn length((from, to): Span) -> u32 {
    to.days_since(from) + 1
}

/// The days shown, and those that they are compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    /// The days, up to today.
    pub span: Span,
    /// What a point stands for.
    pub step: Step,
    /// The points.
    pub points: Vec<Span>,
    /// How far back lie those that they are compared with.
    pub shift: Option<Shift>,
    /// The running day.
    pub today: Day,
}

/// How far back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shift {
    /// So many days.
    Days(u32),
    /// So many months: each day to the same date, the end of a month to the end of a month.
    Months(u32),
}

impl Shift {
    /// The days so far back.
    pub fn of(self, (from, to): Span) -> Span {
        match self {
            Self::Days(days) => (from.minus(days), to.minus(days)),
            Self::Months(months) => {
                let last = to.minus_months(months);
                let whole = from < to && to == to.month().last_day();
                let to = if whole { last.month().last_day() } else { last };
                (from.minus_months(months), to)
            }
        }
    }
}

impl Period {
    /// That of a view, of a project whose figures begin on `first`.
    ///
    /// # Errors
    ///
    /// If the days are the wrong way round, or none of them has begun.
    pub fn of(view: &View, today: Day, first: Day) -> Result<Self, ApiError> {
        let span = span(view.range, today, first)?;
        let step = view.step.unwrap_or(match length(span) {
            0..=DAYS_BY_DAY => Step::Day,
            days if days <= DAYS_BY_WEEK => Step::Week,
            _ => Step::Month,
        });
        let points = points(span, step);
        Ok(Self {
            shift: shift(view, span, step),
            span,
            step,
            points,
            today,
        })
    }

    /// The days that are over, if there are any: the running one is left out of averages and of change.
    pub fn whole(&self) -> Option<Span> {
        self.over(self.span)
    }

    /// Those of some days that are over, if there are any.
    pub fn over(&self, (from, to): Span) -> Option<Span> {
        let last = to.min(self.today.minus(1));
        (from <= last).then_some((from, last))
    }

    /// The place of the point that holds the running day, if one does: it is the last.
    pub fn running(&self) -> Option<usize> {
        let (_, to) = *self.points.last()?;
        (to == self.today).then(|| self.points.len() - 1)
    }

    /// The last point that is over and whole.
    pub fn last_whole(&self) -> Option<Span> {
        let mut points = self.points.iter().rev();
        points.find(|point| self.is_whole(**point)).copied()
    }

    /// Whether a point is over, and no end of the period cuts it.
    pub fn is_whole(&self, (from, to): Span) -> bool {
        let cut = match self.step {
            Step::Day => false,
            Step::Week => length((from, to)) < 7,
            Step::Month => from != from.month().first_day() || to != from.month().last_day(),
        };
        to < self.today && !cut
    }

    /// The same number of days before or after, if they have begun.
    pub fn moved(&self, by: Move) -> Option<Span> {
        let (from, to) = self.span;
        let days = length(self.span);
        match by {
            Move::Back => Some((from.minus(days), to.minus(days))),
            Move::Forth if to >= self.today => None,
            Move::Forth => Some((from.plus(days), to.plus(days).min(self.today))),
        }
    }
}

/// To the period before, or after.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    /// Before.
    Back,
    /// After.
    Forth,
}

fn span(range: Range, today: Day, first: Day) -> Result<Span, ApiError> {
    let back = |days: u32| today.minus(days - 1);
    let from = match range {
        Range::Preset(Preset::Days7) => back(7),
        Range::Preset(Preset::Days28) => back(28),
        Range::Preset(Preset::Days30) => back(30),
        Range::Preset(Preset::Days91) => back(DayRows::LONGEST_WINDOW_DAYS),
        Range::Preset(Preset::Months12) => today.minus_months(12).plus(1),
        Range::Preset(Preset::Month) => today.month().first_day(),
        Range::Preset(Preset::Year) => Interval::Month
            .start(today)
            .minus_months(today.parts().1 - 1),
        Range::Preset(Preset::All) => first.min(today),
        Range::Custom(from, to) => {
            let asked = dates::span(Some(from.on(today)), Some(to.on(today)), today)?;
            let asked =
                asked.ok_or_else(|| ApiError::invalid("these days have not begun".to_owned()))?;
            if length(asked) > MOST_DAYS {
                return Err(ApiError::invalid(format!(
                    "these are more than {MOST_DAYS} days: narrow them"
                )));
            }
            return Ok(asked);
        }
    };
    Ok((from, today))
}

/// No page shows more days: twenty years, and more is mistyped.
const MOST_DAYS: u32 = 7_320;

fn points((from, to): Span, step: Step) -> Vec<Span> {
    let interval = match step {
        Step::Day => return from.through(to).map(|day| (day, day)).collect(),
        Step::Week => Interval::Week,
        Step::Month => Interval::Month,
    };
    let starts: Vec<Day> = interval.through(from, to).collect();
    let nexts = starts.iter().skip(1).map(|next| next.minus(1));
    let lasts = nexts.chain([to]);
    starts
        .iter()
        .zip(lasts)
        .map(|(start, last)| ((*start).max(from), last))
        .collect()
}

fn shift(view: &View, span: Span, step: Step) -> Option<Shift> {
    let days = length(span);
    match (view.compare, view.matching, step) {
        (Compare::Off, _, _) => None,
        (Compare::Previous, _, Step::Month) => months_before(span),
        (Compare::Previous, Matching::Weekday, _) => Some(Shift::Days(days.div_ceil(7) * 7)),
        (Compare::Previous, Matching::Date, _) => Some(Shift::Days(days)),
        (Compare::Year, Matching::Weekday, Step::Day | Step::Week) => Some(Shift::Days(364)),
        (Compare::Year, _, _) => Some(Shift::Months(12)),
    }
}

/// As few months as it takes to end before the period begins.
fn months_before(span: Span) -> Option<Shift> {
    let mut shifts = (1..=MOST_DAYS).map(Shift::Months);
    shifts.find(|shift| shift.of(span).1 < span.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    /// The days, how many points there are, the second of them, and the days before.
    fn check(query: &str, expected: [&str; 4]) {
        let view = View::read(Some(query)).unwrap();
        let found = match Period::of(&view, day("2026-11-25"), day("2024-02-10")) {
            Err(error) => [
                error.to_string(),
                String::new(),
                String::new(),
                String::new(),
            ],
            Ok(period) => {
                let text = |(from, to): Span| format!("{from} {to}");
                let second = period.points.get(1).map(|point| text(*point));
                let before = period.shift.map(|shift| text(shift.of(period.span)));
                let points = format!("{} {}s", period.points.len(), period.step.name());
                [
                    text(period.span),
                    points,
                    second.unwrap_or_default(),
                    before.unwrap_or_default(),
                ]
            }
        };
        assert_eq!(found, expected, "{query}");
    }

    #[test]
    fn a_range_is_cut_into_points_and_compared_with_the_days_before() {
        check(
            "",
            [
                "2026-10-29 2026-11-25",
                "28 days",
                "2026-10-30 2026-10-30",
                "2026-10-01 2026-10-28",
            ],
        );
        check(
            "range=30d",
            [
                "2026-10-27 2026-11-25",
                "30 days",
                "2026-10-28 2026-10-28",
                "2026-09-22 2026-10-21",
            ],
        );
        check(
            "range=30d&match=date",
            [
                "2026-10-27 2026-11-25",
                "30 days",
                "2026-10-28 2026-10-28",
                "2026-09-27 2026-10-26",
            ],
        );
        check(
            "range=7d&compare=year",
            [
                "2026-11-19 2026-11-25",
                "7 days",
                "2026-11-20 2026-11-20",
                "2025-11-20 2025-11-26",
            ],
        );
        check(
            "compare=off&interval=week",
            [
                "2026-10-29 2026-11-25",
                "5 weeks",
                "2026-11-02 2026-11-08",
                "",
            ],
        );
        check(
            "range=month&interval=month",
            [
                "2026-11-01 2026-11-25",
                "1 months",
                "",
                "2026-10-01 2026-10-25",
            ],
        );
        check(
            "range=year&interval=month",
            [
                "2026-01-01 2026-11-25",
                "11 months",
                "2026-02-01 2026-02-28",
                "2025-02-01 2025-12-25",
            ],
        );
        check(
            "range=12mo",
            [
                "2025-11-26 2026-11-25",
                "53 weeks",
                "2025-12-01 2025-12-07",
                "2024-11-20 2025-11-19",
            ],
        );
        check(
            "range=all",
            [
                "2024-02-10 2026-11-25",
                "34 months",
                "2024-03-01 2024-03-31",
                "2021-04-10 2024-01-25",
            ],
        );
        check(
            "range=12mo&interval=month",
            [
                "2025-11-26 2026-11-25",
                "13 months",
                "2025-12-01 2025-12-31",
                "2024-11-26 2025-11-25",
            ],
        );
        check(
            "from=2025-02-28&to=2025-02-28&compare=year&match=date",
            [
                "2025-02-28 2025-02-28",
                "1 days",
                "",
                "2024-02-28 2024-02-28",
            ],
        );
        check(
            "from=2024-02-01&to=2024-02-29&interval=month&compare=year",
            [
                "2024-02-01 2024-02-29",
                "1 months",
                "",
                "2023-02-01 2023-02-28",
            ],
        );
    }

    #[test]
    fn days_that_make_no_sense_are_refused() {
        check(
            "from=2026-02-01&to=2026-01-01",
            [
                "the last day, 2026-01-01, is before the first, 2026-02-01",
                "",
                "",
                "",
            ],
        );
        check(
            "from=2027-01-01&to=2027-02-01",
            ["these days have not begun", "", "", ""],
        );
        check(
            "from=0001-01-01",
            ["these are more than 7320 days: narrow them", "", "", ""],
        );
    }
}
