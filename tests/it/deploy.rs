//! The stack's deployment and destruction, in an emulator: what is told where something is wrong, and what is left.

use std::process::Command;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_sqs::Client as Sqs;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::support::command::{done, errors_of, json_of, python_program};
use crate::support::ministack::Ministack;
use crate::support::{FUNCTIONS, repository};

const STACK: &str = "cognito-pinpoint";

/// A template of somebody else's, who has a log of ours.
const THEIRS: &str = r#"{"Resources": {"Log": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain",
    "Properties": {"LogGroupName": "/aws/lambda/cognito-pinpoint-publish-events"}}}}"#;

/// Makes a stack `theirs` of it.
const MAKE_THEIRS: &str = "
import boto3, sys
made = boto3.client('cloudformation')
made.create_stack(StackName='theirs', TemplateBody=sys.argv[1])
made.get_waiter('stack_create_complete').wait(StackName='theirs', WaiterConfig={'Delay': 1})";

/// Prints what an account holds, as JSON.
const INVENTORY: &str = "
import boto3, json
def of(service, operation, members, name=None):
    pages = boto3.client(service).get_paginator(operation).paginate()
    return sorted(it[name] if name else it for page in pages for it in page[members])
print(json.dumps({
    'stacks': of('cloudformation', 'describe_stacks', 'Stacks', 'StackName'),
    'functions': of('lambda', 'list_functions', 'Functions', 'FunctionName'),
    'tables': of('dynamodb', 'list_tables', 'TableNames'),
    'logs': of('logs', 'describe_log_groups', 'logGroups', 'logGroupName'),
    'layers': of('lambda', 'list_layers', 'Layers', 'LayerName'),
    'buckets': of('s3', 'list_buckets', 'Buckets', 'Name'),
}))";

/// Runs the rest of its arguments at a terminal, where somebody types the first.
const AT_A_TERMINAL: &str = r"
import os, pty, subprocess, sys
ours, theirs = pty.openpty()
os.write(ours, sys.argv[1].encode() + b'\n')
sys.exit(subprocess.run(sys.argv[2:], stdin=theirs).returncode)";

/// An account, and a folder to deploy to it from.
struct Deployment {
    ministack: Ministack,
    folder: TempDir,
}

impl Deployment {
    /// The folder has what `make build` would leave, as far as it is looked at: an ELF header each.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut copy = Command::new("cp");
        done(copy.arg("-r").arg(repository("infra")).arg(folder.path()));
        let mut program = [0; 20];
        program[..4].copy_from_slice(b"\x7fELF");
        program[18] = 62;
        for name in FUNCTIONS {
            let code = folder.path().join("target/lambda").join(name);
            std::fs::create_dir_all(&code).unwrap();
            std::fs::write(code.join("bootstrap"), program).unwrap();
        }
        let ministack = Ministack::start().await;
        Self { ministack, folder }
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    /// A program in the folder and in the account, and in nobody's home.
    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut program = python_program(name);
        program
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("AWS_ENDPOINT_URL", self.ministack.url())
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_REGION");
        program
    }

    /// What `make deploy` and `make destroy` run in the end.
    fn run(&self, arguments: &[&str]) -> Command {
        let mut run = self.program("python", &["infra/stack"]);
        run.args(arguments);
        run
    }

    /// `make` in the repository's folder, on this account.
    fn make(&self, target: &str) -> Command {
        let mut make = Command::new("make");
        make.args(["-o", ".venv/ready", target])
            .current_dir(repository("."))
            .env("AWS_ENDPOINT_URL", self.ministack.url())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_REGION", "us-east-1")
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL");
        make
    }

    fn deploy(&self, arguments: &[&str]) -> Command {
        let mut run = self.run(&["deploy", "--stack", STACK, "--architecture", "x86_64"]);
        run.args(arguments);
        run
    }

    fn destroy(&self, data: &str) -> Command {
        let mut run = self.run(&["destroy", "--stack", STACK, "--data", data]);
        run.arg("--yes");
        run
    }

    /// The AWS CLI, with the words of a command and one more argument.
    fn aws(&self, command: &str, argument: &str) {
        let arguments: Vec<_> = command.split_whitespace().chain([argument]).collect();
        done(&mut self.program("aws", &arguments));
    }

    fn make_theirs(&self) {
        done(&mut self.program("python", &["-c", MAKE_THEIRS, THEIRS]));
    }

    fn inventory(&self) -> Value {
        json_of(&mut self.program("python", &["-c", INVENTORY]))
    }

    /// The key of the code and the version of the layer that a function has, and the configuration in that.
    async fn deployed(&self) -> (String, String, Value) {
        let function = format!("{STACK}-pre-authentication");
        let get = Lambda::new(&self.ministack.sdk()).get_function_configuration();
        let found = get.function_name(&function).send().await.unwrap();
        let layer = found.layers()[0].arn().unwrap().to_owned();
        self.ministack.mount_layers(&function);
        let file = std::fs::read(self.ministack.configuration()).unwrap();
        let configuration = serde_json::from_slice(&file).unwrap();
        (found.code_sha256.unwrap(), layer, configuration)
    }

    /// What the stack has for destinations.
    async fn delivering(&self) -> Vec<String> {
        let listed = Sqs::new(&self.ministack.sdk()).list_queues().send().await;
        let listed = listed.unwrap();
        let queues = listed.queue_urls().iter();
        let queues = queues.map(|url| url.rsplit('/').next().unwrap());
        let mut all: Vec<_> = queues.map(str::to_owned).collect();
        let list = ["lambda", "list-event-source-mappings"];
        let mappings = json_of(&mut self.program("aws", &list));
        let mappings = mappings["EventSourceMappings"].as_array().unwrap().iter();
        let sources = mappings.filter_map(|it| it["EventSourceArn"].as_str());
        let of_queues =
            sources.filter_map(|it| it.strip_prefix("arn:aws:sqs:us-east-1:000000000000:"));
        all.extend(of_queues.map(|it| format!("{it} to deliver-events")));
        all.sort();
        all
    }

    /// Puts a message into a queue.
    async fn enqueue(&self, queue: &str) {
        let send = Sqs::new(&self.ministack.sdk()).send_message();
        let send = send.queue_url(format!("http://127.0.0.1/000000000000/{queue}"));
        let send = send.message_group_id("1").message_deduplication_id("1");
        send.message_body("{}").send().await.unwrap();
    }

    /// What the users table holds.
    async fn users(&self) -> Vec<std::collections::HashMap<String, AttributeValue>> {
        let scan = aws_sdk_dynamodb::Client::new(&self.ministack.sdk()).scan();
        let scanned = scan.table_name(format!("{STACK}-users")).send().await;
        scanned.unwrap().items.unwrap()
    }
}

/// A configuration that neither an environment nor a parameter of anything would hold: 80 KB.
fn long_config(application: &str) -> Value {
    let client = json!({"ApplicationId": application.repeat(32), "UserDataShared": true});
    let clients: Map<_, _> = (1000..1800)
        .map(|number| (format!("{number}example23456789"), client.clone()))
        .collect();
    json!({ "Clients": clients })
}

/// A configuration of one client, which sends to these destinations.
fn sending_to(destinations: &[&str]) -> Value {
    json!({"Default": {"ApplicationId": "a".repeat(32), "Destinations": destinations}})
}

/// What is run, after the environment where it differs; then the exit code, and what is told.
const FAULTS: &str = "\
AWS_ACCESS_KEY_ID= deploy --stack ours --architecture x86_64 --config config.json
1 there are no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY

AWS_DEFAULT_REGION= deploy --stack ours --architecture x86_64 --config config.json
1 there is no Region: set AWS_REGION to the user pool's, such as eu-west-1

AWS_ENDPOINT_URL=http://127.0.0.1:1 deploy --stack ours --architecture x86_64 --config config.json
1 AWS cannot be reached: Could not connect to the endpoint URL: 'http://127.0.0.1:1/' (look at AWS_ENDPOINT_URL, \
    AWS_REGION and the network)

deploy --stack ours --architecture arm64 --config config.json
1 FOLDER/target/lambda/pre-authentication/bootstrap was built for x86_64: run `make build ARCH=arm64`

deploy --stack ours --architecture x86_64
2 say which app clients report where: CONFIG=analytics-config.json, which `cognito-pinpoint config import` writes

deploy --stack ours --architecture x86_64 --config config.json Loglevel=debug
2 the template has no parameter Loglevel; the nearest is LogLevel

deploy --stack ours --architecture x86_64 --config config.json Colour=red
2 the template has no parameter Colour; it has AlarmTopicArn, CaptureBudgetMilliseconds, ConsoleClientId, \
    ConsoleConcurrency, ConsoleDomain, ConsoleGroup, ConsoleUserPoolId, DeliveryConcurrency, DestinationArns, FailureRateAlarmPercent, \
    FewestAttemptsPerFiveMinutes, FewestSignInsPerHour, FiguresLagAlarmMilliseconds, LogLevel, LogRetentionDays, PinpointEndpoint, PinpointProjectArns, \
    PinpointPutEventsPerSecond, PinpointUpdateEndpointsPerSecond, RoleArns

deploy --stack ours --architecture x86_64 --config config.json Architecture=arm64
2 Architecture is set by ARCH=

deploy --stack ours --architecture x86_64 --config config.json AnalyticsConfigKey=config/old.zip
2 AnalyticsConfigKey is set by CONFIG=

deploy --stack ours --architecture x86_64 --config config.json DestinationNames=pinpoint
2 DestinationNames is set by CONFIG=

deploy --stack ours --architecture x86_64 --config long-name.json
1 the queue ours-deliver-LONG.fifo would have more than 80 characters: shorten the name of the destination

deploy --stack ours --architecture x86_64 --config alike.json
1 ourhook and another of Fn::ForEach::Destinations would both be ourhookQueue: rename one of them

deploy --stack ours --architecture x86_64 --config config.json LogLevel=loud
2 LogLevel=loud is none of error, warn, info, debug

deploy --stack ours --architecture x86_64 --config config.json LogRetentionDays=31
2 LogRetentionDays=31 is none of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365

deploy --stack ours --architecture x86_64 --config config.json CaptureBudgetMilliseconds=
2 CaptureBudgetMilliseconds= is no number

deploy --stack ours --architecture x86_64 --config config.json CaptureBudgetMilliseconds=49 \
    AlarmTopicArn=topic PinpointEndpoint=pinpoint.example.com
2 several parameters are wrong:|  CaptureBudgetMilliseconds=49 is below 50|  AlarmTopicArn=topic must be the ARN of an \
    SNS topic|  PinpointEndpoint=pinpoint.example.com must begin with http:// or https://

deploy --stack ours --architecture x86_64 --config config.json CaptureBudgetMilliseconds=3001
2 CaptureBudgetMilliseconds=3001 is above 3000

deploy --stack ours --architecture x86_64 --config config.json ConsoleDomain=https://team.example.com/ \
    ConsoleUserPoolId=pool
2 several parameters are wrong:|  ConsoleDomain=https://team.example.com/ must be https:// and a host, without a path|  \
    ConsoleUserPoolId=pool must be a user pool's id, such as eu-west-1_AAAA11111

deploy --stack ours --architecture x86_64 --config config.json ConsoleUserPoolId=eu-west-1_AAAA11111 \
    ConsoleClientId=3example23456789
2 the console needs ConsoleUserPoolId, ConsoleClientId, ConsoleDomain, ConsoleGroup: give ConsoleDomain, ConsoleGroup, or \
    leave all of them empty

deploy --stack theirs --architecture x86_64 --config config.json
1 the stack theirs in us-east-1 is somebody else's: name ours with STACK=…

deploy --stack taken --architecture x86_64 --config config.json
1 there is a table taken-users of somebody else's: give the stack another name with STACK=…

deploy --stack ours --architecture x86_64 --config no-file.json
1 no-file.json: No such file or directory

deploy --stack ours --architecture x86_64 --config no-json.json
1 no-json.json is not JSON: Expecting value: line 1 column 13 (char 12)

deploy --stack ours --architecture x86_64 --config no-config.json
1 no-config.json is no configuration: `cognito-pinpoint config check no-config.json` says why

deploy --stack ours --architecture x86_64 --config file-config.json
1 file-config.json cannot be deployed:|Destinations.archive.Type: is 'file', which is for this machine \
    alone; send to firehose, which writes files to S3

AWS_ACCESS_KEY_ID= destroy --stack taken --data delete
1 there are no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY

destroy --stack theirs --data delete
1 the stack theirs in us-east-1 is somebody else's: name ours with STACK=…

destroy --stack typo
1 there is no stack typo in us-east-1 of the account 000000000000, nor anything that one has left: see STACK= and \
    AWS_REGION

AWS_DEFAULT_REGION=eu-west-1 destroy --stack theirs --data delete --yes
1 there is no stack theirs in eu-west-1 of the account 000000000000, nor anything that one has left: see STACK= and \
    AWS_REGION

destroy --stack taken --data delete --yes
1 there is no stack taken in us-east-1 of the account 000000000000, nor anything that one has left: see STACK= and \
    AWS_REGION";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_in_a_line_and_nothing_is_changed() {
    let at = Deployment::new().await;
    at.write("config.json", r#"{"Default": {}}"#);
    at.write("no-json.json", "{\"Clients\": }");
    at.write("no-config.json", "[]");
    let long = "x".repeat(80);
    at.write(
        "alike.json",
        &sending_to(&["our-hook", "ourhook"]).to_string(),
    );
    at.write("long-name.json", &sending_to(&[&long]).to_string());
    let archive = r#"{"Destinations": {"archive": {"Type": "file", "Path": "archive.jsonl"}}}"#;
    at.write("file-config.json", archive);
    at.make_theirs();
    let table = "dynamodb create-table --table-name taken-users --billing-mode PAY_PER_REQUEST \
        --attribute-definitions AttributeName=id,AttributeType=S --key-schema";
    at.aws(table, "AttributeName=id,KeyType=HASH");
    let before = at.inventory();
    let folder = at.folder.path().canonicalize().unwrap();
    let told_by = |run: &mut Command| {
        let output = run.output().unwrap();
        let told = errors_of(&output).replace(folder.to_str().unwrap(), "FOLDER");
        let told = told.replace(&long, "LONG");
        (output.status.code().unwrap(), told.replace('"', "'"))
    };

    for fault in FAULTS.split("\n\n") {
        let (run, expected) = fault.split_once('\n').unwrap();
        let (status, told) = expected.split_once(' ').unwrap();
        let (environment, arguments): (Vec<_>, Vec<_>) = run
            .split_whitespace()
            .partition(|word| word.starts_with("AWS_"));
        let mut run = at.run(&arguments);
        run.envs(environment.iter().filter_map(|it| it.split_once('=')));
        let expected = (
            status.parse().unwrap(),
            format!("error: {}\n", told.replace('|', "\n")),
        );
        assert_eq!(told_by(&mut run), expected, "{fault}");
    }
    std::fs::remove_dir_all(folder.join("target/lambda/publish-events")).unwrap();
    let expected = "error: there is no FOLDER/target/lambda/publish-events/bootstrap: run `make build ARCH=x86_64` first\n";
    let found = told_by(&mut at.deploy(&["--config", "config.json"]));
    assert_eq!(found, (1, expected.to_owned()));
    assert_eq!(at.inventory(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deployed_again_has_its_data_and_what_is_deleted_leaves_nothing() {
    let at = Deployment::new().await;
    let empty = at.inventory();
    let mut layers = Vec::new();
    for application in ["a", "b", "a"] {
        let config = long_config(application);
        at.write("config.json", &config.to_string());
        done(&mut at.deploy(&["--config", "config.json"]));
        let (_, layer, read) = at.deployed().await;
        assert_eq!(read, config);
        layers.push(layer);
    }
    layers.dedup();
    assert_eq!(layers.len(), 3, "a new one starts the functions anew");
    done(&mut at.deploy(&["LogLevel=debug", "FewestSignInsPerHour=5"]));
    assert_eq!(at.deployed().await.1, layers[2], "left out, it stays");
    let dynamodb = aws_sdk_dynamodb::Client::new(&at.ministack.sdk());
    let put = dynamodb
        .put_item()
        .table_name(format!("{STACK}-users"))
        .item("user", AttributeValue::S("ada".to_owned()));
    put.send().await.unwrap();
    let data = at.users().await;

    let kept = done(&mut at.destroy("keep")).stdout;
    let kept = String::from_utf8(kept).unwrap();
    let kept = kept.lines().filter_map(|line| line.strip_prefix("  "));
    let mut kept: Vec<_> = kept.filter_map(|thing| thing.rsplit(' ').next()).collect();
    kept.sort_unstable();
    let left = at.inventory();
    let mut there: Vec<_> = left
        .as_object()
        .unwrap()
        .values()
        .flat_map(|it| it.as_array().unwrap())
        .collect();
    there.sort_unstable_by_key(|it| it.as_str());
    assert_eq!(kept, there);
    assert_eq!(
        kept.len(),
        3 + FUNCTIONS.len() + 1,
        "tables, logs, code and configurations"
    );
    let again = errors_of(&done(&mut at.deploy(&["--config", "config.json"])));
    let imported = format!("{} of them imported", 3 + FUNCTIONS.len());
    assert!(again.contains(&imported), "{again}");
    assert_eq!(at.users().await, data);
    done(&mut at.destroy("delete"));
    assert_eq!(at.inventory(), empty);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_destination_of_the_configuration_has_a_queue_and_none_is_left_with_messages() {
    let at = Deployment::new().await;
    let not_published = "cognito-pinpoint-not-published";
    let queue = "cognito-pinpoint-deliver-pinpoint.fifo";
    let mapping = "cognito-pinpoint-deliver-pinpoint.fifo to deliver-events";
    let other = "cognito-pinpoint-deliver-our-hook.fifo";
    let other_mapping = "cognito-pinpoint-deliver-our-hook.fifo to deliver-events";
    for (names, expected) in [
        (
            &["pinpoint", "our-hook"][..],
            vec![other, other_mapping, queue, mapping, not_published],
        ),
        (&[], vec![not_published]),
        (&["pinpoint"], vec![queue, mapping, not_published]),
    ] {
        at.write("config.json", &sending_to(names).to_string());
        if names.is_empty() {
            at.enqueue(queue).await;
            for check in [&["--check"][..], &[]] {
                let arguments = [&["--config", "config.json"], check].concat();
                let refused = at.deploy(&arguments).output().unwrap();
                let expected = format!(
                    "error: 1 messages wait in the queue {queue}, which goes with the destination pinpoint: leave it in a \
                    client's Destinations until they are delivered, or DROP=1\n"
                );
                assert_eq!(errors_of(&refused), expected);
            }
        }
        done(&mut at.deploy(&["--config", "config.json", "--drop"]));
        assert_eq!(at.delivering().await, expected);
        let functions = at.inventory()["functions"].take();
        let functions = functions.as_array().unwrap();
        let delivers = functions.contains(&json!("cognito-pinpoint-deliver-events"));
        assert_eq!(delivers, !names.is_empty());
        done(&mut at.deploy(&[]));
        assert_eq!(at.delivering().await, expected, "left out, it stays");
    }

    let lambda = Lambda::new(&at.ministack.sdk());
    let delete = lambda.delete_function();
    let deleted = delete
        .function_name("cognito-pinpoint-deliver-events")
        .send()
        .await;
    deleted.unwrap();
    at.enqueue(queue).await;
    let refused = at.destroy("keep").output().unwrap();
    let told = errors_of(&refused);
    let expected = format!(
        "error: 1 messages wait in the queue {queue}, which goes with the stack: wait until they are delivered, or take the destination out and deploy that with DROP=1, \
        or DATA=delete\n"
    );
    assert_eq!(told, expected);
    done(&mut at.destroy("delete"));
}

/// Something that cannot be made, after two of the functions were changed.
const FAILS: &str = "
  Fails:
    Type: AWS::Lambda::Url
    DependsOn: [PreAuthentication, PublishEvents]
    Properties: { AuthType: AWS_IAM, TargetFunctionArn: not-there }
";

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_fails_leaves_code_and_configuration_as_they_were() {
    let at = Deployment::new().await;
    at.write("config.json", &long_config("a").to_string());
    done(&mut at.deploy(&["--config", "config.json"]));
    let before = at.deployed().await;
    let template = std::fs::read_to_string(repository("infra/template.yaml")).unwrap();
    let template = template.replace("\nOutputs:", &format!("{FAILS}\nOutputs:"));
    at.write("infra/template.yaml", &template);
    at.write("config.json", &long_config("b").to_string());
    let program = "target/lambda/pre-authentication/bootstrap";
    at.write(program, "#!/bin/sh\n");

    let refused = at.deploy(&["--config", "config.json"]).output().unwrap();
    let told = errors_of(&refused);
    let expected =
        "cognito-pinpoint is UPDATE_ROLLBACK_COMPLETE, because of\n  Fails (AWS::Lambda::Url): ";
    assert!(told.contains(expected), "{told}");
    assert_eq!(at.deployed().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_without_a_value_or_with_one_that_a_new_template_refuses_is_told() {
    let at = Deployment::new().await;
    at.write("config.json", r#"{"Default": {}}"#);
    done(&mut at.deploy(&["--config", "config.json"]));
    let before = at.deployed().await;
    let template = std::fs::read_to_string(repository("infra/template.yaml")).unwrap();
    let wanted = "\n  Wanted: { Type: String, Description: for the tests }\n  LogLevel:";
    let template = template.replace("\n  LogLevel:", wanted);
    let template = template.replace("[error, warn, info, debug]", "[error, warn]");
    at.write("infra/template.yaml", &template);

    let refused = at.deploy(&["--check"]).output().unwrap();
    let expected = "error: several parameters are wrong:
  Wanted has no value: PARAMETERS=\"Wanted=…\" (for the tests)
  LogLevel=info, which the stack has, is none of error, warn: give another in PARAMETERS
";
    assert_eq!(errors_of(&refused), expected);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(at.deployed().await, before);
    done(&mut at.deploy(&["Wanted=it", "LogLevel=warn"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_was_named_once_is_used_again() {
    let at = Deployment::new().await;
    at.write("config.json", r#"{"Default": {}}"#);
    at.aws("s3api create-bucket --bucket", "ours");
    done(&mut at.deploy(&["--config", "config.json", "--bucket", "ours"]));
    at.write("config.json", r#"{"Clients": {}}"#);
    done(&mut at.deploy(&["--config", "config.json"]));
    assert_eq!(at.inventory()["buckets"], json!(["ours"]));
    assert_eq!(at.deployed().await.2, json!({"Clients": {}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_deleted_once_somebody_has_typed_the_stacks_name() {
    let at = Deployment::new().await;
    let empty = at.inventory();
    at.write("config.json", r#"{"Default": {}}"#);
    done(&mut at.deploy(&["--config", "config.json"]));
    let before = at.inventory();
    let destroy = ["destroy", "--stack", STACK, "--data", "delete"];
    let refused = at.run(&destroy).output().unwrap();
    let told = errors_of(&refused);
    let expected = "
  table cognito-pinpoint-metrics
error: nothing was deleted: there is no terminal to ask at; YES=1 deletes without asking
";
    assert!(told.ends_with(expected), "{told}");
    assert_eq!(refused.status.code(), Some(1));

    let at_a_terminal = |answer| {
        let python = repository(".venv/bin/python");
        let run = [
            "-c",
            AT_A_TERMINAL,
            answer,
            python.to_str().unwrap(),
            "infra/stack",
        ];
        let mut run = at.program("python", &run);
        run.args(destroy);
        run.output().unwrap()
    };
    let refused = at_a_terminal("yes");
    let told = errors_of(&refused);
    let expected = "Type the stack's name, cognito-pinpoint, to delete all of it: error: nothing was deleted\n";
    assert!(told.ends_with(expected), "{told}");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(at.inventory(), before);

    let deleted = at_a_terminal(STACK);
    assert!(deleted.status.success(), "{}", errors_of(&deleted));
    assert_eq!(at.inventory(), empty);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_before_anything_is_built() {
    let at = Deployment::new().await;
    for (arguments, told) in [
        (
            vec!["PARAMETERS=LogLevel=loud"],
            "error: LogLevel=loud is none of",
        ),
        (vec![], "error: say which app clients report where: CONFIG="),
        (
            vec!["CONFIG=no-file.json"],
            "error: no-file.json: No such file",
        ),
    ] {
        let refused = at.make("deploy").args(arguments).output().unwrap();
        assert!(
            errors_of(&refused).contains(told),
            "{}",
            errors_of(&refused)
        );
        let ran = String::from_utf8(refused.stdout).unwrap();
        assert_eq!(ran.lines().count(), 1, "{ran}");
    }
}

/// A stack in review, as a change set that nobody executes leaves it.
fn review(at: &Deployment) {
    let change = "cloudformation create-change-set --change-set-name by-hand --change-set-type CREATE \
        --stack-name cognito-pinpoint --template-body";
    at.aws(change, THEIRS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_in_review_stays_where_it_is_refused_and_proves_nothing() {
    let at = Deployment::new().await;
    at.write("config.json", r#"{"Default": {}}"#);
    at.make_theirs();
    let before = at.inventory();
    for in_review in [false, true] {
        if in_review {
            review(&at);
        }
        let stacks = at.inventory()["stacks"].take();
        let refused = at.deploy(&["--config", "config.json"]).output().unwrap();
        let told = errors_of(&refused);
        let expected = "error: CloudFormation refuses the change, and nothing was changed: ";
        assert!(told.contains(expected), "{told}");
        assert_eq!(at.inventory()["stacks"], stacks);
    }
    done(&mut at.destroy("delete"));
    let after = at.inventory();
    for kind in ["stacks", "logs"] {
        assert_eq!(after[kind], before[kind]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_by_hand_is_seen() {
    let at = Deployment::new().await;
    at.write("config.json", r#"{"Default": {}}"#);
    review(&at);
    done(&mut at.deploy(&["--config", "config.json"]));
    let unchanged = errors_of(&done(&mut at.deploy(&[])));
    assert!(unchanged.contains("nothing to change"), "{unchanged}");

    at.aws(
        "lambda delete-function --function-name",
        "cognito-pinpoint-expire-attempts",
    );
    let of = "--function-name cognito-pinpoint-pre-authentication";
    at.aws(
        &format!("lambda create-alias {of} --name live --function-version"),
        "$LATEST",
    );
    let allow = format!(
        "lambda add-permission {of} --qualifier live --statement-id pool --action lambda:InvokeFunction \
        --principal cognito-idp.amazonaws.com --source-arn"
    );
    at.aws(
        &allow,
        "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AAAA11111",
    );
    let before = at.inventory();
    let mut make = at.make("deploy");
    make.args(["FUNCTION=expire-attempts", "BUILT=1"]);
    for (mut run, told) in [
        (
            at.deploy(&[]),
            "error: somebody has deleted cognito-pinpoint-expire-attempts, and",
        ),
        (
            at.destroy("keep"),
            "cognito-pinpoint-pre-authentication:live (statement pool) for us-east-1_AAAA11111",
        ),
        (
            make,
            "error: there is no function cognito-pinpoint-expire-attempts in us-east-1",
        ),
    ] {
        let output = run.output().unwrap();
        assert!(!output.status.success(), "{run:?}");
        assert!(errors_of(&output).contains(told), "{}", errors_of(&output));
    }
    assert_eq!(at.inventory(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_gets_no_code_that_was_built_for_another_machine() {
    let at = Deployment::new().await;
    at.write("config.json", r#"{"Default": {}}"#);
    done(&mut at.deploy(&["--config", "config.json"]));
    let of = |arguments: &[&str]| {
        let mut run = at.run(&["function", "--stack", STACK, "publish-events"]);
        run.args(arguments).output().unwrap()
    };
    assert_eq!(of(&["--built"]).stdout, b"x86_64\n");
    let mut arm64 = [0; 20];
    arm64[..4].copy_from_slice(b"\x7fELF");
    arm64[18] = 183;
    let program = at
        .folder
        .path()
        .join("target/lambda/publish-events/bootstrap");
    std::fs::write(program, arm64).unwrap();
    assert_eq!(of(&[]).stdout, b"x86_64\n");
    let refused = of(&["--built"]);
    let told = errors_of(&refused);
    assert!(
        !refused.status.success() && told.contains("was built for arm64"),
        "{told}"
    );
}
