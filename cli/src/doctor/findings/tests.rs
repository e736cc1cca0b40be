mod delivery;

use std::collections::BTreeMap;

use admin::functions::{self, Policy};
use aws::tables::Table;
use chrono::{DateTime, Utc};
use cognito::user_pool::{Description, Trigger};
use domain::ids::{ClientId, ProjectId};
use pipeline::ports::PortError;
use pipeline::ports::figures::Project;
use serde_json::{Value, json};

use super::super::evidence;
use super::*;

const CONFIG: &str =
    r#"{"Clients": {"app": {"ApplicationId": "0123456789abcdef0123456789abcdef"}}}"#;

fn pool(triggers: &Value) -> Description {
    let arn = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_AAAA11111";
    let pool = json!({"Id": "eu-west-1_AAAA11111", "Arn": arn, "LambdaConfig": triggers});
    Description::new(pool.as_object().unwrap().clone()).unwrap()
}

/// A trigger's function in a stack of this name.
fn function(stack: &str, trigger: Trigger) -> String {
    let function = functions::of(trigger);
    format!("arn:aws:lambda:eu-west-1:111122223333:function:{stack}-{function}")
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

fn denied() -> PortError {
    PortError {
        operation: "ListThings",
        what: "things".to_owned(),
        source: "AccessDenied".into(),
    }
}

fn deployed(config: &str) -> Observed<Option<Deployed>> {
    let config = Config::from_json(config).map_err(ConfigurationError::from);
    Ok(Some(Deployed {
        configuration: Some(Ok(config)),
    }))
}

const PROJECT: &str = "0123456789abcdef0123456789abcdef";

fn project(id: &str, zone: &str, since: Option<&str>) -> Project {
    Project {
        id: ProjectId::new(id),
        zone: zone.parse().unwrap(),
        counting_since: since.map(at),
        dimensions: BTreeMap::new(),
        client_names: BTreeMap::new(),
        counted: None,
    }
}

fn mapping() -> EventSourceMapping {
    EventSourceMapping {
        id: "uuid".to_owned(),
        source: "arn:stream".to_owned(),
        state: "Enabled".to_owned(),
        last_result: "OK".to_owned(),
        parallelization_factor: Some(1),
    }
}

/// An installation with nothing wrong.
fn well_installed() -> Evidence {
    let after = [
        Trigger::PreAuthentication,
        Trigger::PostAuthentication,
        Trigger::PostConfirmation,
    ];
    let triggers = after.map(|it| (it.name().to_owned(), function("s", it).into()));
    let statement = json!({"Effect": "Allow", "Action": "lambda:InvokeFunction",
        "Principal": {"Service": "cognito-idp.amazonaws.com"}});
    let policy = json!({ "Statement": [statement] }).to_string();
    let stream = Some("arn:stream".to_owned());
    let created = Some(at("2026-02-01T12:00:00Z"));
    Evidence {
        pool: pool(&Value::Object(triggers.into_iter().collect())),
        stack: "s".to_owned(),
        time: at("2026-03-01T12:00:00Z"),
        clients: Ok([ClientId::new("app")].into()),
        functions: evidence::names()
            .map(|name| (name, deployed(CONFIG)))
            .collect(),
        policies: Trigger::ALL
            .map(|it| (it, Ok(Policy::parse(&policy))))
            .into(),
        tables: vec![(
            "s-event-log".to_owned(),
            Ok(Some(Table { stream, created })),
        )],
        projects: Ok(vec![project(PROJECT, "UTC", Some("2026-02-01T13:00:00Z"))]),
        mappings: Ok(vec![mapping()]),
        lag: Ok(Some(1_000.0)),
        failures: evidence::names().map(|name| (name, Ok(0.0))).collect(),
        handed_on: Vec::new(),
        expirations: Ok(15.0),
        spilled: Ok(0.0),
        not_published: Ok(None),
        deliveries: Ok(Vec::new()),
        misconfigured: Ok(0.0),
    }
}

/// What is not well: the state's name, the subject, what was found, and how to mend it.
fn told(evidence: &Evidence) -> Vec<String> {
    let all = findings(evidence).into_iter();
    let all = all.filter(|finding| finding.state != State::Well);
    all.map(
        |Finding {
             subject,
             state,
             found,
         }| {
            let mend = state
                .mend()
                .map(|mend| format!(" → {mend}"))
                .unwrap_or_default();
            format!("{} {subject}: {found}{mend}", state.name())
        },
    )
    .collect()
}

fn check(spoil: impl Fn(&mut Evidence), expected: &[&str]) {
    let mut evidence = well_installed();
    spoil(&mut evidence);
    assert_eq!(told(&evidence), expected);
}

#[test]
fn nothing_is_wrong_with_what_is_well() {
    check(|_| {}, &[]);
}

#[test]
fn before_a_password_and_before_a_token_nothing_need_be_attached() {
    check(
        |it| {
            let after = [Trigger::PostAuthentication, Trigger::PostConfirmation];
            let triggers = after.map(|it| (it.name().to_owned(), function("s", it).into()));
            it.pool = pool(&Value::Object(triggers.into_iter().collect()));
        },
        &[],
    );
}

#[test]
fn what_is_left_off_stays_off_when_the_rest_is_mended() {
    check(
        |it| {
            let ours = function("s", Trigger::PostConfirmation);
            it.pool = pool(&json!({ "PostConfirmation": ours }));
        },
        &[
            "wrong triggers: not attached: PostAuthentication → cognito-pinpoint attach --user-pool-id \
             eu-west-1_AAAA11111 --stack s --no-pre-authentication",
        ],
    );
}

#[test]
fn what_is_attached_in_another_region_than_the_pools_id_names_is_mended_there() {
    check(
        |it| it.pool = pool(&json!({})).in_region("eu-central-1"),
        &[
            "wrong triggers: not attached: PostAuthentication, PostConfirmation → cognito-pinpoint attach --user-pool-id \
             eu-west-1_AAAA11111 --region eu-central-1 --stack s",
        ],
    );
}

/// An installation in which a trigger is somebody else's, and how often ours was invoked all the same.
fn taken(trigger: Trigger, invocations: f64) -> impl Fn(&mut Evidence) {
    move |it| {
        let mut triggers = it.pool.get("LambdaConfig").clone();
        triggers[trigger.name()] = "arn:theirs".into();
        it.pool = pool(&triggers);
        it.handed_on = vec![(trigger, Ok(invocations))];
    }
}

#[test]
fn a_trigger_that_is_somebody_elses_is_known_and_not_wrong() {
    let note = |trigger, function, lost: &str| {
        format!(
            "note triggers: {trigger} is arn:theirs, which handed nothing on to s-{function} in the last day: if it never \
             does, {lost} → have it hand its events on, as docs/taken-triggers.md shows"
        )
    };
    for (trigger, function, lost) in [
        (
            Trigger::PreAuthentication,
            "pre-authentication",
            "failures are not counted",
        ),
        (
            Trigger::PostAuthentication,
            "post-authentication",
            "every sign-in counts as a failure",
        ),
        (
            Trigger::PostConfirmation,
            "post-confirmation",
            "sign-ups are not counted",
        ),
    ] {
        check(taken(trigger, 3.0), &[]);
        check(taken(trigger, 0.0), &[&note(trigger, function, lost)]);
    }
    check(taken(Trigger::PreTokenGeneration, 0.0), &[]);
}

#[test]
fn a_trigger_that_hands_on_is_told_with_how_often() {
    let mut evidence = well_installed();
    taken(Trigger::PostConfirmation, 3.0)(&mut evidence);
    let found = findings(&evidence).into_iter();
    let found = found.filter(|finding| finding.subject == "triggers");
    assert_eq!(
        found.map(|finding| finding.found).collect::<Vec<_>>(),
        [
            "attached: PreAuthentication, PostAuthentication",
            "PostConfirmation is arn:theirs, which hands on to s-post-confirmation: 3 invocations in the last day"
        ]
    );
}

#[test]
fn an_event_log_without_a_stream_is_told() {
    check(
        |it| {
            it.tables[0].1 = Ok(Some(Table {
                stream: None,
                created: None,
            }))
        },
        &[
            "wrong stream mapping: the event log has no stream: nothing is published → turn it on (NEW_IMAGE), and lead the \
           mapping to it",
        ],
    );
    check(
        |it| it.tables[0].1 = Err(denied()),
        &[
            "unknown tables: ListThings on things: AccessDenied: these credentials may not do this; docs/deployment.md lists what each command needs",
            "unknown stream mapping: ListThings on things: AccessDenied: these credentials may not do this; docs/deployment.md lists what each command needs",
        ],
    );
}

#[test]
fn a_trigger_without_permission_is_told_and_one_that_is_not_attached_is_not() {
    check(
        |it| it.policies = Trigger::ALL.map(|it| (it, Ok(Policy::default()))).into(),
        &[
            "pre-authentication",
            "post-authentication",
            "post-confirmation",
        ]
        .map(|name| {
            &*format!(
                "wrong permissions: Cognito may not invoke {name}: nobody can sign in → \
                 cognito-pinpoint attach --user-pool-id eu-west-1_AAAA11111 --stack s"
            )
            .leak()
        }),
    );
}

#[test]
fn each_fault_of_a_configuration_is_told() {
    let mend = "make deploy STACK=s CONFIG=analytics-config.json";
    check(
        |it| it.functions[0].1 = deployed("{}"),
        &[&format!(
            "wrong configuration: that of pre-authentication is faulty: configuration: configures nothing; give a client \
             under Clients, or a Default → {mend}"
        )],
    );
    check(
        |it| it.functions[1].1 = deployed(&CONFIG.replace("app", "web")),
        &[
            &format!(
                "wrong configuration: post-authentication has another one than the functions before it → {mend}"
            ),
            &format!(
                "wrong configuration: post-confirmation has another one than the functions before it → {mend}"
            ),
        ],
    );
    check(
        |it| it.clients = Ok(["app", "web"].map(ClientId::new).into()),
        &[],
    );
    check(
        |it| it.clients = Err(denied()),
        &[
            "unknown configuration: ListThings on things: AccessDenied: these credentials may not do this; docs/deployment.md lists what each command needs",
        ],
    );
    check(
        |it| {
            for (_, function) in &mut it.functions {
                let configuration = Some(Err(denied()));
                *function = Ok(Some(Deployed { configuration }));
            }
        },
        &[
            "unknown configuration: ListThings on things: AccessDenied: these credentials may not do this; docs/deployment.md lists what each command needs",
        ],
    );
}

#[test]
fn a_mapping_that_publishes_nothing_is_told() {
    let update = "aws lambda update-event-source-mapping --uuid uuid";
    for (spoil, expected) in [
        (
            (|it| it.state = "Disabled".to_owned()) as fn(&mut EventSourceMapping),
            format!("is Disabled: nothing is published → {update} --enabled"),
        ),
        (
            |it| it.state = "Deleting".to_owned(),
            format!("is Deleting: nothing is published → {update} --enabled"),
        ),
        (
            |it| it.last_result = "PROBLEM: Function call failed".to_owned(),
            "the last batch: PROBLEM: Function call failed → what it says".to_owned(),
        ),
        (
            |it| it.source = "arn:of-a-table-that-is-gone".to_owned(),
            "leads from another stream than the event log's: nothing is published → delete it, and make one for the \
             event log's stream with the template's properties"
                .to_owned(),
        ),
        (
            |it| it.parallelization_factor = Some(2),
            format!(
                "takes a user's events side by side, and loses those that are overtaken → {update} \
                 --parallelization-factor 1"
            ),
        ),
    ] {
        let mut spoilt = mapping();
        spoil(&mut spoilt);
        check(
            |it| it.mappings = Ok(vec![spoilt.clone()]),
            &[&format!("wrong stream mapping: {expected}")],
        );
    }
    check(
        |it| it.mappings = Ok(Vec::new()),
        &[
            "wrong stream mapping: no stream leads to publish-events: nothing is published → make deploy STACK=s",
        ],
    );
}

#[test]
fn figures_are_wrong_beyond_their_bounds_only() {
    check(|it| it.lag = Ok(Some(900_000.0)), &[]);
    check(
        |it| it.lag = Ok(Some(960_000.0)),
        &[
            "wrong iterator age: publish-events is 16.0 min behind; after 23 h events are dead-lettered → see why: \
           aws logs tail /aws/lambda/s-publish-events --since 1h",
        ],
    );
    check(
        |it| it.failures[0].1 = Ok(3.0),
        &[
            "wrong failures: pre-authentication failed or was throttled 3 times in the last 15 min → see why: \
           aws logs tail /aws/lambda/s-pre-authentication --since 1h",
        ],
    );
    check(
        |it| it.expirations = Ok(0.0),
        &[
            "wrong schedule: expire-attempts was not invoked in the last 15 min: no failure is counted → enable the rule \
           EveryMinute of the stack",
        ],
    );
}

#[test]
fn what_may_not_be_looked_at_is_never_well() {
    check(
        |it| {
            it.clients = Err(denied());
            it.functions = evidence::names()
                .map(|name| (name, Err(denied())))
                .collect();
            it.policies = Trigger::ALL.map(|it| (it, Err(denied()))).into();
            it.tables = vec![("s-event-log".to_owned(), Err(denied()))];
            it.mappings = Err(denied());
            it.lag = Err(denied());
            it.failures = vec![("publish-events", Err(denied()))];
            it.handed_on = vec![(Trigger::PreAuthentication, Err(denied()))];
            it.expirations = Err(denied());
            it.spilled = Err(denied());
            it.not_published = Err(denied());
            it.deliveries = Err(denied());
            it.misconfigured = Err(denied());
        },
        &[
            ["functions"; 6].as_slice(),
            &["triggers"],
            &["permissions"; 3],
            &[
                "tables",
                "stream mapping",
                "iterator age",
                "delivery",
                "failures",
                "schedule",
                "spilled events",
                "not published",
            ],
        ]
        .concat()
        .iter()
        .map(|subject| &*format!("unknown {subject}: ListThings on things: AccessDenied: these credentials may not do this; docs/deployment.md lists what each command needs").leak())
        .collect::<Vec<_>>(),
    );
}

#[test]
fn of_a_new_stack_a_schedule_that_has_not_run_is_not_wrong() {
    check(
        |it| {
            it.expirations = Ok(0.0);
            it.time = at("2026-02-01T12:04:00Z");
        },
        &[
            "not yet schedule: expire-attempts was not invoked yet: the stack is a few minutes old, look again in some \
             more",
        ],
    );
}

#[test]
fn a_configuration_that_ignores_every_app_client_is_wrong() {
    check(
        |it| it.clients = Ok([ClientId::new("web"), ClientId::new("tv")].into()),
        &[
            "wrong configuration: every app client of the pool is ignored (tv, web): nothing is counted → name them under \
             Clients, or give a Default; then make deploy STACK=s CONFIG=analytics-config.json",
        ],
    );
}

#[test]
fn a_project_that_counts_in_other_days_than_the_configuration_says_is_told_with_both() {
    check(
        |it| {
            it.projects = Ok(vec![
                project(PROJECT, "Europe/Berlin", Some("2026-02-01T13:00:00Z")),
                project("no longer configured", "Asia/Tokyo", None),
            ]);
        },
        &[
            "wrong counting: 0123456789abcdef0123456789abcdef began to count in the days of Europe/Berlin, and goes on so, \
             although TimeZone says UTC → write \"TimeZone\": \"Europe/Berlin\", then make deploy STACK=s \
             CONFIG=analytics-config.json; figures in the days of UTC take another ApplicationId",
        ],
    );
}

#[test]
fn projects_that_could_not_be_read_are_unknown() {
    check(
        |it| it.projects = Err(denied()),
        &[
            "unknown counting: ListThings on things: AccessDenied: these credentials may not do this; docs/deployment.md lists what each command needs",
        ],
    );
}

#[test]
fn since_when_each_project_counts_is_told() {
    let tokyo = project(PROJECT, "Asia/Tokyo", Some("2026-01-31T22:00:00Z"));
    for (projects, zone, expected) in [
        (vec![], "UTC", "nothing is counted yet"),
        (
            vec![project(PROJECT, "UTC", None)],
            "UTC",
            "0123456789abcdef0123456789abcdef has history only, nothing is captured yet (days of UTC)",
        ),
        (
            vec![tokyo],
            "Asia/Tokyo",
            "0123456789abcdef0123456789abcdef counts since 2026-02-01 (days of Asia/Tokyo)",
        ),
    ] {
        let mut evidence = well_installed();
        let config = CONFIG.replacen('{', &format!("{{\"TimeZone\": \"{zone}\", "), 1);
        evidence.projects = Ok(projects);
        let functions = evidence::names().map(|name| (name, deployed(&config)));
        evidence.functions = functions.collect();
        let found = findings(&evidence).into_iter();
        let found = found.filter(|finding| finding.subject == "counting");
        let found: Vec<_> = found
            .map(|finding| (finding.state, finding.found))
            .collect();
        assert_eq!(found, [(State::Well, expected.to_owned())]);
    }
}
