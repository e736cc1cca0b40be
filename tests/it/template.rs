//! The stack's template, held against the code that runs in it.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use aws::sdk::Patience;
use aws::tables::{EXPIRES_AT, TableNames, definitions};
use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::types::KeySchemaElement;
use console::sign_in::Settings;
use serde_json::{Value, json};

use crate::support::command::{json_of, python_program};
use crate::support::{FUNCTIONS, repository};

/// What `make deploy` makes of the template where one destination is named.
pub fn template() -> Value {
    template_with("pinpoint")
}

/// The same with these destinations.
fn template_with(destinations: &str) -> Value {
    let mut python = python_program("python");
    python.arg(repository("tests/python/template.py"));
    python.arg(repository("infra/template.yaml"));
    json_of(python.arg(format!("DestinationNames={destinations}")))
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

/// A table's definition as CloudFormation writes it. What a local store has no use for is the stack's own.
fn resource(table: &CreateTableInput) -> Value {
    let name = table.table_name().unwrap();
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
        .and_then(|stream| stream.stream_view_type.as_ref())
        .map(|view| json!({"StreamViewType": view.as_str()}));
    let expiry = name
        .ends_with("-event-log")
        .then(|| json!({"AttributeName": EXPIRES_AT, "Enabled": true}));
    let mut properties = json!({
        "TableName": {"Fn::Sub": name},
        "BillingMode": table.billing_mode().unwrap().as_str(),
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(table.key_schema()),
        "GlobalSecondaryIndexes": indexes,
        "StreamSpecification": stream,
        "TimeToLiveSpecification": expiry,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
        "SSESpecification": {"SSEEnabled": true},
    });
    let properties_there = properties.as_object_mut().unwrap();
    properties_there.retain(|_, value| !value.is_null() && *value != json!([]));
    json!({"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
        "Properties": properties})
}

#[test]
fn the_stacks_tables_are_those_that_the_code_defines() {
    let template = template();
    let definitions = definitions(&TableNames::with_prefix("${AWS::StackName}")).unwrap();
    let defined = definitions.each_ref().map(resource);
    let made = of_type(&template, "AWS::DynamoDB::Table");
    assert_eq!(made, defined.iter().collect::<Vec<_>>());
}

#[test]
fn a_deployment_tells_its_tables_by_the_keys_that_the_code_defines() {
    let print = "import json, names; print(json.dumps({'-' + name: sorted(of) for name, of in names.TABLES.items()}))";
    let mut python = python_program("python");
    python
        .args(["-B", "-c", print])
        .current_dir(repository("infra/stack"));
    let definitions = definitions(&TableNames::with_prefix("")).unwrap();
    let defined: serde_json::Map<_, _> = definitions
        .iter()
        .map(|table| {
            let attributes = table.attribute_definitions().iter();
            let mut names: Vec<_> = attributes.map(|it| it.attribute_name()).collect();
            names.sort_unstable();
            (table.table_name.clone().unwrap(), json!(names))
        })
        .collect();
    assert_eq!(json_of(&mut python), Value::Object(defined));
}

#[test]
fn what_doctor_looks_for_is_there_by_that_name() {
    let template = template();
    let filters = of_type(&template, "AWS::Logs::MetricFilter").into_iter();
    let counted = |name, value| {
        json!([{"MetricNamespace": {"Ref": "AWS::StackName"}, "MetricName": name, "MetricValue": value,
            "DefaultValue": 0}])
    };
    let spilled = counted("Spilled", "1");
    let misconfigured = counted("Misconfigured", "$.misconfigured");
    assert_eq!(
        filters
            .map(|it| &it["Properties"]["MetricTransformations"])
            .collect::<Vec<_>>(),
        [&spilled, &spilled, &spilled, &spilled, &misconfigured]
    );
    let queues = of_type(&template, "AWS::SQS::Queue").into_iter();
    assert_eq!(
        queues
            .map(|it| named(&it["Properties"]["QueueName"]))
            .collect::<Vec<_>>(),
        [
            "cognito-pinpoint-not-published",
            "cognito-pinpoint-deliver-pinpoint.fifo"
        ]
    );
    let lag = &template["Resources"]["PublishingLags"]["Properties"];
    assert_eq!(
        [
            "Namespace",
            "MetricName",
            "Dimensions",
            "Statistic",
            "Threshold"
        ]
        .map(|it| &lag[it]),
        [
            &json!("AWS/Lambda"),
            &json!("IteratorAge"),
            &json!([{"Name": "FunctionName", "Value": {"Ref": "PublishEvents"}}]),
            &json!("Maximum"),
            &json!({"Ref": "FiguresLagAlarmMilliseconds"}),
        ]
    );
    let default = &template["Parameters"]["FiguresLagAlarmMilliseconds"]["Default"];
    assert_eq!(default, &json!(900_000));
}

#[test]
fn each_function_has_its_binary_and_a_log_that_ends() {
    let template = template();
    let functions = of_type(&template, "AWS::Lambda::Function").into_iter();
    let code = functions.map(|it| {
        (
            named(&it["Properties"]["FunctionName"]),
            &it["Properties"]["Code"],
        )
    });
    let code: BTreeMap<String, &Value> = code.collect();
    let archive = |name| json!({"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Fn::Sub": format!("${{CodePrefix}}/{name}.zip")}});
    let expected = FUNCTIONS.map(|name| (format!("cognito-pinpoint-{name}"), archive(name)));
    let expected: BTreeMap<String, &Value> = expected
        .iter()
        .map(|(name, code)| (name.clone(), code))
        .collect();
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
        assert_eq!(role.get("ManagedPolicyArns"), None, "{trigger}");
    }
}

#[test]
fn what_runs_behind_the_log_may_read_and_write_what_it_uses() {
    let template = template();
    let arn = |table: &str| json!({"Fn::GetAtt": [table, "Arn"]});
    for (role, expected) in [
        (
            "PublishEventsRole",
            vec![json!([
                [
                    "dynamodb:BatchGetItem",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem"
                ],
                [arn("Users"), arn("Metrics")]
            ])],
        ),
        (
            "ExpireAttemptsRole",
            vec![
                json!(["dynamodb:Query", {"Fn::Sub": "${Users.Arn}/index/attemptsDue"}]),
                json!(["dynamodb:PutItem", arn("EventLog")]),
            ],
        ),
        (
            "GaugeActiveUsersRole",
            vec![json!(["dynamodb:Query", arn("Metrics")])],
        ),
        (
            "DeliverEventsRole",
            vec![
                json!(["dynamodb:PutItem", arn("EventLog")]),
                json!(["dynamodb:BatchGetItem", arn("Users")]),
            ],
        ),
    ] {
        let policy = &template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"];
        let statements = policy["Statement"].as_array().unwrap().iter();
        let on_tables = statements.filter(|it| {
            let action = it["Action"].to_string();
            action.contains("dynamodb:") && !action.contains("Stream")
        });
        let granted: Vec<Value> = on_tables
            .map(|it| json!([it["Action"], it["Resource"]]))
            .collect();
        assert_eq!(granted, expected, "{role}");
    }
}

#[test]
fn the_functions_that_read_the_configuration_have_its_layer_and_nothing_before_it() {
    let template = template();
    for function in of_type(&template, "AWS::Lambda::Function") {
        let properties = &function["Properties"];
        let name = named(&properties["FunctionName"]);
        let layers = json!([{"Ref": "AnalyticsConfig"}]);
        let without = ["expire-attempts", "gauge-active-users", "console"];
        let reads_none = without.iter().any(|it| name.ends_with(it));
        let expected = (!reads_none).then_some(&layers);
        assert_eq!(properties.get("Layers"), expected, "{name}");
        let variables = properties["Environment"]["Variables"].as_object().unwrap();
        let before = variables
            .keys()
            .filter(|it| it.starts_with("ANALYTICS_CONFIG"));
        assert_eq!(before.collect::<Vec<_>>(), Vec::<&String>::new(), "{name}");
    }
    let content = &template["Resources"]["AnalyticsConfig"]["Properties"]["Content"];
    assert_eq!(
        content,
        &json!({"S3Bucket": {"Ref": "AnalyticsConfigBucket"}, "S3Key": {"Ref": "AnalyticsConfigKey"}})
    );
    for parameter in ["AnalyticsConfigBucket", "AnalyticsConfigKey"] {
        let default = template["Parameters"][parameter].get("Default");
        assert_eq!(default, None, "an update without one keeps what there is");
    }
}

#[test]
fn the_streams_mapping_retries_until_the_stream_forgets_and_takes_a_users_events_in_order() {
    let template = template();
    let of = &template["Resources"]["PublishEventsMapping"]["Properties"];
    for (property, expected) in [
        ("ParallelizationFactor", json!(1)),
        ("BatchSize", json!(500)),
        ("MaximumBatchingWindowInSeconds", json!(5)),
        ("StartingPosition", json!("TRIM_HORIZON")),
        ("FunctionResponseTypes", json!(["ReportBatchItemFailures"])),
        ("BisectBatchOnFunctionError", json!(true)),
        ("MaximumRetryAttempts", json!(-1)),
        ("MaximumRecordAgeInSeconds", json!(23 * 60 * 60)),
    ] {
        assert_eq!(of[property], expected, "{property}");
    }
    let patterns = of["FilterCriteria"]["Filters"].as_array().unwrap();
    let patterns = patterns
        .iter()
        .map(|it| serde_json::from_str(it["Pattern"].as_str().unwrap()).unwrap());
    let redriven = json!({"redriven": {"N": [{"exists": true}]}});
    assert_eq!(
        patterns.collect::<Vec<Value>>(),
        [
            json!({"eventName": ["INSERT"]}),
            json!({"eventName": ["MODIFY"], "dynamodb": {"NewImage": redriven}}),
        ]
    );
}

#[test]
fn what_cannot_be_counted_goes_to_one_queue_by_the_mapping_and_by_publish_events_itself() {
    let template = template();
    let resources = &template["Resources"];
    let queue = json!({"Fn::GetAtt": ["NotPublished", "Arn"]});
    let destination = &resources["PublishEventsMapping"]["Properties"]["DestinationConfig"];
    assert_eq!(destination["OnFailure"]["Destination"], queue);
    let variables = &resources["PublishEvents"]["Properties"]["Environment"]["Variables"];
    assert_eq!(
        variables["NOT_PUBLISHED_QUEUE_URL"],
        json!({"Ref": "NotPublished"})
    );
    let statements =
        &resources["PublishEventsRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let statements = statements.as_array().unwrap().iter();
    let granted: Vec<&Value> = statements
        .filter(|it| it["Action"] == "sqs:SendMessage")
        .collect();
    assert_eq!(
        granted,
        [
            &json!({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": [queue, {"Fn::Sub": DELIVERY_QUEUES}]})
        ]
    );
}

/// The ARNs of the destinations' queues.
const DELIVERY_QUEUES: &str =
    "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-deliver-*.fifo";

#[test]
fn publish_events_is_brought_up_to_date_after_deliver_events() {
    let template = template();
    let description = &template["Resources"]["PublishEvents"]["Properties"]["Description"];
    let named = json!({"Fn::Sub": "Counts, and enqueues for ${DeliverEvents}."});
    assert_eq!(
        *description,
        json!({"Fn::If": ["HasDestinations", named, "Counts."]})
    );
}

#[test]
fn each_destination_has_a_queue_in_order_and_a_mapping_that_retries_what_was_not_taken() {
    let template = template_with("pinpoint,our-webhook");
    let resources = template["Resources"].as_object().unwrap();
    for (id, name) in [("pinpoint", "pinpoint"), ("ourwebhook", "our-webhook")] {
        let of = |what: &str| &resources[&format!("{id}{what}")];
        let queue = json!({"Type": "AWS::SQS::Queue", "Condition": "HasDestinations", "Properties": {
            "QueueName": {"Fn::Sub": format!("${{AWS::StackName}}-deliver-{name}.fifo")},
            "FifoQueue": true, "FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "messageGroup",
            "ContentBasedDeduplication": false, "MessageRetentionPeriod": 14 * 24 * 60 * 60,
            "VisibilityTimeout": 6 * 20, "SqsManagedSseEnabled": true}});
        assert_eq!(of("Queue"), &queue);
        let mapping = json!({"Type": "AWS::Lambda::EventSourceMapping", "Condition": "HasDestinations", "Properties": {
            "EventSourceArn": {"Fn::GetAtt": [format!("{id}Queue"), "Arn"]},
            "FunctionName": {"Ref": "DeliverEvents"},
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": {"Ref": "DeliveryConcurrency"}}}});
        assert_eq!(of("QueueMapping"), &mapping);
        let day = 24 * 60 * 60;
        for (alarm, seconds) in [
            ("QueueWaits", 15 * 60),
            ("QueueWaitsForADay", day),
            ("QueueWaitsForTenDays", 10 * day),
        ] {
            let alarm = &of(alarm)["Properties"];
            let watched = json!([alarm["Metrics"], alarm["Threshold"]]);
            let queue = json!({"Fn::GetAtt": [format!("{id}Queue"), "QueueName"]});
            let of = |id: &str, metric: Value| {
                let stat = json!({"Metric": metric, "Period": 300, "Stat": "Maximum"});
                json!({"Id": id, "MetricStat": stat, "ReturnData": false})
            };
            let metrics = json!([
                of("queue", json!({"Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{"Name": "QueueName", "Value": queue}]})),
                of("handed", json!({"Namespace": {"Ref": "AWS::StackName"}, "MetricName": "OldestMessageAge",
                    "Dimensions": [{"Name": "Queue", "Value": queue}]})),
                {"Id": "oldest", "Label": "Age of the oldest message (seconds)",
                    "Expression": "MAX([FILL(queue, 0), FILL(handed, 0)])", "ReturnData": true},
            ]);
            let expected = json!([metrics, seconds]);
            assert_eq!(watched, expected);
        }
    }
}

#[test]
fn what_delivers_is_there_only_for_destinations() {
    let template = template_with("none");
    let condition = json!({"Fn::Not": [{"Fn::Equals": [{"Fn::Select": [0, {"Ref": "DestinationNames"}]}, "none"]}]});
    assert_eq!(template["Conditions"]["HasDestinations"], condition);
    assert_eq!(
        template["Parameters"]["DestinationNames"]["Default"],
        "none"
    );
    let resources = template["Resources"].as_object().unwrap().iter();
    let conditional = resources.filter(|(_, it)| it["Condition"] == "HasDestinations");
    assert_eq!(
        conditional.map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
        [
            "DeliverEventsRole",
            "DeliverEvents",
            "noneQueue",
            "noneQueueMapping",
            "noneQueueWaits",
            "noneQueueWaitsForADay",
            "noneQueueWaitsForTenDays",
            "DeliveryIsMisconfigured",
            "Misconfigured",
            "DeliveringFails",
        ]
    );
}

#[test]
fn only_what_delivers_may_reach_a_destination_and_take_messages_out_of_its_queue() {
    let template = template();
    let granted = |role: &str| -> Vec<Value> {
        let policy = &template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"];
        let statements = policy["Statement"].as_array().unwrap().iter();
        let outside = statements.filter(|it| {
            let action = it.to_string();
            [
                "sqs:",
                "mobiletargeting:",
                "firehose:",
                "kinesis:",
                "events:",
                "secretsmanager:",
                "sts:",
            ]
            .iter()
            .any(|it| action.contains(it))
        });
        outside.cloned().collect()
    };
    let of_delivery = [
        json!({"Effect": "Allow", "Resource": {"Fn::Sub": DELIVERY_QUEUES},
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]}),
        json!({"Effect": "Allow", "Action": ["mobiletargeting:PutEvents", "mobiletargeting:UpdateEndpoint"],
            "Resource": {"Ref": "PinpointProjectArns"}}),
        json!({"Fn::If": ["HasDestinationArns", {"Effect": "Allow", "Resource": {"Ref": "DestinationArns"},
            "Action": ["firehose:PutRecordBatch", "kinesis:PutRecords", "events:PutEvents", "secretsmanager:GetSecretValue"]},
            {"Ref": "AWS::NoValue"}]}),
        json!({"Fn::If": ["HasRoles", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": {"Ref": "RoleArns"}},
            {"Ref": "AWS::NoValue"}]}),
    ];
    assert_eq!(granted("DeliverEventsRole"), of_delivery);
    assert_eq!(granted("PublishEventsRole").len(), 1, "it sends to queues");
    let urls = json!({"Fn::Sub":
        "https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/${AWS::StackName}-deliver-*.fifo"});
    for function in ["PublishEvents", "DeliverEvents"] {
        let variables = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
        assert_eq!(variables[destinations::queue::QUEUES], urls, "{function}");
    }
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

#[test]
fn there_is_a_console_only_with_a_sign_in_and_it_reads_the_metrics_alone() {
    let template = template();
    let resources = template["Resources"].as_object().unwrap();
    let of_console = resources
        .iter()
        .filter(|(id, _)| id.starts_with("Console") && *id != "ConsoleLogs");
    let mut names = Vec::new();
    for (id, resource) in of_console {
        assert_eq!(resource["Condition"], "HasConsole", "{id}");
        names.push(id.as_str());
    }
    let expected = [
        "ConsoleRole",
        "Console",
        "ConsoleUrl",
        "ConsoleUrlMayBeAskedFor",
        "ConsoleUrlMayInvoke",
    ];
    assert_eq!(names, expected);

    let policy = &resources["ConsoleRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let statements = policy["Statement"].as_array().unwrap().iter();
    let granted: Vec<_> = statements
        .map(|it| json!([it["Action"], it["Resource"]]))
        .collect();
    let arn = |of: &str| json!({"Fn::GetAtt": [of, "Arn"]});
    let expected = [
        json!([
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            arn("ConsoleLogs")
        ]),
        json!([["dynamodb:GetItem", "dynamodb:Query"], arn("Metrics")]),
    ];
    assert_eq!(granted, expected);
    let permissions = ["ConsoleUrlMayBeAskedFor", "ConsoleUrlMayInvoke"];
    let console = json!({"Ref": "Console"});
    let expected = [
        json!({"FunctionName": console, "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
            "FunctionUrlAuthType": "NONE"}),
        json!({"FunctionName": console, "Action": "lambda:InvokeFunction", "Principal": "*",
            "InvokedViaFunctionUrl": true}),
    ];
    assert_eq!(
        permissions.map(|it| resources[it]["Properties"].clone()),
        expected
    );
}

#[test]
fn the_console_says_that_figures_cannot_be_read_before_its_time_is_up() {
    let template = template();
    let timeout = &template["Resources"]["Console"]["Properties"]["Timeout"];
    let timeout = Duration::from_secs(timeout.as_u64().unwrap());
    let reads = Patience::BEFORE_A_READER.operation * 3;
    assert!(Settings::LONGEST_CALL + reads < timeout, "{timeout:?}");
}

#[test]
fn the_consoles_own_client_is_left_out_by_every_trigger() {
    let template = template();
    let client =
        json!({"Fn::If": ["HasConsole", {"Ref": "ConsoleClientId"}, {"Ref": "AWS::NoValue"}]});
    for trigger in FUNCTIONS.iter().take(4) {
        let functions = of_type(&template, "AWS::Lambda::Function").into_iter();
        let mut named =
            functions.filter(|it| named(&it["Properties"]["FunctionName"]).ends_with(trigger));
        let variables = &named.next().unwrap()["Properties"]["Environment"]["Variables"];
        assert_eq!(variables["CONSOLE_CLIENT_ID"], client, "{trigger}");
    }
}
