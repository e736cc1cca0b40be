//! Which days the figures are of.

use domain::day::Day;

use crate::Failure;
use crate::args::metrics::{Date, Last, MetricsArgs, RetentionInterval};

/// How many days unless anything else is asked for.
const DEFAULT_DAYS: u32 = 30;

/// The first and the last day asked for, up to today; `None` if none of them has begun.
///
/// # Errors
///
/// If the last is before the first.
pub fn asked_for(args: &MetricsArgs, today: Day) -> Result<Option<(Day, Day)>, Failure> {
    let day = |date: Date| date.on(today);
    let to = args.to.map_or(today, day);
    let from = match (args.from, args.last) {
        (Some(from), _) => day(from),
        (None, Some(Last::Months(months))) if by_month(args) => to
            .month()
            .first_day()
            .minus_months(months.saturating_sub(1)),
        (None, Some(Last::Months(months))) => to.minus_months(months).plus(1),
        (None, Some(Last::Days(days))) => to.minus(days.saturating_sub(1)),
        (None, None) => to.minus(DEFAULT_DAYS - 1),
    };
    if args.to.is_some() && to < from {
        return Err(Failure::Usage(format!("--to {to} is before --from {from}")));
    }
    let to = to.min(today);
    Ok((from <= to).then_some((from, to)))
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
            "--to 2026-04-01 is before --from 2026-04-02",
        );
    }
}
