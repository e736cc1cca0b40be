//! `cognito-pinpoint users`: who has not come back, who has, and who is new, printed as they are read.

use std::io::Write;
use std::process::ExitCode;

use chrono::Utc;
use domain::day::Day;
use domain::ids::ProjectId;
use figures::UserObject;
use figures::csv::{csv_rows, csv_text};
use figures::examples;
use figures::users::{Users, WantedUsers};

use crate::Failure;
use crate::args::MetricsFormat;
use crate::args::users::{UsersArgs, WantedArgs};
use crate::site::{Place, Site};

/// Prints the users that were asked for.
pub async fn run(args: UsersArgs) -> Result<ExitCode, Failure> {
    let place = Place::new(args.data_dir.as_deref(), &args.account);
    let site = Site::open(&place).await?;
    let project = site.project(args.project.as_ref(), &place).await?;
    let wanted = wanted(&args.wanted, project.zone.day_of(Utc::now()));
    let mut out = Output::new(args.format);
    let mut users = Users::open(&site.states, &project, wanted).await?;
    while let Some(user) = users.next().await? {
        out.print(&user)?;
    }
    out.finish(&project.id)?;
    Ok(ExitCode::SUCCESS)
}

fn wanted(args: &WantedArgs, today: Day) -> WantedUsers {
    if let Some(period) = args.inactive_for {
        WantedUsers::InactiveSince(period.before(today))
    } else if let Some(date) = args.active_since {
        WantedUsers::ActiveSince(date.on(today))
    } else if let Some(date) = args.new_since {
        WantedUsers::NewSince(date.on(today))
    } else {
        WantedUsers::NeverReturned
    }
}

/// Users, printed one by one.
struct Output {
    format: MetricsFormat,
    printed: u64,
}

impl Output {
    fn new(format: MetricsFormat) -> Self {
        Self { format, printed: 0 }
    }

    fn print(&mut self, user: &UserObject) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let first = self.printed == 0;
        self.printed += 1;
        match self.format {
            MetricsFormat::Json => {
                let before = if first { "[\n" } else { ",\n" };
                write!(out, "{before}  {}", serde_json::to_string(user)?)?;
            }
            MetricsFormat::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                for row in csv_rows(std::slice::from_ref(user))?
                    .into_iter()
                    .skip(usize::from(!first))
                {
                    csv.write_record(row)?;
                }
                csv.flush()?;
            }
            MetricsFormat::Table => {
                if first {
                    writeln!(
                        out,
                        "{}",
                        line(["sub", "first active", "last active", "active days"])
                    )?;
                }
                let day = |day: &Option<String>| day.clone().unwrap_or_else(|| "never".to_owned());
                let (first, last) = (day(&user.first_active), day(&user.last_active));
                let days = user.active_days.to_string();
                writeln!(out, "{}", line([&user.sub, &first, &last, &days]))?;
            }
        }
        Ok(())
    }

    fn finish(self, project: &ProjectId) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match (self.format, self.printed) {
            (MetricsFormat::Json, 0) => writeln!(out, "[]")?,
            (MetricsFormat::Json, _) => writeln!(out, "\n]")?,
            (MetricsFormat::Csv, 0) => {
                let example = examples::user(project);
                write!(out, "{}", csv_text(&[], &example)?)?;
            }
            (MetricsFormat::Csv, _) => {}
            (MetricsFormat::Table, 0) => eprintln!("there are no such users"),
            (MetricsFormat::Table, count) => writeln!(out, "\n{count} in all")?,
        }
        Ok(())
    }
}

fn line([sub, first, last, days]: [&str; 4]) -> String {
    format!("{sub:40}{first:>14}{last:>14}{days:>14}")
}
