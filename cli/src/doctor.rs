//! `cognito-pinpoint doctor`: what is wrong with a deployed stack and its user pool, and how to mend it.

mod evidence;
mod findings;

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use crate::Failure;
use crate::account::account_of;
use crate::args::Format;
use crate::args::account::DoctorArgs;
use evidence::Evidence;
use findings::{Finding, findings};

/// Looks at everything, and prints what was found. Exit code 1 if something is to be mended, or could not
/// be looked at.
pub async fn run(args: &DoctorArgs) -> Result<ExitCode, Failure> {
    let sdk = account_of(&args.of.account, &args.of.user_pool_id).await?;
    let evidence = Evidence::gather(&sdk, &args.of).await?;
    if evidence.is_of_no_stack() {
        let (stack, region) = (args.of.account.stack(), evidence.pool.arn().region());
        return Err(Failure::Outside(format!(
            "there is no stack {stack} in {region} of this account: is it mistyped, is AWS_PROFILE another's, or is it not \
             deployed yet (make deploy)?"
        )));
    }
    let found = findings(&evidence);
    print(&found, args.format)?;
    let is_well = found.iter().all(|finding| finding.state.is_well());
    Ok(ExitCode::from(u8::from(!is_well)))
}

fn print(found: &[Finding], format: Format) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => {
            let all = found.iter().map(|finding| {
                json!({"subject": finding.subject, "state": finding.state.name(), "found": finding.found,
                    "mend": finding.state.mend()})
            });
            let all: Vec<_> = all.collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        }
        Format::Table => {
            for finding in found {
                let (state, subject) = (finding.state.name(), finding.subject);
                writeln!(out, "{state:8} {subject:14} {}", finding.found)?;
                if let Some(mend) = finding.state.mend() {
                    writeln!(out, "{:23} → {mend}", "")?;
                }
            }
        }
    }
    Ok(())
}
