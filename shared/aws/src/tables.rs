//! The three tables, each defined once, here: local stores are made from these definitions, and the
//! stack must agree with them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use chrono::{DateTime, Utc};
use pipeline::ports::PortError;

use crate::sdk::port_error;

/// The event log's keys: whose event, and its id, which sorts by time of capture.
pub const USER: &str = "user";
/// See [`USER`].
pub const EVENT_ID: &str = "eventId";
/// When DynamoDB may delete an event from the log (seconds since 1970).
pub const EXPIRES_AT: &str = "expiresAt";
/// When an event was put into the log once more, after it could not be published (milliseconds since 1970).
pub const REDRIVEN: &str = "redriven";
/// The sparse index of users with open attempts: one of a few partitions, and when the first attempt
/// stops being open (milliseconds since 1970).
pub const DUE_INDEX: &str = "attemptsDue";
/// See [`DUE_INDEX`].
pub const DUE_SHARD: &str = "dueShard";
/// See [`DUE_INDEX`].
pub const DUE_AT: &str = "dueAt";
/// A user's open attempts, which the index holds too.
pub const ATTEMPTS: &str = "attempts";
/// The sparse index of users by their last active day: a project and one of a few partitions, and the day.
pub const LAST_ACTIVE_INDEX: &str = "lastActive";
/// See [`LAST_ACTIVE_INDEX`].
pub const LAST_ACTIVE_SHARD: &str = "lastActiveShard";
/// See [`LAST_ACTIVE_INDEX`].
pub const LAST_ACTIVE: &str = "lastActive";
/// A user's first active day, which the index holds too.
pub const FIRST_ACTIVE: &str = "firstActive";
/// How many active days a user has, which the index holds too.
pub const ACTIVE_DAYS: &str = "activeDays";
/// The metrics' keys: a project's shard, and a segment's day.
pub const PROJECT_SHARD: &str = "projectShard";
/// See [`PROJECT_SHARD`].
pub const SEGMENT_DAY: &str = "segmentDay";

/// What the tables are called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableNames {
    /// The event log.
    pub event_log: String,
    /// The users' states.
    pub users: String,
    /// The daily rows.
    pub metrics: String,
}

impl Default for TableNames {
    fn default() -> Self {
        Self::with_prefix("cognito-pinpoint")
    }
}

impl TableNames {
    /// Names that begin with the prefix and end with what each is for.
    pub fn with_prefix(prefix: &str) -> Self {
        let name = |table: &str| format!("{prefix}-{table}");
        Self {
            event_log: name("event-log"),
            users: name("users"),
            metrics: name("metrics"),
        }
    }

    /// The names in [`EVENT_LOG_TABLE`], [`USERS_TABLE`] and [`METRICS_TABLE`]; where there is none, the
    /// default. For commands: a function needs those that it uses, see [`required`].
    pub fn from_environment() -> Self {
        let names = Self::default();
        let or = |variable: &str, name: String| std::env::var(variable).unwrap_or(name);
        Self {
            event_log: or(EVENT_LOG_TABLE, names.event_log),
            users: or(USERS_TABLE, names.users),
            metrics: or(METRICS_TABLE, names.metrics),
        }
    }
}

/// The environment variable that names the event log.
pub const EVENT_LOG_TABLE: &str = "EVENT_LOG_TABLE";
/// The environment variable that names the users table.
pub const USERS_TABLE: &str = "USERS_TABLE";
/// The environment variable that names the metrics table.
pub const METRICS_TABLE: &str = "METRICS_TABLE";

/// A table's name that a function was not given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the environment variable {0} is not set: it names a table of the stack")]
pub struct NameMissing(&'static str);

/// The table's name in this environment variable of a function.
///
/// # Errors
///
/// If it is not set, or empty: a name of our own would be that of another stack's table.
pub fn required(variable: &'static str) -> Result<String, NameMissing> {
    let name = std::env::var(variable).ok();
    name.filter(|name| !name.is_empty())
        .ok_or(NameMissing(variable))
}

/// The tables' definitions.
///
/// # Errors
///
/// None in practice: a definition that lacks a required field.
pub fn definitions(
    names: &TableNames,
) -> Result<[CreateTableInput; 3], aws_sdk_dynamodb::error::BuildError> {
    Ok([
        event_log(&names.event_log)?,
        users(&names.users)?,
        metrics(&names.metrics)?,
    ])
}

/// A table that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// The ARN of its stream, if that is on.
    pub stream: Option<String>,
    /// When it was made (UTC), as far as DynamoDB says.
    pub created: Option<DateTime<Utc>>,
}

/// The table of this name; `None` if there is none.
///
/// # Errors
///
/// If that is not known.
pub async fn find(client: &Client, name: &str) -> Result<Option<Table>, PortError> {
    let described = client.describe_table().table_name(name).send().await;
    match described {
        Ok(described) => Ok(described.table.map(|table| Table {
            created: table
                .creation_date_time
                .and_then(|time| DateTime::from_timestamp(time.secs(), time.subsec_nanos())),
            stream: table
                .stream_specification
                .filter(|it| it.stream_enabled)
                .and(table.latest_stream_arn),
        })),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|e| e.is_resource_not_found_exception()) =>
        {
            Ok(None)
        }
        Err(error) => Err(port_error("DescribeTable", name, error)),
    }
}

/// Creates the tables that are not there.
///
/// # Errors
///
/// If DynamoDB does not create one.
pub async fn create_missing(client: &Client, names: &TableNames) -> Result<(), PortError> {
    let definitions =
        definitions(names).map_err(|error| port_error("CreateTable", "the tables", error))?;
    for definition in definitions {
        let name = definition.table_name.clone().unwrap_or_default();
        let created = create(client, definition).await;
        match created {
            Err(error)
                if !error
                    .as_service_error()
                    .is_some_and(|e| e.is_resource_in_use_exception()) =>
            {
                return Err(port_error("CreateTable", &name, error));
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

async fn create(
    client: &Client,
    input: CreateTableInput,
) -> Result<
    aws_sdk_dynamodb::operation::create_table::CreateTableOutput,
    aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::create_table::CreateTableError>,
> {
    client
        .create_table()
        .set_table_name(input.table_name)
        .set_key_schema(input.key_schema)
        .set_attribute_definitions(input.attribute_definitions)
        .set_global_secondary_indexes(input.global_secondary_indexes)
        .set_stream_specification(input.stream_specification)
        .set_billing_mode(input.billing_mode)
        .send()
        .await
}

type Built = Result<CreateTableInput, aws_sdk_dynamodb::error::BuildError>;

fn event_log(name: &str) -> Built {
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewImage)
        .build()?;
    on_demand(name)
        .key_schema(key(USER, KeyType::Hash)?)
        .key_schema(key(EVENT_ID, KeyType::Range)?)
        .attribute_definitions(attribute(USER, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(EVENT_ID, ScalarAttributeType::S)?)
        .stream_specification(stream)
        .build()
}

fn users(name: &str) -> Built {
    on_demand(name)
        .key_schema(key(USER, KeyType::Hash)?)
        .attribute_definitions(attribute(USER, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(DUE_SHARD, ScalarAttributeType::N)?)
        .attribute_definitions(attribute(DUE_AT, ScalarAttributeType::N)?)
        .attribute_definitions(attribute(LAST_ACTIVE_SHARD, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(LAST_ACTIVE, ScalarAttributeType::S)?)
        .global_secondary_indexes(due_index()?)
        .global_secondary_indexes(last_active_index()?)
        .build()
}

fn last_active_index() -> Result<GlobalSecondaryIndex, aws_sdk_dynamodb::error::BuildError> {
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .non_key_attributes(FIRST_ACTIVE)
        .non_key_attributes(ACTIVE_DAYS)
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(LAST_ACTIVE_INDEX)
        .key_schema(key(LAST_ACTIVE_SHARD, KeyType::Hash)?)
        .key_schema(key(LAST_ACTIVE, KeyType::Range)?)
        .projection(projection)
        .build()
}

fn due_index() -> Result<GlobalSecondaryIndex, aws_sdk_dynamodb::error::BuildError> {
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .non_key_attributes(ATTEMPTS)
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(DUE_INDEX)
        .key_schema(key(DUE_SHARD, KeyType::Hash)?)
        .key_schema(key(DUE_AT, KeyType::Range)?)
        .projection(projection)
        .build()
}

fn metrics(name: &str) -> Built {
    on_demand(name)
        .key_schema(key(PROJECT_SHARD, KeyType::Hash)?)
        .key_schema(key(SEGMENT_DAY, KeyType::Range)?)
        .attribute_definitions(attribute(PROJECT_SHARD, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(SEGMENT_DAY, ScalarAttributeType::S)?)
        .build()
}

fn on_demand(name: &str) -> CreateTableInputBuilder {
    CreateTableInput::builder()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
}

fn key(name: &str, role: KeyType) -> Result<KeySchemaElement, aws_sdk_dynamodb::error::BuildError> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(role)
        .build()
}

fn attribute(
    name: &str,
    of_type: ScalarAttributeType,
) -> Result<AttributeDefinition, aws_sdk_dynamodb::error::BuildError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(of_type)
        .build()
}
