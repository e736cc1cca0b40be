//! A replay's report for people: the figures at a glance, or day by day, and what to do next.

use std::io::Write;

use figures::DayObject;
use figures::periods::{Period, periods};

use super::report::{Endpoints, Report};
use crate::Failure;
use crate::args::ReplayArgs;
use crate::entries::print_rejected;
use crate::summary;
use crate::text::listed;

/// How long the longest bar is.
const LONGEST_BAR: i64 = 40;

/// Prints the report.
pub fn print(report: &Report, args: &ReplayArgs, out: &mut impl Write) -> Result<(), Failure> {
    for days in report
        .days
        .chunk_by(|day, next| day.project == next.project)
    {
        writeln!(out, "{}", project(days, report, args))?;
    }
    counts(report, out)?;
    print_rejected(&report.rejected);
    if !report.days.is_empty() {
        write!(out, "\n{}", next_steps(args))?;
    }
    Ok(())
}

fn project(days: &[DayObject], report: &Report, args: &ReplayArgs) -> String {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return String::new();
    };
    let zone = report.zones.get(&first.project).copied();
    let head = format!(
        "project {}, {} to {} ({})",
        first.project,
        first.date,
        last.date,
        zone.unwrap_or_default()
    );
    if args.days {
        format!("{head}\n\n{}", summary::days(days, &[], None))
    } else {
        let (figures, chart) = (summary::at_a_glance(days, &[], None), chart(&periods(days)));
        format!("{head}\n\n{figures}\n{chart}")
    }
}

/// A bar for each period: its sign-ins, and its failures behind them.
fn chart(periods: &[Period]) -> String {
    let attempts = |period: &Period| period.sign_ins + period.auth_failures;
    let most = periods.iter().map(attempts).max().unwrap_or(0).max(1);
    let length = |attempts: i64| usize::try_from(attempts * LONGEST_BAR / most).unwrap_or(0);
    let line = |period: &Period| {
        let (all, ins) = (length(attempts(period)), length(period.sign_ins));
        let bar = "█".repeat(ins) + &"░".repeat(all - ins);
        let figures = format!(
            "{} in, {} failed, at most {} active",
            period.sign_ins, period.auth_failures, period.highest_dau
        );
        format!(
            "{:10}  {bar}{}{figures}\n",
            period.name,
            if all > 0 { "  " } else { "" }
        )
    };
    let lines: String = periods.iter().map(line).collect();
    format!("{:10}  sign-ins █ and failures ░\n{lines}", "")
}

fn counts(report: &Report, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(out, "replayed   {}", report.replayed)?;
    writeln!(out, "outcomes   {}", listed(report.outcomes.counts()))?;
    if !report.published.is_empty() {
        writeln!(out, "events     {}", listed(&report.published))?;
        let Endpoints { device, email, sms } = report.endpoints;
        writeln!(
            out,
            "endpoints  {device} device, {email} email, {sms} sms (at the end)"
        )?;
    }
    if !report.rejected.is_empty() {
        writeln!(out, "rejected   {}", report.rejected.len())?;
    }
    Ok(())
}

fn next_steps(args: &ReplayArgs) -> String {
    let again = match &args.data_dir {
        Some(folder) => {
            let folder = folder.display();
            (
                format!("cognito-pinpoint metrics --data-dir {folder}"),
                "these figures again, by what you choose",
            )
        }
        None => (
            "cognito-pinpoint replay --data-dir data PATH…".to_owned(),
            "keep the figures, for cognito-pinpoint metrics",
        ),
    };
    let page = args.data_dir.as_ref().map(|folder| {
        let command = format!("cognito-pinpoint console --data-dir {}", folder.display());
        (command, "the page, of these figures")
    });
    let page = page.unwrap_or(("make console".to_owned(), "the page, of a made-up app"));
    let steps = [
        page,
        (
            "cognito-pinpoint replay --days PATH…".to_owned(),
            "every day; --format json for programs",
        ),
        again,
        (
            "make install".to_owned(),
            "cognito-pinpoint on your path; docs/replay.md: your own events",
        ),
        (
            "make deploy".to_owned(),
            "have it in your account: docs/deployment.md",
        ),
    ];
    let lines = steps.map(|(command, what)| format!("  {command:46}  {what}\n"));
    format!("next\n{}", lines.concat())
}
