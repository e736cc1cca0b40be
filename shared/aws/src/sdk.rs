//! SDK configuration: credentials, transport, time-outs and retries.
//!
//! TLS is rustls on *ring*: aws-lc gathers entropy at the first handshake, which at a quarter of a
//! vCPU takes 400 ms of somebody's sign-in, and is half as large again.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
pub use aws_types::SdkConfig;
pub use aws_types::region::Region;
use pipeline::ports::PortError;

pub use crate::sdk_error::{Trouble, describe};

/// How long calls may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// To connect.
    pub connect: Duration,
    /// For one attempt, from the first byte sent to the last received.
    pub attempt: Duration,
    /// For the whole operation, its retries included.
    pub operation: Duration,
    /// How many attempts.
    pub attempts: u32,
}

impl Patience {
    /// In somebody's sign-in: two attempts within the budget.
    pub fn in_sign_in(budget: Duration) -> Self {
        Self {
            connect: budget / 3,
            attempt: budget / 2,
            operation: budget,
            attempts: 2,
        }
    }

    /// Behind the log, where nobody waits: three attempts in 10 seconds, in a function that has 60.
    pub const BEHIND_THE_LOG: Self = Self {
        connect: Duration::from_secs(1),
        attempt: Duration::from_secs(4),
        operation: Duration::from_secs(10),
        attempts: 3,
    };

    /// To a destination, before a queue that gives again what is not taken: one attempt.
    pub const TO_A_DESTINATION: Self = Self {
        connect: Duration::from_secs(2),
        attempt: Duration::from_secs(5),
        operation: Duration::from_secs(5),
        attempts: 1,
    };

    /// Before somebody who reads figures: a page reads three times in sequence (the projects, the days that there are, then
    /// all else at once), and is to say what failed before its function ends.
    pub const BEFORE_A_READER: Self = Self {
        connect: Duration::from_secs(1),
        attempt: Duration::from_secs(2),
        operation: Duration::from_secs(4),
        attempts: 2,
    };
}

/// The configuration of a function in Lambda: its credentials and Region are in the environment, so
/// that nothing is read or asked for at a cold start.
pub fn in_lambda(patience: Patience) -> SdkConfig {
    let region = std::env::var("AWS_REGION").or_else(|_| std::env::var("AWS_DEFAULT_REGION"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region.ok().map(Region::new));
    config.set_credentials_provider(credentials_from_environment());
    with_patience(config.build(), patience)
}

/// Lambda gives an environment its credentials once, for as long as it lives.
fn credentials_from_environment() -> Option<SharedCredentialsProvider> {
    let key = std::env::var("AWS_ACCESS_KEY_ID").ok()?;
    let secret = std::env::var("AWS_SECRET_ACCESS_KEY").ok()?;
    let token = std::env::var("AWS_SESSION_TOKEN").ok();
    let credentials = Credentials::new(key, secret, token, None, "the environment");
    Some(SharedCredentialsProvider::new(credentials))
}

/// The configuration for a server in this process, which asks for no real credentials.
pub fn on_loopback(endpoint: &str, patience: Patience) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "on this machine");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint);
    with_patience(config.build(), patience)
}

/// The configuration for a store in this process that answers by itself: the SDK's requests, signed
/// and written out, reach it without a socket.
pub fn in_process(answer: impl Answer, patience: Patience) -> SdkConfig {
    let connector = SharedHttpConnector::new(InProcess(answer));
    let client = http_client_fn(move |_, _| connector.clone());
    on_loopback("http://127.0.0.1", patience)
        .into_builder()
        .http_client(client)
        .build()
}

/// Something that answers AWS's JSON protocols: to an operation (the `x-amz-target`) and a body, with
/// an HTTP status and a body.
pub trait Answer: Fn(&str, &[u8]) -> (u16, String) + Send + Sync + 'static {}

impl<F: Fn(&str, &[u8]) -> (u16, String) + Send + Sync + 'static> Answer for F {}

struct InProcess<F>(F);

impl<F> std::fmt::Debug for InProcess<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

impl<F: Answer> HttpConnector for InProcess<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let (status, body) = (self.0)(target, request.body().bytes().unwrap_or_default());
        let status =
            StatusCode::try_from(status).map_err(|e| ConnectorError::other(e.into(), None));
        HttpConnectorFuture::ready(
            status.map(|status| HttpResponse::new(status, SdkBody::from(body))),
        )
    }
}

/// The endpoint that the environment names for a service, such as `DYNAMODB`: the SDK's own
/// variables, which it reads by itself only in the usual chain.
pub fn endpoint_from_environment(service: &str) -> Option<String> {
    let named = std::env::var(format!("AWS_ENDPOINT_URL_{service}"));
    named
        .or_else(|_| std::env::var("AWS_ENDPOINT_URL"))
        .ok()
        .filter(|url| !url.is_empty())
}

/// The configuration with our own transport, time-outs and retries.
pub fn with_patience(config: SdkConfig, patience: Patience) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .read_timeout(patience.attempt)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(patience.attempts)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_secs(2));
    // A client of its own would find these two by itself; the credentials of an assumed role do not.
    config
        .into_builder()
        .http_client(http_client())
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .timeout_config(timeouts)
        .retry_config(retries)
        .build()
}

/// The transport of every SDK here.
pub fn http_client() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// A DynamoDB client: of the configuration's own endpoint, or else of the one that the environment
/// names, or else of AWS.
pub fn dynamodb(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let mut builder = aws_sdk_dynamodb::config::Builder::from(config);
    if config.endpoint_url().is_none() {
        builder.set_endpoint_url(endpoint_from_environment("DYNAMODB"));
    }
    aws_sdk_dynamodb::Client::from_conf(builder.build())
}

/// What a port reports when an SDK call has failed.
pub fn port_error<E>(operation: &'static str, what: &str, error: E) -> PortError
where
    E: std::error::Error + Send + Sync + 'static,
{
    PortError {
        operation,
        what: what.to_owned(),
        source: Box::new(Described(error)),
    }
}

/// An error whose text names its causes.
#[derive(Debug)]
struct Described<E>(E);

impl<E: std::error::Error + 'static> std::fmt::Display for Described<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&describe(&self.0))
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Described<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
