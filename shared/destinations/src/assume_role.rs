//! Credentials of the roles that configurations name.

use aws_config::sts::AssumeRoleProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use config::Role;

/// What sessions are called in CloudTrail.
const SESSION_NAME: &str = "cognito-pinpoint";

/// The same configuration with the role's credentials. The SDK asks STS for them at the first use,
/// keeps them, and renews them before they expire.
pub async fn assume(base: &SdkConfig, region: Region, role: &Role) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(&role.arn)
        .session_name(SESSION_NAME)
        .region(region)
        .configure(base);
    if let Some(external_id) = &role.external_id {
        provider = provider.external_id(external_id);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    base.to_builder().credentials_provider(provider).build()
}
