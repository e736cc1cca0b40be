//! Who was forgotten, for those who work on the users' states.

use domain::auth_event::UserKey;
use pipeline::ports::{ForgottenUsers, PortError, Tombstones};

use super::DynamoUserStates;
use crate::forgotten::DynamoForgotten;

impl ForgottenUsers for DynamoUserStates {
    async fn forgotten(&self, users: &[&UserKey]) -> Result<Tombstones, PortError> {
        let tombstones = DynamoForgotten::new(self.client.clone(), self.tables.users.clone());
        tombstones.forgotten(users).await
    }
}
