//! What came of an import, as it is printed.

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

use crate::Failure;
use crate::args::{Format, ImportArgs};
use crate::entries::{Rejected, print_rejected};
use crate::outcomes::Outcomes;
use crate::text::listed;

/// What came of an import.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Records that were read, of whatever event type.
    pub read: u64,
    /// What became of each of them.
    pub outcomes: Outcomes,
    /// What could not be taken.
    pub rejected: Vec<Rejected>,
}

impl Report {
    /// Prints it. Exit code 1 if anything was rejected, or nothing was read.
    pub fn print(&self, args: &ImportArgs) -> Result<ExitCode, Failure> {
        let mut out = std::io::stdout().lock();
        match args.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(self)?)?,
            Format::Table => self.print_for_people(args, &mut out)?,
        }
        if self.read == 0 && self.rejected.is_empty() {
            eprintln!(
                "error: there was nothing to import: give files, or folders of files, that hold what Pinpoint's event \
                 stream wrote"
            );
        }
        let whole = self.read > 0 && self.rejected.is_empty();
        Ok(ExitCode::from(u8::from(!whole)))
    }

    fn print_for_people(&self, args: &ImportArgs, out: &mut impl Write) -> Result<(), Failure> {
        writeln!(out, "read       {} records", self.read)?;
        writeln!(out, "outcomes   {}", listed(self.outcomes.counts()))?;
        if !self.rejected.is_empty() {
            writeln!(out, "rejected   {}", self.rejected.len())?;
            print_rejected(&self.rejected);
        }
        if args.dry_run {
            writeln!(out, "nothing was counted: this was a dry run")?;
        }
        Ok(())
    }
}
