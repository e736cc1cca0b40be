//! What comes of a republish, as it is printed.

use std::collections::BTreeMap;
use std::io::Write;

use pipeline::republish::Plan;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::args::Format;
use crate::args::republish::RepublishArgs;
use crate::text::listed;

/// What came of a republish so far.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Events of the log that were read, whenever they happened.
    pub read: u64,
    /// Analytics events sent, by type.
    pub sent: BTreeMap<String, u64>,
    /// Analytics events whose clients do not send to the destination.
    pub not_wanted: u64,
    /// Auth events that are older than their users' tombstones.
    pub forgotten: u64,
    /// Items of the log that hold no auth event.
    pub unreadable: u64,
}

impl Tally {
    /// Adds what was planned of a page.
    pub fn add(&mut self, plan: &Plan) {
        self.read += plan.read;
        self.not_wanted += plan.not_wanted;
        self.forgotten += plan.forgotten;
        self.unreadable += plan.unreadable;
        for (name, count) in &plan.sent {
            *self.sent.entry((*name).to_owned()).or_default() += count;
        }
    }

    /// Prints it.
    pub fn print(&self, args: &RepublishArgs) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        if args.format == Format::Json {
            return Ok(writeln!(out, "{}", serde_json::to_string_pretty(self)?)?);
        }
        let destination = &args.destination;
        let done = match (args.dry_run, &args.data_dir) {
            (true, _) => format!("would go to {destination}"),
            (false, None) => format!("are in the queue of {destination}"),
            (false, Some(_)) => format!("went to {destination}"),
        };
        writeln!(out, "read       {} events of the log", self.read)?;
        writeln!(out, "events     {done}: {}", listed(&self.sent))?;
        if self.not_wanted > 0 {
            let problem = format!("whose app clients do not send to {destination}");
            writeln!(out, "not wanted {} {problem}", self.not_wanted)?;
        }
        if self.forgotten > 0 {
            let problem = "of users who were forgotten since, dropped";
            writeln!(out, "forgotten  {} {problem}", self.forgotten)?;
        }
        if self.unreadable > 0 {
            writeln!(out, "unreadable {} items of the log", self.unreadable)?;
        }
        if args.dry_run {
            writeln!(out, "nothing was sent: this was a dry run")?;
        }
        Ok(())
    }
}
