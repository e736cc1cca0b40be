//! Objects as CSV, as spreadsheets take them.

use ::csv::Writer;
use serde::Serialize;
use serde_json::Value;

/// Objects as CSV: what an object holds has columns of its own, what a list holds is numbered. Text that a spreadsheet would
/// take for a formula has an apostrophe before it, as what apps say of themselves is anybody's.
pub fn csv_rows<T: Serialize>(objects: &[T]) -> Result<Vec<Vec<String>>, serde_json::Error> {
    let mut rows = cells(objects)?;
    for cell in rows.iter_mut().skip(1).flatten() {
        let number = cell.parse::<f64>().is_ok();
        if !number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            cell.insert(0, '\'');
        }
    }
    Ok(rows)
}

/// Objects as rows under their fields' names: the first row's, of which the others may have fewer at the end. What an object
/// holds has columns of its own; what a list holds is numbered.
fn cells<T: Serialize>(objects: &[T]) -> Result<Vec<Vec<String>>, serde_json::Error> {
    let mut rows = Vec::with_capacity(objects.len() + 1);
    for object in objects {
        let Value::Object(fields) = serde_json::to_value(object)? else {
            continue;
        };
        let fields = fields.into_iter().flat_map(|(name, value)| match value {
            Value::Object(segment) => segment.into_iter().collect(),
            Value::Array(values) => {
                let numbered = values.into_iter().enumerate();
                numbered
                    .map(|(number, value)| (format!("{name}{number}"), value))
                    .collect()
            }
            plain => vec![(name, plain)],
        });
        let (names, values): (Vec<_>, Vec<_>) = fields.unzip();
        if rows.is_empty() {
            rows.push(names);
        }
        let mut values: Vec<String> = values.into_iter().map(text).collect();
        values.resize(rows.first().map_or(0, Vec::len), String::new());
        rows.push(values);
    }
    Ok(rows)
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The objects as the text of a CSV file: a line of the names, and one for each. Where there is none, the names are those of
/// the example: a spreadsheet still knows them.
///
/// # Errors
///
/// If an object cannot be told as JSON.
pub fn csv_text<T: Serialize>(objects: &[T], example: &T) -> Result<String, serde_json::Error> {
    let mut rows = match objects {
        [] => csv_rows(std::slice::from_ref(example))?,
        some => csv_rows(some)?,
    };
    rows.truncate(objects.len() + 1);
    let mut text = Writer::from_writer(Vec::new());
    for row in rows {
        text.write_record(row).map_err(serde::ser::Error::custom)?;
    }
    let bytes = text.into_inner().map_err(serde::ser::Error::custom)?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}
