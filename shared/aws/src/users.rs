//! The users' states, committed together with the daily rows that follow from them.

mod activity;
mod alone;
mod commit;
mod forgotten;
pub mod last_active;
mod ledger;
mod record;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

use ::config::Config;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::auth_event::UserKey;
use domain::counting::Counting;
use domain::history::HistoryId;
use domain::ids::ProjectId;
use domain::segment::KnownValues;
use domain::user_state::OpenAttempt;
use futures::{StreamExt, TryStreamExt};
use pipeline::ports::figures::{CountedTo, Project};
use pipeline::ports::{
    Captured, Commit, Due, DueAttempts, Ledger, LedgerPage, Loaded, NotCommitted, PortError,
    Unreadable, UserStates, ValuesKept, VersionedState,
};

use crate::batch_get::{MOST_KEYS, batch_get};
use crate::metrics::values::VersionedValues;
use crate::metrics::{projects, values};
use crate::record::{parse_user_key, user_key_text};
use crate::sdk::port_error;
use crate::tables::{ATTEMPTS, DUE_AT, DUE_INDEX, DUE_SHARD, TableNames, USER};
use record::{AttemptRecord, UserStateRecord, position};

pub(crate) use record::VERSION;

/// An item of a table.
pub type Item = HashMap<String, AttributeValue>;

/// How many of these are under way at a time.
const READS_AT_ONCE: usize = 8;

/// Users whose attempts are in one page, for each partition of the index.
const MOST_DUE_USERS: i32 = 500;

/// Partitions of the index of due attempts: each takes 1,000 writes a second.
pub(crate) const DUE_SHARDS: u64 = 4;

/// A partition of the index, and the key after which to go on in it.
pub type PageOfShard = (u64, Option<Item>);

/// The users table, and the metrics table that is written with it.
#[derive(Debug)]
pub struct DynamoUserStates {
    client: Client,
    tables: TableNames,
    /// What is known of each project.
    projects: Mutex<HashMap<ProjectId, KnownProject>>,
}

/// What is known of a project: it only grows, so an old copy is only short.
#[derive(Clone, Debug)]
struct KnownProject {
    project: Project,
    values: VersionedValues,
}

impl DynamoUserStates {
    /// The states in these tables.
    pub fn new(client: Client, tables: TableNames) -> Self {
        Self {
            client,
            tables,
            projects: Mutex::default(),
        }
    }

    /// Writes down how far the projects' events have been counted, once a minute. Where that fails, it is only older than it
    /// could be.
    pub async fn write_counted(&self, projects: BTreeMap<ProjectId, CountedTo>) {
        let metrics = (&self.client, self.tables.metrics.as_str());
        for (id, counted) in projects {
            let Some(mut known) = self.known(&id) else {
                continue;
            };
            if !counted.is_news(known.project.counted) {
                continue;
            }
            match projects::counted_to(metrics, &id, counted).await {
                Ok(()) => {
                    known.project.counted = Some(counted);
                    self.remember(known);
                }
                Err(error) => {
                    tracing::warn!(%error, project = %id, "how far events are counted is not recorded")
                }
            }
        }
    }

    async fn load_some(&self, users: &[UserKey]) -> Result<Vec<(UserKey, Loaded)>, PortError> {
        let by_key: HashMap<String, &UserKey> = users
            .iter()
            .map(|user| (user_key_text(user), user))
            .collect();
        let items = batch_get((&self.client, &self.tables.users), by_key.keys()).await?;
        let states = items.into_iter().filter_map(|mut item| {
            let key = item.remove(USER)?;
            let user = by_key.get(key.as_s().ok()?)?;
            Some(((*user).clone(), self.state(item)))
        });
        Ok(states.collect())
    }

    fn state(&self, item: Item) -> Loaded {
        let position = position(&item);
        let unreadable = |source| Unreadable { position, source };
        let record: Result<UserStateRecord, _> = serde_dynamo::aws_sdk_dynamodb_1::from_item(item);
        let state = record
            .map_err(|error| self.users_error("BatchGetItem", error))
            .and_then(|record| {
                VersionedState::try_from(record).map_err(|e| self.users_error("BatchGetItem", e))
            });
        state.map_err(unreadable)
    }

    fn users_error<E>(&self, operation: &'static str, error: E) -> PortError
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        port_error(operation, &self.tables.users, error)
    }

    fn known(&self, project: &ProjectId) -> Option<KnownProject> {
        let projects = self.projects.lock().ok()?;
        projects.get(project).cloned()
    }

    fn remember(&self, known: KnownProject) {
        if let Ok(mut projects) = self.projects.lock() {
            projects.insert(known.project.id.clone(), known);
        }
    }

    fn forget(&self, project: &ProjectId) {
        if let Ok(mut projects) = self.projects.lock() {
            projects.remove(project);
        }
    }

    async fn read_project(
        &self,
        id: &ProjectId,
        config: &Config,
        captured: Option<Captured>,
    ) -> Result<KnownProject, PortError> {
        let metrics = (&self.client, self.tables.metrics.as_str());
        let project = projects::ensure(metrics, id, config, captured).await?;
        let (recorded, configured) = (project.zone, config.time_zone());
        if recorded != configured {
            tracing::warn!(
                project = %id, %recorded, %configured,
                "the project is counted in the days of the time zone that was recorded first; TimeZone says otherwise"
            );
        }
        let values = values::read(&self.client, &self.tables.metrics, id).await?;
        Ok(KnownProject { project, values })
    }

    async fn due_in(
        &self,
        (shard, from): (u64, Option<Item>),
        moment: DateTime<Utc>,
    ) -> Result<(Vec<(UserKey, OpenAttempt)>, Option<PageOfShard>), PortError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.users)
            .index_name(DUE_INDEX)
            .key_condition_expression("#shard = :shard AND #at < :moment")
            .expression_attribute_names("#shard", DUE_SHARD)
            .expression_attribute_names("#at", DUE_AT)
            .expression_attribute_values(":shard", AttributeValue::N(shard.to_string()))
            .expression_attribute_values(
                ":moment",
                AttributeValue::N(moment.timestamp_millis().to_string()),
            )
            .set_exclusive_start_key(from)
            .limit(MOST_DUE_USERS);
        let found = query
            .send()
            .await
            .map_err(|e| self.users_error("Query", e))?;
        let next = found.last_evaluated_key.map(|key| (shard, Some(key)));
        let mut due = Vec::new();
        for item in found.items.unwrap_or_default() {
            match self.due_attempts(item, moment) {
                Ok(attempts) => due.extend(attempts),
                Err(error) => {
                    tracing::error!(%error, "a user's attempts are unreadable: passed over")
                }
            }
        }
        Ok((due, next))
    }

    fn due_attempts(
        &self,
        mut item: Item,
        moment: DateTime<Utc>,
    ) -> Result<Vec<(UserKey, OpenAttempt)>, PortError> {
        let user = key_of(&mut item).map_err(|e| self.users_error("Query", e))?;
        let attempts = item
            .remove(ATTEMPTS)
            .unwrap_or_else(|| AttributeValue::L(Vec::new()));
        let attempts: Vec<AttemptRecord> =
            serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value(attempts)
                .map_err(|e| self.users_error("Query", e))?;
        let mut due = Vec::new();
        for attempt in attempts {
            let attempt =
                OpenAttempt::try_from(attempt).map_err(|e| self.users_error("Query", e))?;
            if attempt.closes() < moment {
                due.push((user.clone(), attempt));
            }
        }
        Ok(due)
    }
}

impl UserStates for DynamoUserStates {
    async fn load(&self, users: &[UserKey]) -> Result<HashMap<UserKey, Loaded>, PortError> {
        let some = users.chunks(MOST_KEYS).map(|some| self.load_some(some));
        let some: Vec<_> = some.collect();
        let loading = futures::stream::iter(some).buffer_unordered(READS_AT_ONCE);
        let loaded: Vec<Vec<(UserKey, Loaded)>> = loading.try_collect().await?;
        Ok(loaded.into_iter().flatten().collect())
    }

    async fn counting(
        &self,
        project: &ProjectId,
        config: &Config,
        captured: Option<Captured>,
    ) -> Result<Counting, PortError> {
        let known = self.known(project);
        let known = known.filter(|known| {
            let project = &known.project;
            project.counting_since.is_some() && project.with(config, captured).is_none()
        });
        let known = match known {
            Some(known) => known,
            None => {
                let read = self.read_project(project, config, captured).await?;
                self.remember(read.clone());
                read
            }
        };
        Ok(Counting {
            zone: known.project.zone,
            since: known.project.counting_since,
            dimensions: config
                .dimensions()
                .iter()
                .filter_map(|dimension| known.project.recorded(dimension).cloned())
                .collect(),
            values: known.values.values,
            recipients: config.recipients(project),
        })
    }

    async fn counting_since(
        &self,
        project: &ProjectId,
    ) -> Result<Option<DateTime<Utc>>, PortError> {
        let metrics = (&self.client, self.tables.metrics.as_str());
        let project = projects::get(metrics, project).await?;
        Ok(project.and_then(|project| project.counting_since))
    }

    async fn keep_values(
        &self,
        project: &ProjectId,
        values: &KnownValues,
    ) -> Result<ValuesKept, PortError> {
        let known = self.known(project);
        let Some(mut known) = known.filter(|known| values.includes(&known.values.values)) else {
            return Ok(ValuesKept::Overtaken);
        };
        known.values = VersionedValues {
            version: known.values.version + 1,
            values: values.clone(),
        };
        let metrics = (&self.client, self.tables.metrics.as_str());
        let kept = values::write(metrics, project, &known.values).await;
        match kept {
            Ok(ValuesKept::Now) => self.remember(known),
            // Whether it was written is not known after an error.
            Ok(ValuesKept::Overtaken) | Err(_) => self.forget(project),
        }
        kept
    }

    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<(), NotCommitted>> {
        commit::commit(&self.client, &self.tables, commits).await
    }
}

impl Ledger for DynamoUserStates {
    async fn pages(
        &self,
        wanted: &[(UserKey, LedgerPage)],
    ) -> Result<HashMap<(UserKey, LedgerPage), BTreeSet<HistoryId>>, PortError> {
        let mut pages = HashMap::with_capacity(wanted.len());
        for some in wanted.chunks(MOST_KEYS) {
            let by_key: HashMap<String, &(UserKey, LedgerPage)> = some
                .iter()
                .map(|page| (ledger::key(&page.0, &page.1), page))
                .collect();
            for item in batch_get((&self.client, &self.tables.users), by_key.keys()).await? {
                let key = item.get(USER).and_then(|key| key.as_s().ok());
                if let Some(page) = key.and_then(|key| by_key.get(key)) {
                    pages.insert((*page).clone(), ledger::ids(&item));
                }
            }
        }
        Ok(pages)
    }
}

impl DueAttempts for DynamoUserStates {
    /// The next page of each partition of the index that has one.
    type Page = Vec<PageOfShard>;

    async fn due(
        &self,
        moment: DateTime<Utc>,
        page: Option<Self::Page>,
    ) -> Result<Due<Self::Page>, PortError> {
        let first = || (0..DUE_SHARDS).map(|shard| (shard, None)).collect();
        let pages = futures::stream::iter(page.unwrap_or_else(first));
        let found = pages.then(|page| self.due_in(page, moment));
        let found: Vec<_> = found.try_collect().await?;
        let (attempts, next): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let next: Vec<_> = next.into_iter().flatten().collect();
        Ok(Due {
            attempts: attempts.into_iter().flatten().collect(),
            next: Some(next).filter(|next| !next.is_empty()),
        })
    }
}

fn key_of(item: &mut Item) -> Result<UserKey, crate::record::RecordError> {
    match item.remove(USER) {
        Some(AttributeValue::S(text)) => parse_user_key(&text),
        _ => Err(crate::record::RecordError::new("user", "it is not there")),
    }
}
