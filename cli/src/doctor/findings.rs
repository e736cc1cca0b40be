//! What the evidence comes to.

mod counting;
mod delivery;
mod handed_on;
#[cfg(test)]
mod tests;
mod triggers;

use admin::functions::{EXPIRE_ATTEMPTS, EventSourceMapping, PUBLISH_EVENTS};
use admin::not_published::queue_name;
use aws::configuration::ConfigurationError;
use chrono::TimeDelta;
use config::Config;
use domain::ids::UserPoolId;

use crate::failure::explained;

use super::evidence::{Deployed, Evidence, Observed};

/// How far publish-events may be behind (milliseconds): what the stack's alarm allows.
const LONGEST_LAG: f64 = 900_000.0;

/// Something that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What it is about.
    pub subject: &'static str,
    /// How that is.
    pub state: State,
    /// What was found.
    pub found: String,
}

/// How something is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// As it should be.
    Well,
    /// To be known, and what can be done about it.
    Note(String),
    /// To be mended, and how.
    Wrong(String),
    /// As it should be for so short a time.
    NotYet,
    /// It could not be looked at.
    Unknown,
}

impl State {
    /// Its name, for people and programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Note(_) => "note",
            Self::Wrong(_) => "wrong",
            Self::NotYet => "not yet",
            Self::Unknown => "unknown",
        }
    }

    /// How to mend it, or what can be done about it.
    pub fn mend(&self) -> Option<&str> {
        match self {
            Self::Note(mend) | Self::Wrong(mend) => Some(mend),
            Self::Well | Self::NotYet | Self::Unknown => None,
        }
    }

    /// Whether there is nothing to mend, and it could be looked at.
    pub fn is_well(&self) -> bool {
        match self {
            Self::Well | Self::NotYet | Self::Note(_) => true,
            Self::Wrong(_) | Self::Unknown => false,
        }
    }
}

/// What is found, in the order of an event's way.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let all = [
        functions(evidence),
        triggers::triggers(evidence),
        triggers::permissions(evidence),
        configuration(evidence),
        tables(evidence),
        counting::findings(evidence),
        stream(evidence),
        vec![lag(evidence)],
        delivery::findings(evidence),
        failures(evidence),
        vec![
            schedule(evidence),
            spilled(evidence),
            not_published(evidence),
        ],
    ];
    all.into_iter().flatten().collect()
}

fn functions(evidence: &Evidence) -> Vec<Finding> {
    let mend = format!(
        "make deploy STACK={} CONFIG=…; or is it another --stack, account or Region?",
        evidence.stack
    );
    all_there("functions", &evidence.functions, mend)
}

fn tables(evidence: &Evidence) -> Vec<Finding> {
    let mend = "restore it to its last point in time under this name; then turn on its stream (NEW_IMAGE), TTL and \
                point-in-time recovery again, and lead the mapping to the new stream";
    all_there("tables", &evidence.tables, mend.to_owned())
}

/// If all of some things are there.
fn all_there<N: std::fmt::Display, T>(
    subject: &'static str,
    all: &[(N, Observed<Option<T>>)],
    mend: String,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for (name, looked) in all {
        match looked {
            Ok(Some(_)) => {}
            Ok(None) => missing.push(name.to_string()),
            Err(error) => found.push(unknown(subject, error)),
        }
    }
    if !missing.is_empty() {
        found.push(wrong(
            subject,
            format!("there is no {}", missing.join(", ")),
            mend,
        ));
    }
    or_well(found, subject, || format!("all {} are there", all.len()))
}

fn configuration(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "configuration";
    let mend = || {
        format!(
            "make deploy STACK={} CONFIG=analytics-config.json",
            evidence.stack
        )
    };
    let mut found = Vec::new();
    let mut whole: Option<&Config> = None;
    for (name, deployed) in existing(evidence) {
        match &deployed.configuration {
            None => {}
            // Of one layer that all of them have, once.
            Some(Err(error)) => {
                let unknown = unknown(SUBJECT, error);
                if !found.contains(&unknown) {
                    found.push(unknown);
                }
            }
            Some(Ok(Ok(config))) => {
                if whole.is_some_and(|other| other != config) {
                    let text = format!("{name} has another one than the functions before it");
                    found.push(wrong(SUBJECT, text, mend()));
                }
                whole = Some(config);
            }
            Some(Ok(Err(ConfigurationError::Faulty(faults)))) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                let text = format!("that of {name} is faulty: {}", faults.join("; "));
                found.push(wrong(SUBJECT, text, mend()));
            }
            Some(Ok(Err(error))) => found.push(wrong(SUBJECT, format!("{name}: {error}"), mend())),
        }
    }
    let Some(config) = whole else { return found };
    if let Err(faults) = config.check_regions(&UserPoolId::new(evidence.pool.arn().id())) {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        found.push(wrong(SUBJECT, faults.join("; "), mend()));
    }
    let ignored = match ignored(evidence, config) {
        Ok(ignored) if ignored.is_empty() => String::new(),
        Ok(ignored)
            if evidence
                .clients
                .as_ref()
                .is_ok_and(|all| all.len() == ignored.len()) =>
        {
            let text = format!(
                "every app client of the pool is ignored ({}): nothing is counted",
                ignored.join(", ")
            );
            let mend = format!(
                "name them under Clients, or give a Default; then {}",
                mend()
            );
            found.push(wrong(SUBJECT, text, mend));
            String::new()
        }
        Ok(ignored) => format!(
            "; ignored, unless you name them under Clients: {}",
            ignored.join(", ")
        ),
        Err(error) => {
            found.push(unknown(SUBJECT, error));
            String::new()
        }
    };
    or_well(found, SUBJECT, || {
        let projects: Vec<String> = config.projects().iter().map(ToString::to_string).collect();
        format!("reports to {}{ignored}", projects.join(", "))
    })
}

/// The app clients that are in no project.
fn ignored<'a>(
    evidence: &'a Evidence,
    config: &Config,
) -> Result<Vec<String>, &'a (dyn std::error::Error + 'static)> {
    let clients = match &evidence.clients {
        Ok(clients) => clients.iter(),
        Err(error) => return Err(error),
    };
    let ignored = clients.filter(|client| config.client(Some(client)).is_none());
    Ok(ignored.map(ToString::to_string).collect())
}

fn stream(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "stream mapping";
    let mappings = match &evidence.mappings {
        Ok(mappings) => mappings,
        Err(error) => return vec![unknown(SUBJECT, error)],
    };
    let (stream, mut found) = match evidence.tables.first() {
        Some((_, Ok(Some(log)))) if log.stream.is_none() => {
            let text = "the event log has no stream: nothing is published";
            let mend = "turn it on (NEW_IMAGE), and lead the mapping to it";
            (None, vec![wrong(SUBJECT, text.to_owned(), mend.to_owned())])
        }
        Some((_, Ok(Some(log)))) => (log.stream.as_deref(), Vec::new()),
        Some((_, Err(error))) => (None, vec![unknown(SUBJECT, error)]),
        Some((_, Ok(None))) | None => (None, Vec::new()),
    };
    if mappings.is_empty() {
        let text = format!("no stream leads to {PUBLISH_EVENTS}: nothing is published");
        let mend = format!("make deploy STACK={}", evidence.stack);
        found.push(wrong(SUBJECT, text, mend));
    }
    found.extend(
        mappings
            .iter()
            .flat_map(|mapping| about_mapping(mapping, stream)),
    );
    or_well(found, SUBJECT, || "takes what comes".to_owned())
}

/// Whether the mapping is on, or about to be.
fn takes_what_comes(mapping: &EventSourceMapping) -> bool {
    matches!(
        mapping.state.as_str(),
        "Enabled" | "Enabling" | "Creating" | "Updating"
    )
}

fn about_mapping(mapping: &EventSourceMapping, stream: Option<&str>) -> Vec<Finding> {
    const SUBJECT: &str = "stream mapping";
    let update = format!(
        "aws lambda update-event-source-mapping --uuid {}",
        mapping.id
    );
    let mut found = Vec::new();
    if !takes_what_comes(mapping) {
        let text = format!("is {}: nothing is published", mapping.state);
        found.push(wrong(SUBJECT, text, format!("{update} --enabled")));
    }
    if mapping.last_result.starts_with("PROBLEM") {
        let text = format!("the last batch: {}", mapping.last_result);
        found.push(wrong(SUBJECT, text, "what it says".to_owned()));
    }
    if stream.is_some_and(|stream| stream != mapping.source) {
        let text = "leads from another stream than the event log's: nothing is published";
        let mend =
            "delete it, and make one for the event log's stream with the template's properties";
        found.push(wrong(SUBJECT, text.to_owned(), mend.to_owned()));
    }
    if mapping
        .parallelization_factor
        .is_some_and(|factor| factor > 1)
    {
        let text = "takes a user's events side by side, and loses those that are overtaken";
        found.push(wrong(
            SUBJECT,
            text.to_owned(),
            format!("{update} --parallelization-factor 1"),
        ));
    }
    found
}

fn lag(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "iterator age";
    match &evidence.lag {
        Ok(Some(lag)) if *lag > LONGEST_LAG => wrong(
            SUBJECT,
            format!(
                "{PUBLISH_EVENTS} is {} behind; after 23 h events are dead-lettered",
                minutes(*lag)
            ),
            format!("see why: {}", logs(evidence, PUBLISH_EVENTS)),
        ),
        Ok(Some(lag)) => well(
            SUBJECT,
            format!("at most {} in the last 15 min", minutes(*lag)),
        ),
        Ok(None) => well(SUBJECT, "no events in the last 15 min".to_owned()),
        Err(error) => unknown(SUBJECT, error),
    }
}

fn failures(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "failures";
    let mut found = Vec::new();
    for (name, looked) in &evidence.failures {
        match looked {
            Ok(count) if *count > 0.0 => found.push(wrong(
                SUBJECT,
                format!("{name} failed or was throttled {count} times in the last 15 min"),
                format!("see why: {}", logs(evidence, name)),
            )),
            Ok(_) => {}
            Err(error) => found.push(unknown(SUBJECT, error)),
        }
    }
    or_well(found, SUBJECT, || {
        "no function failed or was throttled in the last 15 min".to_owned()
    })
}

fn schedule(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "schedule";
    match &evidence.expirations {
        Ok(count) if *count > 0.0 => well(
            SUBJECT,
            format!("{EXPIRE_ATTEMPTS} ran {count} times in the last 15 min"),
        ),
        Ok(_) if is_new(evidence) => Finding {
            subject: SUBJECT,
            state: State::NotYet,
            found: format!(
                "{EXPIRE_ATTEMPTS} was not invoked yet: the stack is a few minutes old, look again in some more"
            ),
        },
        Ok(_) => wrong(
            SUBJECT,
            format!("{EXPIRE_ATTEMPTS} was not invoked in the last 15 min: no failure is counted"),
            "enable the rule EveryMinute of the stack".to_owned(),
        ),
        Err(error) => unknown(SUBJECT, error),
    }
}

/// How long CloudWatch and the schedule may take to show that a new stack works.
const NEW: TimeDelta = TimeDelta::minutes(15);

/// Whether the stack was made a few minutes ago, by its oldest table.
fn is_new(evidence: &Evidence) -> bool {
    let tables = evidence.tables.iter();
    let made = tables.filter_map(|(_, looked)| looked.as_ref().ok()?.as_ref()?.created);
    made.min().is_some_and(|made| evidence.time - made < NEW)
}

fn spilled(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "spilled events";
    match &evidence.spilled {
        Ok(count) if *count > 0.0 => wrong(
            SUBJECT,
            format!("{count} in the last day could not be written to the event log"),
            format!(
                "save what the triggers logged (aws logs filter-log-events --log-group-name /aws/lambda/{stack}-… \
                 --filter-pattern spilled > saved.log), then cognito-pinpoint replay --spilled \
                 --stack {stack} saved.log",
                stack = evidence.stack
            ),
        ),
        Ok(_) => well(SUBJECT, "none in the last day".to_owned()),
        Err(error) => unknown(SUBJECT, error),
    }
}

fn not_published(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "not published";
    let queue = queue_name(&evidence.stack);
    match &evidence.not_published {
        Ok(Some(count)) if *count > 0.0 => wrong(
            SUBJECT,
            format!("{count} messages wait in {queue}"),
            format!(
                "see which, and why: cognito-pinpoint redrive --stack {stack} --dry-run; once mended, the same without \
                 --dry-run",
                stack = evidence.stack
            ),
        ),
        Ok(_) => well(SUBJECT, format!("nothing seen in {queue} in the last day")),
        Err(error) => unknown(SUBJECT, error),
    }
}

fn existing(evidence: &Evidence) -> impl Iterator<Item = (&'static str, &Deployed)> {
    let functions = evidence.functions.iter();
    functions.filter_map(|(name, looked)| Some((*name, looked.as_ref().ok()?.as_ref()?)))
}

fn logs(evidence: &Evidence, function: &str) -> String {
    format!(
        "aws logs tail /aws/lambda/{}-{function} --since 1h",
        evidence.stack
    )
}

fn minutes(milliseconds: f64) -> String {
    format!("{:.1} min", milliseconds / 60_000.0)
}

/// What was found, or that all is well.
fn or_well(found: Vec<Finding>, subject: &'static str, text: impl Fn() -> String) -> Vec<Finding> {
    if found.is_empty() {
        vec![well(subject, text())]
    } else {
        found
    }
}

fn well(subject: &'static str, found: String) -> Finding {
    Finding {
        subject,
        state: State::Well,
        found,
    }
}

fn note(subject: &'static str, found: String, mend: String) -> Finding {
    Finding {
        subject,
        state: State::Note(mend),
        found,
    }
}

fn wrong(subject: &'static str, found: String, mend: String) -> Finding {
    Finding {
        subject,
        state: State::Wrong(mend),
        found,
    }
}

fn unknown(subject: &'static str, error: &(dyn std::error::Error + 'static)) -> Finding {
    Finding {
        subject,
        state: State::Unknown,
        found: explained(error),
    }
}
