//! Daily and monthly figures as they are printed.

use comfy_table::{CellAlignment, Table, presets};
use domain::activity::{DayFigures, DayRows};
use domain::day::{Day, Month};
use domain::ids::ProjectId;
use domain::segment::{Dimension, SegmentValue};
use serde::Serialize;
use serde_json::Value;

/// One day of one project, or of one segment of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayObject {
    pub project: String,
    pub date: String,
    pub sign_ups: i64,
    pub sign_ins: i64,
    pub auth_failures: i64,
    pub new_users: i64,
    pub dau: i64,
    pub wau: i64,
    pub mau: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentObject>,
}

/// One month of one project, or of one segment of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthObject {
    pub project: String,
    pub month: String,
    pub calendar_mau: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentObject>,
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
pub fn months(
    project: &ProjectId,
    rows: &DayRows,
    (from, to): (Month, Month),
    segment: Option<&SegmentObject>,
) -> Vec<MonthObject> {
    let object = |month: Month| MonthObject {
        project: project.to_string(),
        month: month.to_string(),
        calendar_mau: rows.calendar_mau(month),
        segment: segment.cloned(),
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

/// Objects as rows under their fields' names: the first row's, since all have the same.
pub fn cells<T: Serialize>(objects: &[T]) -> Result<Vec<Vec<String>>, serde_json::Error> {
    let mut rows = Vec::with_capacity(objects.len() + 1);
    for object in objects {
        let Value::Object(fields) = serde_json::to_value(object)? else {
            continue;
        };
        let fields = fields.into_iter().map(|(name, value)| match value {
            Value::Object(segment) => segment.into_iter().next().unwrap_or((name, Value::Null)),
            plain => (name, plain),
        });
        let (names, values): (Vec<_>, Vec<_>) = fields.unzip();
        if rows.is_empty() {
            rows.push(names);
        }
        rows.push(values.into_iter().map(text).collect());
    }
    Ok(rows)
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A table for people: texts to the left, numbers to the right.
pub fn table(rows: Vec<Vec<String>>) -> Table {
    let mut rows = rows.into_iter();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(rows.next().unwrap_or_default());
    table.add_rows(rows);
    let numeric: Vec<usize> = (0..table.column_count())
        .filter(|column| is_numeric(&table, *column))
        .collect();
    for column in numeric {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn is_numeric(table: &Table, column: usize) -> bool {
    table
        .row_iter()
        .filter_map(|row| row.cell_iter().nth(column))
        .all(|cell| cell.content() == "…" || cell.content().parse::<i32>().is_ok())
}
