//! `cognito-pinpoint attach` and `detach`: a user pool's triggers, and nothing else of it.

mod change;

use std::io::Write;
use std::process::ExitCode;

use aws::functions::Functions;
use aws::user_pool::UserPool;
use cognito::user_pool::{LambdaConfig, PoolArn, Settings, Trigger};
use serde_json::Value;

use crate::Failure;
use crate::account::account_beside;
use crate::args::{AttachArgs, DetachArgs, StackArgs};
use change::Change;

/// Attaches the stack's functions to the pool's triggers. Who may invoke them comes first, so that no
/// sign-in ever meets a trigger that Cognito may not invoke.
pub async fn attach(args: &AttachArgs) -> Result<ExitCode, Failure> {
    let site = Site::open(&args.of).await?;
    let wanted = args.triggers();
    site.check_functions(&wanted).await?;
    let triggers = site.before.lambda_config();
    let change = Change::attaching(&triggers, &wanted, |trigger| site.function(trigger));
    if let Some(taken) = change.taken().filter(|_| !args.replace) {
        return Err(Failure::Outside(format!(
            "nothing was changed, because these triggers of {} are somebody else's:\n{taken}\n\
             with --replace they are taken from whoever has them; a pool invokes one function for each",
            site.pool.id()
        )));
    }
    let permissions = site.missing_permissions(&wanted).await?;
    site.show(&change, &permissions, "to be added")?;
    if args.dry_run {
        return site.end("nothing was changed: this was a dry run");
    }
    for trigger in &permissions {
        site.functions.permit(trigger.function(), &site.arn).await?;
    }
    if let Err(refused) = site.update(&change).await {
        site.take_back(&permissions).await?;
        return Err(refused);
    }
    site.end(if change.is_nothing() && permissions.is_empty() {
        "nothing to do: all of it is attached"
    } else {
        "attached, and all else of the pool is as it was"
    })
}

/// Takes the stack's functions off the pool's triggers, and then the permission to invoke them.
pub async fn detach(args: &DetachArgs) -> Result<ExitCode, Failure> {
    let site = Site::open(&args.of).await?;
    let triggers = site.before.lambda_config();
    let change = Change::detaching(&triggers, |trigger| site.function(trigger));
    let permissions = site.permissions().await?;
    site.show(&change, &permissions, "to be removed")?;
    if args.dry_run {
        return site.end("nothing was changed: this was a dry run");
    }
    site.update(&change).await?;
    for trigger in &permissions {
        site.functions.forbid(trigger.function(), &site.arn).await?;
    }
    site.end(if change.is_nothing() && permissions.is_empty() {
        "nothing to do: none of it is attached"
    } else {
        "detached, and all else of the pool is as it was"
    })
}

/// A pool and a stack, before anything is changed.
struct Site {
    pool: UserPool,
    functions: Functions,
    before: Settings,
    mfa: Value,
    arn: PoolArn,
}

impl Site {
    async fn open(of: &StackArgs) -> Result<Self, Failure> {
        let sdk = account_beside(&of.user_pool_id).await?;
        let pool = UserPool::new(&sdk, of.user_pool_id.clone());
        let before = pool.settings().await?;
        let arn = before.arn().ok_or_else(|| {
            Failure::Outside(format!("Cognito tells no ARN of the pool {}", pool.id()))
        })?;
        Ok(Self {
            mfa: pool.mfa().await?,
            functions: Functions::new(&sdk, &of.stack),
            pool,
            before,
            arn,
        })
    }

    /// The ARN of a trigger's function, be it there or not.
    fn function(&self, trigger: Trigger) -> String {
        self.arn.function(&self.functions.name(trigger.function()))
    }

    async fn check_functions(&self, triggers: &[Trigger]) -> Result<(), Failure> {
        for trigger in triggers {
            if self.functions.find(trigger.function()).await?.is_none() {
                return Err(Failure::Outside(format!(
                    "there is no function {}: deploy the stack to the pool's account and Region first \
                     (make deploy), or name another with --stack",
                    self.function(*trigger)
                )));
            }
        }
        Ok(())
    }

    /// For which of these the pool has no permission of ours.
    async fn missing_permissions(&self, triggers: &[Trigger]) -> Result<Vec<Trigger>, Failure> {
        let mut missing = triggers.to_vec();
        let there = self.permissions().await?;
        missing.retain(|trigger| !there.contains(trigger));
        Ok(missing)
    }

    /// For which triggers' functions the pool has a permission of ours.
    async fn permissions(&self) -> Result<Vec<Trigger>, Failure> {
        let mut there = Vec::new();
        for trigger in Trigger::ALL {
            let policy = self.functions.policy(trigger.function()).await?;
            if policy.has_statement_of(&self.arn) {
                there.push(trigger);
            }
        }
        Ok(there)
    }

    fn show(&self, change: &Change, permissions: &[Trigger], end: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "user pool {} ({})", self.pool.id(), self.before.name())?;
        writeln!(out, "{}", change.table())?;
        for trigger in permissions {
            let name = self.functions.name(trigger.function());
            writeln!(out, "permission of Cognito to invoke {name}: {end}")?;
        }
        Ok(())
    }

    fn end(&self, told: &str) -> Result<ExitCode, Failure> {
        writeln!(std::io::stdout().lock(), "{told}")?;
        Ok(ExitCode::SUCCESS)
    }

    /// Gives the pool its new triggers, and looks whether that was all that happened to it.
    async fn update(&self, change: &Change) -> Result<(), Failure> {
        if change.is_nothing() {
            return Ok(());
        }
        let unknown = self.before.unknown();
        if !unknown.is_empty() {
            return Err(Failure::Outside(format!(
                "nothing was changed: the pool has {}, which this version does not know, and UpdateUserPool resets \
                 what it is not given; change the triggers in Cognito's console, or take a newer version",
                unknown.join(", ")
            )));
        }
        if let Err(refused) = self.pool.update(&self.before, &change.triggers).await {
            let now = self.pool.settings().await?;
            if now.lambda_config() != change.triggers {
                return Err(refused.into());
            }
        }
        self.verify(&change.triggers).await
    }

    async fn verify(&self, triggers: &LambdaConfig) -> Result<(), Failure> {
        let now = self.pool.settings().await?;
        let names = self.before.differences(&now).into_iter();
        let mut told: Vec<String> = names
            .map(|name| changed(&name, self.before.get(&name), now.get(&name)))
            .collect();
        let mfa = self.pool.mfa().await?;
        if mfa != self.mfa {
            told.push(changed("the MFA configuration", &self.mfa, &mfa));
        }
        if now.lambda_config() != *triggers {
            told.push("the triggers are not those that were asked for".to_owned());
        }
        if told.is_empty() {
            return Ok(());
        }
        Err(Failure::Outside(format!(
            "the pool {} is not as it should be after UpdateUserPool (or somebody else is changing it):\n{}",
            self.pool.id(),
            told.join("\n")
        )))
    }

    /// Takes permissions back that nothing uses: only if it is sure that no trigger was attached.
    async fn take_back(&self, permissions: &[Trigger]) -> Result<(), Failure> {
        let triggers = self.pool.settings().await?.lambda_config();
        let unused = permissions
            .iter()
            .filter(|trigger| triggers.function(**trigger) != Some(&self.function(**trigger)));
        for trigger in unused {
            self.functions.forbid(trigger.function(), &self.arn).await?;
        }
        Ok(())
    }
}

fn changed(name: &str, was: &Value, is: &Value) -> String {
    format!("{name} was {was} and is {is}")
}
