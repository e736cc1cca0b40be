//! Which days the figures are of.

use domain::day::Day;
use figures::dates::{Date, DateError, Last, span};

use crate::args::metrics::{MetricsArgs, RetentionInterval};

/// The first and the last day asked for, up to today; `None` if none of them has begun.
///
/// # Errors
///
/// If the last is before the first.
pub fn asked_for(args: &MetricsArgs, today: Day) -> Result<Option<(Day, Day)>, DateError> {
    let day = |date: Date| date.on(today);
    let to = args.to.map(day);
    let last = to.unwrap_or(today);
    let from = match (args.from, args.last) {
        (Some(from), _) => Some(day(from)),
        (None, Some(Last::Months(months))) if by_month(args) => {
            let month = last.month().first_day();
            Some(month.minus_months(months.saturating_sub(1)))
        }
        (None, Some(Last::Months(months))) => Some(last.minus_months(months).plus(1)),
        (None, Some(Last::Days(days))) => Some(last.minus(days.saturating_sub(1))),
        (None, None) => None,
    };
    span(from, to, today)
}

/// Whether what is printed has months instead of days.
fn by_month(args: &MetricsArgs) -> bool {
    args.months || args.retention == Some(RetentionInterval::Month)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Metrics {
        #[command(flatten)]
        args: MetricsArgs,
    }

    fn check(arguments: &str, expected: &str) {
        let words = std::iter::once("metrics").chain(arguments.split_whitespace());
        let Metrics { args } = Metrics::try_parse_from(words).unwrap();
        let days = match asked_for(&args, Day::parse("2026-03-31").unwrap()) {
            Ok(Some((from, to))) => format!("{from} {to}"),
            Ok(None) => "not begun".to_owned(),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(days, expected, "{arguments}");
    }

    #[test]
    fn without_dates_it_is_the_last_thirty_days() {
        check("", "2026-03-02 2026-03-31");
        check("--to yesterday", "2026-03-01 2026-03-30");
        check("--from 2026-01-01", "2026-01-01 2026-03-31");
    }

    #[test]
    fn periods_end_with_the_last_day() {
        check("--last 1d", "2026-03-31 2026-03-31");
        check("--last 2w --to 2026-01-31", "2026-01-18 2026-01-31");
        check("--last 1mo", "2026-03-01 2026-03-31");
        check("--last 12mo", "2025-04-01 2026-03-31");
        check(
            "--last 3mo --months --to 2026-03-15",
            "2026-01-01 2026-03-15",
        );
    }

    #[test]
    fn days_that_have_not_begun_are_left_out() {
        check("--from today --to 2026-05-01", "2026-03-31 2026-03-31");
        check("--from 2026-04-01", "not begun");
        check("--from 2026-04-01 --to 2026-04-02", "not begun");
        check(
            "--from 2026-04-02 --to 2026-04-01",
            "the last day, 2026-04-01, is before the first, 2026-04-02",
        );
    }
}
