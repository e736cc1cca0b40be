//! Rows of text as they are printed.

#[cfg(feature = "account")]
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::Value;

/// Objects as CSV: see [`cells`]. Text that a spreadsheet would take for a formula has an apostrophe before it, as what apps
/// say of themselves is anybody's.
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

#[cfg(feature = "account")]
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

#[cfg(feature = "account")]
fn is_numeric(table: &Table, column: usize) -> bool {
    table
        .row_iter()
        .filter_map(|row| row.cell_iter().nth(column))
        .all(|cell| cell.content() == "…" || is_number(&cell.content()))
}

#[cfg(feature = "account")]
/// Whether the text is a number, and not an id of digits alone.
fn is_number(text: &str) -> bool {
    text.parse::<i64>()
        .is_ok_and(|number| number.to_string() == text)
}
