//! `cognito-pinpoint attach` and `detach`: a user pool's triggers, and nothing else of it.

mod change;
mod left;
mod pool_and_stack;

use std::io::Write;
use std::process::ExitCode;

use cognito::user_pool::Trigger;

use crate::Failure;
use crate::args::account::{AttachArgs, DetachArgs};
use change::Change;
use pool_and_stack::PoolAndStack;

const DRY_RUN: &str = "nothing was changed: this was a dry run";

/// Attaches the stack's functions to the pool's triggers. Who may invoke them comes first, so that no
/// sign-in ever meets a trigger that Cognito may not invoke. A trigger that is somebody else's stays theirs,
/// unless it is to be replaced.
pub async fn attach(args: &AttachArgs) -> Result<ExitCode, Failure> {
    let site = PoolAndStack::open(&args.of).await?;
    let before = site.description.lambda_config();
    let ours = |trigger| site.function(trigger);
    let change = Change::attaching(&before, &args.triggers(), args.taken(), ours);
    site.check_known(&change)?;
    let attached = site.attached(&change.triggers);
    let left = left::text(&change.left, &attached);
    if attached.is_empty() {
        return Err(Failure::Outside(format!(
            "nothing was changed: there is no free trigger\n{left}"
        )));
    }
    site.check_functions(&attached).await?;
    let permissions = site.missing_permissions(&attached).await?;
    site.show(&change, &permissions, "to be added")?;
    if args.no_pre_authentication && attached.contains(&Trigger::PreAuthentication) {
        println!(
            "PreAuthentication stays attached: to take it off, detach first, and then attach again"
        );
    }
    write!(std::io::stdout().lock(), "{left}")?;
    if args.dry_run {
        return site.end(DRY_RUN);
    }
    site.add(&permissions).await?;
    site.prove(&attached, &permissions).await?;
    site.update(&change, &permissions).await?;
    site.check_permissions(&attached).await?;
    site.end(end(&change, &permissions))
}

fn end(change: &Change, permissions: &[Trigger]) -> &'static str {
    let is_nothing = change.is_nothing() && permissions.is_empty();
    match (is_nothing, change.left.is_empty()) {
        (true, true) => "nothing to do: all of it is attached",
        (true, false) => "nothing to do: what is free is attached",
        (false, true) => "attached, and all else of the pool is as it was",
        (false, false) => "attached what is free, and all else of the pool is as it was",
    }
}

/// Takes the stack's functions off the pool's triggers, and then the permission to invoke them.
pub async fn detach(args: &DetachArgs) -> Result<ExitCode, Failure> {
    let site = PoolAndStack::open(&args.of).await?;
    let before = site.description.lambda_config();
    let change = Change::detaching(&before, |trigger| site.function(trigger));
    site.check_known(&change)?;
    let permissions = site.permissions().await?;
    let is_nothing = change.is_nothing() && permissions.is_empty();
    if is_nothing {
        site.check_stack().await?;
    }
    site.show(&change, &permissions, "to be removed")?;
    if args.dry_run {
        return site.end(DRY_RUN);
    }
    site.update(&change, &[]).await?;
    site.remove(&permissions).await?;
    site.end(if is_nothing {
        "nothing to do: none of it is attached"
    } else {
        "detached, and all else of the pool is as it was"
    })
}
