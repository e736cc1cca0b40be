//! All that is looked at. What cannot be had is kept as the error that it was.

mod delivery;

use std::collections::BTreeSet;
use std::time::Duration;

use admin::cloudwatch::{CloudWatch, Metric};
use admin::functions::{
    self, DELIVER_EVENTS, EXPIRE_ATTEMPTS, EventSourceMapping, Function, Functions, PUBLISH_EVENTS,
    Policy,
};
use admin::not_published::queue_name;
use admin::user_pool::UserPool;
use aws::configuration::{ConfigurationError, ConfigurationSource};
use aws::metrics::DynamoMetrics;
use aws::sdk::{self, SdkConfig};
use aws::tables::{self, Table, TableNames};
use chrono::{DateTime, Utc};
use cognito::user_pool::{Description, Trigger};
use config::Config;
use domain::ids::ClientId;
use pipeline::ports::PortError;
use pipeline::ports::figures::{FiguresStore, Project};

use crate::Failure;
use crate::account::described;
use crate::args::account::StackArgs;

pub use delivery::{Delivery, destinations};

/// How far back lags and calls are looked at.
const LATELY: Duration = Duration::from_secs(15 * 60);
/// How far back spilled events, what is handed on, and the queue are looked at: SQS tells its figures only while it is used.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that was looked at, or why it could not be.
pub type Observed<T> = Result<T, PortError>;

/// What was looked for, by name, and what was found.
pub type Looked = Vec<(&'static str, Observed<Option<Deployed>>)>;

/// What an installation was found to be.
pub struct Evidence {
    /// The pool.
    pub pool: Description,
    /// The stack's name.
    pub stack: String,
    /// When all of this was looked at.
    pub time: DateTime<Utc>,
    /// The pool's app clients.
    pub clients: Observed<BTreeSet<ClientId>>,
    /// The stack's functions, by name.
    pub functions: Looked,
    /// Who may invoke the triggers.
    pub policies: Vec<(Trigger, Observed<Policy>)>,
    /// The tables, by name: the event log first.
    pub tables: Vec<(String, Observed<Option<Table>>)>,
    /// The projects that anything was counted for.
    pub projects: Observed<Vec<Project>>,
    /// What leads to publish-events.
    pub mappings: Observed<Vec<EventSourceMapping>>,
    /// How far publish-events was behind lately, at most (milliseconds).
    pub lag: Observed<Option<f64>>,
    /// How often each function failed or was throttled lately.
    pub failures: Vec<(&'static str, Observed<f64>)>,
    /// The triggers that are somebody else's, and how often ours was invoked in the last day all the same.
    pub handed_on: Vec<(Trigger, Observed<f64>)>,
    /// How often expire-attempts was invoked lately.
    pub expirations: Observed<f64>,
    /// How many events were spilled in the last day.
    pub spilled: Observed<f64>,
    /// How many messages were in the not-published queue.
    pub not_published: Observed<Option<f64>>,
    /// The ways to the destinations that the configuration names, and to others that have a mapping.
    pub deliveries: Observed<Vec<Delivery>>,
    /// How many items destinations lately refused for the credentials, or for want of the project.
    pub misconfigured: Observed<f64>,
}

/// A function that is there.
pub struct Deployed {
    /// The configuration that it has; `None` for the one that needs none.
    pub configuration: Option<Observed<Result<Config, ConfigurationError>>>,
}

/// The names of the functions that every stack has.
pub fn names() -> impl Iterator<Item = &'static str> {
    let behind = [PUBLISH_EVENTS, EXPIRE_ATTEMPTS];
    Trigger::ALL.map(functions::of).into_iter().chain(behind)
}

impl Evidence {
    /// Looks at everything.
    ///
    /// # Errors
    ///
    /// If there is no such pool: then there is nothing to look at.
    pub async fn gather(sdk: &SdkConfig, of: &StackArgs) -> Result<Self, Failure> {
        let pool = UserPool::new(sdk, of.user_pool_id.clone());
        let description = described(&pool).await?;
        let functions = Functions::new(sdk, of.account.stack());
        let figures = Figures {
            cloudwatch: CloudWatch::new(sdk),
            functions: &functions,
            stack: of.account.stack(),
        };
        let tables = all_tables(sdk, of.account.stack()).await;
        let functions_there = deployed(&functions).await;
        let names = functions_there.iter().map(|(name, _)| *name);
        let names: Vec<_> = names.collect();
        Ok(Self {
            handed_on: figures.handed_on(&description).await,
            pool: description,
            clients: pool.client_ids().await,
            deliveries: figures.deliveries(sdk, &functions_there).await,
            functions: functions_there,
            policies: policies(&functions).await,
            projects: projects(sdk, &tables).await,
            tables,
            mappings: functions.event_source_mappings(PUBLISH_EVENTS).await,
            lag: figures.lag().await,
            failures: figures.failures(&names).await,
            expirations: figures.sum(EXPIRE_ATTEMPTS, "Invocations", LATELY).await,
            spilled: figures.of_stack("Spilled", A_DAY).await,
            misconfigured: figures.of_stack("Misconfigured", LATELY).await,
            not_published: figures.not_published().await,
            stack: of.account.stack().to_owned(),
            time: Utc::now(),
        })
    }
}

impl Evidence {
    /// Whether nothing is there that the stack would have.
    pub fn is_of_no_stack(&self) -> bool {
        self.functions
            .iter()
            .all(|(_, looked)| matches!(looked, Ok(None)))
            && self
                .tables
                .iter()
                .all(|(_, looked)| matches!(looked, Ok(None)))
    }
}

/// All that a stack has, and what delivers where there are destinations.
async fn deployed(functions: &Functions) -> Looked {
    let mut all = Vec::new();
    for name in names() {
        all.push((name, look(functions, name).await));
    }
    let delivers = look(functions, DELIVER_EVENTS).await;
    let is_wanted = delivery::configured(&all).is_some_and(|names| !names.is_empty());
    if is_wanted || !matches!(delivers, Ok(None)) {
        all.push((DELIVER_EVENTS, delivers));
    }
    all
}

async fn look(functions: &Functions, name: &str) -> Observed<Option<Deployed>> {
    let Some(function) = functions.find(name).await? else {
        return Ok(None);
    };
    let configuration = configuration(functions, name, &function).await;
    Ok(Some(Deployed { configuration }))
}

async fn configuration(
    functions: &Functions,
    name: &str,
    function: &Function,
) -> Option<Observed<Result<Config, ConfigurationError>>> {
    if name == EXPIRE_ATTEMPTS {
        return None;
    }
    let variable = |name: &str| function.environment.get(name).cloned();
    let source = ConfigurationSource::from_variables(variable);
    Some(match source.in_layer() {
        None => Ok(source.read()),
        Some(file) => functions
            .file_of_layers(function, file)
            .await
            .map(|found| source.in_found(found)),
    })
}

async fn policies(functions: &Functions) -> Vec<(Trigger, Observed<Policy>)> {
    let mut all = Vec::new();
    for trigger in Trigger::ALL {
        all.push((trigger, functions.policy(functions::of(trigger)).await));
    }
    all
}

async fn all_tables(sdk: &SdkConfig, stack: &str) -> Vec<(String, Observed<Option<Table>>)> {
    let client = sdk::dynamodb(sdk);
    let names = TableNames::with_prefix(stack);
    let mut all = Vec::new();
    for name in [names.event_log, names.users, names.metrics] {
        let found = tables::find(&client, &name).await;
        all.push((name, found));
    }
    all
}

/// Those of the metrics table, which is the last; of one that is not there, none: that is found of the tables.
async fn projects(
    sdk: &SdkConfig,
    tables: &[(String, Observed<Option<Table>>)],
) -> Observed<Vec<Project>> {
    match tables.last() {
        Some((name, Ok(Some(_)))) => {
            let metrics = DynamoMetrics::new(sdk::dynamodb(sdk), name.clone());
            metrics.projects().await
        }
        Some(_) | None => Ok(Vec::new()),
    }
}

/// CloudWatch's figures of a stack.
struct Figures<'a> {
    cloudwatch: CloudWatch,
    functions: &'a Functions,
    stack: &'a str,
}

impl Figures<'_> {
    async fn lag(&self) -> Observed<Option<f64>> {
        let function = self.functions.name(PUBLISH_EVENTS);
        let lag = of_function(&function, "IteratorAge");
        self.cloudwatch.maximum(lag, LATELY).await
    }

    async fn failures(&self, names: &[&'static str]) -> Vec<(&'static str, Observed<f64>)> {
        let mut all = Vec::new();
        for &name in names {
            let failures = match self.sum(name, "Errors", LATELY).await {
                Ok(errors) => {
                    let throttles = self.sum(name, "Throttles", LATELY).await;
                    throttles.map(|it| errors + it)
                }
                error => error,
            };
            all.push((name, failures));
        }
        all
    }

    async fn handed_on(&self, pool: &Description) -> Vec<(Trigger, Observed<f64>)> {
        let triggers = pool.lambda_config();
        let mut all = Vec::new();
        for trigger in Trigger::ALL {
            let name = functions::of(trigger);
            let ours = pool.arn().function(&self.functions.name(name));
            if triggers.function(trigger).is_some_and(|it| it != ours) {
                all.push((trigger, self.sum(name, "Invocations", A_DAY).await));
            }
        }
        all
    }

    async fn sum(&self, function: &str, name: &str, last: Duration) -> Observed<f64> {
        let function = self.functions.name(function);
        let calls = of_function(&function, name);
        self.cloudwatch.sum(calls, last).await
    }

    /// The sum of a metric of the stack's own.
    async fn of_stack(&self, name: &str, last: Duration) -> Observed<f64> {
        let metric = Metric {
            namespace: self.stack,
            name,
            dimension: None,
        };
        self.cloudwatch.sum(metric, last).await
    }

    async fn not_published(&self) -> Observed<Option<f64>> {
        let queue = queue_name(self.stack);
        let waiting = Metric {
            namespace: "AWS/SQS",
            name: "ApproximateNumberOfMessagesVisible",
            dimension: Some(("QueueName", &queue)),
        };
        self.cloudwatch.maximum(waiting, A_DAY).await
    }
}

fn of_function<'a>(function: &'a str, name: &'a str) -> Metric<'a> {
    Metric {
        namespace: "AWS/Lambda",
        name,
        dimension: Some(("FunctionName", function)),
    }
}
