//! `cognito-pinpoint sync`: walks a user pool, and brings every user's contact endpoints into step.

mod place;
mod tally;

use std::process::ExitCode;
use std::time::Duration;

use aws::event_log::DynamoEventLog;
use aws::sdk;
use aws::user_pool::{PageError, UserPage, UserPool};
use aws::users::DynamoUserStates;
use chrono::Utc;
use domain::config::Config;
use pipeline::sync::{Walk, append};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::Failure;
use crate::args::SyncArgs;
use crate::config;
use crate::progress::Progress;
use place::Place;
use tally::Tally;

/// Users in one page of ListUsers.
const PAGE: u32 = 60;

/// How long one append may take.
const APPEND_BUDGET: Duration = Duration::from_secs(10);

/// Walks the pool, from where an interrupted walk ended.
pub async fn run(args: SyncArgs) -> Result<ExitCode, Failure> {
    let (config, sdk) = config::of_installation(&args.of).await?;
    let dynamodb = sdk::dynamodb(&sdk);
    let tables = args.of.tables();
    let mut walk = Walking {
        log: DynamoEventLog::new(dynamodb.clone(), tables.event_log.clone(), APPEND_BUDGET),
        states: DynamoUserStates::new(dynamodb, tables),
        pool: UserPool::new(&sdk, args.of.user_pool_id.clone()),
        pages: pages(args.users_per_second),
        place: Place::of(&args)?,
        config,
        dry_run: args.dry_run,
    };
    let tally = walk.through().await?;
    tally.print(args.format, args.dry_run)?;
    Ok(ExitCode::from(u8::from(tally.unreadable > 0)))
}

/// A walk under way.
struct Walking {
    config: Config,
    pool: UserPool,
    states: DynamoUserStates,
    log: DynamoEventLog,
    pages: Interval,
    place: Place,
    dry_run: bool,
}

impl Walking {
    async fn through(&mut self) -> Result<Tally, Failure> {
        let users = self.pool.estimated_users().await?;
        let progress = Progress::of_users("walking", users);
        let mut tally = self.place.tally().clone();
        progress.set_position(tally.users);
        loop {
            self.pages.tick().await;
            let page = self.page(&mut tally).await?;
            self.settle(&page, &mut tally).await?;
            progress.set_position(tally.users);
            match page.next {
                Some(token) => self.place.move_to(token, &tally)?,
                None => break,
            }
        }
        progress.finish();
        self.place.leave()?;
        Ok(tally)
    }

    /// The next page. If Cognito no longer knows where the walk was, it begins anew: who is in step
    /// already is passed by.
    async fn page(&mut self, tally: &mut Tally) -> Result<UserPage, Failure> {
        let unknown = match self.pool.users(self.place.token()).await {
            Err(unknown @ PageError::UnknownToken) => unknown,
            other => return Ok(other?),
        };
        eprintln!("{unknown}: beginning anew");
        self.place.leave()?;
        *tally = Tally::default();
        Ok(self.pool.users(None).await?)
    }

    async fn settle(&self, page: &UserPage, tally: &mut Tally) -> Result<(), Failure> {
        let walk = Walk {
            pool: self.pool.id().clone(),
            config: &self.config,
            time: Utc::now(),
        };
        let plan = walk.plan(&page.users, &self.states, rand::random).await?;
        if !self.dry_run {
            append(&plan, &self.log).await?;
        }
        tally.add(page.users.len(), &plan);
        Ok(())
    }
}

fn pages(users_per_second: u32) -> Interval {
    let mut pages = interval(Duration::from_secs(1) * PAGE / users_per_second.max(1));
    pages.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pages
}
