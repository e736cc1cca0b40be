//! The AWS account that a command works on.

use ::config::Config;
use admin::account::{self, Choice, NoAccount};
use admin::user_pool::UserPool;
use aws::sdk::{Patience, SdkConfig};
use cognito::user_pool::Description;
use domain::ids::UserPoolId;

use crate::Failure;
use crate::args::account::{AccountArgs, InstallationArgs};

/// The account that was asked for, or whose credentials are found here.
pub async fn account(args: &AccountArgs) -> Result<SdkConfig, Failure> {
    Ok(account::on_this_machine(&choice(args), Patience::BEHIND_THE_LOG, None).await?)
}

/// The same, in the Region that was asked for, or else the user pool's, where its triggers and the stack are.
/// A Region of the environment that is neither is refused.
pub async fn account_of(args: &AccountArgs, pool: &UserPoolId) -> Result<SdkConfig, Failure> {
    let found = account::of_pool(&choice(args), Patience::BEHIND_THE_LOG, pool).await;
    found.map_err(|error| match error {
        NoAccount::TwoRegions { .. } => Failure::Usage(error.to_string()),
        NoAccount::NoCredentials
        | NoAccount::Credentials(_)
        | NoAccount::Profile { .. }
        | NoAccount::Region => error.into(),
    })
}

fn choice(args: &AccountArgs) -> Choice {
    Choice {
        profile: args.profile.clone(),
        region: args.region.clone(),
    }
}

/// What a pool is.
pub async fn described(pool: &UserPool) -> Result<Description, Failure> {
    let described = pool.description().await?;
    described.ok_or_else(|| {
        let (id, region) = (pool.id(), pool.region());
        Failure::Outside(format!(
            "there is no user pool {id} in {region} of this account: look at the id, and at AWS_PROFILE"
        ))
    })
}

/// The configuration of an installation, in a file or else where the functions have theirs, and the
/// account that it is in. What can be said without the account is said first.
pub async fn of_installation(of: &InstallationArgs) -> Result<(Config, SdkConfig), Failure> {
    let config = crate::config::of_stack(of.config.as_deref())?;
    Ok((config, account_of(&of.account, &of.user_pool_id).await?))
}
