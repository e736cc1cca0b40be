//! Where figures are read: a folder that replays kept their store in, or a deployed stack.

use std::fmt;
use std::path::{Path, PathBuf};

use aws::metrics::DynamoMetrics;
use aws::sdk::{self, SdkConfig};
use aws::tables::TableNames;
use aws::users::DynamoUserStates;
use domain::ids::ProjectId;
use figures::reader::{NotChosen, choose};
use local::dynamodb::DynamoDbStore;
use pipeline::ports::figures::{FiguresStore, Project};

use crate::Failure;
use crate::account::account;
use crate::args::AccountArgs;
use crate::data_folder::{DYNAMODB_FILE, embedded};

/// The folder, or else the stack.
pub struct Place<'a> {
    folder: Option<&'a Path>,
    account: &'a AccountArgs,
}

/// The tables of a place.
pub struct Site {
    /// The rows.
    pub metrics: DynamoMetrics,
    /// The users.
    pub states: DynamoUserStates,
}

impl<'a> Place<'a> {
    /// The folder, if there is one.
    pub fn new(folder: Option<&'a Path>, account: &'a AccountArgs) -> Self {
        Self { folder, account }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.folder {
            Some(folder) => write!(f, "{}", folder.display()),
            None => write!(f, "the stack {}", self.account.stack()),
        }
    }
}

impl Site {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// If nothing is there.
    pub async fn open(place: &Place<'_>) -> Result<Self, Failure> {
        let Some(folder) = place.folder else {
            let config = account(place.account).await?;
            return Ok(Self::of(&config, place.account.tables()));
        };
        let store = DynamoDbStore::open(&store_in(folder)?)?;
        Ok(Self::of(&embedded(store), TableNames::default()))
    }

    /// These tables.
    pub fn of(config: &SdkConfig, tables: TableNames) -> Self {
        let client = sdk::dynamodb(config);
        Self {
            metrics: DynamoMetrics::new(client.clone(), tables.metrics.clone()),
            states: DynamoUserStates::new(client, tables),
        }
    }

    /// The project that was asked for, or the only one there is.
    ///
    /// # Errors
    ///
    /// If there is none, or there are several to choose from.
    pub async fn project(
        &self,
        asked: Option<&ProjectId>,
        place: &Place<'_>,
    ) -> Result<Project, Failure> {
        let chosen = choose(self.metrics.projects().await?, asked);
        chosen.map_err(|error| match (error, asked) {
            (NotChosen::Nothing, _) => {
                let hint = match place.folder {
                    Some(_) => "",
                    None => " (cognito-pinpoint doctor says whether anything is wrong)",
                };
                Failure::Outside(format!("nothing has been counted in {place}{hint} yet"))
            }
            (NotChosen::Unknown(ids), Some(id)) => Failure::Usage(format!(
                "nothing has been counted for the project {id}; there are figures of:\n{}",
                ids.join("\n")
            )),
            (NotChosen::Several(ids) | NotChosen::Unknown(ids), _) => Failure::Usage(format!(
                "there are {} projects; say which, with --project:\n{}",
                ids.len(),
                ids.join("\n")
            )),
        })
    }
}

/// The file of the store that replays kept in a folder.
///
/// # Errors
///
/// If there is none.
pub fn store_in(folder: &Path) -> Result<PathBuf, Failure> {
    let file = folder.join(DYNAMODB_FILE);
    if file.is_file() {
        return Ok(file);
    }
    let name = file.display();
    let problem = format!("{name} is not there: no replay kept its store here");
    Err(Failure::Usage(problem))
}
