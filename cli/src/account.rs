//! The AWS account that a command works on.

use aws::sdk::{self, NoAccount, Patience, Region, SdkConfig};
use domain::ids::UserPoolId;

use crate::Failure;

/// The account whose credentials are found here.
pub async fn account() -> Result<SdkConfig, Failure> {
    Ok(sdk::on_this_machine(Patience::BEHIND_THE_LOG, None).await?)
}

/// The account whose credentials are found here; where no Region is set, in the user pool's.
pub async fn account_of(pool: &UserPoolId) -> Result<SdkConfig, NoAccount> {
    let region = Region::new(pool.region().to_owned());
    sdk::on_this_machine(Patience::BEHIND_THE_LOG, Some(region)).await
}
