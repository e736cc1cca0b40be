//! Metrics in a function's log: lines of CloudWatch's embedded metric format, which stand by themselves on standard output.

use std::io::{self, Write};

use serde::Serialize;

/// The environment variable that names the metrics' namespace: the stack's name.
pub const NAMESPACE: &str = "METRICS_NAMESPACE";

/// The namespace unless [`NAMESPACE`] says another: what a stack is called unless it is given a name.
const DEFAULT_NAMESPACE: &str = "cognito-pinpoint";

/// The namespace of this function's metrics.
pub fn namespace() -> String {
    std::env::var(NAMESPACE).unwrap_or_else(|_| DEFAULT_NAMESPACE.to_owned())
}

/// Writes each document as a line. What cannot be written is logged: the figures themselves are in the table.
pub fn write(documents: &[impl Serialize]) {
    let written = documents.iter().try_for_each(write_line);
    if let Err(error) = written {
        tracing::warn!(%error, "metrics were not written to the log");
    }
}

/// In one piece, so that no other line comes between.
fn write_line(document: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(document)?;
    line.push(b'\n');
    io::stdout().lock().write_all(&line)
}
