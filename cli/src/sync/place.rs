//! Where a walk through a pool is, kept in a file, so that an interrupted one goes on from there.

use std::path::PathBuf;

use domain::ids::{DestinationName, UserPoolId};
use serde::{Deserialize, Serialize};

use super::tally::Tally;
use crate::Failure;
use crate::args::account::SyncArgs;
use crate::progress_file::ProgressFile;

/// Where a walk is.
pub struct Place {
    file: ProgressFile,
    stack: String,
    pool: UserPoolId,
    destination: Option<String>,
    kept: Kept,
}

/// As it is kept.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    stack: String,
    user_pool_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    pagination_token: Option<String>,
    tally: Tally,
}

impl Place {
    /// Where an interrupted walk ended, or the beginning.
    pub fn of(args: &SyncArgs) -> Result<Self, Failure> {
        let pool = args.of.user_pool_id.clone();
        let stack = args.of.account.stack().to_owned();
        let default = || PathBuf::from(format!("cognito-pinpoint-sync-{stack}-{pool}.json"));
        let file = args.progress_file.clone().unwrap_or_else(default);
        let file = (!args.dry_run).then_some(file);
        let mut place = Self {
            kept: Kept::default(),
            file: ProgressFile::new(file),
            stack,
            pool,
            destination: args.destination.as_ref().map(DestinationName::to_string),
        };
        if let Some(kept) = place.file.read::<Kept>()? {
            if kept.user_pool_id != place.pool.as_str() || kept.stack != place.stack {
                let (pool, stack) = (&kept.user_pool_id, &kept.stack);
                let problem = format!("it is of the pool {pool} and the stack {stack}");
                return Err(place.file.unusable(&problem));
            }
            if kept.destination != place.destination {
                let of = kept.destination.as_deref();
                return Err(place.file.unusable(&match of {
                    Some(name) => format!("it is of a walk with --destination {name}"),
                    None => "it is of a walk without --destination".to_owned(),
                }));
            }
            let users = kept.tally.users;
            place.file.tell_going_on(format!("{users} users"));
            place.kept = kept;
        }
        Ok(place)
    }

    /// What the next page is asked for with.
    pub fn token(&self) -> Option<&str> {
        self.kept.pagination_token.as_deref()
    }

    /// What has come of the walk so far.
    pub fn tally(&self) -> &Tally {
        &self.kept.tally
    }

    /// The next page is this one.
    pub fn move_to(&mut self, token: String, tally: &Tally) -> Result<(), Failure> {
        self.kept = Kept {
            stack: self.stack.clone(),
            user_pool_id: self.pool.to_string(),
            destination: self.destination.clone(),
            pagination_token: Some(token),
            tally: tally.clone(),
        };
        self.file.keep(&self.kept)
    }

    /// The walk is over: the next one begins anew.
    pub fn leave(&mut self) -> Result<(), Failure> {
        self.kept = Kept::default();
        self.file.leave()
    }
}
