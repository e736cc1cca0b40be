//! Days as people look at them: a summary with a spark line for each column, and the days, the long runs of like
//! ones folded. It fits into 100 columns, and its own columns are where they are whatever the project.

use std::fmt::Write;

use domain::day::Day;
use figures::DayObject;
use figures::summary::{ColumnSummary, Run, Summary, figures, folded, names, narrowed};

/// How long a spark line may be.
const LONGEST_SPARK_LINE: usize = 52;

/// The heights of a spark line's marks.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where a figure is not known, or makes no sense.
const NONE: &str = "–";

/// The summary of these days, of which the last may be running, beside the days before them, and then the days.
pub fn days(days: &[DayObject], before: &[DayObject], running: Option<Day>) -> String {
    at_a_glance(days, before, running) + "\n" + &table(days)
}

/// The summary of these days, of which the last may be running, beside the days before them.
pub fn at_a_glance(days: &[DayObject], before: &[DayObject], running: Option<Day>) -> String {
    let over = over(days, running);
    let summary = Summary::of(days, before, over);
    let mut text = format!(
        "{:10}{:>12}{:>12}{:>10}\n",
        "", "total", "average", "change"
    );
    for column in &summary.columns {
        text += &column_line(column);
    }
    let percent = |share: Option<i64>| share.map_or(NONE.to_owned(), |it| tenths(it) + " %");
    let (stickiness, failures) = (percent(summary.dau_by_mau), percent(summary.failure_rate));
    text += &format!("\nDAU/MAU {stickiness} · failure rate {failures}");
    if !before.is_empty() {
        text += &format!(
            " · change: against the {} before",
            count(before.len(), "day")
        );
    }
    if over < days.len() {
        text += "\ntoday is not over: left out of averages, of change and of DAU/MAU";
    }
    text + "\n"
}

/// How many of these days are over.
pub fn over(days: &[DayObject], running: Option<Day>) -> usize {
    days.len().saturating_sub(running.iter().len())
}

/// The days alone.
fn table(days: &[DayObject]) -> String {
    let names = names();
    let mut text = row("date", names);
    for Run { first, last } in folded(days) {
        let date = if first.date == last.date {
            first.date.clone()
        } else {
            format!("{} – {}", first.date, last.date)
        };
        text += &row(&date, figures(first));
    }
    text
}

fn row(date: &str, cells: [impl std::fmt::Display; 7]) -> String {
    let mut text = format!("{date:23}");
    for cell in cells {
        // Writing into a String does not fail.
        let _ = write!(text, " {cell:>10}");
    }
    text + "\n"
}

fn column_line(column: &ColumnSummary) -> String {
    let total = column
        .total
        .map_or(String::new(), |total| total.to_string());
    let change = column
        .change
        .map_or(NONE.to_owned(), |it| format!("{it:+} %"));
    let spark_line = spark_line(&narrowed(&column.values, LONGEST_SPARK_LINE));
    let (name, average) = (column.name, tenths(column.average));
    format!("{name:10}{total:>12}{average:>12}{change:>10}  {spark_line}\n")
}

/// Values as marks of a height each; the lowest is nothing at all, the highest the largest value.
pub fn spark_line(values: &[i64]) -> String {
    let largest = values.iter().copied().max().unwrap_or(0);
    let height = |value: i64| match value {
        // Whatever is not nothing is seen.
        1.. => usize::try_from(1 + (value * 6 + largest / 2) / largest).unwrap_or(0),
        _ => 0,
    };
    let marks = values
        .iter()
        .filter_map(|value| HEIGHTS.get(height(*value)));
    marks.collect()
}

/// A number of tenths.
pub fn tenths(value: i64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// `1 day`, `2 days`.
pub fn count(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spark_line_shows_nothing_as_the_lowest_mark_and_anything_as_more() {
        for (values, expected) in [
            (vec![], ""),
            (vec![0, 0], "▁▁"),
            (vec![0, 1, 50, 100], "▁▂▅█"),
            (vec![5, 5], "██"),
            (vec![-1, 1], "▁█"),
        ] {
            assert_eq!(spark_line(&values), expected, "{values:?}");
        }
    }

    #[test]
    fn the_widest_of_it_fits_into_a_hundred_columns() {
        let day = |number: i64| DayObject {
            project: "0".repeat(32),
            date: format!("2026-01-{:02}", number / 3 % 31 + 1),
            sign_ups: 1_000_000_000 + number / 3,
            sign_ins: 1_000_000_000,
            auth_failures: 0,
            new_users: 9_999_999_999,
            dau: 1,
            wau: 1,
            mau: 1_000_000_000,
            segment: None,
        };
        let many: Vec<DayObject> = (0..400).map(day).collect();
        let text = days(&many, &many, None);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
