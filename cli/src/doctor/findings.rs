//! What the evidence comes to.

use aws::configuration::ConfigurationError;
use cognito::user_pool::Trigger;
use domain::config::Config;

use super::evidence::{Deployed, EXPIRE, Evidence, Looked, PUBLISH};

/// How far publish-events may be behind (milliseconds): what the stack's alarm allows.
const LONGEST_LAG: f64 = 900_000.0;

/// How something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// As it should be.
    Well,
    /// To be mended.
    Wrong,
    /// It could not be looked at.
    Unknown,
}

impl State {
    /// Its name, for people and programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that was found, and how to mend it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What it is about.
    pub subject: &'static str,
    /// How that is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// How to mend it.
    pub mend: Option<String>,
}

/// What is found, in the order of an event's way.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let all = [
        functions(evidence),
        triggers(evidence),
        permissions(evidence),
        configuration(evidence),
        tables(evidence),
        stream(evidence),
        vec![lag(evidence), publishing(evidence), schedule(evidence)],
        vec![spilled(evidence), given_up(evidence)],
    ];
    all.into_iter().flatten().collect()
}

fn functions(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "functions";
    let missing = evidence.functions.iter();
    let missing = missing.filter(|(_, looked)| matches!(looked, Ok(None)));
    let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
    let mut found = cannot_be_looked_at(SUBJECT, evidence.functions.iter());
    if !missing.is_empty() {
        found.push(wrong(
            SUBJECT,
            format!("{} has no {}", evidence.stack, missing.join(", ")),
            format!(
                "make deploy STACK={}; or is it another --stack, account or Region?",
                evidence.stack
            ),
        ));
    }
    if found.is_empty() {
        let count = evidence.functions.len();
        found.push(well(SUBJECT, format!("all {count} of {}", evidence.stack)));
    }
    found
}

/// The functions that are attached and ours.
fn attached(evidence: &Evidence) -> impl Iterator<Item = Trigger> {
    let is_attached = |trigger: &Trigger| {
        let name = format!("{}-{}", evidence.stack, trigger.function());
        evidence
            .triggers
            .is_attached(*trigger, &evidence.arn.function(&name))
    };
    Trigger::ALL.into_iter().filter(is_attached)
}

fn triggers(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "triggers";
    let ours: Vec<Trigger> = attached(evidence).collect();
    let missing = Trigger::ALL
        .into_iter()
        .filter(|trigger| !ours.contains(trigger) && *trigger != Trigger::PreTokenGeneration);
    let (theirs, none): (Vec<Trigger>, Vec<Trigger>) =
        missing.partition(|trigger| evidence.triggers.function(*trigger).is_some());
    let mut found = Vec::new();
    if !none.is_empty() {
        let text = format!("not attached: {}", names(&none));
        found.push(wrong(SUBJECT, text, attach(evidence, "")));
    }
    if !theirs.is_empty() {
        let text = format!("somebody else's: {}", names(&theirs));
        found.push(wrong(SUBJECT, text, attach(evidence, " --replace")));
    }
    if found.is_empty() {
        found.push(well(SUBJECT, format!("attached: {}", names(&ours))));
    }
    found
}

fn names(triggers: &[Trigger]) -> String {
    let names: Vec<&str> = triggers.iter().map(|trigger| trigger.name()).collect();
    names.join(", ")
}

fn permissions(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "permissions";
    let ours: Vec<Trigger> = attached(evidence).collect();
    let mut found = Vec::new();
    for (trigger, looked) in &evidence.policies {
        match looked {
            _ if !ours.contains(trigger) => {}
            Ok(policy) if policy.permits(&evidence.arn) => {}
            Ok(_) => found.push(wrong(
                SUBJECT,
                format!(
                    "Cognito may not invoke {}-{}: nobody can sign in",
                    evidence.stack,
                    trigger.function()
                ),
                attach(evidence, ""),
            )),
            Err(error) => found.push(unknown(SUBJECT, error)),
        }
    }
    if found.is_empty() && !ours.is_empty() {
        found.push(well(
            SUBJECT,
            "Cognito may invoke what is attached".to_owned(),
        ));
    }
    found
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
            Some(Ok(config)) => {
                if whole.is_some_and(|other| other != config) {
                    let text = format!("{name} has another one than the functions before it");
                    found.push(wrong(SUBJECT, text, mend()));
                }
                whole = Some(config);
            }
            Some(Err(error @ ConfigurationError::Unavailable(_))) => {
                found.push(unknown(SUBJECT, error));
            }
            Some(Err(error)) => {
                let told = error.to_string().replace('\n', "; ");
                found.push(wrong(SUBJECT, format!("{name}: {told}"), mend()));
            }
        }
    }
    if let Some(config) = whole {
        found.extend(about_clients(evidence, config).map(|text| wrong(SUBJECT, text, mend())));
        if found.is_empty() {
            let projects: Vec<String> = config.projects().iter().map(ToString::to_string).collect();
            found.push(well(SUBJECT, format!("reports to {}", projects.join(", "))));
        }
    }
    found
}

/// What a configuration without faults gets wrong of this pool.
fn about_clients(evidence: &Evidence, config: &Config) -> impl Iterator<Item = String> {
    let regions = config.check_regions(&evidence.pool).err();
    let regions = regions.map(|faults| faults.to_string());
    let clients = evidence.clients.as_ref().ok();
    let ignored = clients
        .filter(|_| config.default().is_none())
        .map(|clients| {
            let ignored = clients
                .iter()
                .filter(|client| config.client(Some(client)).is_none());
            ignored.map(ToString::to_string).collect::<Vec<_>>()
        });
    let ignored = ignored
        .filter(|ignored| !ignored.is_empty())
        .map(|ignored| {
            format!(
                "these app clients of the pool are in no project, and are ignored: {}",
                ignored.join(", ")
            )
        });
    regions.into_iter().chain(ignored)
}

fn tables(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "tables";
    let missing = evidence.tables.iter();
    let missing = missing.filter(|(_, looked)| matches!(looked, Ok(false)));
    let missing: Vec<&str> = missing.map(|(name, _)| name.as_str()).collect();
    let mut found = cannot_be_looked_at(SUBJECT, evidence.tables.iter());
    if !missing.is_empty() {
        found.push(wrong(
            SUBJECT,
            format!("there is no {}", missing.join(", ")),
            "restore it to its last point in time under this name, or deploy anew".to_owned(),
        ));
    }
    if found.is_empty() {
        let count = evidence.tables.len();
        found.push(well(SUBJECT, format!("all {count} are there")));
    }
    found
}

/// What nobody may look at, or nobody answered for.
fn cannot_be_looked_at<'a, N: 'a, T: 'a>(
    subject: &'static str,
    all: impl Iterator<Item = &'a (N, Looked<T>)>,
) -> Vec<Finding> {
    let errors = all.filter_map(|(_, looked)| looked.as_ref().err());
    errors.map(|error| unknown(subject, error)).collect()
}

fn stream(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "stream mapping";
    let mappings = match &evidence.mappings {
        Ok(mappings) => mappings,
        Err(error) => return vec![unknown(SUBJECT, error)],
    };
    let mut found: Vec<Finding> = Vec::new();
    for mapping in mappings {
        let update = format!(
            "aws lambda update-event-source-mapping --uuid {}",
            mapping.id
        );
        if mapping.state.starts_with("Disabl") {
            let text = format!("is {}: nothing is published", mapping.state);
            found.push(wrong(SUBJECT, text, format!("{update} --enabled")));
        }
        if mapping
            .parallelization_factor
            .is_some_and(|factor| factor > 1)
        {
            let text = "takes a user's events side by side, and loses those that are overtaken";
            let mend = format!("{update} --parallelization-factor 1");
            found.push(wrong(SUBJECT, text.to_owned(), mend));
        }
    }
    if mappings.is_empty() {
        let text = format!(
            "no stream leads to {}-{PUBLISH}: nothing is published",
            evidence.stack
        );
        found.push(wrong(
            SUBJECT,
            text,
            format!("make deploy STACK={}", evidence.stack),
        ));
    }
    if found.is_empty() {
        let states: Vec<&str> = mappings
            .iter()
            .map(|mapping| mapping.state.as_str())
            .collect();
        found.push(well(SUBJECT, states.join(", ")));
    }
    found
}

fn lag(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "iterator age";
    match &evidence.lag {
        Ok(Some(lag)) if *lag > LONGEST_LAG => wrong(
            SUBJECT,
            format!(
                "publish-events is {} behind; after 23 h events are given up",
                minutes(*lag)
            ),
            format!("see why: {}", logs(evidence, PUBLISH)),
        ),
        Ok(Some(lag)) => well(
            SUBJECT,
            format!("at most {} in the last 15 min", minutes(*lag)),
        ),
        Ok(None) => well(SUBJECT, "no events in the last 15 min".to_owned()),
        Err(error) => unknown(SUBJECT, error),
    }
}

fn publishing(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "publishing";
    match &evidence.publish_errors {
        Ok(errors) if *errors > 0.0 => wrong(
            SUBJECT,
            format!("publish-events failed {errors} times in the last 15 min"),
            format!("see why: {}", logs(evidence, PUBLISH)),
        ),
        Ok(_) => well(SUBJECT, "no failure in the last 15 min".to_owned()),
        Err(error) => unknown(SUBJECT, error),
    }
}

fn schedule(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "schedule";
    match &evidence.expirations {
        Ok(count) if *count > 0.0 => well(
            SUBJECT,
            format!("expire-attempts ran {count} times in the last 15 min"),
        ),
        Ok(_) => wrong(
            SUBJECT,
            format!(
                "{}-{EXPIRE} was not invoked in the last 15 min: no failure is counted",
                evidence.stack
            ),
            "enable the rule EveryMinute of the stack; a stack just deployed needs some minutes"
                .to_owned(),
        ),
        Err(error) => unknown(SUBJECT, error),
    }
}

fn spilled(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "spilled events";
    match &evidence.spilled {
        Ok(count) if *count > 0.0 => wrong(
            SUBJECT,
            format!("{count} in the last day could not be written to the event log"),
            format!(
                "save what the triggers logged (aws logs filter-log-events --log-group-name /aws/lambda/{stack}-… \
                 --filter-pattern spilled > saved.log), then cognito-pinpoint replay --spilled --table {stack}-event-log saved.log",
                stack = evidence.stack
            ),
        ),
        Ok(_) => well(SUBJECT, "none in the last day".to_owned()),
        Err(error) => unknown(SUBJECT, error),
    }
}

fn given_up(evidence: &Evidence) -> Finding {
    const SUBJECT: &str = "given up";
    match &evidence.given_up {
        Ok(Some(count)) if *count > 0.0 => wrong(
            SUBJECT,
            format!("{count} batches of events were given up"),
            format!(
                "see which in the queue {}-not-published, and why: {}",
                evidence.stack,
                logs(evidence, PUBLISH)
            ),
        ),
        Ok(_) => well(SUBJECT, "nothing".to_owned()),
        Err(error) => unknown(SUBJECT, error),
    }
}

fn existing(evidence: &Evidence) -> impl Iterator<Item = (&'static str, &Deployed)> {
    let functions = evidence.functions.iter();
    functions.filter_map(|(name, looked)| Some((*name, looked.as_ref().ok()?.as_ref()?)))
}

fn attach(evidence: &Evidence, more: &str) -> String {
    let (pool, stack) = (&evidence.pool, &evidence.stack);
    format!("cognito-pinpoint attach --user-pool-id {pool} --stack {stack}{more}")
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

fn well(subject: &'static str, found: String) -> Finding {
    Finding {
        subject,
        state: State::Well,
        found,
        mend: None,
    }
}

fn wrong(subject: &'static str, found: String, mend: String) -> Finding {
    Finding {
        subject,
        state: State::Wrong,
        found,
        mend: Some(mend),
    }
}

fn unknown(subject: &'static str, error: &dyn std::error::Error) -> Finding {
    Finding {
        subject,
        state: State::Unknown,
        found: crate::with_causes(error),
        mend: None,
    }
}
