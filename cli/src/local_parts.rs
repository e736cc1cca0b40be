//! `cognito-pinpoint local`: what functions need that run on this machine, in one process. It does what
//! AWS would do around them: the event log's stream goes to publish-events, destinations' queues to deliver-events, and every
//! minute attempts expire.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use admin::functions::{DELIVER_EVENTS, EXPIRE_ATTEMPTS, Functions, PUBLISH_EVENTS};
use aws::configuration::{self, INLINE};
use aws::sdk;
use aws::tables::{EVENT_LOG_TABLE, METRICS_TABLE, TableNames, USERS_TABLE, create_missing};
use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::sqs::SqsBatchResponse;
use aws_lambda_events::streams::DynamoDbEventResponse;
use config::Config;
use destinations::not_published::FILE;
use destinations::queue::QUEUES;
use domain::ids::DestinationName;
use local::clock::SystemClock;
use local::dynamodb::TableStream;
use local::pinpoint::{AppCreation, serve};
use local::queue::FifoQueues;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};

use crate::Failure;
use crate::args::account::LocalArgs;
use crate::data_folder::embedded;
use crate::data_folder::{Checkpoint, NOT_PUBLISHED_FILE, lock, stores};
use crate::failure::explained;

/// How many records one invocation gets, as the stack's mapping has it.
const BATCH: usize = 500;
/// How often records are looked for.
const EVERY: Duration = Duration::from_secs(1);

/// How often attempts expire.
const EXPIRY: Duration = Duration::from_secs(60);

/// How long an invocation may take: the function may have to be compiled first.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The configuration of the functions unless there is one in the environment: that of a replay.
const CONFIG: &str = r#"{"Default": {"ApplicationId": "00000000000000000000000000000000", "UserDataShared": true, "Destinations": ["pinpoint"]}}"#;

/// Serves until it is interrupted, or until what runs the functions ends.
pub async fn run(args: &LocalArgs) -> Result<ExitCode, Failure> {
    let folder = args.data_dir.as_deref();
    let _lock = folder.map(lock).transpose()?;
    let (store, pinpoint) = stores(folder)?;
    let tables = TableNames::from_environment();
    create_missing(&sdk::dynamodb(&embedded(store.clone())), &tables).await?;
    let dynamodb = store.serve_at(listen(args.dynamodb_port).await?)?;
    let listener = listen(args.pinpoint_port).await?;
    let pinpoint_url = format!("http://{}", listener.local_addr()?);
    println!(
        "DynamoDB-compatible store at {}, with the tables",
        dynamodb.url()
    );
    println!("Pinpoint-compatible server at {pinpoint_url}");
    let (config, destinations) = configuration(args)?;
    println!("{}", sent_to(&destinations));
    let names = destinations.iter();
    let names: Vec<String> = names.map(|it| queue_name(it.as_str())).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let queues = FifoQueues::serve(&names).await?;
    println!(
        "the destinations' queues at {}, in memory: what waits ends with this command",
        queues.endpoint()
    );
    println!(
        "the event log's stream goes to publish-events at {}, the queues to deliver-events",
        args.functions
    );
    let sources = EventSources {
        functions: Functions::on_loopback(&args.functions, LONGEST),
        stream: store.stream(&tables.event_log)?,
        checkpoint: folder.map(Checkpoint::kept_in).unwrap_or_default(),
    };
    let mappings = Mappings {
        functions: Functions::on_loopback(&args.functions, LONGEST),
        queues: queues.clone(),
        destinations,
    };
    let mut environment = vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url().into()),
        ("AWS_ENDPOINT_URL_PINPOINT", OsString::from(&pinpoint_url)),
        (EVENT_LOG_TABLE, tables.event_log.into()),
        (USERS_TABLE, tables.users.into()),
        (METRICS_TABLE, tables.metrics.into()),
        ("AWS_ENDPOINT_URL_SQS", queues.endpoint().into()),
        (INLINE, config.into()),
        (QUEUES, queues.url(&queue_name("*")).into()),
    ];
    environment.extend(folder.map(|folder| (FILE, folder.join(NOT_PUBLISHED_FILE).into())));
    let never = std::future::pending();
    let clock = Arc::new(SystemClock);
    tokio::select! {
        served = serve(listener, pinpoint, clock, AppCreation::OnFirstUse, never) => served?,
        passed = sources.pass_on() => passed?,
        () = mappings.deliver() => {}
        ended = functions(&args.command, environment) => return ended,
        interrupted = interrupted() => interrupted?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs what runs the functions, until it ends.
async fn functions(
    command: &[OsString],
    environment: Vec<(&str, OsString)>,
) -> Result<ExitCode, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return std::future::pending().await;
    };
    let name = program.display();
    let started = Command::new(program)
        .args(arguments)
        .envs(environment)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .kill_on_drop(true)
        .spawn();
    let mut child =
        started.map_err(|error| Failure::Usage(format!("{name} cannot be run: {error}")))?;
    let ended = child.wait().await?;
    Err(Failure::Outside(format!("{name} has ended: {ended}")))
}

/// Waits for somebody to end it.
async fn interrupted() -> std::io::Result<()> {
    let mut ended = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = ended.recv() => Ok(()),
    }
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.map_err(|error| Failure::Outside(format!("cannot listen on port {port}: {error}")))
}

/// The configuration of the functions, as text: it is handed on to them. And where its clients send to.
fn configuration(args: &LocalArgs) -> Result<(String, Vec<DestinationName>), Failure> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let file = args.config.clone();
    let (text, origin) = match (file, variable(INLINE), variable(configuration::FILE)) {
        (None, None, None) => (CONFIG.to_owned(), "the default".to_owned()),
        (None, Some(text), _) => (text, format!("{INLINE}, which is the configuration itself")),
        (Some(file), ..) => (read(&file)?, file.display().to_string()),
        (None, None, Some(file)) => (read(file.as_ref())?, file),
    };
    let config = Config::from_json(&text);
    let config = config.map_err(|faults| Failure::Usage(format!("{origin}: {faults}")))?;
    let destinations = config.destinations_in_use().into_iter();
    let destinations = destinations.cloned().collect();
    Ok((text, destinations))
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |error| Failure::Usage(format!("{}: {error}", file.display()));
    std::fs::read_to_string(file).map_err(unreadable)
}

fn sent_to(destinations: &[DestinationName]) -> String {
    let names: Vec<&str> = destinations.iter().map(DestinationName::as_str).collect();
    match names.as_slice() {
        [] => "no app client sends anywhere: all is counted here alone".to_owned(),
        names => format!("app clients send to {}", names.join(", ")),
    }
}

fn queue_name(destination: &str) -> String {
    format!("deliver-{destination}.fifo")
}

/// What AWS does between the queues and deliver-events.
struct Mappings {
    functions: Functions,
    queues: FifoQueues,
    destinations: Vec<DestinationName>,
}

impl Mappings {
    /// Hands on what waits, and again what was not taken: each queue by itself.
    async fn deliver(self) {
        let queues = self.destinations.iter();
        let queues = queues.map(|destination| self.deliver_to(queue_name(destination.as_str())));
        futures::future::join_all(queues).await;
        // Where nothing is sent to, nothing ends.
        std::future::pending::<()>().await;
    }

    async fn deliver_to(&self, queue: String) {
        loop {
            match self.queues.batch(&queue) {
                None => sleep(EVERY).await,
                Some(batch) => match self.invoke(&batch).await {
                    Ok(again) => self.queues.taken(&queue, &batch, &again),
                    Err(error) => {
                        eprintln!("{error}: what waits for {queue} is handed out again");
                        sleep(EVERY).await;
                    }
                },
            }
        }
    }

    /// The messages that are to be handed out again.
    async fn invoke(&self, batch: &serde_json::Value) -> Result<BTreeSet<String>, String> {
        let invoked = self.functions.invoke(DELIVER_EVENTS, batch.to_string());
        let reply = invoked.await.map_err(|error| explained(&error))?;
        let reply: SqsBatchResponse = serde_json::from_slice(&reply)
            .map_err(|error| format!("deliver-events' reply makes no sense ({error})"))?;
        let failures = reply.batch_item_failures.into_iter();
        Ok(failures.map(|failure| failure.item_identifier).collect())
    }
}

/// What AWS does around the functions.
struct EventSources {
    functions: Functions,
    stream: TableStream,
    checkpoint: Checkpoint,
}

impl EventSources {
    /// Hands on what comes, in order, and again what was not taken.
    async fn pass_on(mut self) -> Result<(), Failure> {
        let mut expired = Instant::now();
        loop {
            self.publish().await?;
            if expired.elapsed() >= EXPIRY && self.checkpoint.number().is_some() {
                expired = Instant::now();
                self.expire().await;
            }
            sleep(EVERY).await;
        }
    }

    async fn publish(&mut self) -> Result<(), Failure> {
        let batch = self.stream.records_after(self.checkpoint.number(), BATCH)?;
        let records = serde_json::from_str::<Event>(&batch)?.records;
        let Some(last) = records.last() else {
            return Ok(());
        };
        match self.functions.invoke(PUBLISH_EVENTS, batch).await {
            Ok(reply) => match failures(&reply) {
                Ok(0) => {
                    println!("published: {}", counted(records.len(), "record"));
                    self.checkpoint
                        .move_to(last.change.sequence_number.clone())?;
                }
                Ok(failed) => {
                    let failed = counted(failed, "record");
                    eprintln!("publish-events has not published {failed}: they are retried");
                }
                Err(error) => {
                    eprintln!(
                        "publish-events' reply makes no sense ({error}): the records are retried"
                    );
                }
            },
            Err(error) => eprintln!("{}: the records are retried", explained(&error)),
        }
        Ok(())
    }

    async fn expire(&self) {
        let scheduled =
            json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        let invoked = self
            .functions
            .invoke(EXPIRE_ATTEMPTS, scheduled.to_string());
        if let Err(error) = invoked.await {
            eprintln!("{}: attempts expire a minute later", explained(&error));
        }
    }
}

/// How many records are retried.
fn failures(reply: &[u8]) -> serde_json::Result<usize> {
    let reply: DynamoDbEventResponse = serde_json::from_slice(reply)?;
    Ok(reply.batch_item_failures.len())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
