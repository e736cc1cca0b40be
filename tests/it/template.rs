//! The stack's template, held against the code that runs in it.

use std::process::Command;

use aws::tables::{TableNames, definitions};
use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::types::KeySchemaElement;
use serde_json::{Value, json};

use crate::support::command::{errors_of, python_program};
use crate::support::{FUNCTIONS, repository};

fn template() -> Value {
    let output = python_program("python")
        .arg(repository("tests/python/template.py"))
        .arg(repository("infra/template.yaml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", errors_of(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The resources of this type, with their properties.
fn of_type<'a>(template: &'a Value, wanted: &str) -> Vec<&'a Value> {
    let resources = template["Resources"].as_object().unwrap().values();
    let wanted = resources.filter(|resource| resource["Type"] == wanted);
    wanted.collect()
}

/// What a stack of this name makes of a name.
fn named(name: &Value) -> String {
    let name = name["Fn::Sub"].as_str().unwrap();
    name.replace("${AWS::StackName}", "cognito-pinpoint")
}

fn key_schema(keys: &[KeySchemaElement]) -> Value {
    let keys = keys.iter();
    let keys = keys
        .map(|key| json!({"AttributeName": key.attribute_name, "KeyType": key.key_type.as_str()}));
    keys.collect()
}

/// A table's definition as CloudFormation writes it.
fn properties(table: &CreateTableInput) -> Value {
    let attributes = table.attribute_definitions().iter();
    let attributes: Value = attributes
        .map(|it| json!({"AttributeName": it.attribute_name, "AttributeType": it.attribute_type.as_str()}))
        .collect();
    let indexes = table.global_secondary_indexes().iter();
    let indexes: Value = indexes
        .map(|index| {
            let projection = index.projection().unwrap();
            json!({
                "IndexName": index.index_name,
                "KeySchema": key_schema(&index.key_schema),
                "Projection": {
                    "ProjectionType": projection.projection_type().unwrap().as_str(),
                    "NonKeyAttributes": projection.non_key_attributes(),
                },
            })
        })
        .collect();
    let stream = table
        .stream_specification()
        .and_then(|stream| stream.stream_view_type.as_ref());
    json!({
        "BillingMode": table.billing_mode().unwrap().as_str(),
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(table.key_schema()),
        "GlobalSecondaryIndexes": indexes,
        "StreamViewType": stream.map(|view| view.as_str()),
    })
}

#[test]
fn the_stacks_tables_are_those_that_the_code_defines() {
    let template = template();
    let mut made: Vec<(String, Value)> = of_type(&template, "AWS::DynamoDB::Table")
        .into_iter()
        .map(|table| {
            let of = &table["Properties"];
            assert_eq!(table["DeletionPolicy"], "Retain");
            assert_eq!(of["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
            let made = json!({
                "BillingMode": of["BillingMode"],
                "AttributeDefinitions": of["AttributeDefinitions"],
                "KeySchema": of["KeySchema"],
                "GlobalSecondaryIndexes": of.get("GlobalSecondaryIndexes").cloned().unwrap_or_else(|| json!([])),
                "StreamViewType": of["StreamSpecification"]["StreamViewType"],
            });
            (named(&of["TableName"]), made)
        })
        .collect();
    let definitions = definitions(&TableNames::default()).unwrap();
    let mut defined: Vec<(String, Value)> = definitions
        .iter()
        .map(|table| (table.table_name.clone().unwrap(), properties(table)))
        .collect();
    made.sort_by(|a, b| a.0.cmp(&b.0));
    defined.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(made, defined);
}

#[test]
fn each_function_has_its_binary_and_a_log_that_ends() {
    let template = template();
    let functions = of_type(&template, "AWS::Lambda::Function");
    let mut code: Vec<&str> = functions
        .iter()
        .map(|function| function["Properties"]["Code"].as_str().unwrap())
        .collect();
    let mut expected = FUNCTIONS.map(|name| format!("../target/lambda/{name}"));
    code.sort_unstable();
    expected.sort_unstable();
    assert_eq!(code, expected);
    for name in FUNCTIONS {
        assert!(repository("functions").join(name).is_dir(), "{name}");
    }
    let logs = of_type(&template, "AWS::Logs::LogGroup");
    assert_eq!(logs.len(), FUNCTIONS.len());
    assert!(
        logs.iter()
            .all(|log| log["Properties"].get("RetentionInDays").is_some())
    );
}

#[test]
fn a_trigger_may_append_to_the_event_log_and_to_its_own_log_and_nothing_else() {
    let template = template();
    for trigger in [
        "PreAuthentication",
        "PostAuthentication",
        "PostConfirmation",
        "PreTokenGeneration",
    ] {
        let role = &template["Resources"][format!("{trigger}Role")]["Properties"];
        let policies = role["Policies"].as_array().unwrap();
        let statements = policies
            .iter()
            .flat_map(|it| it["PolicyDocument"]["Statement"].as_array().unwrap());
        let granted: Vec<Value> = statements
            .map(|it| json!([it["Action"], it["Resource"]]))
            .collect();
        let own_log = json!({"Fn::GetAtt": [format!("{trigger}Logs"), "Arn"]});
        let event_log = json!({"Fn::GetAtt": ["EventLog", "Arn"]});
        let expected = [
            json!([["logs:CreateLogStream", "logs:PutLogEvents"], own_log]),
            json!(["dynamodb:PutItem", event_log]),
        ];
        assert_eq!(granted, expected, "{trigger}");
        assert_eq!(
            role["ManagedPolicyArns"],
            json!({"Fn::If": ["IsInParameter", [{"Ref": "ReadConfiguration"}], []]}),
            "but for a configuration in SSM"
        );
    }
}

#[test]
fn the_streams_mapping_gives_nothing_up_early_and_nothing_twice_at_a_time() {
    let template = template();
    let mappings = of_type(&template, "AWS::Lambda::EventSourceMapping");
    let [mapping] = mappings[..] else {
        panic!("{mappings:?}")
    };
    let of = &mapping["Properties"];
    for (property, expected) in [
        ("ParallelizationFactor", json!(1)),
        ("StartingPosition", json!("TRIM_HORIZON")),
        ("FunctionResponseTypes", json!(["ReportBatchItemFailures"])),
        ("BisectBatchOnFunctionError", json!(true)),
    ] {
        assert_eq!(of[property], expected, "{property}");
    }
    let age = of["MaximumRecordAgeInSeconds"].as_i64().unwrap();
    assert!((1..86_400).contains(&age), "the stream forgets after a day");
    assert!(of["DestinationConfig"]["OnFailure"]["Destination"].is_object());
}

#[test]
fn a_function_that_is_deployed_by_itself_is_as_the_template_has_it() {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(repository("."))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let template = template();
    let functions = of_type(&template, "AWS::Lambda::Function");
    assert_eq!(functions.len(), FUNCTIONS.len());
    for function in functions {
        let properties = &function["Properties"];
        let name = named(&properties["FunctionName"]);
        let short = name.strip_prefix("cognito-pinpoint-").unwrap();
        let package = packages.iter().find(|it| it["name"] == short).unwrap();
        let expected = json!({"name": name, "binary_name": short, "memory": properties["MemorySize"],
            "timeout": properties["Timeout"]});
        assert_eq!(package["metadata"]["lambda"]["deploy"], expected);
        let bare = repository(&format!("functions/{short}/CargoLambda.toml"));
        let bare = std::fs::read_to_string(bare).unwrap();
        let names = format!("[deploy]\nname = \"{name}\"\nbinary_name = \"{short}\"\n");
        assert!(bare.ends_with(&names), "{bare}");
    }
}
