//! The JSON of a day, a month, a cohort, a segment and a user: what `replay`, `metrics`, `users` and the console answer; what
//! may be asked for, and how it is read.

pub mod cloudwatch;
pub mod csv;
pub mod dates;
pub mod examples;
pub mod periods;
pub mod reader;
pub mod selection;
pub mod summary;
mod totals;
pub mod users;

use std::collections::BTreeMap;

use domain::activity::{CohortRow, DayFigures, DayRows};
use domain::annotation::Annotation;
use domain::day::{Day, Interval, Month};
use domain::dimension::Dimension;
use domain::ids::ProjectId;
use domain::segment::SegmentValue;
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

/// The users who came for the first time in one week or month, and how many of them came back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CohortObject {
    /// The Pinpoint application id.
    pub project: String,
    /// `week` or `month`.
    pub interval: &'static str,
    /// The interval's first day, such as `2026-03-02`.
    pub cohort: String,
    /// How many users there are.
    pub size: i64,
    /// How many of them were active in the interval, and in each one after it.
    pub active: Vec<i64>,
}

/// One user of one project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserObject {
    /// The Pinpoint application id.
    pub project: String,
    /// The user pool.
    pub user_pool_id: String,
    /// Who: nothing else is known here.
    pub sub: String,
    /// The first active day; `None` of who was never active since counting began.
    pub first_active: Option<String>,
    /// The last active day.
    pub last_active: Option<String>,
    /// On how many days they were active.
    pub active_days: u64,
}

/// What happened on one day of one project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnotationObject {
    /// The Pinpoint application id.
    pub project: String,
    /// The day, such as `2026-01-31`.
    pub date: String,
    /// What happened: one line.
    pub text: String,
}

/// `{"platform": "iOS"}`, and of a pair `{"client": "…", "platform": "iOS"}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentObject(pub Dimension, pub SegmentValue);

impl SegmentObject {
    /// The properties with their values.
    pub fn pairs(&self) -> impl Iterator<Item = (String, &str)> {
        let properties = self.0.properties().into_iter();
        let properties = properties.map(ToString::to_string);
        properties.zip(self.1.parts())
    }
}

impl Serialize for SegmentObject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.pairs())
    }
}

/// The first day whose rows are needed for the figures of days from this one on.
pub fn first_read(from: Day) -> Day {
    from.minus(DayRows::LOOK_BACK_DAYS)
}

/// As many days before these.
pub fn before((from, to): (Day, Day)) -> (Day, Day) {
    (from.minus(to.days_since(from) + 1), from.minus(1))
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

/// The annotations, in the order in which they are.
pub fn annotations(project: &ProjectId, annotations: &[Annotation]) -> Vec<AnnotationObject> {
    let object = |annotation: &Annotation| AnnotationObject {
        project: project.to_string(),
        date: annotation.day.to_string(),
        text: annotation.text.to_string(),
    };
    annotations.iter().map(object).collect()
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

/// Every cohort from that of the interval with the one day to that of the interval with the other, and how many came back
/// in each interval up to the latter. Whole intervals count, also their days after the last one.
pub fn retention(
    project: &ProjectId,
    interval: Interval,
    rows: &BTreeMap<Day, CohortRow>,
    (from, to): (Day, Day),
) -> Vec<CohortObject> {
    let nobody = CohortRow::default();
    let object = |start: Day| {
        let row = rows.get(&start).unwrap_or(&nobody);
        let active = row.active(interval.age(start, to));
        CohortObject {
            project: project.to_string(),
            interval: interval.name(),
            cohort: start.to_string(),
            size: active.first().copied().unwrap_or(0),
            active,
        }
    };
    interval.through(from, to).map(object).collect()
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
