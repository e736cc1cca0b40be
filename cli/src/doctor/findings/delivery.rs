//! The ways to the destinations: queues, what takes messages out of them, and what the destinations make of it.

use admin::delivery::queue_name;
use admin::functions::{DELIVER_EVENTS, EventSourceMapping};

use super::super::evidence::{Delivery, Evidence, Observed, destinations};
use super::{Finding, counting, logs, note, or_well, takes_what_comes, unknown, wrong};

const SUBJECT: &str = "delivery";

/// How old the oldest message of a queue may be (seconds): what the stack's first alarm allows.
const OLDEST: f64 = 900.0;

/// What is found of each way, and of all together.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let deliveries = match &evidence.deliveries {
        Ok(deliveries) => deliveries,
        Err(error) => return vec![unknown(SUBJECT, error)],
    };
    let names = counting::configuration(evidence).map(destinations);
    let mut found = Vec::new();
    for delivery in deliveries {
        let is_named = names
            .as_ref()
            .map(|names| names.contains(&delivery.destination));
        found.extend(about(evidence, delivery, is_named));
    }
    found.extend(misconfigured(evidence));
    or_well(found, SUBJECT, || under_way(deliveries))
}

/// What is found of one way; whether the configuration names its destination may not be known.
fn about(evidence: &Evidence, delivery: &Delivery, is_named: Option<bool>) -> Vec<Finding> {
    let queue = queue_name(&evidence.stack, &delivery.destination);
    let waiting = match &delivery.messages {
        Ok(waiting) => *waiting,
        Err(error) => return vec![unknown(SUBJECT, error)],
    };
    let deploy = format!(
        "make deploy STACK={} CONFIG=analytics-config.json",
        evidence.stack
    );
    let destination = &delivery.destination;
    match (waiting, is_named) {
        (None, Some(false)) | (Some(0), Some(false)) => Vec::new(),
        (None, Some(true) | None) => vec![wrong(
            SUBJECT,
            format!("there is no queue {queue}: nothing that goes to {destination} is counted"),
            deploy,
        )],
        (Some(count), Some(false)) => vec![note(
            SUBJECT,
            format!("no client names {destination} any more, and {count} messages wait in {queue}"),
            format!(
                "to have them sent, name it under Destinations again, and {deploy}; without it, that drops them"
            ),
        )],
        (Some(_), Some(true) | None) => {
            let mut found = mapping(delivery, &queue, deploy);
            found.extend(oldest(evidence, delivery));
            found
        }
    }
}

fn mapping(delivery: &Delivery, queue: &str, deploy: String) -> Vec<Finding> {
    let destination = &delivery.destination;
    let Some(mapping) = &delivery.mapping else {
        let text = format!(
            "nothing leads from {queue} to {DELIVER_EVENTS}: nothing is sent to {destination}"
        );
        return vec![wrong(SUBJECT, text, deploy)];
    };
    let mut found = Vec::new();
    if !takes_what_comes(mapping) {
        let text = format!(
            "the mapping of {queue} is {}: nothing is sent to {destination}",
            mapping.state
        );
        found.push(wrong(SUBJECT, text, enable(mapping)));
    }
    if mapping.last_result.starts_with("PROBLEM") {
        let text = format!("the last batch of {queue}: {}", mapping.last_result);
        found.push(wrong(SUBJECT, text, "what it says".to_owned()));
    }
    found
}

fn enable(mapping: &EventSourceMapping) -> String {
    format!(
        "aws lambda update-event-source-mapping --uuid {} --enabled",
        mapping.id
    )
}

fn oldest(evidence: &Evidence, delivery: &Delivery) -> Option<Finding> {
    match &delivery.oldest {
        Ok(Some(seconds)) if *seconds > OLDEST => Some(wrong(
            SUBJECT,
            format!(
                "what goes to {} has waited for {}; after 14 days it is lost",
                delivery.destination,
                age(*seconds)
            ),
            see_why(evidence),
        )),
        Ok(_) => None,
        Err(error) => Some(unknown(SUBJECT, error)),
    }
}

fn misconfigured(evidence: &Evidence) -> Option<Finding> {
    match &evidence.misconfigured {
        Ok(count) if *count > 0.0 => Some(wrong(
            SUBJECT,
            format!(
                "{count} times in the last 15 min, a destination refused the credentials, did not know the project \
                 (401, 403, 404), or refused everything"
            ),
            format!(
                "{}; mend RoleArn, that role's rights, PinpointProjectArns, ApplicationId or the webhook's secret: what waits is sent \
                 then",
                see_why(evidence)
            ),
        )),
        Ok(_) => None,
        Err(error) => Some(unknown(SUBJECT, error)),
    }
}

fn see_why(evidence: &Evidence) -> String {
    format!("see why: {}", logs(evidence, DELIVER_EVENTS))
}

fn under_way(deliveries: &[Delivery]) -> String {
    if deliveries.is_empty() {
        return "no client names a destination: nothing is sent anywhere".to_owned();
    }
    let way = |delivery: &Delivery| {
        let waiting = known(&delivery.messages).unwrap_or_default();
        format!("{waiting} messages on the way to {}", delivery.destination)
    };
    let ways: Vec<String> = deliveries.iter().map(way).collect();
    ways.join(", ")
}

fn known(messages: &Observed<Option<u64>>) -> Option<u64> {
    messages.as_ref().ok().copied().flatten()
}

fn age(seconds: f64) -> String {
    const HOUR: f64 = 3_600.0;
    const DAY: f64 = 24.0 * HOUR;
    if seconds < 2.0 * HOUR {
        format!("{:.0} min", seconds / 60.0)
    } else if seconds < 2.0 * DAY {
        format!("{:.1} h", seconds / HOUR)
    } else {
        format!("{:.1} days", seconds / DAY)
    }
}
