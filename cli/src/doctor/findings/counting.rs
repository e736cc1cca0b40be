//! How the projects are counted, as it was written down when each began.

use admin::functions::PUBLISH_EVENTS;
use config::Config;
use pipeline::ports::figures::Project;

use super::super::evidence::Evidence;
use super::{Finding, existing, unknown, well, wrong};

const SUBJECT: &str = "counting";

/// What is found of the projects that the configuration of publish-events names.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let projects = match &evidence.projects {
        Ok(projects) => projects,
        Err(error) => return vec![unknown(SUBJECT, error)],
    };
    let Some(config) = configuration(evidence) else {
        return Vec::new();
    };
    let configured = config.projects();
    let projects = projects.iter();
    let projects: Vec<&Project> = projects
        .filter(|project| configured.contains(&project.id))
        .collect();
    let mut found = in_other_days(&projects, config, &evidence.stack);
    if found.is_empty() {
        found.push(well(SUBJECT, since(&projects)));
    }
    found
}

/// The configuration that events are counted by.
pub fn configuration(evidence: &Evidence) -> Option<&Config> {
    let (_, deployed) = existing(evidence).find(|(name, _)| *name == PUBLISH_EVENTS)?;
    let read = deployed.configuration.as_ref()?.as_ref().ok()?;
    read.as_ref().ok()
}

/// The projects whose time zone is another than the configuration's.
fn in_other_days(projects: &[&Project], config: &Config, stack: &str) -> Vec<Finding> {
    let configured = config.time_zone();
    let others = projects.iter().filter(|project| project.zone != configured);
    let finding = |project: &&Project| {
        let (id, recorded) = (&project.id, project.zone);
        wrong(
            SUBJECT,
            format!(
                "{id} began to count in the days of {recorded}, and goes on so, although TimeZone says {configured}"
            ),
            format!(
                "write \"TimeZone\": \"{recorded}\", then make deploy STACK={stack} CONFIG=analytics-config.json; figures in \
                 the days of {configured} take another ApplicationId"
            ),
        )
    };
    others.map(finding).collect()
}

/// Since when each project counts.
fn since(projects: &[&Project]) -> String {
    if projects.is_empty() {
        return "nothing is counted yet".to_owned();
    }
    let project = |project: &&Project| {
        let (id, zone) = (&project.id, project.zone);
        let since = project.counting_since.map_or_else(
            || "has history only, nothing is captured yet".to_owned(),
            |since| format!("counts since {}", zone.day_of(since)),
        );
        format!("{id} {since} (days of {zone})")
    };
    let all: Vec<String> = projects.iter().map(project).collect();
    all.join(", ")
}
