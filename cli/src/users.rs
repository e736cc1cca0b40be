//! `cognito-pinpoint users`: who has not come back, who has, and who is new. Read from the index of the last active day,
//! page by page, and printed as it comes.

use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::process::ExitCode;

use aws::metrics::Project;
use aws::users::Item;
use aws::users::last_active::{LastActive, ListedUser, SHARDS};
use chrono::Utc;
use domain::day::Day;
use figures::UserObject;

use crate::Failure;
use crate::args::MetricsFormat;
use crate::args::metrics::Last;
use crate::args::users::{UsersArgs, WantedArgs};
use crate::site::{Place, Site};
use crate::table::csv_rows;

/// Prints the users that were asked for.
pub async fn run(args: UsersArgs) -> Result<ExitCode, Failure> {
    let place = Place::new(args.data_dir.as_deref(), &args.account);
    let site = Site::open(&place).await?;
    let project = site.project(args.project.as_ref(), &place).await?;
    let wanted = Wanted::of(&args.wanted, project.zone.day_of(Utc::now()));
    let mut out = Output::new(args.format);
    let mut index = Index::open(&site, &project, wanted.read()).await?;
    while let Some(user) = index.next().await? {
        if wanted.includes(&user) {
            out.print(&object(&project, user))?;
        }
    }
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Which users are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    /// Whose last active day is this one or earlier.
    InactiveSince(Day),
    ActiveSince(Day),
    NewSince(Day),
    NeverReturned,
}

impl Wanted {
    fn of(args: &WantedArgs, today: Day) -> Self {
        if let Some(period) = args.inactive_for {
            Self::InactiveSince(match period {
                Last::Days(days) => today.minus(days),
                Last::Months(months) => today.minus_months(months),
            })
        } else if let Some(date) = args.active_since {
            Self::ActiveSince(date.on(today))
        } else if let Some(date) = args.new_since {
            Self::NewSince(date.on(today))
        } else {
            Self::NeverReturned
        }
    }

    /// The part of the index that they are in: who is new since a day was active since then.
    fn read(self) -> LastActive {
        match self {
            Self::InactiveSince(day) => LastActive::UpTo(day),
            Self::ActiveSince(day) | Self::NewSince(day) => LastActive::From(day),
            Self::NeverReturned => LastActive::Any,
        }
    }

    fn includes(self, user: &ListedUser) -> bool {
        match self {
            Self::InactiveSince(_) | Self::ActiveSince(_) => true,
            Self::NewSince(day) => user.active.is_some_and(|(first, _)| first >= day),
            Self::NeverReturned => user.active_days == 1,
        }
    }
}

/// A project's index: its partitions, each in the order of the last active day, merged.
struct Index<'a> {
    site: &'a Site,
    project: &'a Project,
    wanted: LastActive,
    partitions: Vec<Partition>,
    /// The partitions that have a user at hand, by that user's last active day.
    at_hand: BTreeSet<(Option<Day>, usize)>,
}

/// A partition, as far as it was read.
struct Partition {
    shard: u64,
    users: VecDeque<ListedUser>,
    next: Next,
}

/// What is left of a partition.
enum Next {
    /// All of it.
    First,
    /// What comes after this key.
    After(Item),
    /// Nothing.
    Nothing,
}

impl<'a> Index<'a> {
    async fn open(
        site: &'a Site,
        project: &'a Project,
        wanted: LastActive,
    ) -> Result<Self, Failure> {
        let partition = |shard| Partition {
            shard,
            users: VecDeque::new(),
            next: Next::First,
        };
        let mut index = Self {
            site,
            project,
            wanted,
            partitions: (0..SHARDS).map(partition).collect(),
            at_hand: BTreeSet::new(),
        };
        for place in 0..index.partitions.len() {
            index.fill(place).await?;
        }
        Ok(index)
    }

    /// The next user, the longest inactive first.
    async fn next(&mut self) -> Result<Option<ListedUser>, Failure> {
        let Some((_, place)) = self.at_hand.pop_first() else {
            return Ok(None);
        };
        let partition = self.partitions.get_mut(place);
        let user = partition.and_then(|partition| partition.users.pop_front());
        self.fill(place).await?;
        Ok(user)
    }

    /// Sees that a partition has a user at hand, unless there is none left.
    async fn fill(&mut self, place: usize) -> Result<(), Failure> {
        let Some(partition) = self.partitions.get_mut(place) else {
            return Ok(());
        };
        while partition.users.is_empty() {
            let after = match std::mem::replace(&mut partition.next, Next::Nothing) {
                Next::Nothing => return Ok(()),
                Next::First => None,
                Next::After(key) => Some(key),
            };
            let of = (&self.project.id, partition.shard);
            let page = self.site.states.last_active(of, self.wanted, after).await?;
            partition.users.extend(page.users);
            partition.next = page.next.map_or(Next::Nothing, Next::After);
        }
        if let Some(user) = partition.users.front() {
            let last = user.active.map(|(_, last)| last);
            self.at_hand.insert((last, place));
        }
        Ok(())
    }
}

fn object(project: &Project, user: ListedUser) -> UserObject {
    let day = |day: Day| day.to_string();
    UserObject {
        project: project.id.to_string(),
        user_pool_id: user.pool.to_string(),
        sub: user.sub.to_string(),
        first_active: user.active.map(|(first, _)| day(first)),
        last_active: user.active.map(|(_, last)| day(last)),
        active_days: user.active_days,
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

    fn finish(self) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match (self.format, self.printed) {
            (MetricsFormat::Json, 0) => writeln!(out, "[]")?,
            (MetricsFormat::Json, _) => writeln!(out, "\n]")?,
            (MetricsFormat::Csv, 0) => {
                writeln!(
                    out,
                    "project,userPoolId,sub,firstActive,lastActive,activeDays"
                )?;
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
