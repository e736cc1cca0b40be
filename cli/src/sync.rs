//! `cognito-pinpoint sync`: walks a user pool, and brings every user's contact endpoints into step.

mod place;
mod tally;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use ::config::Config;
use admin::user_pool::{PAGE, PageError, UserPage, UserPool};
use aws::event_log::{DynamoEventLog, random};
use aws::sdk;
use aws::users::DynamoUserStates;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{ClientId, DestinationName};
use pipeline::sync::{Plan, Walk, append};
use tokio::time::{Instant, sleep, sleep_until};

use crate::APPEND_BUDGET;
use crate::Failure;
use crate::account;
use crate::args::account::SyncArgs;
use crate::progress::{Progress, paced};
use place::Place;
use tally::Tally;

/// How far what Cognito lists may be behind what it gave a trigger.
const LAG: TimeDelta = TimeDelta::minutes(1);

/// Walks the pool, from where an interrupted walk ended.
pub async fn run(args: SyncArgs) -> Result<ExitCode, Failure> {
    let place = Place::of(&args)?;
    let (config, sdk) = account::of_installation(&args.of).await?;
    if let Some(destination) = &args.destination {
        let is_known = config.check_destination(destination, None);
        is_known.map_err(|error| Failure::Usage(error.to_string()))?;
    }
    let dynamodb = sdk::dynamodb(&sdk);
    let tables = args.of.account.tables();
    let pool = UserPool::new(&sdk, args.of.user_pool_id.clone());
    let walk = Walking {
        log: DynamoEventLog::new(dynamodb.clone(), tables.event_log.clone(), APPEND_BUDGET),
        states: DynamoUserStates::new(dynamodb, tables),
        clients: pool.client_ids().await?,
        pages: paced(PAGE.into(), args.users_per_second),
        pool,
        config,
        destination: args.destination.clone(),
    };
    let tally = walk.through(place, &args).await?;
    tally.print(&args)?;
    Ok(ExitCode::from(u8::from(tally.unreadable > 0)))
}

/// A walk under way.
struct Walking {
    config: Config,
    destination: Option<DestinationName>,
    pool: UserPool,
    clients: BTreeSet<ClientId>,
    states: DynamoUserStates,
    log: DynamoEventLog,
    pages: Duration,
}

impl Walking {
    async fn through(&self, mut place: Place, args: &SyncArgs) -> Result<Tally, Failure> {
        let progress = Progress::of_users("walking", self.pool.estimated_users().await?);
        let mut tally = place.tally().clone();
        let mut page = self.first_page(&mut place, &mut tally).await?;
        loop {
            let next = Instant::now() + self.pages;
            let plan = self.plan(&page).await?;
            if !args.dry_run {
                append(&plan, &self.log).await?;
                let updates = u64::try_from(plan.updates.len()).unwrap_or(u64::MAX);
                sleep(paced(updates, args.endpoints_per_second)).await;
            }
            tally.add(page.page.listed, &plan);
            progress.set_position(tally.users);
            let Some(token) = page.page.next else { break };
            sleep_until(next).await;
            page = self.page(Some(&token)).await?;
            place.move_to(token, &tally)?;
        }
        progress.finish();
        place.leave()?;
        Ok(tally)
    }

    /// The page where the walk was interrupted, or the first. If Cognito no longer knows where that was,
    /// the walk begins anew: who is in step already is passed by.
    async fn first_page(&self, place: &mut Place, tally: &mut Tally) -> Result<Page, Failure> {
        match self.page(place.token()).await {
            Err(unknown @ PageError::UnknownToken) => {
                eprintln!("{unknown}: beginning anew");
                place.leave()?;
                *tally = Tally::default();
                Ok(self.page(None).await?)
            }
            page => Ok(page?),
        }
    }

    async fn page(&self, token: Option<&str>) -> Result<Page, PageError> {
        let time = Utc::now() - LAG;
        let page = self.pool.users(token).await?;
        Ok(Page { time, page })
    }

    async fn plan(&self, page: &Page) -> Result<Plan, Failure> {
        let walk = Walk {
            pool: self.pool.id().clone(),
            clients: &self.clients,
            config: &self.config,
            time: page.time,
            anew: self.destination.as_ref(),
        };
        Ok(walk.plan(&page.page.users, &self.states, random).await?)
    }
}

/// A page, and when its users were as it lists them, at the latest.
struct Page {
    time: DateTime<Utc>,
    page: UserPage,
}
