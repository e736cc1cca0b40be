mod destinations;
mod figures;

use proptest::prelude::*;

use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef";

/// The configuration that the text stands for, given that it has no fault.
fn config(json: &str) -> Config {
    Config::from_json(json).unwrap_or_else(|faults| panic!("{json}\n{faults}"))
}

fn only_client(json: &str) -> ClientConfig {
    let config = config(&format!(r#"{{"Clients": {{"1example23456789": {json}}}}}"#));
    config
        .client(Some(&ClientId::new("1example23456789")))
        .unwrap()
        .clone()
}

fn plain() -> ClientConfig {
    ClientConfig::of_project(ProjectId::new(ID))
}

fn named(region: &str) -> ProjectRegion {
    ProjectRegion::Named(Region::parse(region).unwrap())
}

/// What is read from one client's value. Values that `describe-user-pool-client` prints come first.
#[test]
fn a_byte_order_mark_is_passed_over() {
    let text = r#"{"Default": {"ApplicationId": "0123456789abcdef0123456789abcdef"}}"#;
    let marked = format!("\u{feff}{text}");
    assert_eq!(Config::from_json(&marked), Config::from_json(text));
    assert!(Config::from_json(&marked).is_ok());
    assert!(Config::from_json(&format!("\u{feff}{marked}")).is_err());
}

#[test]
fn a_client_is_read_as_it_was_pasted() {
    let role = Some(Role {
        arn: "arn:aws:iam::111122223333:role/service-role/cognito-analytics".to_owned(),
        external_id: Some("a1b2c3d4-0000-4000-8000-000000000001".to_owned()),
    });
    let cases = [
        (
            r#"{
                "ApplicationId": "0123456789abcdef0123456789abcdef",
                "RoleArn": "arn:aws:iam::111122223333:role/service-role/cognito-analytics",
                "ExternalId": "a1b2c3d4-0000-4000-8000-000000000001",
                "UserDataShared": true
            }"#,
            ClientConfig {
                role,
                sharing: UserDataSharing::On,
                ..plain()
            },
        ),
        (
            // With an ARN, Cognito prints its own service-linked role.
            r#"{
                "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef",
                "RoleArn": "arn:aws:iam::111122223333:role/aws-service-role/cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdp",
                "UserDataShared": false
            }"#,
            ClientConfig {
                region: named("us-east-1"),
                ..plain()
            },
        ),
        (
            r#"{"ApplicationId": "0123456789abcdef0123456789abcdef", "ExternalId": "alone"}"#,
            plain(),
        ),
        (
            r#"{"ApplicationId": "0123456789ABCDEF0123456789ABCDEF",
                "ApplicationArn": null, "RoleArn": null, "ExternalId": null, "UserDataShared": null,
                "Region": null, "IncludeFederatedUsers": null, "AttemptWindowSeconds": null,
                "Destinations": null, "UserAttributes": null, "Name": null}"#,
            plain(),
        ),
        (
            r#"{"ApplicationId": "0123456789abcdef0123456789abcdef",
                "Name": "Web", "RoleArn": "arn:aws-cn:iam::111122223333:role/a_b+c=d,e.f@g-h",
                "ExternalId": "",
                "Region": "eu-central-1", "IncludeFederatedUsers": true,
                "AttemptWindowSeconds": 86400, "Destinations": [],
                "UserAttributes": {"custom:tier": "tier", "locale": "language"}}"#,
            ClientConfig {
                name: Some("Web".to_owned()),
                region: named("eu-central-1"),
                role: Some(Role {
                    arn: "arn:aws-cn:iam::111122223333:role/a_b+c=d,e.f@g-h".to_owned(),
                    external_id: None,
                }),
                federated: FederatedUsers::Include,
                attempt_window: AttemptWindow::from_seconds(86_400).unwrap(),
                destinations: BTreeSet::new(),
                user_attributes: BTreeMap::from([
                    ("custom:tier".to_owned(), "tier".to_owned()),
                    ("locale".to_owned(), "language".to_owned()),
                ]),
                ..plain()
            },
        ),
        (
            r#"{"ApplicationArn": "arn:aws-us-gov:mobiletargeting:us-gov-west-1:111122223333:apps/0123456789ABCDEF0123456789abcdef",
                "Region": "us-gov-west-1", "IncludeFederatedUsers": false,
                "AttemptWindowSeconds": 1, "Destinations": ["pinpoint"],
                "UserAttributes": ["custom:tier", "locale"]}"#,
            ClientConfig {
                region: named("us-gov-west-1"),
                attempt_window: AttemptWindow::from_seconds(1).unwrap(),
                destinations: BTreeSet::from([DestinationName::pinpoint()]),
                user_attributes: BTreeMap::from([
                    ("custom:tier".to_owned(), "tier".to_owned()),
                    ("locale".to_owned(), "locale".to_owned()),
                ]),
                ..plain()
            },
        ),
    ];
    for (json, expected) in cases {
        assert_eq!((json, only_client(json)), (json, expected));
    }
}

#[test]
fn a_client_that_is_not_named_has_the_default() {
    let one = ProjectId::new("1".repeat(32));
    let other = ProjectId::new("2".repeat(32));
    let (named, unnamed) = (ClientId::new("named"), ClientId::new("unnamed"));
    let clients = format!(r#""Clients": {{"named": {{"ApplicationId": "{one}"}}}}"#);
    let default = format!(r#""Default": {{"ApplicationId": "{other}", "UserDataShared": true}}"#);
    let of = |config: &Config, id| config.client(id).map(|client| client.project.clone());

    let clients_only = config(&format!("{{{clients}}}"));
    assert_eq!(of(&clients_only, Some(&named)), Some(one.clone()));
    assert_eq!(of(&clients_only, Some(&unnamed)), None);
    assert_eq!(of(&clients_only, None), None);
    assert_eq!(clients_only.default(), None);

    let default_only = config(&format!("{{{default}}}"));
    assert_eq!(of(&default_only, Some(&named)), Some(other.clone()));
    assert_eq!(of(&default_only, None), Some(other.clone()));
    assert_eq!(default_only.clients().count(), 0);

    let both = config(&format!("{{{clients}, {default}}}"));
    assert_eq!(of(&both, Some(&named)), Some(one.clone()));
    assert_eq!(
        both.client(Some(&named)).unwrap().sharing,
        UserDataSharing::Off
    );
    assert_eq!(of(&both, Some(&unnamed)), Some(other.clone()));
    assert_eq!(
        both.clients().map(|(id, _)| id).collect::<Vec<_>>(),
        [&named]
    );
    assert_eq!(both.projects(), BTreeSet::from([one, other]));
}

#[test]
fn without_a_configuration_a_replay_shares_and_reports_to_the_project_of_zeros() {
    let json = r#"{"Default": {"ApplicationId": "00000000000000000000000000000000", "UserDataShared": true}}"#;
    assert_eq!(Config::local_default(), config(json));
}

/// Every fault, of texts that are faulty as a whole.
#[test]
fn a_faulty_configuration_is_refused() {
    let cases = [
        (
            "",
            "configuration: is not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            "{\n  \"Clients\" {}\n}",
            "configuration: is not JSON: expected `:` at line 2 column 13",
        ),
        (
            r#"{"Default": null} x"#,
            "configuration: is not JSON: trailing characters at line 1 column 19",
        ),
        ("[]", "configuration: is a list; must be an object"),
        ("null", "configuration: is null; must be an object"),
        (
            "{}",
            "configuration: configures nothing; give a client under Clients, or a Default",
        ),
        (
            r#"{"Clients": {}, "Default": null}"#,
            "configuration: configures nothing; give a client under Clients, or a Default",
        ),
        (
            r#"{"Clients": []}"#,
            "Clients: is a list; must be an object",
        ),
        (
            r#"{"Default": "x"}"#,
            "Default: is a string; must be an object",
        ),
        (
            r#"{"Clients": {"a": null}}"#,
            "Clients.a: is null; must be an object",
        ),
        (
            r#"{"Clients": {"a": {}}, "Default": {}}"#,
            "Clients.a: names no project; give ApplicationId or ApplicationArn\n\
             Default: names no project; give ApplicationId or ApplicationArn",
        ),
        (
            r#"{"client": {}, "Defaults": {}, "ApplicationId": "0123456789abcdef0123456789abcdef"}"#,
            "client: is not a known field; did you mean \"Clients\"?\n\
             Defaults: is not a known field; did you mean \"Default\"?\n\
             ApplicationId: is not a known field; known are TimeZone, Dimensions, Exclude, Destinations, Clients, Default",
        ),
        (
            r#"{"Clients": {"a": {"ApplicationId": "0123456789abcdef0123456789abcdef"},
                            "b": {"ApplicationId": "0123456789abcdef0123456789abcdef"},
                            "a": {"ApplicationId": "abc"},
                            "a": {"ApplicationId": "0123456789abcdef0123456789abcdef"}}}"#,
            "Clients.a: is given more than once; keep one\n\
             Clients.a.ApplicationId: is 3 characters long; a Pinpoint application id is 32 hexadecimal characters",
        ),
        (
            r#"{"Default": {"ApplicationId": "0123456789abcdef0123456789abcdef"}, "Default": null}"#,
            "Default: is given more than once; keep one",
        ),
        (
            r#"{"Clients": {"": {"ApplicationId": "0123456789abcdef0123456789abcdef"},
                            "\n": {"ApplicationId": "0123456789abcdef0123456789abcdef"}}}"#,
            "Clients.\"\": is no client; an app client's id is not empty\n\
             Clients.\"\\n\": is no client; an app client's id is not empty",
        ),
    ];
    for (json, expected) in cases {
        check_faults(json, expected);
    }
}

/// Every fault of the fields of a client whose project is sound; each line is under `Clients.a`.
#[test]
fn a_faulty_field_is_refused() {
    let cases = [
        (
            r#""UserDataShard": true, "region": "us-east-1", "Foo": 1, "UserDataShard": true"#,
            "UserDataShard: is given more than once; keep one\n\
             UserDataShard: is not a known field; did you mean \"UserDataShared\"?\n\
             region: is not a known field; did you mean \"Region\"?\n\
             Foo: is not a known field; known are Name, ApplicationId, ApplicationArn, RoleArn, \
             ExternalId, UserDataShared, Region, IncludeFederatedUsers, AttemptWindowSeconds, Destinations, UserAttributes\n\
             UserDataShard: is not a known field; did you mean \"UserDataShared\"?",
        ),
        (
            r#""RoleArn": 1, "ExternalId": {}, "Region": [], "UserDataShared": "true",
               "IncludeFederatedUsers": 1, "AttemptWindowSeconds": "210", "Destinations": "pinpoint",
               "UserAttributes": "custom:tier""#,
            "Region: is a list; must be a string\n\
             ExternalId: is an object; must be a string\n\
             RoleArn: is a number; must be a string\n\
             UserDataShared: is a string; must be true or false, without quotes\n\
             IncludeFederatedUsers: is a number; must be true or false, without quotes\n\
             AttemptWindowSeconds: is a string; must be a number, without quotes\n\
             Destinations: is a string; must be a list of strings\n\
             UserAttributes: is a string; must be an object of strings, or a list of strings",
        ),
        (
            r#""Region": "EU (Ireland)""#,
            "Region: is \"EU (Ireland)\"; a Region is written like eu-west-1",
        ),
        (
            r#""RoleArn": "cognito-analytics""#,
            "RoleArn: is not an ARN; a role's ARN is arn:aws:iam::ACCOUNT:role/NAME",
        ),
        (
            r#""RoleArn": "arn:aws:sns:us-east-1:111122223333:topic""#,
            "RoleArn: is an ARN of the service \"sns\"; a role's ARN is arn:aws:iam::ACCOUNT:role/NAME",
        ),
        (
            r#""RoleArn": "arn:aws:iam::111122223333:user/someone""#,
            "RoleArn: has not the form of a role's; a role's ARN is arn:aws:iam::ACCOUNT:role/NAME",
        ),
        (
            r#""RoleArn": "arn:aws:iam::111122223333:role/path/""#,
            "RoleArn: has not the form of a role's; a role's ARN is arn:aws:iam::ACCOUNT:role/NAME",
        ),
        (
            r#""RoleArn": "arn:aws:iam:us-east-1:111122223333:role/name""#,
            "RoleArn: has not the form of a role's; a role's ARN is arn:aws:iam::ACCOUNT:role/NAME",
        ),
        (
            r#""RoleArn": "arn:aws:iam::1111:role/name""#,
            "RoleArn: has not the form of a role's; a role's ARN is arn:aws:iam::ACCOUNT:role/NAME",
        ),
        (
            r#""AttemptWindowSeconds": 0"#,
            "AttemptWindowSeconds: is 0; must be a whole number of seconds from 1 to 86400",
        ),
        (
            r#""AttemptWindowSeconds": 86401"#,
            "AttemptWindowSeconds: is 86401; must be a whole number of seconds from 1 to 86400",
        ),
        (
            r#""AttemptWindowSeconds": -1"#,
            "AttemptWindowSeconds: is -1; must be a whole number of seconds from 1 to 86400",
        ),
        (
            r#""AttemptWindowSeconds": 210.5"#,
            "AttemptWindowSeconds: is 210.5; must be a whole number of seconds from 1 to 86400",
        ),
        (
            r#""Destinations": ["pinpoint", "Pinpoint", "kinesis", null]"#,
            "Destinations[3]: is null; must be a string\n\
             Destinations[1]: is not defined under Destinations; did you mean \"pinpoint\"?\n\
             Destinations[2]: is not defined under Destinations; known are pinpoint",
        ),
        (
            r#""UserAttributes": {"custom:tier": "a:b", "custom:level": "tier", "custom:rank": "tier",
               "custom:none": "", "": "empty", "custom:n": 1, "zoneinfo": null,
               "custom:long": "12345678901234567890123456789012345678901234567890x",
               "custom:most": "éééééééééééééééééééééééééééééééééééééééééééééééééé"}"#,
            "UserAttributes.custom:n: is a number; must be a string\n\
             UserAttributes.zoneinfo: is null; must be a string\n\
             UserAttributes.custom:tier: is named \"a:b\"; Pinpoint takes no ':' in a name, give another\n\
             UserAttributes.custom:rank: is named \"tier\", as Clients.a.UserAttributes.custom:level is; give each its own name\n\
             UserAttributes.custom:none: is named \"\"; give it a name for Pinpoint\n\
             UserAttributes.\"\": is no attribute; the name of a Cognito attribute is not empty\n\
             UserAttributes.custom:long: is named with 51 characters; Pinpoint takes 50 at most",
        ),
        (
            r#""UserAttributes": ["tier", "custom:tier", 1, "cognito:user_status", "custom:", "a\\b"]"#,
            "UserAttributes[2]: is a number; must be a string\n\
             UserAttributes[1]: is named \"tier\", as Clients.a.UserAttributes[0] is; give each its own name\n\
             UserAttributes[3]: is named \"cognito:user_status\"; Pinpoint takes no ':' in a name, give another\n\
             UserAttributes[4]: is named \"\"; give it a name for Pinpoint\n\
             UserAttributes[5]: is named \"a\\\\b\"; Pinpoint takes no '\\\\' in a name, give another",
        ),
        (
            r#""UserAttributes": {"custom:tier": "tier", "custom:tier": "tier"}"#,
            "UserAttributes.custom:tier: is given more than once; keep one",
        ),
    ];
    for (fields, expected) in cases {
        let json = format!(r#"{{"Clients": {{"a": {{"ApplicationId": "{ID}", {fields}}}}}}}"#);
        check_faults(&json, &prefixed(expected));
    }
}

/// Every fault in saying which project; each line is under `Clients.a`.
#[test]
fn a_faulty_project_is_refused() {
    const FORM: &str =
        "a Pinpoint project's ARN is arn:aws:mobiletargeting:REGION:ACCOUNT:apps/APPLICATION-ID";
    let cases = [
        (
            r#""ApplicationId": """#,
            "ApplicationId: is 0 characters long; a Pinpoint application id is 32 hexadecimal characters".to_owned(),
        ),
        (
            r#""ApplicationId": "é""#,
            "ApplicationId: is 1 character long; a Pinpoint application id is 32 hexadecimal characters".to_owned(),
        ),
        (
            r#""ApplicationId": "0123456789abcdef0123456789abcdeg""#,
            "ApplicationId: has characters other than 0-9 and a-f; a Pinpoint application id is 32 hexadecimal characters".to_owned(),
        ),
        (r#""ApplicationId": 7"#, "ApplicationId: is a number; must be a string".to_owned()),
        (
            r#""ApplicationId": "abc", "ApplicationArn": "abc""#,
            format!(
                "ApplicationId: is 3 characters long; a Pinpoint application id is 32 hexadecimal characters\n\
                 ApplicationArn: is not an ARN; {FORM}\n\
                 : has ApplicationId and ApplicationArn; keep one of them"
            ),
        ),
        (
            r#""ApplicationId": "0123456789abcdef0123456789abcdef",
               "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef""#,
            ": has ApplicationId and ApplicationArn; keep one of them".to_owned(),
        ),
        (
            r#""ApplicationArn": "arn:aws:sns:us-east-1:111122223333:topic""#,
            format!("ApplicationArn: is an ARN of the service \"sns\"; {FORM}"),
        ),
        (
            r#""ApplicationArn": "arn:elsewhere:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef""#,
            format!("ApplicationArn: is not an ARN; {FORM}"),
        ),
        (
            r#""ApplicationArn": "arn:aws:mobiletargeting:us-east-1:111122223333:templates/x""#,
            format!("ApplicationArn: has not the form of a project's; {FORM}"),
        ),
        (
            r#""ApplicationArn": "arn:aws:mobiletargeting:us-east-1::apps/0123456789abcdef0123456789abcdef""#,
            format!("ApplicationArn: has not the form of a project's; {FORM}"),
        ),
        (
            r#""ApplicationArn": "arn:aws:mobiletargeting::111122223333:apps/0123456789abcdef0123456789abcdef""#,
            "ApplicationArn: names the Region \"\"; a Region is written like eu-west-1".to_owned(),
        ),
        (
            r#""ApplicationArn": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/abc""#,
            "ApplicationArn: has an id that is 3 characters long; a Pinpoint application id is 32 hexadecimal characters".to_owned(),
        ),
        (
            r#""Region": "eu-west-1",
               "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef""#,
            "Region: is eu-west-1, but ApplicationArn is in us-east-1; remove one".to_owned(),
        ),
    ];
    for (fields, expected) in cases {
        let json = format!(r#"{{"Clients": {{"a": {{{fields}}}}}}}"#);
        check_faults(&json, &prefixed(&expected));
    }
}

fn check_faults(json: &str, expected: &str) {
    let faults = Config::from_json(json).map_err(|faults| faults.to_string());
    assert_eq!((json, faults), (json, Err(expected.to_owned())));
}

/// Each line with the client's path before it; one that begins with a colon is of the client itself.
fn prefixed(lines: &str) -> String {
    let prefixed = lines.lines().map(|line| match line.strip_prefix(':') {
        Some(problem) => format!("Clients.a:{problem}"),
        None => format!("Clients.a.{line}"),
    });
    prefixed.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_pool_decides_the_region_unless_one_is_named() {
    let cases = [
        ("", "eu-west-1_AAAA11111", Ok("eu-west-1")),
        ("", "eu-west-2_AAAA11111", Ok("us-east-1")),
        (
            "",
            "af-south-1_AAAA11111",
            Err("user pools in af-south-1 are not supported with Pinpoint projects in any Region"),
        ),
        (
            "",
            "local_AAAA11111",
            Err(
                "the user pool id \"local_AAAA11111\" does not begin with a Region; \
                 set Region in the client's configuration",
            ),
        ),
        ("us-east-1", "eu-west-1_AAAA11111", Ok("us-east-1")),
        ("us-east-1", "local_AAAA11111", Ok("us-east-1")),
        (
            "eu-west-2",
            "eu-west-2_AAAA11111",
            Err(
                "a user pool in eu-west-2 cannot use a Pinpoint project in eu-west-2, \
                 only one in us-east-1",
            ),
        ),
        (
            "us-east-1",
            "af-south-1_AAAA11111",
            Err("user pools in af-south-1 are not supported with Pinpoint projects in any Region"),
        ),
    ];
    for (region, pool, expected) in cases {
        let project = if region.is_empty() {
            ProjectRegion::ByPool
        } else {
            named(region)
        };
        let resolved = project.resolve(&UserPoolId::new(pool));
        let resolved = resolved
            .map(|it| it.to_string())
            .map_err(|error| error.to_string());
        assert_eq!(
            (region, pool, resolved),
            (
                region,
                pool,
                expected.map(str::to_owned).map_err(str::to_owned)
            )
        );
    }
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "210",
        "-0.5",
        "\"\"",
        "\"pinpoint\"",
        "\"Europe/Berlin\"",
        "\"client+platform\"",
        "\"us-east-1\"",
        "\"0123456789abcdef0123456789abcdef\"",
        "\"arn:aws:iam::111122223333:role/r\"",
        "\"arn:aws:mobiletargeting:us-east-1:111122223333:apps/\"",
        "\"\\u0000é\"",
    ]);
    let name = prop::sample::select(vec![
        "Clients",
        "Default",
        "ApplicationId",
        "ApplicationArn",
        "RoleArn",
        "ExternalId",
        "UserDataShared",
        "Region",
        "IncludeFederatedUsers",
        "AttemptWindowSeconds",
        "Destinations",
        "UserAttributes",
        "TimeZone",
        "Dimensions",
        "Exclude",
        "EmailDomains",
        "Attributes",
        "Name",
        "",
        "other",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 64, 8, move |inner| {
            let pair =
                (name.clone(), inner.clone()).prop_map(|(name, it)| format!("\"{name}\":{it}"));
            prop_oneof![
                prop::collection::vec(inner, 0..4)
                    .prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec(pair, 0..8)
                    .prop_map(|pairs| format!("{{{}}}", pairs.join(","))),
            ]
        })
}

proptest! {
    #[test]
    fn whatever_is_not_a_configuration_has_faults_of_one_line_each(text in any_json()) {
        if let Err(faults) = Config::from_json(&text) {
            prop_assert!(faults.iter().count() > 0);
            prop_assert_eq!(faults.to_string().lines().count(), faults.iter().count());
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        let _ = Config::from_json(&text);
    }
}
