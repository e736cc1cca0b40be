//! The account that a command works on, and the Region.

use aws::sdk::{Patience, Region, SdkConfig, http_client, with_patience};
use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use domain::ids::UserPoolId;

/// Why a command on somebody's machine cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum NoAccount {
    /// There are no credentials.
    #[error(
        "no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \
         after `aws sso login`, run `eval \"$(aws configure export-credentials --format env)\"`"
    )]
    NoCredentials,
    /// They are somewhere, and cannot be had.
    #[error(
        "the AWS credentials cannot be had: look at AWS_PROFILE, and at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    Credentials(#[source] CredentialsError),
    /// There is no Region.
    #[error("no AWS Region was found: set AWS_REGION to the one that the tables are in")]
    Region,
}

/// The configuration of a command on somebody's machine: the usual chains of credentials and Regions,
/// and where these know no Region, `region`.
///
/// # Errors
///
/// If there are no credentials, or there is no Region.
pub async fn on_this_machine(
    patience: Patience,
    region: Option<Region>,
) -> Result<SdkConfig, NoAccount> {
    let found = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .load()
        .await;
    let region = found
        .region()
        .cloned()
        .or(region)
        .ok_or(NoAccount::Region)?;
    let config = with_patience(found.into_builder().region(region).build(), patience);
    let provider = config
        .credentials_provider()
        .ok_or(NoAccount::NoCredentials)?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(config),
        Err(CredentialsError::CredentialsNotLoaded(_)) => Err(NoAccount::NoCredentials),
        Err(error) => Err(NoAccount::Credentials(error)),
    }
}

/// The same in the Region that a user pool's id begins with, if it does.
pub fn in_region_of(pool: &UserPoolId, config: &SdkConfig) -> SdkConfig {
    let builder = config.clone().into_builder();
    match config::region::Region::parse(pool.region()) {
        Ok(region) => builder.region(Region::new(region.to_string())).build(),
        Err(_) => builder.build(),
    }
}
