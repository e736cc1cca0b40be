//! The pool's triggers, and whether Cognito may invoke ours.

use admin::functions;
use cognito::user_pool::Trigger;
use domain::ids::UserPoolId;

use super::super::evidence::Evidence;
use super::{Finding, handed_on, or_well, unknown, well, wrong};

/// Only what comes after is necessary: before a password is checked, there may be reasons against it.
pub fn triggers(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "triggers";
    let ours = attached(evidence);
    let is_free = |trigger: &Trigger| {
        let config = evidence.pool.lambda_config();
        config.function(*trigger).is_none()
    };
    let missing: Vec<Trigger> = [Trigger::PostAuthentication, Trigger::PostConfirmation]
        .into_iter()
        .filter(is_free)
        .collect();
    let mut found = Vec::new();
    if !missing.is_empty() {
        let text = format!("not attached: {}", names(&missing));
        found.push(wrong(SUBJECT, text, attach(evidence)));
    } else if !ours.is_empty() {
        let no_failures = if is_free(&Trigger::PreAuthentication) {
            "; without PreAuthentication, failures are not counted"
        } else {
            ""
        };
        let text = format!("attached: {}{no_failures}", names(&ours));
        found.push(well(SUBJECT, text));
    }
    found.extend(handed_on::findings(evidence, &ours));
    found
}

/// Whether Cognito may invoke what is attached.
pub fn permissions(evidence: &Evidence) -> Vec<Finding> {
    const SUBJECT: &str = "permissions";
    let ours = attached(evidence);
    let mut found = Vec::new();
    for (trigger, looked) in &evidence.policies {
        match looked {
            _ if !ours.contains(trigger) => {}
            Ok(policy) if policy.permits(evidence.pool.arn()) => {}
            Ok(_) => {
                let function = functions::of(*trigger);
                let text = format!("Cognito may not invoke {function}: nobody can sign in");
                found.push(wrong(SUBJECT, text, attach(evidence)));
            }
            Err(error) => found.push(unknown(SUBJECT, error)),
        }
    }
    if ours.is_empty() {
        return found;
    }
    or_well(found, SUBJECT, || {
        "Cognito may invoke what is attached".to_owned()
    })
}

/// The triggers that have the stack's functions.
fn attached(evidence: &Evidence) -> Vec<Trigger> {
    let ours = |it: &Trigger| {
        let name = format!("{}-{}", evidence.stack, functions::of(*it));
        let ours = evidence.pool.arn().function(&name);
        evidence.pool.lambda_config().function(*it) == Some(&ours)
    };
    Trigger::ALL.into_iter().filter(ours).collect()
}

fn names(triggers: &[Trigger]) -> String {
    let names: Vec<&str> = triggers.iter().map(|trigger| trigger.name()).collect();
    names.join(", ")
}

/// Without the trigger that is not there, which may be left off for a reason.
fn attach(evidence: &Evidence) -> String {
    let (arn, stack) = (evidence.pool.arn(), &evidence.stack);
    let triggers = evidence.pool.lambda_config();
    let is_free = triggers.function(Trigger::PreAuthentication).is_none();
    let left_off = if is_free && !attached(evidence).is_empty() {
        " --no-pre-authentication"
    } else {
        ""
    };
    // Of a replicated pool, the id names one Region, and this may be the other.
    let region = if UserPoolId::new(arn.id()).region() == arn.region() {
        String::new()
    } else {
        format!(" --region {}", arn.region())
    };
    let pool = arn.id();
    format!("cognito-pinpoint attach --user-pool-id {pool}{region} --stack {stack}{left_off}")
}
