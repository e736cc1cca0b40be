//! `Destinations`: what is defined, and every fault of it.

use super::*;

/// A configuration of these definitions, with a default that sends to all that are named.
fn with(definitions: &str, named: &str) -> String {
    format!(
        r#"{{"Destinations": {definitions}, "Default": {{"ApplicationId": "{ID}", "Destinations": {named}}}}}"#
    )
}

fn plain_destination(kind: DestinationKind) -> DestinationConfig {
    DestinationConfig {
        kind,
        region: None,
        role: None,
        requests_per_second: None,
    }
}

#[test]
fn destinations_are_read_as_they_are_defined() {
    let webhook = |private_addresses| DestinationKind::Webhook {
        url: "https://example.com/auth?key=1".to_owned(),
        secret: "hooks/auth".to_owned(),
        private_addresses,
    };
    for (definition, expected) in [
        (
            r#"{"Type": "firehose", "DeliveryStreamName": "auth-events_1.b", "Region": "eu-west-1", "RequestsPerSecond": 10000,
                "RoleArn": "arn:aws:iam::111122223333:role/auth", "ExternalId": "chosen"}"#,
            DestinationConfig {
                kind: DestinationKind::Firehose {
                    stream: "auth-events_1.b".to_owned(),
                },
                region: Some(Region::parse("eu-west-1").unwrap()),
                role: Some(Role {
                    arn: "arn:aws:iam::111122223333:role/auth".to_owned(),
                    external_id: Some("chosen".to_owned()),
                }),
                requests_per_second: Some(10_000),
            },
        ),
        (
            r#"{"Type": "kinesis", "StreamName": "s", "Region": null, "RoleArn": null, "RequestsPerSecond": null}"#,
            plain_destination(DestinationKind::Kinesis {
                stream: "s".to_owned(),
            }),
        ),
        (
            r#"{"Type": "eventbridge", "EventBusName": "arn:aws:events:eu-west-1:111122223333:event-bus/auth", "RequestsPerSecond": 1}"#,
            DestinationConfig {
                requests_per_second: Some(1),
                ..plain_destination(DestinationKind::EventBridge {
                    bus: "arn:aws:events:eu-west-1:111122223333:event-bus/auth".to_owned(),
                })
            },
        ),
        (
            r#"{"Type": "webhook", "Url": "https://example.com/auth?key=1", "SecretName": "hooks/auth"}"#,
            plain_destination(webhook(PrivateAddresses::Refused)),
        ),
        (
            r#"{"Type": "webhook", "Url": "https://example.com/auth?key=1", "SecretName": "hooks/auth", "AllowPrivateAddress": false}"#,
            plain_destination(webhook(PrivateAddresses::Refused)),
        ),
        (
            r#"{"Type": "webhook", "Url": "https://example.com/auth?key=1", "SecretName": "hooks/auth", "AllowPrivateAddress": true}"#,
            plain_destination(webhook(PrivateAddresses::Allowed)),
        ),
        (
            r#"{"Type": "file", "Path": "out/items.jsonl"}"#,
            plain_destination(DestinationKind::File {
                path: "out/items.jsonl".into(),
            }),
        ),
    ] {
        let config = config(&with(
            &format!(r#"{{"a": {definition}}}"#),
            r#"["a", "pinpoint"]"#,
        ));
        let name = DestinationName::new("a");
        let expected = BTreeMap::from([(name.clone(), expected)]);
        assert_eq!((definition, config.destinations()), (definition, &expected));
        let in_use = BTreeSet::from([name, DestinationName::pinpoint()]);
        assert_eq!(config.destinations_in_use(), in_use.iter().collect());
    }
}

#[test]
fn every_fault_of_a_destination_is_told_with_its_path() {
    let thirty_one = "a".repeat(31);
    let long_stream = "s".repeat(129);
    for (definitions, named, expected) in [
        (
            r#"[]"#.to_owned(),
            r#"[]"#,
            "Destinations: is a list; must be an object".to_owned(),
        ),
        (
            r#"{"a": {"Type": "file", "Path": "f"}}"#.to_owned(),
            r#"["b"]"#,
            "Default.Destinations[0]: is not defined under Destinations; known are pinpoint, a\n\
             Destinations.a: is defined, and no client sends to it; name it in a client's Destinations, or take it out"
                .to_owned(),
        ),
        (
            r#"{"archive": {"Type": "file", "Path": "f"}}"#.to_owned(),
            r#"["archiv", "archive"]"#,
            "Default.Destinations[0]: is not defined under Destinations; did you mean \"archive\"?".to_owned(),
        ),
        (
            r#"{"none": {"Type": "file", "Path": "f"}}"#.to_owned(),
            r#"["none"]"#,
            "Destinations.none: is no name of a destination; the stack says by it that there is none".to_owned(),
        ),
        (
            r#"{"pinpoint": {"Type": "file", "Path": "f"}}"#.to_owned(),
            r#"["pinpoint"]"#,
            "Destinations.pinpoint: needs no definition; a client's ApplicationId, Region and RoleArn say how to reach it".to_owned(),
        ),
        (
            format!(r#"{{"1a": {{"Type": "file", "Path": "f"}}, "a b": {{"Type": "file", "Path": "g"}}, "{thirty_one}": {{"Type": "file", "Path": "h"}}}}"#),
            r#"["1a", "a b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]"#,
            ["1a", "a b", thirty_one.as_str()]
                .map(|name| format!("Destinations.{name}: is no name of a destination; it begins with a letter, and has 30 letters, digits, - and _ at most"))
                .join("\n"),
        ),
        (
            r#"{"a-b": {"Type": "file", "Path": "f"}, "a_b": {"Type": "file", "Path": "g"}}"#.to_owned(),
            r#"["a-b", "a_b"]"#,
            "Destinations.a_b: is \"a-b\" but for signs; give it a name of its own".to_owned(),
        ),
        (
            r#"{"a": 1, "b": {}, "c": {"Type": "fire-hose"}, "d": {"Type": 1}}"#.to_owned(),
            r#"["a", "b", "c", "d"]"#,
            "Destinations.a: is a number; must be an object\n\
             Destinations.b.Type: is missing; give one of firehose, kinesis, eventbridge, webhook, file\n\
             Destinations.c.Type: is no type of a destination; did you mean \"firehose\"?\n\
             Destinations.d.Type: is a number; must be a string"
                .to_owned(),
        ),
        (
            r#"{"a": {"Type": "firehose"}, "b": {"Type": "kinesis"}, "c": {"Type": "eventbridge"}, "d": {"Type": "webhook"}, "e": {"Type": "file"}}"#.to_owned(),
            r#"["a", "b", "c", "d", "e"]"#,
            "Destinations.a.DeliveryStreamName: is missing; the type firehose needs it\n\
             Destinations.b.StreamName: is missing; the type kinesis needs it\n\
             Destinations.c.EventBusName: is missing; the type eventbridge needs it\n\
             Destinations.d.Url: is missing; the type webhook needs it\n\
             Destinations.d.SecretName: is missing; the type webhook needs it\n\
             Destinations.e.Path: is missing; the type file needs it"
                .to_owned(),
        ),
        (
            format!(r#"{{"a": {{"Type": "firehose", "DeliveryStreamName": "a b"}}, "b": {{"Type": "kinesis", "StreamName": "{long_stream}"}},
                "c": {{"Type": "eventbridge", "EventBusName": ""}}, "d": {{"Type": "file", "Path": " "}}}}"#),
            r#"["a", "b", "c", "d"]"#,
            format!(
                "Destinations.a.DeliveryStreamName: is \"a b\"; a stream's name has letters, digits, _ . and -, 128 at most\n\
                 Destinations.b.StreamName: is \"{long_stream}\"; a stream's name has letters, digits, _ . and -, 128 at most\n\
                 Destinations.c.EventBusName: is \"\"; give a bus's name, such as default, or its ARN, 1600 at most\n\
                 Destinations.d.Path: is empty"
            ),
        ),
        (
            r#"{"a": {"Type": "webhook", "Url": "http://example.com", "SecretName": ""}, "b": {"Type": "webhook", "Url": "https://a@b/", "SecretName": 1, "AllowPrivateAddress": "yes"},
                "c": {"Type": "webhook", "Url": "https:///path", "SecretName": "s"}}"#.to_owned(),
            r#"["a", "b", "c"]"#,
            "Destinations.a.Url: is no https URL; what is sent tells of people, so give one that begins with https://\n\
             Destinations.a.SecretName: is empty\n\
             Destinations.b.Url: is no https URL; it looks like https://example.com/path\n\
             Destinations.b.SecretName: is a number; must be a string\n\
             Destinations.b.AllowPrivateAddress: is a string; must be true or false, without quotes\n\
             Destinations.c.Url: is no https URL; it looks like https://example.com/path"
                .to_owned(),
        ),
        (
            r#"{"a": {"Type": "kinesis", "StreamName": "s", "DeliveryStreamName": "s", "Region": "EU", "RoleArn": "role", "RequestsPerSecond": 0},
                "b": {"Type": "kinesis", "StreamName": "s", "RequestsPerSecond": 1.5, "streamName": "s"},
                "c": {"Type": "kinesis", "StreamName": "t", "RequestsPerSecond": 10001}}"#.to_owned(),
            r#"["a", "b", "c"]"#,
            "Destinations.a.Region: is \"EU\"; a Region is written like eu-west-1\n\
             Destinations.a.RoleArn: is not an ARN; a role's ARN is arn:aws:iam::ACCOUNT:role/NAME\n\
             Destinations.a.RequestsPerSecond: is 0; must be a whole number of requests from 1 to 10000\n\
             Destinations.a.DeliveryStreamName: is not a known field; did you mean \"StreamName\"?\n\
             Destinations.b.RequestsPerSecond: is 1.5; must be a whole number of requests from 1 to 10000\n\
             Destinations.b.streamName: is not a known field; did you mean \"StreamName\"?\n\
             Destinations.c.RequestsPerSecond: is 10001; must be a whole number of requests from 1 to 10000"
                .to_owned(),
        ),
        (
            r#"{"a": {"Type": "pinpoint"}, "pinpoint": {"Type": "pinpoint", "Region": 1}}"#.to_owned(),
            r#"["a", "pinpoint"]"#,
            "Destinations.a.Type: is \"pinpoint\", which needs no definition; a client's ApplicationId, Region and RoleArn say how to \
             reach it; take this one out, and name \"pinpoint\" in the client's Destinations\n\
             Destinations.pinpoint: needs no definition; a client's ApplicationId, Region and RoleArn say how to reach it"
                .to_owned(),
        ),
        (
            r#"{"a": {"Type": "kinesis", "StreamName": "s", "ExternalId": "chosen"},
                "b": {"Type": "firehose", "DeliveryStreamName": "s", "ExternalId": "chosen", "roleArn": "arn:aws:iam::111122223333:role/auth"},
                "c": {"Type": "eventbridge", "EventBusName": "s", "RoleArn": "arn:aws:iam::111122223333:role/aws-service-role/s/r"}}"#.to_owned(),
            r#"["a", "b", "c"]"#,
            "Destinations.a.ExternalId: goes with a role, and there is none; give RoleArn, or take it out\n\
             Destinations.b.roleArn: is not a known field; did you mean \"RoleArn\"?\n\
             Destinations.c.RoleArn: is a role that only a service of AWS can assume; give one of your own"
                .to_owned(),
        ),
    ] {
        let json = with(&definitions, named);
        let faults = Config::from_json(&json).unwrap_err().to_string();
        assert_eq!((json.as_str(), faults), (json.as_str(), expected));
    }
}

#[test]
fn what_follows_from_a_fault_is_none_of_its_own() {
    let archive = r#"{"archive": {"Type": "file", "Path": "f"}}"#;
    let client = format!(r#"{{"ApplicationId": "{ID}", "Destinations": ["archive"]}}"#);
    let one = |from, to| format!(r#""Clients": {{"1": {}}}"#, client.replace(from, to));
    for (definitions, clients, expected) in [
        (
            "1",
            format!(r#""Default": {client}"#),
            "Destinations: is a number; must be an object",
        ),
        (
            r#"{"archive": {"Type": "sqs", "QueueUrl": "q"}}"#,
            format!(r#""Default": {client}"#),
            "Destinations.archive.Type: is no type of a destination; known are firehose, kinesis, eventbridge, webhook, file",
        ),
        (
            r#"{"archive": {"type": "file", "Path": "f"}}"#,
            format!(r#""Default": {client}"#),
            "Destinations.archive.type: is not a known field; did you mean \"Type\"?",
        ),
        (
            r#"{"archive": {"Type": "file", "path": "f"}}"#,
            format!(r#""Default": {client}"#),
            "Destinations.archive.path: is not a known field; did you mean \"Path\"?",
        ),
        (
            archive,
            one("archive", "Archive"),
            "Clients.1.Destinations[0]: is not defined under Destinations; did you mean \"archive\"?",
        ),
        (
            archive,
            one(r#"["archive"]"#, r#""archive""#),
            "Clients.1.Destinations: is a string; must be a list of strings",
        ),
        (
            archive,
            one("Destinations", "destinations"),
            "Clients.1.destinations: is not a known field; did you mean \"Destinations\"?",
        ),
        (
            archive,
            one(r#""archive""#, "1"),
            "Clients.1.Destinations[0]: is a number; must be a string",
        ),
        (
            archive,
            r#""Clients": {"1": []}"#.to_owned(),
            "Clients.1: is a list; must be an object",
        ),
        (
            archive,
            format!(r#""Clients": [{client}]"#),
            "Clients: is a list; must be an object",
        ),
        (
            archive,
            format!(r#""clients": {{"1": {client}}}"#),
            "clients: is not a known field; did you mean \"Clients\"?",
        ),
        (
            archive,
            r#""Clients": {}"#.to_owned(),
            "configuration: configures nothing; give a client under Clients, or a Default",
        ),
        (
            archive,
            format!(r#""Clients": {{"1": {{"AnalyticsConfiguration": {client}}}}}"#),
            "Clients.1.AnalyticsConfiguration: wraps what belongs here; keep what stands inside AnalyticsConfiguration, under \
             Clients.<the client's id>",
        ),
    ] {
        let json = format!(r#"{{"Destinations": {definitions}, {clients}}}"#);
        let faults = Config::from_json(&json).unwrap_err().to_string();
        assert_eq!((json.as_str(), faults.as_str()), (json.as_str(), expected));
    }
    let json = format!(r#"{{"destinations": {archive}, "Default": {client}}}"#);
    let faults = Config::from_json(&json).unwrap_err().to_string();
    assert_eq!(
        faults,
        "destinations: is not a known field; did you mean \"Destinations\"?"
    );
}

#[test]
fn a_file_is_for_this_machine_alone() {
    let definitions = r#"{"a": {"Type": "file", "Path": "f"}, "b": {"Type": "kinesis", "StreamName": "s"}, "c": {"Type": "file", "Path": "g"}}"#;
    let config = config(&with(definitions, r#"["a", "b"]"#).replace(
        r#""Default""#,
        &format!(
            r#""Clients": {{"1": {{"ApplicationId": "{ID}", "Destinations": ["c"]}}}}, "Default""#
        ),
    ));
    let faults = config.check_for_lambda().unwrap_err();
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["Destinations.a.Type", "Destinations.c.Type"]);
    let here = config.sending_to_pinpoint_and_files();
    let of = |client: Option<&str>| {
        let client = here.client(client.map(ClientId::new).as_ref()).unwrap();
        let names = client.destinations.iter();
        names.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of(Some("1")), ["c", "pinpoint"]);
    assert_eq!(of(None), ["a", "pinpoint"]);
}
