//! How long publish takes for a batch of a hundred users' sign-ins, through the SDK and the embedded store, when nothing is sent
//! anywhere: as it publishes a batch, as it would one user after another, and, if `PEER` names a Node.js, what a program in
//! JavaScript takes that only counts the same.
#![expect(clippy::print_stdout, reason = "it is what a benchmark is for")]

use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use aws::sdk::{self, Patience};
use aws::tables::{TableNames, create_missing};
use aws::users::DynamoUserStates;
use chrono::{DateTime, TimeDelta, Utc};
use config::Config;
use domain::auth_event::{AuthEvent, AuthEventKind, Position, UserKey, Who};
use domain::contact::ContactDetails;
use domain::ids::{ClientId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::AppMetadata;
use domain::traits::Traits;
use local::dynamodb::DynamoDbStore;
use pipeline::ports::{Outbox, PortError};
use pipeline::publish::{LogRecord, Publish, Verdict, publish};
use pipeline::route::Message;

const USERS: u16 = 100;
const BATCHES: u16 = 31;
const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const PLATFORMS: [&str; 3] = ["iOS", "Android", "Web"];
const LOCALES: [&str; 4] = ["en_US", "de_DE", "fr_FR", "ja_JP"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "a batch of {USERS} users' sign-ins, median of {BATCHES}, each user on a day of their own batch:"
    );
    let one_by_one = measured(1).await?;
    println!("one user after another   {}", line(one_by_one));
    let whole = measured(USERS.into()).await?;
    println!("publish-events           {}", line(whole));
    if let Some(node) = std::env::var_os("PEER") {
        let store = DynamoDbStore::in_memory()?.serve().await?;
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../benches/publish_peer.cjs"
        );
        let (url, users, batches) = (store.url(), USERS.to_string(), BATCHES.to_string());
        let mut peer = Command::new(node);
        peer.arg(script).args([url, users, batches]);
        let output = tokio::task::spawn_blocking(move || peer.output()).await??;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let milliseconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
        let peer = Duration::from_secs_f64(milliseconds / 1_000.0);
        let times = whole.as_secs_f64() / peer.as_secs_f64();
        println!(
            "a Node.js peer           {}: publish-events takes {times:.2} times that",
            line(peer)
        );
    }
    Ok(())
}

fn line(batch: Duration) -> String {
    let milliseconds = batch.as_secs_f64() * 1_000.0;
    let users = f64::from(USERS) / batch.as_secs_f64();
    format!("{milliseconds:6.1} ms, {users:6.0} users/s")
}

/// How long a batch takes, if so many of its users are published together.
async fn measured(together: usize) -> Result<Duration, Box<dyn Error>> {
    let store = DynamoDbStore::in_memory()?.serve().await?;
    let client = sdk::dynamodb(&sdk::on_loopback(&store.url(), Patience::BEHIND_THE_LOG));
    let tables = TableNames::default();
    create_missing(&client, &tables).await?;
    let by = Publish {
        config: &Config::from_json(&format!(
            r#"{{"Default": {{"ApplicationId": "{PROJECT}"}}}}"#
        ))?,
        states: &DynamoUserStates::new(client, tables),
        outbox: &Nowhere,
    };
    let mut times = Vec::new();
    for batch in 0..BATCHES {
        let records: Vec<LogRecord> = (0..USERS).map(|user| sign_in(user, batch)).collect();
        let begun = Instant::now();
        for records in records.chunks(together) {
            let judged = publish(records.to_vec(), Utc::now(), &by).await;
            if judged
                .iter()
                .any(|judged| judged.verdict == Verdict::Failed)
            {
                return Err("a record was not published".into());
            }
        }
        times.push(begun.elapsed());
    }
    times.sort();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// Each batch is a day later.
fn sign_in(user: u16, batch: u16) -> LogRecord {
    let number = u32::from(batch) * u32::from(USERS) + u32::from(user);
    let time = DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + i64::from(batch));
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    let pairs = [
        ("platform", PLATFORMS.get(usize::from(user) % 3)),
        ("locale", LOCALES.get(usize::from(user) % 4)),
    ];
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, *value?)));
    LogRecord {
        position: Position {
            stream: "2026-03-01T00:00:00.000".to_owned(),
            sequence_number: format!("{:021}", number + 1),
        },
        event: AuthEvent {
            id: EventId::new(time, random),
            time,
            user: UserKey {
                project: ProjectId::new(PROJECT),
                pool: UserPoolId::new("eu-west-1_AAAA11111"),
                who: Who::User(Sub::new(format!("7c0d2f3e-0000-4000-8000-{user:012}"))),
            },
            client: Some(ClientId::new("1example23456789")),
            kind: AuthEventKind::SignedIn(ContactDetails::NotShared),
            metadata: AppMetadata::from_pairs(pairs).0,
            traits: Traits::default(),
        },
    }
}

/// No client sends anywhere.
struct Nowhere;

impl Outbox for Nowhere {
    async fn enqueue(&self, messages: &[&Message]) -> Vec<Result<(), PortError>> {
        messages.iter().map(|_| Ok(())).collect()
    }
}
