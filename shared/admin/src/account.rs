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
        "the profile {profile} gives no credentials: `aws configure list-profiles` lists what there is; of one that signs in with `aws sso login`, run `eval \"$(aws configure export-credentials --profile {profile} --format env)\"`, and leave out --profile"
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
    /// The environment's Region is not the one that the pool's id begins with.
    #[error(
        "the user pool {pool} is of {}, and AWS_REGION or the profile says {environment}: say which is meant, with \
         --region {}, or with --region {environment} if the pool is replicated there",
        pool.region(),
        pool.region()
    )]
    TwoRegions {
        /// The pool.
        pool: UserPoolId,
        /// The environment's Region.
        environment: String,
    },
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

/// The configuration of a command on a user pool: [`on_this_machine`], in the Region that was chosen, or else
/// in the one that the pool's id begins with.
///
/// # Errors
///
/// If there are no credentials, or there is no Region, or the environment has another Region than the pool's
/// id: a replicated pool is in both, with triggers of its own in each, and which one is meant must be said.
pub async fn of_pool(
    choice: &Choice,
    patience: Patience,
    pool: &UserPoolId,
) -> Result<SdkConfig, NoAccount> {
    let named = config::region::Region::parse(pool.region()).ok();
    let fallback = named.as_ref().map(|it| Region::new(it.to_string()));
    let found = on_this_machine(choice, patience, fallback).await?;
    if choice.region.is_none() {
        check_region(pool, found.region().map(Region::as_ref))?;
    }
    Ok(found)
}

/// Refuses a Region of the environment other than the one that the pool's id begins with, if it does.
fn check_region(pool: &UserPoolId, environment: Option<&str>) -> Result<(), NoAccount> {
    match (config::region::Region::parse(pool.region()), environment) {
        (Ok(named), Some(other)) if named.to_string() != other => Err(NoAccount::TwoRegions {
            pool: pool.clone(),
            environment: other.to_owned(),
        }),
        (Ok(_) | Err(_), _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_of_the_environment_other_than_the_pools_is_refused_with_both_named() {
        let ours = UserPoolId::new("eu-west-1_AAAA11111");
        for (pool, environment, refused) in [
            (&ours, Some("eu-west-1"), None),
            (&ours, None, None),
            (&UserPoolId::new("local_AAAA11111"), Some("us-east-1"), None),
            (
                &ours,
                Some("us-east-1"),
                Some(
                    "the user pool eu-west-1_AAAA11111 is of eu-west-1, and AWS_REGION or the profile says us-east-1: say \
                     which is meant, with --region eu-west-1, or with --region us-east-1 if the pool is replicated there",
                ),
            ),
        ] {
            let checked = check_region(pool, environment);
            let message = checked.err().map(|error| error.to_string());
            assert_eq!(message.as_deref(), refused, "{pool} {environment:?}");
        }
    }
}
