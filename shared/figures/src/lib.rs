//! The JSON of a day and of a month: what `replay` and `metrics` answer; and how far back a reader must read
//! for them.

pub mod periods;
pub mod summary;

use domain::activity::{DayFigures, DayRows};
use domain::day::{Day, Month};
use domain::ids::ProjectId;
use domain::segment::{Dimension, SegmentValue};
use serde::Serialize;

/// One day of one project, or of one segment of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayObject {
    /// The Pinpoint application id.
    pub project: String,
    /// The day, such as `2026-01-31`.
    pub date: String,
    /// Confirmed sign-ups.
    pub sign_ups: i64,
    /// Sign-ins.
    pub sign_ins: i64,
    /// Failed authentications.
    pub auth_failures: i64,
    /// Users whose first active day of all is this one.
    pub new_users: i64,
    /// Users active on the day.
    pub dau: i64,
    /// Users active on at least one of the 7 days that end with this one.
    pub wau: i64,
    /// Users active on at least one of the 30 days that end with this one.
    pub mau: i64,
    /// The segment; `None` for the whole project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentObject>,
}

/// One month of one project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthObject {
    /// The Pinpoint application id.
    pub project: String,
    /// The month, such as `2026-01`.
    pub month: String,
    /// Users active on at least one day of the month.
    pub calendar_mau: i64,
}

/// `{"platform": "iOS"}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentObject(pub Dimension, pub SegmentValue);

impl Serialize for SegmentObject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0.name(), self.1.as_str())])
    }
}

/// Every day from the first to the last.
pub fn days(
    project: &ProjectId,
    rows: &DayRows,
    (from, to): (Day, Day),
    segment: Option<&SegmentObject>,
) -> Vec<DayObject> {
    from.through(to)
        .map(|day| day_object(project, rows.figures(day), segment))
        .collect()
}

/// Every month from the one to the other.
pub fn months(project: &ProjectId, rows: &DayRows, (from, to): (Month, Month)) -> Vec<MonthObject> {
    let object = |month: Month| MonthObject {
        project: project.to_string(),
        month: month.to_string(),
        calendar_mau: rows.calendar_mau(month),
    };
    from.through(to).map(object).collect()
}

fn day_object(
    project: &ProjectId,
    figures: DayFigures,
    segment: Option<&SegmentObject>,
) -> DayObject {
    DayObject {
        project: project.to_string(),
        date: figures.day.to_string(),
        sign_ups: figures.sign_ups,
        sign_ins: figures.sign_ins,
        auth_failures: figures.auth_failures,
        new_users: figures.new_users,
        dau: figures.dau,
        wau: figures.wau,
        mau: figures.mau,
        segment: segment.cloned(),
    }
}
