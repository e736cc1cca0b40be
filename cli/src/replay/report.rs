//! What came of a replay, as it is printed.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use domain::analytics_event::AnalyticsEventType;
use domain::day::Day;
use figures::{DayObject, days};
use serde::Serialize;

use super::Taken;
use super::installation::Replayed;
use super::outcomes::Outcomes;
use crate::Failure;
use crate::args::Format;
use crate::entries::Rejected;
use crate::table::{cells, table};
use crate::text::listed;

/// The columns of a project's table.
const COLUMNS: usize = 8;

/// What came of a replay.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    replayed: u64,
    rejected: Vec<Rejected>,
    outcomes: Outcomes,
    published: BTreeMap<&'static str, u64>,
    endpoints: Endpoints,
    days: Vec<DayObject>,
}

#[derive(Debug, Default, Serialize)]
struct Endpoints {
    device: u64,
    email: u64,
    sms: u64,
}

impl Report {
    /// What came of this one.
    pub async fn of(taken: Taken, replayed: &Replayed) -> Result<Self, Failure> {
        let analytics = replayed.analytics.counts();
        let count = |name: &str| analytics.get(name).copied().unwrap_or(0);
        let published = AnalyticsEventType::ALL.map(|of| (of.name(), count(of.name())));
        let endpoints = replayed.pinpoint.count_active_endpoints()?;
        Ok(Self {
            replayed: taken.replayed,
            rejected: taken.rejected,
            outcomes: replayed.outcomes.clone(),
            published: published.into(),
            endpoints: Endpoints {
                device: endpoints.device,
                email: endpoints.email,
                sms: endpoints.sms,
            },
            days: all_days(replayed).await?,
        })
    }

    /// What came of appending events to a log elsewhere.
    pub fn of_appending(rejected: Vec<Rejected>, outcomes: Outcomes) -> Self {
        Self {
            replayed: outcomes.total(),
            rejected,
            outcomes,
            published: BTreeMap::new(),
            endpoints: Endpoints::default(),
            days: Vec::new(),
        }
    }

    /// Prints it. Exit code 1 if anything was rejected.
    pub fn print(&self, format: Format) -> Result<ExitCode, Failure> {
        let mut out = std::io::stdout().lock();
        match format {
            Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(self)?)?,
            Format::Table => self.print_for_people(&mut out)?,
        }
        let code = u8::from(!self.rejected.is_empty());
        Ok(ExitCode::from(code))
    }

    fn print_for_people(&self, out: &mut impl Write) -> Result<(), Failure> {
        for days in self.days.chunk_by(|day, next| day.project == next.project) {
            writeln!(out, "{}\n", project_table(days)?)?;
        }
        writeln!(out, "replayed   {}", self.replayed)?;
        writeln!(out, "outcomes   {}", listed(self.outcomes.counts()))?;
        if !self.published.is_empty() {
            writeln!(out, "sent       {}", listed(&self.published))?;
            let Endpoints { device, email, sms } = self.endpoints;
            writeln!(
                out,
                "endpoints  {device} device, {email} email, {sms} sms (at the end)"
            )?;
        }
        if !self.rejected.is_empty() {
            writeln!(out, "rejected   {}", self.rejected.len())?;
        }
        for rejected in &self.rejected {
            eprintln!("{}: {}", rejected.source, rejected.error);
        }
        Ok(())
    }
}

/// A project's days, under its id. Days on which nothing happened and nobody was active, nor in the 29
/// before, are left out: a row of dots stands for some.
fn project_table(days: &[DayObject]) -> Result<String, serde_json::Error> {
    let quiet = |day: &DayObject| {
        day.mau == 0 && day.sign_ups == 0 && day.sign_ins == 0 && day.auth_failures == 0
    };
    let mut rows = Vec::with_capacity(days.len());
    for stretch in days.chunk_by(|day, next| quiet(day) == quiet(next)) {
        let header = usize::from(!rows.is_empty());
        match stretch {
            [day, ..] if quiet(day) => rows.push(vec!["…".to_owned(); COLUMNS]),
            shown => rows.extend(cells(shown)?.into_iter().skip(header).map(without_project)),
        }
    }
    let project = days.first().map_or("", |day| &day.project);
    Ok(format!("project {project}\n{}", table(rows)))
}

fn without_project(row: Vec<String>) -> Vec<String> {
    row.into_iter().skip(1).collect()
}

/// Every day of each project, from the first to the last with any activity or count.
async fn all_days(replayed: &Replayed) -> Result<Vec<DayObject>, Failure> {
    let mut all = Vec::new();
    for project in replayed.config.projects() {
        let rows = replayed
            .metrics
            .whole(&project, Day::FIRST, Day::LAST)
            .await?;
        if let Some(span) = rows.span() {
            all.extend(days(&project, &rows, span, None));
        }
    }
    Ok(all)
}
