//! `cognito-pinpoint config`: what is said of a configuration, and what is imported from a user pool.

use std::process::Output;

use aws_sdk_cognitoidentityprovider::types::AnalyticsConfigurationType;
use serde_json::{Value, json};

use crate::support::command::{cognito_pinpoint, errors_of, in_account, json_of};
use crate::support::ministack::Ministack;

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const ROLE: &str = "arn:aws:iam::111122223333:role/cognito-analytics";

/// Checks this configuration, from a file.
fn check(config: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("analytics.json"), config).unwrap();
    let mut command = cognito_pinpoint();
    command
        .args(["config", "check", "analytics.json"])
        .args(arguments);
    command.current_dir(folder.path()).output().unwrap()
}

#[test]
fn a_checked_configuration_is_printed_as_it_is_resolved() {
    let config = json!({"TimeZone": "Europe/Berlin",
        "Dimensions": ["platform", "attribute:custom:tenant", "client+platform"],
        "Exclude": {"Clients": ["9example23456789"], "EmailDomains": ["Example.test"],
            "Attributes": {"custom:internal": ["yes", "true"]}},
        "Clients": {
        "1example23456789": {"Name": "Web", "ApplicationId": PROJECT, "RoleArn": ROLE, "ExternalId": "chosen", "UserDataShared": true,
            "Destinations": ["pinpoint"]},
        "2example23456789": {
            "ApplicationArn": format!("arn:aws:mobiletargeting:us-east-1:111122223333:apps/{PROJECT}"),
            "RoleArn": "arn:aws:iam::111122223333:role/aws-service-role/cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdp",
            "UserDataShared": false, "Destinations": ["pinpoint"]},
    }, "Default": {"ApplicationId": "f".repeat(32), "IncludeFederatedUsers": true, "AttemptWindowSeconds": 600}});
    let config = config.to_string();
    let output = check(&config, &[]);
    assert!(output.status.success(), "{}", errors_of(&output));
    insta::assert_snapshot!("checked", String::from_utf8(output.stdout).unwrap());
    let output = check(
        &config,
        &["--user-pool-id", "eu-west-1_AAAA11111", "--format", "json"],
    );
    let resolved: Value = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_json_snapshot!("checked_of_a_pool", resolved);
}

#[test]
fn each_destination_is_shown_with_what_it_is_where_it_is_and_who_sends_there() {
    let client =
        |destinations: &[&str]| json!({"ApplicationId": PROJECT, "Destinations": destinations});
    let config = json!({"Destinations": {
        "archive": {"Type": "firehose", "DeliveryStreamName": "auth-events", "Region": "eu-west-1", "RoleArn": ROLE,
            "ExternalId": "chosen", "RequestsPerSecond": 50},
        "stream": {"Type": "kinesis", "StreamName": "auth"},
        "bus": {"Type": "eventbridge", "EventBusName": "default"},
        "hook": {"Type": "webhook", "Url": "https://example.com/auth", "SecretName": "hooks/auth"},
        "inner": {"Type": "webhook", "Url": "https://10.0.0.1/auth", "SecretName": "hooks/inner", "AllowPrivateAddress": true},
        "here": {"Type": "file", "Path": "out/archive.jsonl"},
    }, "Clients": {
        "1example23456789": client(&["archive", "bus", "hook"]),
        "2example23456789": client(&["archive", "stream", "inner"]),
        "3example23456789": client(&["archive", "here", "bus"]),
    }, "Default": client(&["archive", "pinpoint", "bus"])});
    let config = config.to_string();
    let output = check(&config, &[]);
    assert!(output.status.success(), "{}", errors_of(&output));
    let shown = String::from_utf8(output.stdout).unwrap();
    let mut blocks = shown.split("\n\n");
    let destinations = blocks.find(|block| block.starts_with("destinations"));
    insta::assert_snapshot!("checked_destinations", destinations.unwrap());
    let output = check(&config, &["--format", "json"]);
    let resolved: Value = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_json_snapshot!("checked_destinations_json", resolved["destinations"]);
}

#[test]
fn a_file_that_no_function_in_lambda_could_write_is_noted_with_its_path() {
    let config = json!({"Destinations": {"archive": {"Type": "file", "Path": "archive.jsonl"}},
        "Default": {"ApplicationId": PROJECT, "Destinations": ["archive"]}});
    let output = check(&config.to_string(), &[]);
    let errors = errors_of(&output);
    assert!(output.status.success(), "{errors}");
    assert!(
        errors.starts_with("note: Destinations.archive.Type: is \"file\""),
        "{errors}"
    );
}

#[test]
fn every_fault_is_told_with_its_path_and_nothing_is_printed() {
    for (config, arguments, told) in [
        (
            json!({"TimeZone": "Europe/Berlim", "Dimensions": ["plattform"], "Clients": {
                "a": {"ApplicationId": "short", "UserDataShare": true},
                "b": {"ApplicationId": PROJECT, "ApplicationArn": "arn:aws:s3:::bucket", "RoleArn": "cognito"},
            }}),
            vec![],
            vec![
                "TimeZone: is \"Europe/Berlim\", which is no time zone; did you mean \"Europe/Berlin\"?",
                "Dimensions[0]: is no known dimension; did you mean \"platform\"?",
                "Clients.a.ApplicationId: is 5 characters long",
                "Clients.a.UserDataShare: is not a known field; did you mean \"UserDataShared\"?",
                "Clients.b: has ApplicationId and ApplicationArn",
                "Clients.b.ApplicationArn: ",
                "Clients.b.RoleArn: ",
            ],
        ),
        (
            json!({"Clients": {"a": {"ApplicationId": PROJECT, "Region": "ap-south-1"}}, "Default": {"ApplicationId": PROJECT}}),
            vec!["--user-pool-id", "us-east-1_AAAA11111"],
            vec!["Clients.a: "],
        ),
        (
            json!({"Default": {"ApplicationId": PROJECT}}),
            vec!["--user-pool-id", "eu-south-1_AAAA11111"],
            vec!["Default: "],
        ),
    ] {
        let output = check(&config.to_string(), &arguments);
        let errors = errors_of(&output);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(output.stdout.is_empty(), "{config}");
        for part in told {
            assert!(errors.contains(part), "{part}: {errors}");
        }
    }
    let twice = format!(
        r#"{{"Clients": {{"a": {{"ApplicationId": "{PROJECT}"}}, "a": {{"ApplicationId": "{PROJECT}"}}}}}}"#
    );
    let errors = errors_of(&check(&twice, &[]));
    assert!(
        errors.contains("Clients.a: is given more than once"),
        "{errors}"
    );
}

/// Makes so many app clients, every other one with a configuration; what should be imported.
async fn app_clients(ministack: &Ministack, pool: &str, count: usize) -> Value {
    let mut expected = serde_json::Map::new();
    for number in 0..count {
        let analytics = AnalyticsConfigurationType::builder()
            .application_id(PROJECT)
            .role_arn(ROLE)
            .external_id(format!("chosen-{number}"))
            .user_data_shared(number % 4 == 0)
            .build();
        let has_one = number % 2 == 0;
        let create = ministack
            .cognito()
            .create_user_pool_client()
            .user_pool_id(pool)
            .client_name(format!("app {number}"))
            .set_analytics_configuration(has_one.then_some(analytics));
        let id = create
            .send()
            .await
            .unwrap()
            .user_pool_client
            .unwrap()
            .client_id
            .unwrap();
        if has_one {
            let given = json!({"ApplicationId": PROJECT, "RoleArn": ROLE,
                "ExternalId": format!("chosen-{number}"), "UserDataShared": number % 4 == 0});
            expected.insert(id, given);
        }
    }
    json!({ "Clients": expected })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_of_a_pools_clients_is_imported_and_can_be_used_as_it_is() {
    let ministack = Ministack::start().await;
    let pool = ministack.user_pool().await;
    let expected = app_clients(&ministack, &pool, 65).await;
    let folder = tempfile::tempdir().unwrap();
    let import = |arguments: &[&str]| {
        let mut import = in_account(ministack.url());
        import
            .args(["config", "import", "--user-pool-id", &pool])
            .args(arguments);
        import.current_dir(folder.path());
        import
    };
    let output = import(&[]).output().unwrap();
    assert!(output.status.success(), "{}", errors_of(&output));
    assert!(
        errors_of(&output).contains("imported 33 of 65 app clients")
            && errors_of(&output).contains("no Destinations were written"),
        "{}",
        errors_of(&output)
    );
    let file = folder.path().join("analytics-config.json");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(written, expected);
    assert_eq!(json_of(&mut import(&["--output", "-"])), expected);

    let mut check = cognito_pinpoint();
    check
        .args([
            "config",
            "check",
            "--format",
            "json",
            "--user-pool-id",
            &pool,
        ])
        .arg(&file);
    assert_eq!(json_of(&mut check)["clients"].as_array().unwrap().len(), 33);

    let again = import(&[]).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert!(
        errors_of(&again).contains("--force"),
        "{}",
        errors_of(&again)
    );
    assert!(import(&["--force"]).output().unwrap().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_not_there_or_has_nothing_to_import_is_told_of() {
    let ministack = Ministack::start().await;
    let empty = ministack.user_pool().await;
    let folder = tempfile::tempdir().unwrap();
    for (pool, told) in [
        (empty.as_str(), "has an AnalyticsConfiguration"),
        ("us-east-1_nowhere", "us-east-1_nowhere"),
    ] {
        let mut import = in_account(ministack.url());
        import
            .args(["config", "import", "--user-pool-id", pool])
            .current_dir(folder.path());
        let output = import.output().unwrap();
        let errors = errors_of(&output);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(
            errors.starts_with("error: ") && errors.contains(told),
            "{errors}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
