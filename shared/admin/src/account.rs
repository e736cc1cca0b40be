//! The account that a command works on, and the Region.

use aws::sdk::{Patience, Region, SdkConfig, http_client, with_patience};
use aws_config::BehaviorVersion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
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
    /// The profile that was asked for has none that work.
    #[error(
        "the profile {profile} gives no credentials: `aws configure list-profiles` lists what there is; of one that signs in          with `aws sso login`, run `eval \"$(aws configure export-credentials --profile {profile} --format env)\"`, and leave          out --profile"
    )]
    Profile {
        /// The profile.
        profile: String,
        /// Why.
        source: CredentialsError,
    },
    /// There is no Region.
    #[error(
        "no AWS Region was found: give --region, or set AWS_REGION, to the one that the stack is in"
    )]
    Region,
}

/// The profile and the Region that were asked for by name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Choice {
    /// The profile; without one, the usual chain of credentials decides.
    pub profile: Option<String>,
    /// The Region; without one, the usual chain of Regions decides.
    pub region: Option<config::region::Region>,
}

/// The configuration of a command on somebody's machine: what was chosen, or else the usual chains of
/// credentials and Regions, and where these know no Region, `fallback`. A chosen profile goes before
/// credentials in the environment, as it does for AWS's own command.
///
/// # Errors
///
/// If there are no credentials, or there is no Region.
pub async fn on_this_machine(
    choice: &Choice,
    patience: Patience,
    fallback: Option<Region>,
) -> Result<SdkConfig, NoAccount> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
    if let Some(profile) = &choice.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &choice.region {
        loader = loader.region(Region::new(region.to_string()));
    }
    let found = loader.load().await;
    let region = found.region().cloned().or(fallback);
    let region = region.ok_or(NoAccount::Region)?;
    let mut found = found.into_builder().region(region.clone());
    if let Some(profile) = &choice.profile {
        found = found.credentials_provider(of_profile(profile, region));
    }
    let config = with_patience(found.build(), patience);
    let provider = config
        .credentials_provider()
        .ok_or(NoAccount::NoCredentials)?;
    match (provider.provide_credentials().await, &choice.profile) {
        (Ok(_), _) => Ok(config),
        (Err(source), Some(profile)) => Err(NoAccount::Profile {
            profile: profile.clone(),
            source,
        }),
        (Err(CredentialsError::CredentialsNotLoaded(_)), None) => Err(NoAccount::NoCredentials),
        (Err(error), None) => Err(NoAccount::Credentials(error)),
    }
}

/// The credentials of this profile alone.
fn of_profile(profile: &str, region: Region) -> SharedCredentialsProvider {
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(
            &ProviderConfig::without_region()
                .with_http_client(http_client())
                .with_region(Some(region)),
        )
        .profile_name(profile)
        .build();
    SharedCredentialsProvider::new(provider)
}

/// The same in the Region that a user pool's id begins with, if it does.
pub fn in_region_of(pool: &UserPoolId, config: &SdkConfig) -> SdkConfig {
    let builder = config.clone().into_builder();
    match config::region::Region::parse(pool.region()) {
        Ok(region) => builder.region(Region::new(region.to_string())).build(),
        Err(_) => builder.build(),
    }
}
