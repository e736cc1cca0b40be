//! `cognito-pinpoint forget`: erases what is kept of one user.

use std::process::ExitCode;

use aws::erasure::AwsErasure;
use aws::pinpoint::{PinpointDestination, Routes};
use aws::sdk;
use domain::auth_event::{UserKey, Who};
use pipeline::forget::{Forgotten, forget};

use crate::Failure;
use crate::args::ForgetArgs;
use crate::config;

/// Forgets the user in every project of the configuration. Exit code 1 if nothing was known.
pub async fn run(args: ForgetArgs) -> Result<ExitCode, Failure> {
    let (config, sdk) = config::of_installation(&args.of).await?;
    let projects = config.projects();
    let dynamodb = sdk::dynamodb(&sdk);
    let endpoint = sdk::endpoint_from_environment("PINPOINT");
    let routes = Routes::new(config.into(), sdk, endpoint);
    let pinpoint = PinpointDestination::new(routes);
    let erasure = AwsErasure::new(dynamodb, args.of.tables(), pinpoint);
    let mut known = false;
    for project in projects {
        let user = UserKey {
            project,
            pool: args.of.user_pool_id.clone(),
            who: Who::User(args.sub.clone()),
        };
        let forgotten = forget(&user, &erasure).await?;
        known |= forgotten != Forgotten::default();
        tell(&user, &forgotten);
    }
    if !known {
        eprintln!("nothing was kept of this user: are pool, sub and configuration the right ones?");
    }
    Ok(ExitCode::from(u8::from(!known)))
}

fn tell(user: &UserKey, forgotten: &Forgotten) {
    let state = if forgotten.state {
        "the state"
    } else {
        "no state"
    };
    println!(
        "project {}: {} endpoints emptied and opted out, {} events and {state} deleted",
        user.project,
        forgotten.endpoints.len(),
        forgotten.events,
    );
}
