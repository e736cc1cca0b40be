//! `cognito-pinpoint local`: what functions need that run on this machine, in one process. It does what
//! AWS would do around them: the event log's stream goes to publish-events, and every minute attempts
//! expire.

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws::functions::Functions;
use aws::sdk;
use aws::tables::{TableNames, create_missing};
use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use local::clock::SystemClock;
use local::dynamodb::TableStream;
use local::pinpoint::{AppCreation, serve};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::account::embedded;
use crate::args::LocalArgs;
use crate::data_folder::{Checkpoint, lock, stores};
use crate::{Failure, with_causes};

/// How many records one invocation gets, and how often they are looked for: as the stack's mapping.
const BATCH: usize = 500;
const EVERY: Duration = Duration::from_secs(1);

/// How often attempts expire.
const EXPIRY: Duration = Duration::from_secs(60);

/// How long an invocation may take: the function may have to be compiled first.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Serves until it is interrupted.
pub async fn run(args: &LocalArgs) -> Result<ExitCode, Failure> {
    let folder = args.data_dir.as_deref();
    let _lock = folder.map(lock).transpose()?;
    let (store, pinpoint) = stores(folder)?;
    let tables = TableNames::from_environment();
    create_missing(&sdk::dynamodb(&embedded(store.clone())), &tables).await?;
    let dynamodb = store.serve_at(listen(args.dynamodb_port).await?)?;
    let listener = listen(args.pinpoint_port).await?;
    println!(
        "DynamoDB-compatible store at {}, with the tables",
        dynamodb.url()
    );
    println!(
        "Pinpoint-compatible server at http://{}",
        listener.local_addr()?
    );
    println!(
        "the event log's stream goes to publish-events at {}",
        args.functions
    );
    let around = Around {
        functions: Functions::on_loopback(&args.functions, LONGEST),
        stream: store.stream(&tables.event_log)?,
        checkpoint: folder.map(Checkpoint::kept_in).unwrap_or_default(),
    };
    let serving = serve(
        listener,
        pinpoint,
        Arc::new(SystemClock),
        AppCreation::OnFirstUse,
        std::future::pending(),
    );
    tokio::select! {
        served = serving => served?,
        passed = around.pass_on() => passed?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.map_err(|error| Failure::Outside(format!("cannot listen on port {port}: {error}")))
}

/// What AWS does around the functions.
struct Around {
    functions: Functions,
    stream: TableStream,
    checkpoint: Checkpoint,
}

impl Around {
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
        match self.functions.invoke("publish-events", batch).await {
            Ok(reply) if failures(&reply) == 0 => {
                println!("published: {}", counted(records.len(), "record"));
                self.checkpoint
                    .move_to(last.change.sequence_number.clone())?;
            }
            Ok(reply) => {
                let failed = counted(failures(&reply), "record");
                eprintln!("publish-events has not published {failed}: they are given again");
            }
            Err(error) => eprintln!("{}: the records are given again", with_causes(&error)),
        }
        Ok(())
    }

    async fn expire(&self) {
        let scheduled =
            json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        let invoked = self
            .functions
            .invoke("expire-attempts", scheduled.to_string());
        if let Err(error) = invoked.await {
            eprintln!("{}: attempts expire a minute later", with_causes(&error));
        }
    }
}

/// How many records are to be given again.
fn failures(reply: &[u8]) -> usize {
    let reply: DynamoDbEventResponse = serde_json::from_slice(reply).unwrap_or_default();
    reply.batch_item_failures.len()
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
