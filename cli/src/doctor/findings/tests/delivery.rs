use super::super::super::evidence::Delivery;
use super::*;

/// The same as the others' configuration, and everything goes to a destination.
const SENDING: &str = r#"{"Clients": {"app": {"ApplicationId": "0123456789abcdef0123456789abcdef",
    "Destinations": ["pinpoint"]}}}"#;

/// An installation with one destination, and nothing wrong but this.
fn check_sending(spoil: impl Fn(&mut Evidence, &mut Delivery), expected: &[&str]) {
    let spoil = |it: &mut Evidence| {
        for (_, function) in &mut it.functions {
            *function = deployed(SENDING);
        }
        it.functions.push(("deliver-events", deployed(SENDING)));
        let source = "arn:aws:sqs:eu-west-1:111122223333:s-deliver-pinpoint.fifo".to_owned();
        let mut delivery = Delivery {
            destination: "pinpoint".to_owned(),
            messages: Ok(Some(3)),
            oldest: Ok(Some(900.0)),
            mapping: Some(EventSourceMapping {
                source,
                ..mapping()
            }),
        };
        spoil(it, &mut delivery);
        it.deliveries = Ok(vec![delivery]);
    };
    check(spoil, expected);
}

const DEPLOY: &str = "make deploy STACK=s CONFIG=analytics-config.json";
const LOGS: &str = "see why: aws logs tail /aws/lambda/s-deliver-events --since 1h";

#[test]
fn messages_on_their_way_are_no_fault() {
    check_sending(|_, _| {}, &[]);
}

#[test]
fn a_destination_without_a_queue_or_a_mapping_is_told() {
    check_sending(
        |_, it| it.messages = Ok(None),
        &[&format!(
            "wrong delivery: there is no queue s-deliver-pinpoint.fifo: nothing that goes to pinpoint is counted → {DEPLOY}"
        )],
    );
    check_sending(
        |_, it| it.mapping = None,
        &[&format!(
            "wrong delivery: nothing leads from s-deliver-pinpoint.fifo to deliver-events: nothing is sent to pinpoint → {DEPLOY}"
        )],
    );
    check_sending(
        |it, _| {
            it.functions.pop();
            it.functions.push(("deliver-events", Ok(None)));
        },
        &[
            "wrong functions: there is no deliver-events → make deploy STACK=s CONFIG=…; or is it another --stack, account or Region?",
        ],
    );
}

#[test]
fn a_mapping_of_a_queue_that_takes_nothing_is_told() {
    for (spoil, expected) in [
        (
            (|it| it.state = "Disabled".to_owned()) as fn(&mut EventSourceMapping),
            "the mapping of s-deliver-pinpoint.fifo is Disabled: nothing is sent to pinpoint → aws lambda \
             update-event-source-mapping --uuid uuid --enabled",
        ),
        (
            |it| it.last_result = "PROBLEM: Function call failed".to_owned(),
            "the last batch of s-deliver-pinpoint.fifo: PROBLEM: Function call failed → what it says",
        ),
    ] {
        check_sending(
            |_, it| it.mapping.as_mut().into_iter().for_each(spoil),
            &[&format!("wrong delivery: {expected}")],
        );
    }
}

#[test]
fn what_waits_too_long_is_told_with_its_age() {
    for (seconds, age) in [
        (901.0, "15 min"),
        (3.0 * 3_600.0, "3.0 h"),
        (216_000.0, "2.5 days"),
    ] {
        check_sending(
            |_, it| it.oldest = Ok(Some(seconds)),
            &[&format!(
                "wrong delivery: what goes to pinpoint has waited for {age}; after 14 days it is lost → {LOGS}"
            )],
        );
    }
}

#[test]
fn a_queue_that_no_client_names_any_more_is_told_while_messages_wait_there() {
    let unnamed = |it: &mut Evidence| {
        for (_, function) in &mut it.functions {
            *function = deployed(CONFIG);
        }
    };
    check_sending(
        |all, _| unnamed(all),
        &[&format!(
            "note delivery: no client names pinpoint any more, and 3 messages wait in s-deliver-pinpoint.fifo → to have them \
             sent, name it under Destinations again, and {DEPLOY}; without it, that drops them"
        )],
    );
    check_sending(
        |all, it| {
            unnamed(all);
            it.messages = Ok(Some(0));
        },
        &[],
    );
}

#[test]
fn what_a_destination_refuses_for_its_credentials_is_told_with_what_to_mend() {
    check_sending(
        |all, _| all.misconfigured = Ok(7.0),
        &[&format!(
            "wrong delivery: 7 times in the last 15 min, a destination refused the credentials, did not know the project (401, 403, \
             404), or refused everything → {LOGS}; mend RoleArn, that role's rights, PinpointProjectArns, ApplicationId or the \
             webhook's secret: what waits is sent then"
        )],
    );
}

#[test]
fn what_may_not_be_looked_at_of_a_queue_is_unknown() {
    let denied_text = "unknown delivery: ListThings on things: AccessDenied: these credentials may not do this; docs/deployment.md lists what each command needs";
    check_sending(|_, it| it.messages = Err(denied()), &[denied_text]);
    check_sending(|_, it| it.oldest = Err(denied()), &[denied_text]);
}
