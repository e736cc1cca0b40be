//! A pool and a stack: what is looked at, and what is done to them.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use admin::functions::{self, Functions};
use admin::user_pool::{UpdateError, UserPool};
use cognito::user_pool::{Description, LambdaConfig, Trigger};
use serde_json::Value;
use tokio::time::sleep;

use super::change::Change;
use crate::Failure;
use crate::account::{account_of, described};
use crate::args::account::StackArgs;
use crate::failure::explained;

/// How often, and how long apart, a pool is read until it is as it was made.
const READINGS: u32 = 3;
const APART: Duration = Duration::from_secs(1);

/// A pool and a stack, and what the pool was before anything was changed.
pub struct PoolAndStack {
    /// The pool.
    pub pool: UserPool,
    /// What it was.
    pub description: Description,
    mfa: Value,
    functions: Functions,
}

impl PoolAndStack {
    pub async fn open(of: &StackArgs) -> Result<Self, Failure> {
        let sdk = account_of(&of.account, &of.user_pool_id).await?;
        let pool = UserPool::new(&sdk, of.user_pool_id.clone());
        Ok(Self {
            description: described(&pool).await?,
            mfa: pool.mfa().await?,
            functions: Functions::new(&sdk, of.account.stack()),
            pool,
        })
    }

    /// The ARN of a trigger's function, be it there or not.
    pub fn function(&self, trigger: Trigger) -> String {
        let name = self.functions.name(functions::of(trigger));
        self.description.arn().function(&name)
    }

    /// The triggers that have the stack's functions.
    pub fn attached(&self, triggers: &LambdaConfig) -> Vec<Trigger> {
        let ours = |it: &Trigger| triggers.function(*it) == Some(&self.function(*it));
        Trigger::ALL.into_iter().filter(ours).collect()
    }

    /// Refuses to change a pool that holds what an update might reset.
    pub fn check_known(&self, change: &Change) -> Result<(), Failure> {
        let unknown = self.description.unknown();
        if change.is_nothing() || unknown.is_empty() {
            return Ok(());
        }
        Err(Failure::Outside(format!(
            "nothing was changed: the pool has {}, which this version does not know, and UpdateUserPool resets what \
             it is not given; change the triggers in Cognito's console, or take a newer version",
            unknown.join(", ")
        )))
    }

    pub async fn check_functions(&self, triggers: &[Trigger]) -> Result<(), Failure> {
        for trigger in triggers {
            if self
                .functions
                .find(functions::of(*trigger))
                .await?
                .is_none()
            {
                return Err(Failure::Outside(format!(
                    "there is no function {}: deploy the stack to the pool's account and Region first \
                     (make deploy), or name another with --stack",
                    self.function(*trigger)
                )));
            }
        }
        Ok(())
    }

    /// Refuses a stack of which nothing is there: its name may be mistyped.
    pub async fn check_stack(&self) -> Result<(), Failure> {
        for trigger in Trigger::ALL {
            if self.functions.find(functions::of(trigger)).await?.is_some() {
                return Ok(());
            }
        }
        Err(Failure::Outside(format!(
            "nothing was changed: there is no function {} or any other of its stack; name the stack with --stack",
            self.function(Trigger::PreAuthentication)
        )))
    }

    /// For which of these the pool has no permission of ours.
    pub async fn missing_permissions(&self, triggers: &[Trigger]) -> Result<Vec<Trigger>, Failure> {
        let mut missing = triggers.to_vec();
        let there = self.permissions().await?;
        missing.retain(|trigger| !there.contains(trigger));
        Ok(missing)
    }

    /// For which triggers' functions the pool has a permission of ours.
    pub async fn permissions(&self) -> Result<Vec<Trigger>, Failure> {
        let mut there = Vec::new();
        for trigger in Trigger::ALL {
            let policy = self.functions.policy(functions::of(trigger)).await?;
            if policy.has_statement_of(self.description.arn()) {
                there.push(trigger);
            }
        }
        Ok(there)
    }

    pub fn show(&self, change: &Change, permissions: &[Trigger], end: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "user pool {} ({})",
            self.pool.id(),
            self.description.name()
        )?;
        writeln!(out, "{}", change.table())?;
        for trigger in permissions {
            let name = self.functions.name(functions::of(*trigger));
            writeln!(out, "permission of Cognito to invoke {name}: {end}")?;
        }
        Ok(())
    }

    pub fn end(&self, message: &str) -> Result<ExitCode, Failure> {
        writeln!(std::io::stdout().lock(), "{message}")?;
        Ok(ExitCode::SUCCESS)
    }

    /// Adds these permissions; none of them, if one is refused.
    pub async fn add(&self, permissions: &[Trigger]) -> Result<(), Failure> {
        let arn = self.description.arn();
        for (added, trigger) in permissions.iter().enumerate() {
            if let Err(refused) = self
                .functions
                .add_permission(functions::of(*trigger), arn)
                .await
            {
                let added = permissions.get(..added).unwrap_or_default();
                return Err(self.without(added, Failure::from(refused)).await);
            }
        }
        Ok(())
    }

    pub async fn remove(&self, permissions: &[Trigger]) -> Result<(), Failure> {
        let arn = self.description.arn();
        for trigger in permissions {
            self.functions
                .remove_permission(functions::of(*trigger), arn)
                .await?;
        }
        Ok(())
    }

    /// Gives the pool its new triggers, and looks whether that was all that happened to it. If Cognito
    /// refuses, the permissions that were added for it are removed again; where it is not known what Cognito
    /// did, they stay: they do no harm, and a trigger without one would.
    pub async fn update(&self, change: &Change, added: &[Trigger]) -> Result<(), Failure> {
        if change.is_nothing() {
            return Ok(());
        }
        if let Err(changed) = self.check_unchanged().await {
            return Err(self.without(added, changed).await);
        }
        match self.pool.update(&self.description, &change.triggers).await {
            Ok(()) => self.verify(&change.triggers).await,
            Err(UpdateError::Refused(error)) => {
                Err(self.without(added, Failure::from(error)).await)
            }
            Err(UpdateError::Unclear(error)) => {
                let verified = self.verify(&change.triggers).await;
                verified.map_err(|found| {
                    let message = explained(&error);
                    found.and(&format!(
                        "Cognito did not say what it did ({message}); run the same again"
                    ))
                })
            }
        }
    }

    /// Refuses a pool that somebody else has changed since it was read. Cognito can be asked for no such
    /// condition: what is changed at this very moment is undone.
    async fn check_unchanged(&self) -> Result<(), Failure> {
        let (was, now) = (&self.description, described(&self.pool).await?);
        if was.differences(&now).is_empty() && was.lambda_config() == now.lambda_config() {
            return Ok(());
        }
        Err(Failure::Outside(format!(
            "nothing was changed: somebody else has changed the pool {} meanwhile; run the same again",
            self.pool.id()
        )))
    }

    async fn verify(&self, triggers: &LambdaConfig) -> Result<(), Failure> {
        let mut found = self.differences(triggers).await?;
        for _ in 1..READINGS {
            if found.is_empty() {
                return Ok(());
            }
            sleep(APART).await;
            found = self.differences(triggers).await?;
        }
        Err(Failure::Outside(format!(
            "the pool {} is not as it should be after UpdateUserPool (or somebody else is changing it):\n{}",
            self.pool.id(),
            found.join("\n")
        )))
    }

    /// In what the pool is not what it was, with these triggers.
    async fn differences(&self, triggers: &LambdaConfig) -> Result<Vec<String>, Failure> {
        let now = described(&self.pool).await?;
        let names = self.description.differences(&now).into_iter();
        let mut found: Vec<String> = names
            .map(|name| changed(&name, self.description.get(&name), now.get(&name)))
            .collect();
        let mfa = self.pool.mfa().await?;
        if mfa != self.mfa {
            found.push(changed("the MFA configuration", &self.mfa, &mfa));
        }
        if now.lambda_config() != *triggers {
            found.push("the triggers are not those that were asked for".to_owned());
        }
        Ok(found)
    }

    /// Refuses to attach what Cognito may not invoke, whatever Lambda has said.
    pub async fn prove(&self, attached: &[Trigger], added: &[Trigger]) -> Result<(), Failure> {
        match self.not_permitted(attached).await {
            Ok(None) => Ok(()),
            Ok(Some(trigger)) => {
                let refused = Failure::Outside(format!(
                    "nothing was changed: Cognito may not invoke the function of {trigger} yet; run the same again"
                ));
                Err(self.without(added, refused).await)
            }
            Err(failure) => Err(self.without(added, failure).await),
        }
    }

    /// Looks once more whether Cognito may invoke what is attached: somebody else may have been at work.
    pub async fn check_permissions(&self, attached: &[Trigger]) -> Result<(), Failure> {
        match self.not_permitted(attached).await? {
            None => Ok(()),
            Some(trigger) => Err(Failure::Outside(format!(
                "{trigger} is attached, and Cognito may not invoke it any more: run the same again at once",
            ))),
        }
    }

    /// One of these whose function Cognito may not invoke.
    async fn not_permitted(&self, attached: &[Trigger]) -> Result<Option<Trigger>, Failure> {
        for trigger in attached {
            let policy = self.functions.policy(functions::of(*trigger)).await?;
            if !policy.permits(self.description.arn()) {
                return Ok(Some(*trigger));
            }
        }
        Ok(None)
    }

    /// The failure, after these permissions were removed again, unless the pool uses them after all.
    async fn without(&self, added: &[Trigger], failure: Failure) -> Failure {
        match self.take_back(added).await {
            Ok(()) => failure,
            Err(left) => failure.and(&format!(
                "the permissions that were added for it are left (detach removes them): {left}"
            )),
        }
    }

    async fn take_back(&self, added: &[Trigger]) -> Result<(), String> {
        if added.is_empty() {
            return Ok(());
        }
        let now = described(&self.pool)
            .await
            .map_err(|failure| failure.to_string())?;
        let used = self.attached(&now.lambda_config());
        let unused: Vec<Trigger> = added
            .iter()
            .copied()
            .filter(|it| !used.contains(it))
            .collect();
        let removed = self.remove(&unused).await;
        removed.map_err(|failure| failure.to_string())
    }
}

fn changed(name: &str, was: &Value, is: &Value) -> String {
    format!("{name} was {was} and is {is}")
}
