//! What came of a replay, as it is printed.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use domain::analytics_event::AnalyticsEventType;
use domain::day::Day;
use domain::time_zone::TimeZone;
use figures::{DayObject, days};
use pipeline::ports::figures::{FiguresStore, Project};
use serde::Serialize;

use super::Taken;
use super::for_people;
use super::installation::Replayed;
use crate::Failure;
use crate::args::{Format, ReplayArgs};
use crate::entries::Rejected;
use crate::outcomes::Outcomes;

/// What came of a replay.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub(super) replayed: u64,
    pub(super) rejected: Vec<Rejected>,
    pub(super) outcomes: Outcomes,
    pub(super) published: BTreeMap<&'static str, u64>,
    pub(super) endpoints: Endpoints,
    pub(super) days: Vec<DayObject>,
    /// The time zone of each project.
    #[serde(skip)]
    pub(super) zones: BTreeMap<String, TimeZone>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Endpoints {
    pub(super) device: u64,
    pub(super) email: u64,
    pub(super) sms: u64,
}

impl Report {
    /// What came of this one.
    pub async fn of(taken: Taken, replayed: &Replayed) -> Result<Self, Failure> {
        let analytics = replayed.analytics.counts();
        let count = |name: &str| analytics.get(name).copied().unwrap_or(0);
        let published = AnalyticsEventType::ALL.map(|of| (of.name(), count(of.name())));
        let endpoints = replayed.pinpoint.count_active_endpoints()?;
        let projects = replayed.metrics.projects().await?;
        let zones = projects.iter();
        let zones = zones.map(|project| (project.id.to_string(), project.zone));
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
            days: all_days(replayed, &projects).await?,
            zones: zones.collect(),
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
            zones: BTreeMap::new(),
        }
    }

    /// Whether there was nothing to replay, not even anything to reject.
    pub fn is_of_nothing(&self) -> bool {
        self.replayed == 0 && self.rejected.is_empty()
    }

    /// Prints it. Exit code 1 if anything was rejected, or there was nothing to replay.
    pub fn print(&self, args: &ReplayArgs) -> Result<ExitCode, Failure> {
        let mut out = std::io::stdout().lock();
        match args.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(self)?)?,
            Format::Table => for_people::print(self, args, &mut out)?,
        }
        if self.is_of_nothing() || !self.rejected.is_empty() {
            return Ok(ExitCode::FAILURE);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Every day of each project in the store, from the first to the last with any activity or count.
async fn all_days(replayed: &Replayed, projects: &[Project]) -> Result<Vec<DayObject>, Failure> {
    let mut all = Vec::new();
    for project in projects {
        let rows = replayed
            .metrics
            .whole(&project.id, (Day::FIRST, Day::LAST))
            .await?;
        if let Some(span) = rows.span() {
            all.extend(days(&project.id, &rows, span, None));
        }
    }
    Ok(all)
}
