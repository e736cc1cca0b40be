//! What a run was, for people.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result};

use super::Run;
use super::brute_force::Expected;
use super::checks::Differences;
use super::places::Arrivals;
use super::sign_ins::Seen;
use super::weather::Part;

/// All that is told of a run.
pub struct Report<'a> {
    pub run: &'a Run,
    pub seen: &'a Seen,
    pub expected: &'a Expected,
    pub arrivals: &'a BTreeMap<&'static str, Arrivals>,
    pub endpoints: u64,
    pub differences: &'a Differences,
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let tally = self.run.tallies.lock().expect("no task has panicked");
        let (seed, elapsed) = (self.run.seed, self.run.weather.elapsed().as_secs());
        writeln!(
            f,
            "chaos: seed {seed}, {elapsed} s, of which the last without faults"
        )?;
        let users = self.expected.positions.len();
        let (captured, all) = (self.expected.captured, self.expected.ids.len());
        writeln!(
            f,
            "  users {users}, events captured {captured}, of the service's own {}",
            all as u64 - captured
        )?;
        let invocations: u64 = tally.invocations.values().sum();
        writeln!(f, "  invocations {invocations}: {:?}", tally.invocations)?;
        writeln!(
            f,
            "  kills {}: {:?}; timed out {:?}",
            tally.kills.values().sum::<u64>(),
            tally.kills,
            tally.timed_out
        )?;
        let happened = self.run.weather.happened();
        writeln!(f, "  faults {}", happened.values().sum::<u64>())?;
        for part in Part::ALL {
            let of_part = happened.iter().filter(|((other, _), _)| *other == part);
            let kinds: Vec<String> = of_part
                .map(|((_, kind), count)| format!("{kind} {count}"))
                .collect();
            writeln!(f, "    {}: {}", part.name(), kinds.join(", "))?;
        }
        writeln!(f, "  published {:?}", tally.published)?;
        writeln!(f, "  delivered {:?}", tally.delivered)?;
        for (name, arrived) in self.arrivals {
            let (events, repeats, updates) =
                (arrived.events.len(), arrived.repeats(), arrived.updates);
            let refused = arrived.refused_events.len() as u64 + arrived.refused_updates;
            writeln!(
                f,
                "    {name}: {events} events, {repeats} of them again, {updates} endpoint updates, {refused} refused"
            )?;
        }
        writeln!(f, "  endpoints as they should be: {}", self.endpoints)?;
        writeln!(
            f,
            "  sign-ins and other triggers answered {}, spilled {}, slowest {:?}, while the machine was late by {:?}",
            self.seen.answered,
            self.seen.spilled.len(),
            self.seen.slowest,
            self.seen.late_meanwhile,
        )?;
        let Differences { all, lost, doubled } = self.differences;
        write!(
            f,
            "  lost {lost}, doubled {doubled}, differences {}",
            all.len()
        )
    }
}
