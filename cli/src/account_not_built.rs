//! In place of [`account`](self), in a build that has no AWS account to work on.

use aws::sdk::SdkConfig;

use domain::ids::UserPoolId;

use crate::Failure;
use crate::args::account::AccountArgs;

/// Says how to come by the whole command.
pub fn not_built() -> Failure {
    Failure::Usage(
        "this build works on this machine alone, without the feature `account`: `make install` builds the whole command"
            .to_owned(),
    )
}

/// There is none.
pub async fn account_of(_: &AccountArgs, _: &UserPoolId) -> Result<SdkConfig, Failure> {
    Err(not_built())
}

/// There is none.
pub async fn account(_: &AccountArgs) -> Result<SdkConfig, Failure> {
    Err(not_built())
}
