//! The users' states, committed together with the daily rows that follow from them.

mod commit;
mod record;

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use chrono::{DateTime, Utc};
use domain::auth_event::UserKey;
use domain::ids::ProjectId;
use domain::segment::{Dimension, KnownValues, SegmentValue};
use domain::user_state::OpenAttempt;
use futures::{StreamExt, TryStreamExt};
use pipeline::ports::{
    Commit, Due, DueAttempts, Loaded, NotCommitted, PortError, Unreadable, UserStates,
    VersionedState,
};

use crate::metrics::{projects, values};
use crate::record::{parse_user_key, user_key_text};
use crate::sdk::port_error;
use crate::tables::{ATTEMPTS, DUE_AT, DUE_INDEX, DUE_SHARD, TableNames, USER};
use record::{AttemptRecord, UserStateRecord, position};

/// An item of a table.
pub type Item = HashMap<String, AttributeValue>;

/// Keys in one BatchGetItem (DynamoDB's limit).
const MOST_KEYS: usize = 100;

/// How many times what DynamoDB left unprocessed is asked for.
const BATCH_GET_TRIES: u32 = 5;

/// The pause before it is asked for again, once for each try so far.
const BATCH_GET_PAUSE: Duration = Duration::from_millis(50);

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
    /// What is known of each project's segment values. It only grows, so an old copy is only short.
    values: Mutex<HashMap<ProjectId, KnownValues>>,
    /// The projects whose items are known to be there.
    projects: Mutex<BTreeSet<ProjectId>>,
}

impl DynamoUserStates {
    /// The states in these tables.
    pub fn new(client: Client, tables: TableNames) -> Self {
        Self {
            client,
            tables,
            values: Mutex::default(),
            projects: Mutex::default(),
        }
    }

    async fn load_some(&self, users: &[UserKey]) -> Result<Vec<(UserKey, Loaded)>, PortError> {
        let by_key: HashMap<String, &UserKey> = users
            .iter()
            .map(|user| (user_key_text(user), user))
            .collect();
        let mut wanted =
            Some(keys(by_key.keys()).map_err(|e| self.users_error("BatchGetItem", e))?);
        let mut items = Vec::with_capacity(users.len());
        for tried in 0..BATCH_GET_TRIES {
            let Some(request) = wanted.take() else { break };
            tokio::time::sleep(BATCH_GET_PAUSE * tried).await;
            let got = self
                .client
                .batch_get_item()
                .request_items(&self.tables.users, request)
                .send();
            let mut got = got.await.map_err(|e| self.users_error("BatchGetItem", e))?;
            let responses = got
                .responses
                .as_mut()
                .and_then(|tables| tables.remove(&self.tables.users));
            items.extend(responses.unwrap_or_default());
            wanted = got
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&self.tables.users));
        }
        if wanted.is_some() {
            let unprocessed =
                std::io::Error::other("keys are left unprocessed: DynamoDB throttles");
            return Err(self.users_error("BatchGetItem", unprocessed));
        }
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

    fn cached_values(&self, project: &ProjectId) -> KnownValues {
        let values = self.values.lock().ok();
        values
            .and_then(|values| values.get(project).cloned())
            .unwrap_or_default()
    }

    fn cache_values(&self, project: &ProjectId, known: &KnownValues) {
        if let Ok(mut values) = self.values.lock() {
            values.insert(project.clone(), known.clone());
        }
    }

    /// Sees that each project that is about to have rows has its item.
    async fn put_projects(&self, commits: &[Commit]) -> Result<(), PortError> {
        let with_rows = commits.iter().filter(|commit| !commit.rows.is_empty());
        let wanted: BTreeSet<&ProjectId> = with_rows.map(|commit| &commit.user.project).collect();
        for project in wanted {
            if self.has_put(project) {
                continue;
            }
            projects::put(&self.client, &self.tables.metrics, project).await?;
            if let Ok(mut projects) = self.projects.lock() {
                projects.insert(project.clone());
            }
        }
        Ok(())
    }

    fn has_put(&self, project: &ProjectId) -> bool {
        self.projects
            .lock()
            .is_ok_and(|projects| projects.contains(project))
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
        let mut states = HashMap::with_capacity(users.len());
        for some in users.chunks(MOST_KEYS) {
            states.extend(self.load_some(some).await?);
        }
        Ok(states)
    }

    async fn admit_values(
        &self,
        project: &ProjectId,
        wanted: &[(Dimension, SegmentValue)],
    ) -> Result<KnownValues, PortError> {
        let known = self.cached_values(project);
        if wanted
            .iter()
            .all(|(dimension, value)| known.contains(*dimension, value))
        {
            return Ok(known);
        }
        let known = values::admit(&self.client, &self.tables.metrics, project, wanted).await?;
        self.cache_values(project, &known);
        Ok(known)
    }

    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<(), NotCommitted>> {
        match self.put_projects(&commits).await {
            Ok(()) => commit::commit(&self.client, &self.tables, commits).await,
            Err(error) => commits
                .iter()
                .map(|_| Err(NotCommitted::Failed(error.copy())))
                .collect(),
        }
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

fn keys<'a>(
    users: impl Iterator<Item = &'a String>,
) -> Result<KeysAndAttributes, aws_sdk_dynamodb::error::BuildError> {
    let key = |user: &String| Item::from([(USER.to_owned(), AttributeValue::S(user.clone()))]);
    KeysAndAttributes::builder()
        .set_keys(Some(users.map(key).collect()))
        .consistent_read(true)
        .build()
}

fn key_of(item: &mut Item) -> Result<UserKey, crate::record::RecordError> {
    match item.remove(USER) {
        Some(AttributeValue::S(text)) => parse_user_key(&text),
        _ => Err(crate::record::RecordError::new("user", "it is not there")),
    }
}
