//! Figures as a terminal shows them: they fit into 100 columns.

use std::fmt::Write;

use domain::day::Day;
use figures::selection::{Wanted, label};
use figures::summary::{Summary, narrowed};
use figures::{CohortObject, DayObject, MonthObject, SegmentObject};
use pipeline::ports::figures::Project;

use super::chart::Chart;
use crate::summary::{self, spark_line, tenths};

/// How long the names of segments may be.
const LONGEST_NAME: usize = 24;
/// How long the spark line of a segment may be.
const SPARK_LINE: usize = 10;
/// How long the bar of a month may be.
const LONGEST_BAR: i64 = 60;
/// How many intervals after its own a cohort is shown in.
const MOST_AGES: usize = 13;

/// Whose figures these are, and of which days.
#[derive(Clone, Copy)]
pub struct Heading<'a> {
    /// The project.
    pub project: &'a Project,
    /// The first and the last day.
    pub span: (Day, Day),
    /// The last, if it is not over.
    pub running: Option<Day>,
}

impl Heading<'_> {
    fn line(&self) -> String {
        let (Project { id, zone, .. }, (from, to)) = (self.project, self.span);
        format!("project {id}, {from} to {to} ({zone})")
    }

    /// The project's days, or one segment's, beside the days before them.
    pub fn days(
        &self,
        days: &[DayObject],
        before: &[DayObject],
        segment: Option<&SegmentObject>,
    ) -> String {
        let line = self.line_of(segment);
        format!("{line}\n\n{}", summary::days(days, before, self.running))
    }

    /// The chart of the project's days, or of one segment's.
    pub fn chart(&self, chart: &Chart<'_>, segment: Option<&SegmentObject>) -> String {
        format!("{}\n\n{chart}", self.line_of(segment))
    }

    fn line_of(&self, segment: Option<&SegmentObject>) -> String {
        let segment = segment.map_or(String::new(), |segment| {
            format!(" · {}", self.segment_words(segment, " · "))
        });
        self.line() + &segment
    }

    fn segment_words(&self, segment: &SegmentObject, between: &str) -> String {
        let pairs = segment.pairs();
        let pairs = pairs.map(|(property, value)| {
            let label = label(&property, value, self.project);
            format!("{property}={label}")
        });
        pairs.collect::<Vec<_>>().join(between)
    }

    /// The segments of a dimension, a line for each: the largest first, with its share of the users that the whole
    /// project has at the end.
    pub fn segments(&self, wanted: &Wanted, segments: &[Vec<DayObject>], whole: i64) -> String {
        let open = wanted.open();
        let names: Vec<&str> = open.iter().map(|(_, name)| name.as_str()).collect();
        let names = names.join(" + ");
        let condition = match wanted.to_string() {
            condition if condition.is_empty() => condition,
            condition => format!(" · {condition}"),
        };
        if segments.is_empty() {
            return format!("No {names} is known of these days, nor of the 29 before.\n");
        }
        let mut text = format!("{}{condition}, by {names}\n", self.line());
        text += &self.since(wanted);
        text += &format!(
            "\n{:LONGEST_NAME$}{:>9}{:>9}{:>9}{:>10}{:>9}{:>9}{:>7}  DAU\n",
            shortened(&names),
            "sign-ups",
            "sign-ins",
            "failures",
            "new users",
            "avg DAU",
            "MAU",
            "share"
        );
        let mut lines: Vec<(i64, i64, String)> = segments
            .iter()
            .map(|days| self.segment(days, &open, whole))
            .collect();
        lines.sort_by_key(|(mau, sign_ins, _)| std::cmp::Reverse((*mau, *sign_ins)));
        text.extend(lines.into_iter().map(|(_, _, line)| line));
        text + "\nshare: of the users active in the 30 days up to the last one; a user may be in several lines\n\
                each day of one of them: --where; of all: --format csv\n"
    }

    /// Since when a dimension is counted by, if that was not from the beginning.
    fn since(&self, wanted: &Wanted) -> String {
        let since = self.project.dimensions.get(&wanted.dimension).copied();
        since.flatten().map_or(String::new(), |since| {
            let day = self.project.zone.day_of(since);
            format!("counted since {day}: each user is new in their segment from then on\n")
        })
    }

    /// The users at the end, the sign-ins, and the line.
    fn segment(
        &self,
        days: &[DayObject],
        open: &[(usize, String)],
        whole: i64,
    ) -> (i64, i64, String) {
        let summary = Summary::of(days, &[], summary::over(days, self.running));
        let mau = days.last().map_or(0, |day| day.mau);
        let sign_ins = days.iter().map(|day| day.sign_ins).sum();
        let segment = days.first().and_then(|day| day.segment.as_ref());
        let name = segment.map_or(String::new(), |segment| self.name(segment, open));
        let mut line = format!("{:LONGEST_NAME$}", shortened(&name));
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
        let share = percent(mau, whole);
        line += &format!("{:>9}{mau:>9}{share:>7}  {line_of_days}\n", tenths(average));
        (mau, sign_ins, line)
    }

    fn name(&self, segment: &SegmentObject, open: &[(usize, String)]) -> String {
        let parts: Vec<&str> = segment.1.parts().collect();
        let names = open.iter().map(|(place, property)| {
            let value = parts.get(*place).copied().unwrap_or_default();
            label(property, value, self.project)
        });
        names.collect::<Vec<_>>().join(" + ")
    }

    /// Calendar months, a line for each.
    pub fn months(&self, months: &[MonthObject]) -> String {
        if months.is_empty() {
            return "These months have not begun.\n".to_owned();
        }
        let most = months.iter().map(|month| month.calendar_mau).max();
        let most = most.unwrap_or(0).max(1);
        let (id, zone) = (&self.project.id, self.project.zone);
        let mut text = format!(
            "project {id} ({zone})\n\n{:10}{:>14}\n",
            "month", "active users"
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

    /// Cohorts, a line for each: its users, and the share of them that came back in each interval after.
    pub fn retention(&self, cohorts: &[CohortObject]) -> String {
        let Some(first) = cohorts.first() else {
            return "These cohorts have not begun.\n".to_owned();
        };
        let ages = first.active.len().min(MOST_AGES);
        let mut text = format!(
            "{}\nusers by the {} in which they came first\n\n{:12}{:>8}",
            self.line(),
            first.interval,
            "cohort",
            "users"
        );
        for age in 1..ages {
            let _ = write!(text, "{age:>6}");
        }
        text.push('\n');
        for cohort in cohorts {
            let _ = write!(text, "{:12}{:>8}", cohort.cohort, cohort.size);
            for users in cohort.active.iter().take(ages).skip(1) {
                let _ = write!(text, "{:>6}", percent(*users, cohort.size));
            }
            text.push('\n');
        }
        let interval = first.interval;
        text += &format!(
            "\n1, 2, …: the share of them who were active in the {interval} that comes so many after\n"
        );
        if first.active.len() > MOST_AGES {
            text += "further ones: --format csv\n";
        }
        text
    }
}

/// Whole percents; nothing of nothing.
fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".to_owned();
    }
    format!("{} %", (part * 100 + whole / 2) / whole)
}

fn shortened(name: &str) -> String {
    if name.chars().count() < LONGEST_NAME {
        return name.to_owned();
    }
    let kept: String = name.chars().take(LONGEST_NAME - 2).collect();
    kept + "…"
}
