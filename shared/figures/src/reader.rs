//! Reading figures: what every front does, whatever it answers with.

use domain::activity::DayRows;
use domain::day::{Day, Interval};
use domain::ids::ProjectId;
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
    let wanted = match selection {
        Selection::Whole => {
            let rows = store.whole(&project.id, read).await?;
            let segment = None;
            return Ok(vec![Series { segment, rows }]);
        }
        Selection::Segments(wanted) => wanted,
    };
    let values = store.by(&project.id, &wanted.dimension, read).await?;
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
