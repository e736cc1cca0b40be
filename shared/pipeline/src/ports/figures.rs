//! What figures are read from: a project's rows, and the index of its users.

use std::collections::BTreeMap;
use std::future::Future;

use chrono::{DateTime, TimeDelta, Utc};
use config::Config;
use domain::activity::{CohortRow, DayRows};
use domain::annotation::Annotation;
use domain::day::{Day, Interval};
use domain::dimension::Dimension;
use domain::ids::{ClientId, ProjectId, Sub, UserPoolId};
use domain::segment::SegmentValue;
use domain::time_zone::TimeZone;

use super::{Captured, PortError};

/// How a project is counted, as it was written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Project {
    /// Its Pinpoint application id.
    pub id: ProjectId,
    /// Whose calendar days count. Never changed.
    pub zone: TimeZone,
    /// The time of the first event that a trigger has captured, once there is one. Never changed.
    pub counting_since: Option<DateTime<Utc>>,
    /// What figures are broken down by, and since when; `None` for those that were there from the beginning.
    pub dimensions: BTreeMap<Dimension, Option<DateTime<Utc>>>,
    /// What the app clients are called.
    pub client_names: BTreeMap<ClientId, String>,
    /// How far its events have been counted, as far as that was written down.
    pub counted: Option<CountedTo>,
}

/// How far the events of a project have been counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CountedTo {
    /// When the newest of them happened.
    pub newest: DateTime<Utc>,
    /// When it was counted.
    pub at: DateTime<Utc>,
}

impl CountedTo {
    /// How long the newest event waited. Nothing, if clocks differ.
    pub fn behind(&self) -> TimeDelta {
        (self.at - self.newest).max(TimeDelta::zero())
    }

    /// Whether figures lag: the newest event had waited for over five minutes.
    pub fn is_late(&self) -> bool {
        self.behind() > LATE
    }

    /// Whether it is worth a write where `before` is written down: once a minute, and whenever figures begin or cease to lag.
    pub fn is_news(&self, before: Option<Self>) -> bool {
        before.is_none_or(|before| {
            self.newest > before.newest
                && (self.at - before.at >= TimeDelta::minutes(1)
                    || self.is_late() != before.is_late())
        })
    }
}

/// From how long on an event waits too long.
const LATE: TimeDelta = TimeDelta::minutes(5);

impl Project {
    /// As it is written down by whoever counts first.
    pub fn first(id: ProjectId, config: &Config, captured: Option<Captured>) -> Self {
        let dimensions = config.dimensions().iter();
        let mut project = Self {
            id,
            zone: config.time_zone(),
            counting_since: captured.map(|captured| captured.first),
            dimensions: dimensions
                .map(|dimension| (dimension.clone(), None))
                .collect(),
            client_names: BTreeMap::new(),
            counted: None,
        };
        project.client_names.extend(project.names(config));
        project
    }

    /// The same, with what the configuration and captured events add; `None` if that is nothing.
    pub fn with(&self, config: &Config, captured: Option<Captured>) -> Option<Self> {
        let mut with = self.clone();
        let first = captured.map(|captured| captured.first);
        with.counting_since = self.counting_since.or(first);
        // What is counted by before anything is captured is counted by from the beginning.
        if captured.is_some() || self.counting_since.is_none() {
            let last = captured.map(|captured| captured.last);
            let since = self.counting_since.and(last);
            for dimension in config.dimensions() {
                if self.recorded(dimension).is_none() {
                    with.dimensions.insert(dimension.clone(), since);
                }
            }
        }
        with.client_names.extend(self.names(config));
        (with != *self).then_some(with)
    }

    /// The dimension as it was recorded: a pair may have been so the other way round.
    pub fn recorded(&self, dimension: &Dimension) -> Option<&Dimension> {
        let mut recorded = self.dimensions.keys();
        recorded.find(|recorded| recorded.is_same_pair(dimension))
    }

    /// What the project's app clients are called in a configuration.
    fn names(&self, config: &Config) -> Vec<(ClientId, String)> {
        let clients = config.clients();
        let own = clients.filter(|(_, client)| client.project == self.id);
        let named = own.filter_map(|(id, client)| Some((id.clone(), client.name.clone()?)));
        named.collect()
    }
}

/// The rows of all projects, added up over their shards.
pub trait FiguresStore: Send + Sync {
    /// The projects that anything was counted for, by id.
    fn projects(&self) -> impl Future<Output = Result<Vec<Project>, PortError>> + Send;

    /// The first and the last day of which the project has a row.
    fn span(
        &self,
        project: &ProjectId,
    ) -> impl Future<Output = Result<Option<(Day, Day)>, PortError>> + Send;

    /// The whole project's rows of these days.
    fn whole(
        &self,
        project: &ProjectId,
        days: (Day, Day),
    ) -> impl Future<Output = Result<DayRows, PortError>> + Send;

    /// The rows of these days of each value of a dimension that has any.
    fn by(
        &self,
        project: &ProjectId,
        dimension: &Dimension,
        days: (Day, Day),
    ) -> impl Future<Output = Result<BTreeMap<SegmentValue, DayRows>, PortError>> + Send;

    /// The cohorts of the intervals that begin on these days, by their first days. Those of nobody are not there.
    fn cohorts(
        &self,
        project: &ProjectId,
        interval: Interval,
        days: (Day, Day),
    ) -> impl Future<Output = Result<BTreeMap<Day, CohortRow>, PortError>> + Send;

    /// The annotations of these days, by day and text.
    fn annotations(
        &self,
        project: &ProjectId,
        days: (Day, Day),
    ) -> impl Future<Output = Result<Vec<Annotation>, PortError>> + Send;
}

/// The users of a project, in partitions, each in the order of the last active day.
pub trait UserIndex: Send + Sync {
    /// Where a page begins.
    type Page: Send + Sync;

    /// How many partitions there are, numbered from 0.
    const PARTITIONS: u64;

    /// A page of one partition of a project.
    fn last_active(
        &self,
        of: (&ProjectId, u64),
        wanted: LastActive,
        page: PageAt<Self::Page>,
    ) -> impl Future<Output = Result<IndexPage<Self::Page>, PortError>> + Send;
}

/// Which page of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageAt<P> {
    /// The first one, of at most so many users; `None`: of as many as come.
    First(Option<usize>),
    /// The one that begins there, of as many as come.
    Next(P),
}

/// A user of the index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedUser {
    /// The user pool.
    pub pool: UserPoolId,
    /// Who.
    pub sub: Sub,
    /// The first and the last active day; `None` of who was made before anything was counted, and was never active.
    pub active: Option<(Day, Day)>,
    /// On how many days they were active.
    pub active_days: u64,
}

/// A partition of a project's index, as far as it was read.
#[derive(Clone, Debug)]
pub struct IndexPage<P> {
    /// The users, the longest inactive first.
    pub users: Vec<ListedUser>,
    /// Where the next page begins, if there is one.
    pub next: Option<P>,
}

/// What of a project's index is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LastActive {
    /// Any day, and no day at all.
    Any,
    /// This day or an earlier one, or no day at all.
    UpTo(Day),
    /// This day or a later one.
    From(Day),
}
