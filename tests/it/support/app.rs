//! An app, as a client of Cognito.

use aws::sdk::{self, Patience};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentityprovider::types::{
    AuthFlowType, ExplicitAuthFlowsType, PreventUserExistenceErrorTypes, VerifiedAttributeType,
};

use super::ministack::attribute;

/// The code that every emulator of Cognito here sends everybody.
pub const CODE: &str = "123456";

/// An app.
pub struct App {
    client: Client,
    pub pool: String,
    pub id: String,
}

impl App {
    /// One in a new pool of the Cognito at this address.
    pub async fn new(url: &str) -> Self {
        let client = client(url);
        let pool = client.create_user_pool().pool_name("app");
        let pool = pool.auto_verified_attributes(VerifiedAttributeType::Email);
        let pool = pool.send().await.unwrap().user_pool.unwrap().id.unwrap();
        let create = client
            .create_user_pool_client()
            .user_pool_id(&pool)
            .client_name("app");
        let create = create
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled);
        let made = create.send().await.unwrap().user_pool_client.unwrap();
        Self {
            client,
            pool,
            id: made.client_id.unwrap(),
        }
    }

    /// The one that the Cognito at this address knows already.
    pub fn known(url: &str, pool: &str, id: &str) -> Self {
        Self {
            client: client(url),
            pool: pool.to_owned(),
            id: id.to_owned(),
        }
    }

    /// Signs up with these attributes, and confirms.
    pub async fn sign_up(&self, name: &str, password: &str, attributes: &[(&str, &str)]) {
        let sign_up = self
            .client
            .sign_up()
            .client_id(&self.id)
            .username(name)
            .password(password);
        let attributes = attributes
            .iter()
            .map(|(name, value)| attribute(name, value));
        let sign_up = sign_up.set_user_attributes(Some(attributes.collect()));
        sign_up.send().await.unwrap();
        let confirm = self
            .client
            .confirm_sign_up()
            .client_id(&self.id)
            .username(name);
        confirm.confirmation_code(CODE).send().await.unwrap();
    }

    /// Signs in; the refresh token, or why not.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<String, String> {
        let sign_in = self.client.initiate_auth().client_id(&self.id);
        let sign_in = sign_in
            .auth_flow(AuthFlowType::UserPasswordAuth)
            .auth_parameters("USERNAME", name)
            .auth_parameters("PASSWORD", password)
            .client_metadata("platform", "iOS");
        let signed_in = sign_in
            .send()
            .await
            .map_err(|e| e.code().unwrap_or("?").to_owned())?;
        let tokens = signed_in.authentication_result.unwrap();
        Ok(tokens.refresh_token.unwrap())
    }

    /// Has new tokens for a refresh token.
    pub async fn refresh(&self, token: &str) {
        let refresh = self.client.initiate_auth().client_id(&self.id);
        let refresh = refresh
            .auth_flow(AuthFlowType::RefreshTokenAuth)
            .auth_parameters("REFRESH_TOKEN", token);
        refresh.send().await.unwrap().authentication_result.unwrap();
    }

    /// Forgets the password, and sets this one.
    pub async fn reset_password(&self, name: &str, password: &str) {
        let forgot = self.client.forgot_password().client_id(&self.id);
        forgot.username(name).send().await.unwrap();
        let confirm = self
            .client
            .confirm_forgot_password()
            .client_id(&self.id)
            .username(name)
            .confirmation_code(CODE);
        confirm.password(password).send().await.unwrap();
    }
}

fn client(url: &str) -> Client {
    Client::new(&sdk::on_loopback(url, Patience::BEHIND_THE_LOG))
}
