//! What the console is given.

use chrono::{DateTime, Utc};
use domain::day::Day;
use domain::ids::ProjectId;
use figures::UserObject;
use figures::reader::{NotChosen, choose};
use figures::users::{Users, WantedUsers};
use futures::FutureExt;
use futures::future::BoxFuture;
use pipeline::ports::PortError;
use pipeline::ports::figures::{FiguresStore, Project, UserIndex};

use crate::api::ApiError;

/// Where figures are read from, and what only those know who serve them.
pub struct Console<S> {
    /// The figures.
    pub store: S,
    /// The time.
    pub now: fn() -> DateTime<Utc>,
    /// What to tell those who look of a call that failed.
    pub explain: fn(&PortError) -> String,
    /// Whoever lists users; `None` where nobody is to see them.
    pub own: Option<Box<dyn ListUsers>>,
    /// Where who has signed in signs out, with a POST; `None` where nobody signs in.
    pub sign_out: Option<&'static str>,
    /// Where this is, such as `the stack shop`: an empty console says so.
    pub place: String,
}

impl<S: FiguresStore> Console<S> {
    /// All projects.
    ///
    /// # Errors
    ///
    /// If the store does not give them.
    pub async fn projects(&self) -> Result<Vec<Project>, ApiError> {
        let projects = self.store.projects().await;
        projects.map_err(|error| self.unavailable(&error))
    }

    /// The project that was asked for, or the only one there is.
    ///
    /// # Errors
    ///
    /// If there is none, or there are several to choose from.
    pub async fn project(&self, asked: Option<&str>) -> Result<Project, ApiError> {
        let asked = asked.map(ProjectId::new);
        Ok(choose(self.projects().await?, asked.as_ref())?)
    }

    /// The day that it is in the project.
    pub fn today(&self, project: &Project) -> Day {
        project.zone.day_of((self.now)())
    }

    /// What is said of a call that failed. What there is to mend is in the log.
    pub fn unavailable(&self, error: &PortError) -> ApiError {
        tracing::error!(%error, "figures cannot be read");
        ApiError::Unavailable((self.explain)(error))
    }
}

impl From<NotChosen> for ApiError {
    fn from(error: NotChosen) -> Self {
        match error {
            NotChosen::Nothing => Self::NotFound("nothing has been counted yet".to_owned()),
            NotChosen::Unknown(ids) => Self::NotFound(format!(
                "no such project; there are figures of {}",
                ids.join(", ")
            )),
            NotChosen::Several(ids) => Self::invalid(format!(
                "there are {} projects; say which, as project=: {}",
                ids.len(),
                ids.join(", ")
            )),
        }
    }
}

/// Lists users: some, the longest inactive first, and whether there are more.
pub trait ListUsers: Send + Sync {
    /// At most so many of those that are wanted.
    fn list<'a>(
        &'a self,
        project: &'a Project,
        wanted: WantedUsers,
        most: usize,
    ) -> BoxFuture<'a, Result<(Vec<UserObject>, bool), PortError>>;
}

impl<I: UserIndex> ListUsers for I {
    fn list<'a>(
        &'a self,
        project: &'a Project,
        wanted: WantedUsers,
        most: usize,
    ) -> BoxFuture<'a, Result<(Vec<UserObject>, bool), PortError>> {
        async move {
            // Whether there are more is seen by one more.
            let mut users = Users::few(self, project, wanted, most.saturating_add(1)).await?;
            let mut found = Vec::new();
            while let Some(user) = users.next().await? {
                if found.len() == most {
                    return Ok((found, true));
                }
                found.push(user);
            }
            Ok((found, false))
        }
        .boxed()
    }
}
