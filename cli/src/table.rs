//! Rows of text as they are printed.

use comfy_table::{CellAlignment, Table, presets};

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
        .all(|cell| cell.content() == "…" || is_number(&cell.content()))
}

/// Whether the text is a number, and not an id of digits alone.
fn is_number(text: &str) -> bool {
    text.parse::<i64>()
        .is_ok_and(|number| number.to_string() == text)
}
