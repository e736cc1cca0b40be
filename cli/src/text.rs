//! Text that several commands print or keep.

use std::collections::BTreeMap;
use std::path::Path;

/// Counts by name on one line; `none` if there are none.
pub fn listed<N: std::fmt::Display>(counts: &BTreeMap<N, u64>) -> String {
    let counts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    if counts.is_empty() {
        "none".to_owned()
    } else {
        counts.join(", ")
    }
}

/// Makes a small file hold this text, or leaves it as it was, whenever the process ends.
pub fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let new = file.with_extension("new");
    std::fs::write(&new, text)?;
    std::fs::rename(&new, file)
}
