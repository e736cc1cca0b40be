//! All that is looked at. What cannot be had is kept as the error that it was.

use std::collections::BTreeSet;
use std::time::Duration;

use aws::configuration::{ConfigurationError, Source};
use aws::functions::{Function, Functions, Mapping, Policy};
use aws::observed::{Metric, Observed};
use aws::sdk::{self, SdkConfig};
use aws::tables::{TableNames, exists};
use aws::user_pool::UserPool;
use cognito::user_pool::{LambdaConfig, PoolArn, Trigger};
use domain::config::Config;
use domain::ids::{ClientId, UserPoolId};
use pipeline::ports::PortError;

use crate::Failure;
use crate::args::StackArgs;

/// The function behind the log.
pub const PUBLISH: &str = "publish-events";
/// The function that runs every minute.
pub const EXPIRE: &str = "expire-attempts";

/// How far back lags and calls are looked at.
const LATELY: Duration = Duration::from_secs(15 * 60);
/// How far back spilled events are looked for.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that was looked at, or why it could not be.
pub type Looked<T> = Result<T, PortError>;

/// What an installation was found to be.
pub struct Evidence {
    /// The pool's id.
    pub pool: UserPoolId,
    /// The stack's name.
    pub stack: String,
    /// The pool's ARN.
    pub arn: PoolArn,
    /// What the pool invokes.
    pub triggers: LambdaConfig,
    /// The pool's app clients.
    pub clients: Looked<BTreeSet<ClientId>>,
    /// The stack's functions, by name.
    pub functions: Vec<(&'static str, Looked<Option<Deployed>>)>,
    /// Who may invoke the triggers.
    pub policies: Vec<(Trigger, Looked<Policy>)>,
    /// The tables, by name, and if they are there.
    pub tables: Vec<(String, Looked<bool>)>,
    /// The ways from the stream to publish-events.
    pub mappings: Looked<Vec<Mapping>>,
    /// How far publish-events was behind lately, at most (milliseconds).
    pub lag: Looked<Option<f64>>,
    /// How often publish-events failed lately.
    pub publish_errors: Looked<f64>,
    /// How often expire-attempts was invoked lately.
    pub expirations: Looked<f64>,
    /// How many events were spilled in the last day.
    pub spilled: Looked<f64>,
    /// How many batches are in the queue of those given up.
    pub given_up: Looked<Option<f64>>,
}

/// A function that is there.
pub struct Deployed {
    /// The configuration that it has; `None` for the one that needs none.
    pub configuration: Option<Result<Config, ConfigurationError>>,
}

impl Evidence {
    /// Looks at everything.
    ///
    /// # Errors
    ///
    /// If there is no such pool: then there is nothing to look at.
    pub async fn gather(sdk: &SdkConfig, of: &StackArgs) -> Result<Self, Failure> {
        let pool = UserPool::new(sdk, of.user_pool_id.clone());
        let settings = pool.settings().await?;
        let arn = settings.arn().ok_or_else(|| {
            Failure::Outside(format!("Cognito tells no ARN of the pool {}", pool.id()))
        })?;
        let functions = Functions::new(sdk, &of.stack);
        let watched = Watched {
            observed: Observed::new(sdk),
            functions: &functions,
            stack: &of.stack,
        };
        Ok(Self {
            arn,
            triggers: settings.lambda_config(),
            clients: pool.client_ids().await,
            functions: deployed(sdk, &functions).await,
            policies: policies(&functions).await,
            tables: tables(sdk, &of.stack).await,
            mappings: functions.mappings(PUBLISH).await,
            lag: watched.lag().await,
            publish_errors: watched.sum(PUBLISH, "Errors").await,
            expirations: watched.sum(EXPIRE, "Invocations").await,
            spilled: watched.spilled().await,
            given_up: watched.given_up().await,
            pool: of.user_pool_id.clone(),
            stack: of.stack.clone(),
        })
    }
}

async fn deployed(
    sdk: &SdkConfig,
    functions: &Functions,
) -> Vec<(&'static str, Looked<Option<Deployed>>)> {
    let mut all = Vec::new();
    for name in Trigger::ALL
        .map(Trigger::function)
        .into_iter()
        .chain([PUBLISH, EXPIRE])
    {
        let found = match functions.find(name).await {
            Ok(Some(function)) => Ok(Some(Deployed {
                configuration: configuration(sdk, name, &function).await,
            })),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        all.push((name, found));
    }
    all
}

async fn configuration(
    sdk: &SdkConfig,
    name: &str,
    function: &Function,
) -> Option<Result<Config, ConfigurationError>> {
    if name == EXPIRE {
        return None;
    }
    let source = Source::from_variables(|name| function.environment.get(name).cloned());
    Some(match source {
        Ok(source) => source.read(sdk).await,
        Err(nowhere) => Err(nowhere),
    })
}

async fn policies(functions: &Functions) -> Vec<(Trigger, Looked<Policy>)> {
    let mut all = Vec::new();
    for trigger in Trigger::ALL {
        all.push((trigger, functions.policy(trigger.function()).await));
    }
    all
}

async fn tables(sdk: &SdkConfig, stack: &str) -> Vec<(String, Looked<bool>)> {
    let client = sdk::dynamodb(sdk);
    let names = TableNames::with_prefix(stack);
    let mut all = Vec::new();
    for name in [names.event_log, names.users, names.metrics] {
        let found = exists(&client, &name).await;
        all.push((name, found));
    }
    all
}

/// The metrics of a stack.
struct Watched<'a> {
    observed: Observed,
    functions: &'a Functions,
    stack: &'a str,
}

impl Watched<'_> {
    async fn lag(&self) -> Looked<Option<f64>> {
        let function = self.functions.name(PUBLISH);
        let lag = of_function(&function, "IteratorAge");
        self.observed.maximum(lag, LATELY).await
    }

    async fn sum(&self, function: &str, name: &str) -> Looked<f64> {
        let function = self.functions.name(function);
        self.observed
            .sum(of_function(&function, name), LATELY)
            .await
    }

    async fn spilled(&self) -> Looked<f64> {
        let spilled = Metric {
            namespace: self.stack,
            name: "Spilled",
            of: None,
        };
        self.observed.sum(spilled, A_DAY).await
    }

    async fn given_up(&self) -> Looked<Option<f64>> {
        let queue = format!("{}-not-published", self.stack);
        let waiting = Metric {
            namespace: "AWS/SQS",
            name: "ApproximateNumberOfMessagesVisible",
            of: Some(("QueueName", &queue)),
        };
        self.observed.maximum(waiting, LATELY).await
    }
}

fn of_function<'a>(function: &'a str, name: &'a str) -> Metric<'a> {
    Metric {
        namespace: "AWS/Lambda",
        name,
        of: Some(("FunctionName", function)),
    }
}
