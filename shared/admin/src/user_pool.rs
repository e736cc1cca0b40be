//! A Cognito user pool: its settings, its app clients, and its users, page by page.

mod raw;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::timeout::TimeoutConfig;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::operation::describe_user_pool::DescribeUserPoolError;
use aws_sdk_cognitoidentityprovider::operation::list_users::ListUsersError;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::UpdateUserPoolError;
use aws_sdk_cognitoidentityprovider::types::{AnalyticsConfigurationType, UserType};
use chrono::DateTime;
use cognito::user_pool::{Description, LambdaConfig};
use cognito::{Attributes, USER_STATUS};
use domain::ids::{ClientId, Sub, UserPoolId};
use pipeline::ports::PortError;
use pipeline::sync::ListedUser;
use serde_json::{Map, Value};

use aws::sdk::port_error;
use raw::{Reply, with_body};

/// Users, or app clients, in one page (Cognito's limit).
pub const PAGE: u16 = 60;

/// A user pool.
#[derive(Clone, Debug)]
pub struct UserPool {
    client: Client,
    id: UserPoolId,
    region: String,
}

/// Some of a pool's users.
#[derive(Debug)]
pub struct UserPage {
    /// Those who are enabled. Who is disabled signs in nowhere, and is left alone.
    pub users: Vec<ListedUser>,
    /// How many were listed, the disabled ones too.
    pub listed: usize,
    /// What the next page is asked for with; `None` if this is the last.
    pub next: Option<String>,
}

/// An app client of a pool, and its `AnalyticsConfiguration` as `describe-user-pool-client` prints it.
#[derive(Clone, PartialEq, Debug)]
pub struct AppClient {
    /// Its id.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// `None` if it has none.
    pub analytics: Option<Map<String, Value>>,
}

/// Why a page of users cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Cognito does not take the token (any more).
    #[error("Cognito does not know this place in the pool any more")]
    UnknownToken,
    /// Anything else.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a pool was not updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// Cognito refuses. The pool is as it was.
    #[error(transparent)]
    Refused(PortError),
    /// It may be updated, or may still be.
    #[error(transparent)]
    Unclear(PortError),
}

impl UserPool {
    /// The pool, in the configuration's Region: a replicated one has the same id in two.
    pub fn new(sdk: &SdkConfig, id: UserPoolId) -> Self {
        Self {
            client: Client::new(sdk),
            region: sdk.region().map(ToString::to_string).unwrap_or_default(),
            id,
        }
    }

    /// The Region in which it is asked and changed.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The pool's id.
    pub fn id(&self) -> &UserPoolId {
        &self.id
    }

    /// About how many users it has; `None` where Cognito does not say.
    ///
    /// # Errors
    ///
    /// If there is no such pool, or it cannot be had.
    pub async fn estimated_users(&self) -> Result<Option<u64>, PortError> {
        let described = self
            .client
            .describe_user_pool()
            .user_pool_id(self.id.as_str());
        let described = described
            .send()
            .await
            .map_err(|e| self.error("DescribeUserPool", e))?;
        let users = described
            .user_pool
            .map(|pool| pool.estimated_number_of_users);
        Ok(users
            .and_then(|users| u64::try_from(users).ok())
            .filter(|users| *users > 0))
    }

    /// The pool's settings and triggers; `None` if there is no such pool.
    ///
    /// # Errors
    ///
    /// If it cannot be had.
    pub async fn description(&self) -> Result<Option<Description>, PortError> {
        let reply = Reply::default();
        let describe = self.client.describe_user_pool();
        let describe = describe.user_pool_id(self.id.as_str()).customize();
        match describe.interceptor(reply.clone()).send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeUserPoolError::is_resource_not_found_exception) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(self.error("DescribeUserPool", error)),
        }
        let description = match reply.member("UserPool") {
            Some(Value::Object(pool)) => Description::new(pool),
            Some(_) | None => None,
        };
        let nothing = || std::io::Error::other("the reply holds no pool");
        let description = description.ok_or_else(|| self.error("DescribeUserPool", nothing()))?;
        Ok(Some(description.in_region(&self.region)))
    }

    /// What the pool asks of a second factor: no setting, and given by an operation of its own.
    ///
    /// # Errors
    ///
    /// If there is no such pool, or it cannot be had.
    pub async fn mfa(&self) -> Result<Value, PortError> {
        let reply = Reply::default();
        let get = self.client.get_user_pool_mfa_config();
        let get = get.user_pool_id(self.id.as_str()).customize();
        let got = get.interceptor(reply.clone()).send().await;
        got.map_err(|e| self.error("GetUserPoolMfaConfig", e))?;
        Ok(reply.whole())
    }

    /// Gives the pool, which is as described, other triggers. It is asked once, and for a long time: a
    /// second attempt would tell nothing of what the first has done.
    ///
    /// # Errors
    ///
    /// If Cognito refuses, or if it is not known what it did.
    pub async fn update(
        &self,
        description: &Description,
        triggers: &LambdaConfig,
    ) -> Result<(), UpdateError> {
        let body = description.update(triggers).to_string();
        let update = self.client.update_user_pool();
        let update = update.user_pool_id(self.id.as_str()).customize();
        let update = update.config_override(asked_once());
        let updated = update.mutate_request(with_body(body)).send().await;
        updated.map(drop).map_err(|error| {
            let is_refused = is_refused(&error);
            let error = self.error("UpdateUserPool", error);
            if is_refused {
                UpdateError::Refused(error)
            } else {
                UpdateError::Unclear(error)
            }
        })
    }

    /// A page of users: the first, or the one that a page said is next.
    ///
    /// # Errors
    ///
    /// If it cannot be had.
    pub async fn users(&self, token: Option<&str>) -> Result<UserPage, PageError> {
        let listed = self
            .client
            .list_users()
            .user_pool_id(self.id.as_str())
            .limit(PAGE.into())
            .set_pagination_token(token.map(str::to_owned));
        let listed = listed.send().await.map_err(|error| {
            let refused = error
                .as_service_error()
                .is_some_and(ListUsersError::is_invalid_parameter_exception);
            if refused && token.is_some() {
                PageError::UnknownToken
            } else {
                PageError::Port(self.error("ListUsers", error))
            }
        })?;
        let users = listed.users.unwrap_or_default();
        Ok(UserPage {
            listed: users.len(),
            users: users
                .into_iter()
                .filter(|user| user.enabled)
                .map(listed_user)
                .collect(),
            next: listed.pagination_token.filter(|token| !token.is_empty()),
        })
    }

    /// Whether the pool has a user with this sub.
    ///
    /// # Errors
    ///
    /// If there is no such pool, or its users cannot be listed.
    pub async fn has_user(&self, sub: &Sub) -> Result<bool, PortError> {
        let escaped = sub.as_str().replace('\\', "\\\\").replace('"', "\\\"");
        let listed = self
            .client
            .list_users()
            .user_pool_id(self.id.as_str())
            .filter(format!("sub = \"{escaped}\""))
            .limit(1);
        let listed = listed.send().await;
        let listed = listed.map_err(|e| self.error("ListUsers", e))?;
        Ok(!listed.users.unwrap_or_default().is_empty())
    }

    /// The ids of the pool's app clients.
    ///
    /// # Errors
    ///
    /// If there is no such pool, or they cannot be listed.
    pub async fn client_ids(&self) -> Result<BTreeSet<ClientId>, PortError> {
        let listed = self
            .client
            .list_user_pool_clients()
            .user_pool_id(self.id.as_str())
            .max_results(PAGE.into())
            .into_paginator()
            .items()
            .send();
        let listed = listed.collect::<Result<Vec<_>, _>>().await;
        let listed = listed.map_err(|e| self.error("ListUserPoolClients", e))?;
        let ids = listed.into_iter().filter_map(|client| client.client_id);
        Ok(ids.map(ClientId::new).collect())
    }

    /// The pool's app clients, by id.
    ///
    /// # Errors
    ///
    /// If there is no such pool, or one of them cannot be described.
    pub async fn app_clients(&self) -> Result<Vec<AppClient>, PortError> {
        let mut clients = Vec::new();
        for id in self.client_ids().await? {
            clients.push(self.app_client(id).await?);
        }
        Ok(clients)
    }

    async fn app_client(&self, id: ClientId) -> Result<AppClient, PortError> {
        let described = self
            .client
            .describe_user_pool_client()
            .user_pool_id(self.id.as_str())
            .client_id(id.as_str());
        let described = described
            .send()
            .await
            .map_err(|e| self.error("DescribeUserPoolClient", e))?;
        let client = described.user_pool_client;
        let name = client
            .as_ref()
            .and_then(|client| client.client_name.clone());
        let analytics = client.and_then(|client| client.analytics_configuration);
        Ok(AppClient {
            id,
            name: name.unwrap_or_default(),
            analytics: analytics.map(as_printed),
        })
    }

    fn error<E>(&self, operation: &'static str, error: E) -> PortError
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        port_error(operation, self.id.as_str(), error)
    }
}

/// How long an update may take.
const UPDATE_PATIENCE: Duration = Duration::from_secs(60);

fn asked_once() -> aws_sdk_cognitoidentityprovider::config::Builder {
    let timeouts = TimeoutConfig::builder()
        .read_timeout(UPDATE_PATIENCE)
        .operation_attempt_timeout(UPDATE_PATIENCE)
        .operation_timeout(UPDATE_PATIENCE);
    aws_sdk_cognitoidentityprovider::Config::builder()
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
}

/// Whether Cognito says that it will not, and not that it is busy: with another update, maybe.
fn is_refused(error: &SdkError<UpdateUserPoolError>) -> bool {
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    let is_busy = error.as_service_error().is_some_and(|error| {
        error.is_concurrent_modification_exception()
            || error.is_too_many_requests_exception()
            || error.code().is_some_and(|code| code.contains("Throttl"))
    });
    status.is_some_and(|status| (400..500).contains(&status)) && !is_busy
}

fn listed_user(user: UserType) -> ListedUser {
    let created = user.user_create_date.as_ref();
    let created = created.and_then(|created| created.to_millis().ok());
    let created = created.and_then(DateTime::from_timestamp_millis);
    ListedUser {
        attributes: attributes(user),
        created,
    }
}

fn attributes(user: UserType) -> Attributes {
    let status = user
        .user_status
        .map(|status| (USER_STATUS.to_owned(), status.as_str().to_owned()));
    let own = user.attributes.unwrap_or_default().into_iter();
    let own = own.map(|attribute| (attribute.name, attribute.value.unwrap_or_default()));
    own.chain(status).collect()
}

/// Cognito's own field names, in the order of its documents.
fn as_printed(analytics: AnalyticsConfigurationType) -> Map<String, Value> {
    let fields = [
        ("ApplicationId", analytics.application_id.map(Value::from)),
        ("ApplicationArn", analytics.application_arn.map(Value::from)),
        ("RoleArn", analytics.role_arn.map(Value::from)),
        ("ExternalId", analytics.external_id.map(Value::from)),
        (
            "UserDataShared",
            Some(Value::from(analytics.user_data_shared)),
        ),
    ];
    let given = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.collect()
}
