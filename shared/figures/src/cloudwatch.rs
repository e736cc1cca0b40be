//! The figures as CloudWatch takes them out of a log line: the names of its metrics, and documents of its embedded metric
//! format (EMF). By project only: each user or tenant would be a metric of its own, which costs, and names them.
//!
//! The namespace is the stack's name, where the metric of spilled events is too. A template cannot know the projects that a
//! table will have, so counts are also written without a dimension: these are what alarms watch.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::activity::DayFigures;
use domain::analytics_event::AnalyticsEventType;
use domain::counter::Counter;
use domain::ids::ProjectId;
use serde::Serialize;

/// The dimension by which each metric is written.
pub const PROJECT: &str = "Project";

/// The most values that one document may hold of a metric: a limit of the format's.
const MOST_VALUES: usize = 100;

/// A metric in the stack's namespace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Metric {
    /// What a batch has counted (publish-events).
    Counted(Counter),
    /// 0 for each sign-in and 100 for each failure, so that the average is the failure rate (publish-events).
    FailureRate,
    /// Users whose first active day is the running one (gauge-active-users, as those below).
    NewUsers,
    /// Users active on the running day, so far.
    Dau,
    /// Users active in the 7 days that end with it.
    Wau,
    /// Users active in the 30 days that end with it.
    Mau,
}

impl Metric {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::Counted(Counter::SignUps),
        Self::Counted(Counter::SignIns),
        Self::Counted(Counter::AuthFailures),
        Self::FailureRate,
        Self::NewUsers,
        Self::Dau,
        Self::Wau,
        Self::Mau,
    ];

    /// Its name in CloudWatch: that of the figure.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counted(counter) => counter.name(),
            Self::FailureRate => "failureRate",
            Self::NewUsers => "newUsers",
            Self::Dau => "dau",
            Self::Wau => "wau",
            Self::Mau => "mau",
        }
    }

    /// CloudWatch's name of its unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::FailureRate => "Percent",
            Self::Counted(_) | Self::NewUsers | Self::Dau | Self::Wau | Self::Mau => "Count",
        }
    }
}

/// What a batch has counted of one project.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Counts(BTreeMap<Counter, usize>);

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, event: AnalyticsEventType) {
        let counter = match event {
            AnalyticsEventType::SignUp => Counter::SignUps,
            AnalyticsEventType::SignIn => Counter::SignIns,
            AnalyticsEventType::AuthFail => Counter::AuthFailures,
        };
        *self.0.entry(counter).or_default() += 1;
    }

    fn of(&self, counter: Counter) -> usize {
        self.0.get(&counter).copied().unwrap_or_default()
    }

    fn failure_rate(&self) -> Vec<usize> {
        let mut values = vec![0; self.of(Counter::SignIns)];
        values.resize(values.len() + self.of(Counter::AuthFailures), 100);
        values
    }
}

/// Where metrics are written, and of when.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The stack's name.
    pub namespace: &'a str,
    /// The wall clock's time.
    pub time: DateTime<Utc>,
}

/// One line of a log, from which CloudWatch takes metrics.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Document {
    #[serde(rename = "_aws")]
    metadata: Metadata,
    #[serde(rename = "Project")]
    project: String,
    #[serde(flatten)]
    values: BTreeMap<&'static str, Values>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    /// Milliseconds since 1970.
    timestamp: i64,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: String,
    dimensions: &'static [&'static [&'static str]],
    metrics: Vec<Definition>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
enum Values {
    One(i64),
    Many(Vec<usize>),
}

/// By project, and all projects together: what is counted adds up.
const ADDS_UP: &[&[&str]] = &[&[PROJECT], &[]];

/// By project only: who is active in two projects is one user.
const BY_PROJECT: &[&[&str]] = &[&[PROJECT]];

/// What a batch has counted of a project: one document, and more only for more than a hundred sign-ins and failures. None
/// of what counted nothing.
pub fn counted(at: Place<'_>, project: &ProjectId, counts: &Counts) -> Vec<Document> {
    let rate = counts.failure_rate();
    let mut rates = rate
        .chunks(MOST_VALUES)
        .map(|some| (Metric::FailureRate, Values::Many(some.to_vec())));
    let totals = Counter::ALL.map(|counter| {
        let count = i64::try_from(counts.of(counter)).unwrap_or(i64::MAX);
        (Metric::Counted(counter), Values::One(count))
    });
    if counts.0.is_empty() {
        return Vec::new();
    }
    let first = document(
        at,
        project,
        ADDS_UP,
        totals.into_iter().chain(rates.next()).collect(),
    );
    let others = rates.map(|some| document(at, project, ADDS_UP, vec![some]));
    std::iter::once(first).chain(others).collect()
}

/// The active users of a project on the running day, so far.
pub fn active_users(at: Place<'_>, project: &ProjectId, figures: &DayFigures) -> Document {
    let values = [
        (Metric::NewUsers, figures.new_users),
        (Metric::Dau, figures.dau),
        (Metric::Wau, figures.wau),
        (Metric::Mau, figures.mau),
    ];
    let values = values.map(|(metric, value)| (metric, Values::One(value)));
    document(at, project, BY_PROJECT, values.into())
}

fn document(
    at: Place<'_>,
    project: &ProjectId,
    dimensions: &'static [&'static [&'static str]],
    values: Vec<(Metric, Values)>,
) -> Document {
    let definition = |metric: Metric| Definition {
        name: metric.name(),
        unit: metric.unit(),
    };
    let directive = Directive {
        namespace: at.namespace.to_owned(),
        dimensions,
        metrics: values
            .iter()
            .map(|(metric, _)| definition(*metric))
            .collect(),
    };
    Document {
        metadata: Metadata {
            timestamp: at.time.timestamp_millis(),
            cloud_watch_metrics: [directive],
        },
        project: project.to_string(),
        values: values
            .into_iter()
            .map(|(metric, values)| (metric.name(), values))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
