//! `cognito-pinpoint forget`: erases what is kept of one user.

use std::process::ExitCode;
use std::time::Duration;

use admin::user_pool::UserPool;
use aws::erasure::DynamoErasure;
use aws::sdk;
use chrono::Utc;
use destinations::pinpoint::{PinpointDestination, Routes};
use domain::auth_event::{UserKey, Who};
use pipeline::forget::{Buried, Forgotten, Kept, LeftEndpoints, bury, forget, kept};

use crate::Failure;
use crate::account;
use crate::args::account::ForgetArgs;
use crate::confirm::Consent;
use crate::failure::explained;

/// Forgets the user in every project of the configuration, and in those that are named, once somebody agrees. Exit
/// code 1 if something is left.
pub async fn run(args: ForgetArgs) -> Result<ExitCode, Failure> {
    let consent = if args.dry_run {
        None
    } else {
        Some(Consent::of(args.yes)?)
    };
    let (config, sdk) = account::of_installation(&args.of).await?;
    let mut projects = config.projects();
    projects.extend(args.projects.iter().cloned());
    let users = projects.into_iter().map(|project| UserKey {
        project,
        pool: args.of.user_pool_id.clone(),
        who: Who::User(args.sub.clone()),
    });
    let store = DynamoErasure::new(sdk::dynamodb(&sdk), args.of.account.tables());
    let found = look(users.collect(), &store).await?;
    let presence = Presence::of(&UserPool::new(&sdk, args.of.user_pool_id.clone()), &args).await;
    presence.warn();
    if found.is_empty() {
        println!("nothing is kept of this user any more, in any project of the configuration");
        return Ok(ExitCode::SUCCESS);
    }
    match consent {
        None => {
            println!("nothing was deleted: this was a dry run");
            return Ok(ExitCode::SUCCESS);
        }
        Some(consent) if consent.to(&presence.question())? => {}
        Some(_) => {
            println!("nothing was deleted");
            return Ok(ExitCode::FAILURE);
        }
    }
    let mut buried = Vec::with_capacity(found.len());
    for user in &found {
        buried.push(bury(user, Utc::now(), &store).await?);
    }
    if !config.destinations_in_use().is_empty() {
        wait(args.wait_seconds).await;
    }
    let endpoint = sdk::endpoint_from_environment("PINPOINT");
    let routes = Routes::new(config.into(), sdk, endpoint);
    erase(buried, &args, &store, &PinpointDestination::new(routes)).await
}

/// Lets what is being delivered arrive, which would fill an emptied endpoint again.
async fn wait(seconds: u64) {
    if seconds > 0 {
        eprintln!("waiting {seconds} seconds for what is being delivered …");
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

/// Where anything is kept of the user, and what.
async fn look(users: Vec<UserKey>, store: &DynamoErasure) -> Result<Vec<UserKey>, Failure> {
    let mut found = Vec::new();
    for user in users {
        let kept = kept(&user, store).await?;
        if kept.is_nothing() {
            continue;
        }
        let Kept {
            endpoints, events, ..
        } = kept;
        let (state, project) = (state(kept.state), &user.project);
        println!(
            "project {project}: {endpoints} endpoints known, {events} events and {state} kept"
        );
        found.push(user);
    }
    Ok(found)
}

/// Whether the user is still in the pool, and would be kept again.
enum Presence {
    Gone,
    StillThere,
    Unknown(String),
}

impl Presence {
    async fn of(pool: &UserPool, args: &ForgetArgs) -> Self {
        match pool.has_user(&args.sub).await {
            Ok(true) => Self::StillThere,
            Ok(false) => Self::Gone,
            Err(error) => Self::Unknown(explained(&error)),
        }
    }

    fn warn(&self) {
        match self {
            Self::Gone => {}
            Self::StillThere => eprintln!(
                "warning: the user is still in the pool, and is kept again with the next sign-in: delete the user there first"
            ),
            Self::Unknown(why) => {
                eprintln!("warning: it is not known whether the user is still in the pool: {why}");
            }
        }
    }

    fn question(&self) -> String {
        let delete = "delete this for good?";
        match self {
            Self::Gone => delete.to_owned(),
            Self::StillThere => format!("the user is still in the pool; {delete}"),
            Self::Unknown(_) => format!("the user may still be in the pool; {delete}"),
        }
    }
}

async fn erase(
    users: Vec<Buried<'_>>,
    args: &ForgetArgs,
    store: &DynamoErasure,
    pinpoint: &PinpointDestination,
) -> Result<ExitCode, Failure> {
    let leave = if args.leave_endpoints {
        LeftEndpoints::LetGo
    } else {
        LeftEndpoints::KeepState
    };
    let mut left = false;
    for buried in users {
        let user = buried.user().clone();
        let forgotten = forget(buried, leave, store, pinpoint).await?;
        tell(&user, &forgotten);
        left |= !forgotten.left.is_empty();
    }
    if left && !args.leave_endpoints {
        eprintln!(
            "the state and the events stay, which know of them; --leave-endpoints lets them go"
        );
    }
    Ok(ExitCode::from(u8::from(left)))
}

fn tell(user: &UserKey, forgotten: &Forgotten) {
    let Forgotten {
        endpoints, events, ..
    } = forgotten;
    println!(
        "project {}: {endpoints} endpoints emptied and opted out, {events} events and {} deleted",
        user.project,
        state(forgotten.state),
    );
    for (endpoint, why) in &forgotten.left {
        eprintln!("endpoint {} is left as it was: {why}", endpoint.id);
    }
}

fn state(is_there: bool) -> &'static str {
    if is_there { "the state" } else { "no state" }
}
