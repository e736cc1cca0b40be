//! What comes of a walk through a user pool, as it is printed.

use std::collections::BTreeMap;
use std::io::Write;

use pipeline::sync::Plan;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::args::Format;
use crate::args::account::SyncArgs;
use crate::text::listed;

/// What came of a walk so far.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Users listed.
    pub users: u64,
    /// Users whose endpoints are out of step, in some project.
    pub out_of_step: u64,
    /// Users to be seeded, in some project: they were there before counting began, and this was not known of them.
    pub seeded: u64,
    /// Events to be appended to the event log.
    pub events: u64,
    /// Endpoints to be sent of, by channel.
    pub sent: BTreeMap<String, u64>,
    /// Endpoints to be retired, by channel.
    pub retired: BTreeMap<String, u64>,
    /// What no endpoint can have of what the pool lists, by name.
    pub rejected: BTreeMap<String, u64>,
    /// Users whose states cannot be read.
    pub unreadable: u64,
}

impl Tally {
    /// Adds what was planned for some users.
    pub fn add(&mut self, users: usize, plan: &Plan) {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.users += count(users);
        self.out_of_step += count(plan.out_of_step);
        self.seeded += count(plan.seeded);
        self.events += count(plan.events.iter().map(Vec::len).sum());
        self.unreadable += count(plan.unreadable);
        // What goes to several destinations is one endpoint.
        let endpoints = plan.updates.iter().map(|(_, update)| {
            let retired = update.change.address().is_none();
            ((&update.endpoint, retired), update)
        });
        for update in endpoints.collect::<BTreeMap<_, _>>().into_values() {
            let by = match update.change.address() {
                Some(_) => &mut self.sent,
                None => &mut self.retired,
            };
            let channel = update.change.channel().name().to_lowercase();
            *by.entry(channel).or_default() += 1;
        }
        for part in &plan.left_out {
            *self.rejected.entry(part.name().to_owned()).or_default() += 1;
        }
    }

    /// Prints it.
    pub fn print(&self, args: &SyncArgs) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        if args.format == Format::Json {
            return Ok(writeln!(out, "{}", serde_json::to_string_pretty(self)?)?);
        }
        let (now, later) = if args.dry_run {
            ("would be appended to the event log", "would be")
        } else {
            (
                "appended to the event log: publish-events applies them",
                "are to be",
            )
        };
        writeln!(
            out,
            "users      {} listed, {} out of step",
            self.users, self.out_of_step
        )?;
        writeln!(
            out,
            "seeds      {} of them were there before counting began, and {later} marked so",
            self.seeded
        )?;
        writeln!(out, "endpoints  {later} sent: {}", listed(&self.sent))?;
        writeln!(out, "           {later} retired: {}", listed(&self.retired))?;
        if !self.rejected.is_empty() {
            writeln!(out, "rejected   {}", listed(&self.rejected))?;
        }
        if self.unreadable > 0 {
            writeln!(out, "unreadable {} states: see the log", self.unreadable)?;
        }
        Ok(writeln!(out, "events     {} {now}", self.events)?)
    }
}
