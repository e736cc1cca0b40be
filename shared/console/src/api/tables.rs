//! What is answered, read from the store, whoever asks and however it is told.

use domain::day::{Day, Interval};
use figures::reader::{
    SegmentTotals, Series, cohorts_of, months_of, segments as segments_of, series,
};
use figures::selection::Selection;
use figures::{AnnotationObject, CohortObject, DayObject, MonthObject, examples, first_read};
use pipeline::ports::figures::FiguresStore;

use super::answer::Table;
use super::{ApiError, Asked};
use crate::Console;

/// How many objects, such as days, one answer has at most.
const MOST_OBJECTS: usize = 20_000;
/// How old the oldest cohort of one answer is at most, in its intervals: a triangle of ages has as many numbers as half its
/// square.
const MOST_AGES: u32 = 200;
/// Over how many days segments are added up at most.
pub const MOST_DAYS_OF_SEGMENTS: u32 = 92;

/// Each day of what is selected.
///
/// # Errors
///
/// If there are too many, or the store does not give them.
pub async fn days<S: FiguresStore>(
    console: &Console<S>,
    asked: &Asked,
    selection: &Selection,
) -> Result<Table<DayObject>, ApiError> {
    let project = &asked.project;
    let mut objects = Vec::new();
    if let Some(span) = asked.span {
        let days = number(span.1.days_since(span.0)).saturating_add(1);
        bounded(days)?;
        let read = (first_read(span.0), span.1);
        let found = series(&console.store, project, selection, read).await;
        let found: Vec<Series> = found.map_err(|error| console.unavailable(&error))?;
        bounded(days.saturating_mul(found.len()))?;
        let each = found.iter().flat_map(|one| one.days(project, span));
        objects = each.collect();
    }
    Ok(Table {
        name: "days",
        objects,
        example: examples::day(&project.id, selection.dimension()),
    })
}

/// # Errors
///
/// If there are more objects than an answer may have.
fn bounded(objects: usize) -> Result<(), ApiError> {
    if objects <= MOST_OBJECTS {
        return Ok(());
    }
    Err(ApiError::BadRequest {
        code: "too_many",
        message: format!(
            "these are {objects} objects, and an answer has at most {MOST_OBJECTS}: narrow it by from and to, or use \
             the command cognito-pinpoint metrics"
        ),
    })
}

fn number(days: u32) -> usize {
    usize::try_from(days).unwrap_or(usize::MAX)
}

/// What the segments of a dimension come to.
///
/// # Errors
///
/// If there are too many days, or the store does not give them.
pub async fn segments<S: FiguresStore>(
    console: &Console<S>,
    asked: &Asked,
    selection: &Selection,
) -> Result<Table<SegmentTotals>, ApiError> {
    let dimension = selection.dimension();
    let dimension = dimension.ok_or_else(|| ApiError::invalid("by= is missing".to_owned()))?;
    let mut objects = Vec::new();
    if let Some(span) = asked.span {
        few_enough(span)?;
        let found = segments_of(&console.store, &asked.project, selection, span).await;
        objects = found.map_err(|error| console.unavailable(&error))?;
    }
    Ok(Table {
        name: "segments",
        objects,
        example: examples::segment(dimension),
    })
}

fn few_enough((from, to): (Day, Day)) -> Result<(), ApiError> {
    if to.days_since(from) < MOST_DAYS_OF_SEGMENTS {
        return Ok(());
    }
    Err(ApiError::BadRequest {
        code: "too_many",
        message: format!(
            "segments are added up over {MOST_DAYS_OF_SEGMENTS} days at most: narrow it by from and to"
        ),
    })
}

/// Each month that the days touch.
///
/// # Errors
///
/// If the store does not give them.
pub async fn months<S: FiguresStore>(
    console: &Console<S>,
    asked: &Asked,
) -> Result<Table<MonthObject>, ApiError> {
    let project = &asked.project.id;
    let mut objects = Vec::new();
    if let Some(span) = asked.span {
        // None is shorter than 28 days.
        bounded(number(span.1.days_since(span.0)) / 28)?;
        let found = months_of(&console.store, project, span).await;
        objects = found.map_err(|error| console.unavailable(&error))?;
    }
    Ok(Table {
        name: "months",
        objects,
        example: examples::month(project),
    })
}

/// Each cohort of the intervals that the days touch.
///
/// # Errors
///
/// If there are too many, or the store does not give them.
pub async fn cohorts<S: FiguresStore>(
    console: &Console<S>,
    asked: &Asked,
    interval: Interval,
) -> Result<Table<CohortObject>, ApiError> {
    let project = &asked.project.id;
    let mut objects = Vec::new();
    if let Some((from, to)) = asked.span {
        let cohorts = usize::try_from(interval.age(interval.start(from), to)).unwrap_or(usize::MAX);
        bounded(cohorts.saturating_mul(cohorts) / 2)?;
        let found = cohorts_of(&console.store, project, interval, (from, to)).await;
        objects = found.map_err(|error| console.unavailable(&error))?;
    }
    Ok(Table {
        name: "cohorts",
        objects,
        example: examples::cohort(project, interval),
    })
}

/// From this day on, or from the oldest one whose cohort is in an answer that ends on the other.
pub fn first_of_cohorts(interval: Interval, (from, to): (Day, Day)) -> Day {
    let last = interval.start(to);
    let oldest = match interval {
        Interval::Week => last.minus(MOST_AGES * 7),
        Interval::Month => last.minus_months(MOST_AGES),
    };
    from.max(oldest)
}

/// The annotations of the days.
///
/// # Errors
///
/// If the store does not give them.
pub async fn annotations<S: FiguresStore>(
    console: &Console<S>,
    asked: &Asked,
) -> Result<Table<AnnotationObject>, ApiError> {
    let project = &asked.project.id;
    let mut objects = Vec::new();
    if let Some(span) = asked.span {
        let found = console.store.annotations(project, span).await;
        let found = found.map_err(|error| console.unavailable(&error))?;
        objects = figures::annotations(project, &found);
    }
    Ok(Table {
        name: "annotations",
        objects,
        example: examples::annotation(project),
    })
}
