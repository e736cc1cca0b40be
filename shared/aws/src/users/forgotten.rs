//! Who was forgotten, for those who work on the users' states.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::auth_event::UserKey;
use pipeline::ports::{ForgottenUsers, PortError};

use super::DynamoUserStates;
use crate::forgotten::DynamoForgotten;

impl ForgottenUsers for DynamoUserStates {
    async fn forgotten(
        &self,
        users: &[&UserKey],
    ) -> Result<BTreeMap<UserKey, DateTime<Utc>>, PortError> {
        let tombstones = DynamoForgotten::new(self.client.clone(), self.tables.users.clone());
        tombstones.forgotten(users).await
    }
}
