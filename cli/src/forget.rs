//! `cognito-pinpoint forget`: erases what is kept of one user.

use std::process::ExitCode;

use aws::erasure::DynamoErasure;
use aws::sdk;
use destinations::pinpoint::{PinpointDestination, Routes};
use domain::auth_event::{UserKey, Who};
use pipeline::forget::{Forgotten, LeftEndpoints, forget};

use crate::Failure;
use crate::account;
use crate::args::account::ForgetArgs;

/// Forgets the user in every project of the configuration, and in those that are named. Exit code 1 if
/// nothing was known, or something is left.
pub async fn run(args: ForgetArgs) -> Result<ExitCode, Failure> {
    let (config, sdk) = account::of_installation(&args.of).await?;
    let leave = if args.leave_endpoints {
        LeftEndpoints::LetGo
    } else {
        LeftEndpoints::KeepState
    };
    let mut projects = config.projects();
    projects.extend(args.projects);
    let dynamodb = sdk::dynamodb(&sdk);
    let endpoint = sdk::endpoint_from_environment("PINPOINT");
    let routes = Routes::new(config.into(), sdk, endpoint);
    let pinpoint = PinpointDestination::new(routes);
    let store = DynamoErasure::new(dynamodb, args.of.account.tables());
    let (mut known, mut left) = (false, false);
    for project in projects {
        let user = UserKey {
            project,
            pool: args.of.user_pool_id.clone(),
            who: Who::User(args.sub.clone()),
        };
        let forgotten = forget(&user, leave, &store, &pinpoint).await?;
        tell(&user, &forgotten);
        known |= forgotten != Forgotten::default();
        left |= !forgotten.left.is_empty();
    }
    if !known {
        eprintln!("nothing was kept of this user: are pool, sub and configuration the right ones?");
    }
    if left && !args.leave_endpoints {
        eprintln!(
            "the state and the events stay, which know of them; --leave-endpoints lets them go"
        );
    }
    Ok(ExitCode::from(u8::from(!known || left)))
}

fn tell(user: &UserKey, forgotten: &Forgotten) {
    let Forgotten {
        endpoints, events, ..
    } = forgotten;
    let state = if forgotten.state {
        "the state"
    } else {
        "no state"
    };
    println!(
        "project {}: {endpoints} endpoints emptied and opted out, {events} events and {state} deleted",
        user.project,
    );
    for (endpoint, why) in &forgotten.left {
        eprintln!("endpoint {} is left as it was: {why}", endpoint.id);
    }
}
