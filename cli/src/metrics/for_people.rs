//! Figures as a terminal shows them: they fit into 100 columns.

use std::fmt::Write;

use figures::summary::{Summary, narrowed};
use figures::{DayObject, MonthObject};

use crate::summary::{self, spark_line, tenths};

/// How long the names of segments may be.
const LONGEST_NAME: usize = 24;
/// How long the spark line of a segment may be.
const SPARK_LINE: usize = 18;
/// How long the bar of a month may be.
const LONGEST_BAR: i64 = 60;

/// One project's days, or one segment's, beside the days before them.
pub fn days(days: &[DayObject], before: &[DayObject]) -> String {
    let Some(heading) = heading(days) else {
        return "These days have not begun.\n".to_owned();
    };
    format!("{heading}\n\n{}", summary::days(days, before))
}

/// The segments of a dimension, a line for each: the busiest first.
pub fn segments(dimension: &str, segments: &[Vec<DayObject>]) -> String {
    let Some(heading) = segments.iter().find_map(|days| heading(days)) else {
        return format!("No {dimension} is known of these days, nor of the 29 before.\n");
    };
    let heading = heading.split(" · ").next().unwrap_or_default();
    let mut text = format!(
        "{heading}, by {dimension}\n\n{:LONGEST_NAME$}{:>9}{:>9}{:>9}{:>10}{:>9}{:>9}  DAU\n",
        dimension, "sign-ups", "sign-ins", "failures", "new users", "avg DAU", "MAU"
    );
    let mut lines: Vec<(i64, String)> = segments.iter().map(|days| segment(days)).collect();
    lines.sort_by_key(|(mau, _)| std::cmp::Reverse(*mau));
    text.extend(lines.into_iter().map(|(_, line)| line));
    text + &format!("\nEach day of one of them: --where {dimension}=VALUE; of all: --format csv\n")
}

/// The users at the end, and the line.
fn segment(days: &[DayObject]) -> (i64, String) {
    let summary = Summary::of(days, &[]);
    let mau = days.last().map_or(0, |day| day.mau);
    let segment = days.first().and_then(|day| day.segment.as_ref());
    let name = segment.map_or("", |segment| segment.1.as_str());
    let mut line = format!("{:LONGEST_NAME$}", shortened(name));
    let totals = summary.columns.iter().filter_map(|column| column.total);
    for (total, width) in totals.zip([9, 9, 9, 10]) {
        // Writing into a String does not fail.
        let _ = write!(line, "{total:>width$}");
    }
    let active = summary.columns.iter().find(|column| column.total.is_none());
    let (average, line_of_days) = active.map_or((0, String::new()), |column| {
        let values = narrowed(&column.values, SPARK_LINE);
        (column.average, spark_line(&values))
    });
    line += &format!("{:>9}{mau:>9}  {line_of_days}\n", tenths(average));
    (mau, line)
}

fn shortened(name: &str) -> String {
    if name.chars().count() < LONGEST_NAME {
        return name.to_owned();
    }
    let kept: String = name.chars().take(LONGEST_NAME - 2).collect();
    kept + "…"
}

/// Calendar months, a line for each.
pub fn months(months: &[MonthObject]) -> String {
    let Some(first) = months.first() else {
        return "These months have not begun.\n".to_owned();
    };
    let most = months.iter().map(|month| month.calendar_mau).max();
    let most = most.unwrap_or(0).max(1);
    let mut text = format!(
        "project {} (UTC)\n\n{:10}{:>14}\n",
        first.project, "month", "active users"
    );
    for MonthObject {
        month,
        calendar_mau,
        ..
    } in months
    {
        let bar = usize::try_from((calendar_mau * LONGEST_BAR + most / 2) / most).unwrap_or(0);
        let line = format!("{month:10}{calendar_mau:>14}  {}", "█".repeat(bar));
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Whose days these are, and which.
fn heading(days: &[DayObject]) -> Option<String> {
    let (first, last) = (days.first()?, days.last()?);
    let segment = first.segment.as_ref().map_or(String::new(), |segment| {
        format!(" · {}={}", segment.0.name(), segment.1)
    });
    let (project, from, to) = (&first.project, &first.date, &last.date);
    Some(format!("project {project}, {from} to {to} (UTC){segment}"))
}
