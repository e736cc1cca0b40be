//! Reading figures: what every front does, whatever it answers with.

use std::collections::BTreeMap;

use domain::activity::DayRows;
use domain::day::{Day, Interval};
use domain::dimension::Dimension;
use domain::ids::ProjectId;
use domain::segment::SegmentValue;
use futures::future::try_join_all;
use pipeline::ports::PortError;
use pipeline::ports::figures::{FiguresStore, Project};

use crate::selection::{Selection, Wanted};
pub use crate::totals::SegmentTotals;
use crate::{
    CohortObject, DayObject, MonthObject, SegmentObject, days, first_read, months, retention,
};

/// Why it is not clear which project is meant. Each has the ids of those that there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotChosen {
    /// Nothing has been counted of any.
    Nothing,
    /// Of the one that was asked for.
    Unknown(Vec<String>),
    /// None was asked for, and there are several.
    Several(Vec<String>),
}

/// The project that was asked for, or the only one there is.
///
/// # Errors
///
/// If there is none, or there are several to choose from.
pub fn choose(mut projects: Vec<Project>, asked: Option<&ProjectId>) -> Result<Project, NotChosen> {
    let ids: Vec<String> = projects.iter().map(|it| it.id.to_string()).collect();
    if ids.is_empty() {
        return Err(NotChosen::Nothing);
    }
    if let Some(asked) = asked {
        projects.retain(|project| project.id == *asked);
        return projects.pop().ok_or(NotChosen::Unknown(ids));
    }
    match (projects.pop(), projects.is_empty()) {
        (Some(project), true) => Ok(project),
        (Some(_) | None, _) => Err(NotChosen::Several(ids)),
    }
}

/// The rows of a project, or of one segment of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// The segment; `None` for the whole project.
    pub segment: Option<SegmentObject>,
    /// The rows.
    pub rows: DayRows,
}

impl Series {
    /// Each of these days. The rows must reach back to [`first_read`] of the first one.
    pub fn days(&self, project: &Project, span: (Day, Day)) -> Vec<DayObject> {
        days(&project.id, &self.rows, span, self.segment.as_ref())
    }
}

/// The days to read for the figures of these spans: each with those before that its figures need, and as one where they
/// meet.
pub fn read_for(spans: impl IntoIterator<Item = (Day, Day)>) -> Vec<(Day, Day)> {
    let spans = spans.into_iter().map(|(from, to)| (first_read(from), to));
    let mut spans: Vec<(Day, Day)> = spans.collect();
    spans.sort_unstable();
    spans.dedup_by(|next, before| {
        let meets = next.0 <= before.1.plus(1);
        if meets {
            before.1 = before.1.max(next.1);
        }
        meets
    });
    spans
}

/// The whole project's rows of several spans of days, which do not overlap. What lies between them is not read.
///
/// # Errors
///
/// If the store does not give them.
pub async fn whole<S: FiguresStore>(
    store: &S,
    project: &ProjectId,
    spans: &[(Day, Day)],
) -> Result<DayRows, PortError> {
    let read = spans.iter().map(|span| store.whole(project, *span));
    let mut rows = DayRows::default();
    for of_span in try_join_all(read).await? {
        rows.merge(of_span);
    }
    Ok(rows)
}

async fn by<S: FiguresStore>(
    store: &S,
    (project, dimension): (&ProjectId, &Dimension),
    spans: &[(Day, Day)],
) -> Result<BTreeMap<SegmentValue, DayRows>, PortError> {
    let read = spans.iter().map(|span| store.by(project, dimension, *span));
    let mut rows: BTreeMap<SegmentValue, DayRows> = BTreeMap::new();
    for (value, of_span) in try_join_all(read).await?.into_iter().flatten() {
        rows.entry(value).or_default().merge(of_span);
    }
    Ok(rows)
}

/// The rows of these days: one series of the whole project or of one segment, also where there is none; else one of each
/// value that has any.
///
/// # Errors
///
/// If the store does not give them.
pub async fn series<S: FiguresStore>(
    store: &S,
    project: &Project,
    selection: &Selection,
    read: (Day, Day),
) -> Result<Vec<Series>, PortError> {
    series_of_spans(store, project, selection, &[read]).await
}

/// The same of several spans of days, which do not overlap. What lies between them is not read.
///
/// # Errors
///
/// If the store does not give them.
pub async fn series_of_spans<S: FiguresStore>(
    store: &S,
    project: &Project,
    selection: &Selection,
    spans: &[(Day, Day)],
) -> Result<Vec<Series>, PortError> {
    let wanted = match selection {
        Selection::Whole => {
            let rows = whole(store, &project.id, spans).await?;
            let segment = None;
            return Ok(vec![Series { segment, rows }]);
        }
        Selection::Segments(wanted) => wanted,
    };
    let values = by(store, (&project.id, &wanted.dimension), spans).await?;
    let mut found: Vec<Series> = values
        .into_iter()
        .filter(|(value, _)| wanted.includes(value))
        .map(|(value, rows)| Series {
            segment: Some(SegmentObject(wanted.dimension.clone(), value)),
            rows,
        })
        .collect();
    if wanted.is_one() && found.is_empty() {
        found.push(nothing_of(wanted));
    }
    Ok(found)
}

fn nothing_of(wanted: &Wanted) -> Series {
    Series {
        segment: Some(SegmentObject(wanted.dimension.clone(), wanted.value())),
        rows: DayRows::default(),
    }
}

/// What the segments of a dimension come to over some days.
///
/// # Errors
///
/// If the store does not give them.
pub async fn segments<S: FiguresStore>(
    store: &S,
    project: &Project,
    selection: &Selection,
    (from, to): (Day, Day),
) -> Result<Vec<SegmentTotals>, PortError> {
    let found = series(store, project, selection, (first_read(from), to));
    let whole = store.whole(&project.id, (first_read(to), to));
    let (found, whole) = futures::try_join!(found, whole)?;
    let whole = whole.figures(to).mau;
    let mut totals: Vec<SegmentTotals> = found
        .into_iter()
        .filter_map(|series| {
            let segment = series.segment.clone()?;
            let days = series.days(project, (from, to));
            Some(SegmentTotals::of(segment, &days, whole))
        })
        .collect();
    totals.sort_by_key(|it| std::cmp::Reverse((it.mau, it.sign_ins)));
    Ok(totals)
}

/// Each month that these days touch, whole.
///
/// # Errors
///
/// If the store does not give them.
pub async fn months_of<S: FiguresStore>(
    store: &S,
    project: &ProjectId,
    (from, to): (Day, Day),
) -> Result<Vec<MonthObject>, PortError> {
    let (first, last) = (from.month(), to.month());
    let read = (first.first_day(), last.last_day());
    let rows = store.whole(project, read).await?;
    Ok(months(project, &rows, (first, last)))
}

/// Each cohort from that of the interval with the one day to that of the interval with the other.
///
/// # Errors
///
/// If the store does not give them.
pub async fn cohorts_of<S: FiguresStore>(
    store: &S,
    project: &ProjectId,
    interval: Interval,
    (from, to): (Day, Day),
) -> Result<Vec<CohortObject>, PortError> {
    let starts = (interval.start(from), interval.start(to));
    let rows = store.cohorts(project, interval, starts).await?;
    Ok(retention(project, interval, &rows, (from, to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans of days of January 2026, as the first and the last of each; what is read for them.
    fn check(spans: &[(u32, u32)], expected: &[(&str, &str)]) {
        let day = |day: u32| Day::parse("2025-12-31").unwrap().plus(day);
        let spans = spans.iter().map(|(from, to)| (day(*from), day(*to)));
        let read = read_for(spans).into_iter();
        let read: Vec<_> = read
            .map(|(from, to)| (from.to_string(), to.to_string()))
            .collect();
        let expected = expected
            .iter()
            .map(|(from, to)| (from.to_string(), to.to_string()));
        assert_eq!(read, expected.collect::<Vec<_>>());
    }

    #[test]
    fn days_are_read_with_those_before_and_once() {
        check(&[], &[]);
        check(&[(30, 31)], &[("2026-01-01", "2026-01-31")]);
        check(
            &[(395, 396), (30, 31)],
            &[("2026-01-01", "2026-01-31"), ("2027-01-01", "2027-01-31")],
        );
        // They overlap, they follow each other, a day lies between them.
        check(&[(30, 31), (32, 33)], &[("2026-01-01", "2026-02-02")]);
        check(&[(30, 31), (61, 62)], &[("2026-01-01", "2026-03-03")]);
        check(
            &[(30, 31), (62, 63)],
            &[("2026-01-01", "2026-01-31"), ("2026-02-02", "2026-03-04")],
        );
        check(&[(30, 90), (30, 31)], &[("2026-01-01", "2026-03-31")]);
    }
}
