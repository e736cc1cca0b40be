//! The triggers that are somebody else's: a known state, whether their functions hand their events on or not.

use admin::functions;
use cognito::user_pool::Trigger;

use super::super::evidence::{Evidence, Observed};
use super::{Finding, note, unknown, well};

const SUBJECT: &str = "triggers";

/// What is found of each, given the triggers that are ours.
pub fn findings(evidence: &Evidence, ours: &[Trigger]) -> Vec<Finding> {
    let all = evidence.handed_on.iter();
    all.filter_map(|(trigger, invocations)| finding(evidence, *trigger, invocations, ours))
        .collect()
}

/// Whether theirs hands its events on is nowhere written down: that ours is invoked all the same says so.
fn finding(
    evidence: &Evidence,
    trigger: Trigger,
    invocations: &Observed<f64>,
    ours: &[Trigger],
) -> Option<Finding> {
    let triggers = evidence.pool.lambda_config();
    let theirs = triggers.function(trigger)?;
    let name = format!("{}-{}", evidence.stack, functions::of(trigger));
    match invocations {
        Ok(count) if *count > 0.0 => Some(well(
            SUBJECT,
            format!(
                "{trigger} is {theirs}, which hands on to {name}: {count} invocations in the last day"
            ),
        )),
        Ok(_) => {
            let lost = not_counted(trigger, ours)?;
            Some(note(
                SUBJECT,
                format!(
                    "{trigger} is {theirs}, which handed nothing on to {name} in the last day: if it never does, {lost}"
                ),
                "have it hand its events on, as docs/taken-triggers.md shows".to_owned(),
            ))
        }
        Err(error) => Some(unknown(SUBJECT, error)),
    }
}

/// What is not counted without a trigger; `None` for the one that few want.
fn not_counted(trigger: Trigger, ours: &[Trigger]) -> Option<&'static str> {
    match trigger {
        Trigger::PreAuthentication => Some("failures are not counted"),
        Trigger::PostAuthentication if ours.contains(&Trigger::PreAuthentication) => {
            Some("every sign-in counts as a failure")
        }
        Trigger::PostAuthentication => Some("sign-ins are not counted"),
        Trigger::PostConfirmation => Some("sign-ups are not counted"),
        Trigger::PreTokenGeneration => None,
    }
}
