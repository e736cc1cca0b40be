//! The AWS account that a command works on.

use std::time::Duration;

use aws::sdk::{self, NoAccount, Patience, Region, SdkConfig};
use aws::user_pool::UserPool;
use cognito::user_pool::Description;
use domain::ids::UserPoolId;
use local::dynamodb::DynamoDbStore;

use crate::Failure;

/// How long one append may take, where nobody waits for it.
pub const APPEND_BUDGET: Duration = Duration::from_secs(10);

/// The account whose credentials are found here.
pub async fn account() -> Result<SdkConfig, Failure> {
    Ok(sdk::on_this_machine(Patience::BEHIND_THE_LOG, None).await?)
}

/// The account whose credentials are found here; where no Region is set, in the user pool's.
pub async fn account_of(pool: &UserPoolId) -> Result<SdkConfig, NoAccount> {
    let region = Region::new(pool.region().to_owned());
    sdk::on_this_machine(Patience::BEHIND_THE_LOG, Some(region)).await
}

/// The account whose credentials are found here, in the user pool's Region, where its triggers are too.
pub async fn account_beside(pool: &UserPoolId) -> Result<SdkConfig, NoAccount> {
    Ok(sdk::in_region_of(pool, &account_of(pool).await?))
}

/// What a pool is.
pub async fn described(pool: &UserPool) -> Result<Description, Failure> {
    let described = pool.description().await?;
    described.ok_or_else(|| {
        let (id, region) = (pool.id(), pool.id().region());
        Failure::Outside(format!(
            "there is no user pool {id} in {region} of this account: look at the id, and at AWS_PROFILE"
        ))
    })
}

/// An embedded store in place of an account.
pub fn embedded(store: DynamoDbStore) -> SdkConfig {
    let answer = move |target: &str, body: &[u8]| store.answer(target, body);
    sdk::in_process(answer, Patience::BEHIND_THE_LOG)
}
