//! An object of each kind in which nothing has happened: it has the names that the others have.

use domain::activity::DayRows;
use domain::day::{Day, Interval};
use domain::dimension::Dimension;
use domain::ids::ProjectId;
use domain::segment::SegmentValue;

use crate::totals::SegmentTotals;
use crate::{
    AnnotationObject, CohortObject, DayObject, MonthObject, SegmentObject, UserObject, day_object,
};

fn unknown(dimension: &Dimension) -> SegmentObject {
    SegmentObject(dimension.clone(), SegmentValue::unknown(dimension))
}

/// A day of a segment of this dimension, or of the whole project.
pub fn day(project: &ProjectId, dimension: Option<&Dimension>) -> DayObject {
    let segment = dimension.map(unknown);
    let figures = DayRows::default().figures(Day::FIRST);
    day_object(project, figures, segment.as_ref())
}

/// A segment of this dimension.
pub fn segment(dimension: &Dimension) -> SegmentTotals {
    SegmentTotals::of(unknown(dimension), &[], 0)
}

/// A month.
pub fn month(project: &ProjectId) -> MonthObject {
    MonthObject {
        project: project.to_string(),
        month: Day::FIRST.month().to_string(),
        calendar_mau: 0,
    }
}

/// A cohort, in its first interval.
pub fn cohort(project: &ProjectId, interval: Interval) -> CohortObject {
    CohortObject {
        project: project.to_string(),
        interval: interval.name(),
        cohort: interval.start(Day::FIRST).to_string(),
        size: 0,
        active: vec![0],
    }
}

/// A user.
pub fn user(project: &ProjectId) -> UserObject {
    UserObject {
        project: project.to_string(),
        user_pool_id: String::new(),
        sub: String::new(),
        first_active: None,
        last_active: None,
        active_days: 0,
    }
}

/// An annotation.
pub fn annotation(project: &ProjectId) -> AnnotationObject {
    AnnotationObject {
        project: project.to_string(),
        date: Day::FIRST.to_string(),
        text: String::new(),
    }
}
