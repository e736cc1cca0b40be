//! The functions, as Lambda has them, and who may invoke them.

mod archive;
mod layer;
mod policy;

use std::collections::HashMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::add_permission::AddPermissionError;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationError;
use aws_sdk_lambda::operation::get_policy::GetPolicyError;
use aws_sdk_lambda::operation::remove_permission::RemovePermissionError;
use aws_sdk_lambda::primitives::Blob;
use cognito::user_pool::{PoolArn, Trigger};
use pipeline::ports::PortError;

use aws::sdk::{self, Patience, port_error};
pub use policy::Policy;

/// The function behind the event log's stream.
pub const PUBLISH_EVENTS: &str = "publish-events";
/// The function behind the destinations' queues.
pub const DELIVER_EVENTS: &str = "deliver-events";
/// The function that runs every minute.
pub const EXPIRE_ATTEMPTS: &str = "expire-attempts";

/// The function of a trigger.
pub fn of(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::PreAuthentication => "pre-authentication",
        Trigger::PostAuthentication => "post-authentication",
        Trigger::PostConfirmation => "post-confirmation",
        Trigger::PreTokenGeneration => "pre-token-generation",
    }
}

/// Who invokes a trigger.
const COGNITO: &str = "cognito-idp.amazonaws.com";

/// The functions of a stack.
#[derive(Clone, Debug)]
pub struct Functions {
    client: Client,
    /// What their names begin with.
    prefix: String,
}

/// A function.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// Its environment variables.
    pub environment: HashMap<String, String>,
    /// The ARNs of its layers' versions, in their order: of two files of one name, the later layer's counts.
    pub layers: Vec<String>,
}

/// An event source mapping: a stream's way to a function, or a queue's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventSourceMapping {
    /// Its id.
    pub id: String,
    /// The stream's ARN, or the queue's.
    pub source: String,
    /// `Enabled`, `Disabled`, or on the way to somewhere.
    pub state: String,
    /// What came of the last batch, such as `OK`, or `PROBLEM: …`.
    pub last_result: String,
    /// How many batches of a shard it takes side by side.
    pub parallelization_factor: Option<i32>,
}

impl Functions {
    /// Those of a stack in the configuration's Region.
    pub fn new(sdk: &SdkConfig, stack: &str) -> Self {
        Self {
            client: Client::new(sdk),
            prefix: format!("{stack}-"),
        }
    }

    /// Those that run here, of no stack, where Lambda's Invoke is answered at this address. An
    /// invocation may take long: the function may have to be compiled first.
    pub fn on_loopback(url: &str, longest: Duration) -> Self {
        let patience = Patience {
            connect: Duration::from_secs(1),
            attempt: longest,
            operation: longest,
            attempts: 1,
        };
        Self {
            client: Client::new(&sdk::on_loopback(url, patience)),
            prefix: String::new(),
        }
    }

    /// Invokes one of them, and waits for its reply.
    ///
    /// # Errors
    ///
    /// If it cannot be invoked, or fails.
    pub async fn invoke(&self, function: &str, payload: String) -> Result<Vec<u8>, PortError> {
        let name = self.name(function);
        let invoke = self.client.invoke().function_name(&name);
        let invoked = invoke.payload(Blob::new(payload)).send().await;
        let invoked = invoked.map_err(|error| port_error("Invoke", &name, error))?;
        let reply = invoked.payload.map(Blob::into_inner).unwrap_or_default();
        match invoked.function_error {
            None => Ok(reply),
            Some(_) => {
                let error = String::from_utf8_lossy(&reply).into_owned();
                Err(port_error("Invoke", &name, std::io::Error::other(error)))
            }
        }
    }

    /// The whole name of one of them, such as `cognito-pinpoint-publish-events`.
    pub fn name(&self, function: &str) -> String {
        format!("{}{function}", self.prefix)
    }

    /// One of them; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// If that is not known.
    pub async fn find(&self, function: &str) -> Result<Option<Function>, PortError> {
        let name = self.name(function);
        let get = self.client.get_function_configuration();
        let found = match get.function_name(&name).send().await {
            Ok(found) => found,
            Err(error)
                if error.as_service_error().is_some_and(
                    GetFunctionConfigurationError::is_resource_not_found_exception,
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(port_error("GetFunctionConfiguration", &name, error)),
        };
        let layers = found.layers().iter();
        let layers = layers.filter_map(|layer| layer.arn.clone()).collect();
        let variables = found.environment.and_then(|found| found.variables);
        Ok(Some(Function {
            environment: variables.unwrap_or_default(),
            layers,
        }))
    }

    /// A file as a function finds it in `/opt`; `None` if no layer of it has one of this name.
    ///
    /// # Errors
    ///
    /// If a layer cannot be read.
    pub async fn file_of_layers(
        &self,
        function: &Function,
        name: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        for layer in function.layers.iter().rev() {
            let file = layer::file(&self.client, layer, name).await?;
            if file.is_some() {
                return Ok(file);
            }
        }
        Ok(None)
    }

    /// Who may invoke one of them.
    ///
    /// A function that is not there lets nobody.
    ///
    /// # Errors
    ///
    /// If that is not known.
    pub async fn policy(&self, function: &str) -> Result<Policy, PortError> {
        let name = self.name(function);
        let got = self.client.get_policy().function_name(&name).send().await;
        match got {
            Ok(got) => Ok(Policy::parse(&got.policy.unwrap_or_default())),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetPolicyError::is_resource_not_found_exception) =>
            {
                Ok(Policy::default())
            }
            Err(error) => Err(port_error("GetPolicy", &name, error)),
        }
    }

    /// Lets a user pool, and no other, invoke one of them.
    ///
    /// Whether it is there then is what [`Functions::policy`] says.
    ///
    /// # Errors
    ///
    /// If Lambda refuses.
    pub async fn add_permission(&self, function: &str, pool: &PoolArn) -> Result<(), PortError> {
        let name = self.name(function);
        let add = self.client.add_permission().function_name(&name);
        let add = add
            .statement_id(statement_id(pool))
            .action("lambda:InvokeFunction")
            .principal(COGNITO)
            .source_account(pool.account())
            .source_arn(pool.as_str());
        match add.send().await {
            Ok(_) => Ok(()),
            // It may be there: somebody else's call was first, or an answer of ours was lost. Or Lambda is
            // busy: whoever needs it looks.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(AddPermissionError::is_resource_conflict_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(port_error("AddPermission", &name, error)),
        }
    }

    /// Takes the permission of [`Functions::add_permission`] away. It may be gone already.
    ///
    /// # Errors
    ///
    /// If Lambda refuses.
    pub async fn remove_permission(&self, function: &str, pool: &PoolArn) -> Result<(), PortError> {
        let name = self.name(function);
        let remove = self.client.remove_permission().function_name(&name);
        let removed = remove.statement_id(statement_id(pool)).send().await;
        match removed {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(RemovePermissionError::is_resource_not_found_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(port_error("RemovePermission", &name, error)),
        }
    }

    /// The event source mappings of one of them.
    ///
    /// # Errors
    ///
    /// If they cannot be listed.
    pub async fn event_source_mappings(
        &self,
        function: &str,
    ) -> Result<Vec<EventSourceMapping>, PortError> {
        let name = self.name(function);
        let list = self.client.list_event_source_mappings();
        let listed = list
            .function_name(&name)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await;
        let listed = listed.map_err(|e| port_error("ListEventSourceMappings", &name, e))?;
        let mappings = listed.into_iter().map(|mapping| EventSourceMapping {
            id: mapping.uuid.unwrap_or_default(),
            source: mapping.event_source_arn.unwrap_or_default(),
            state: mapping.state.unwrap_or_default(),
            last_result: mapping.last_processing_result.unwrap_or_default(),
            parallelization_factor: mapping.parallelization_factor,
        });
        Ok(mappings.collect())
    }
}

/// The name of a pool's permission in a function's policy.
fn statement_id(pool: &PoolArn) -> String {
    format!("cognito-pinpoint-{}", pool.id())
}
