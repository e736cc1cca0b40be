//! Regions, and where the Pinpoint project of a user pool may be.

use std::fmt;
use std::sync::Arc;

/// An AWS Region's code, such as `eu-west-1`. Only its form is known to be right: Regions are added
/// every year, so there is no list of them here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Region(Arc<str>);

/// Why no Region can be had, or not this one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegionError {
    /// The text has not the form of a Region's code.
    #[error("{0:?} has not the form of a Region, such as \"eu-west-1\"")]
    Malformed(String),
    /// The user pool's id does not begin with a Region, and none is configured.
    #[error(
        "the user pool id {0:?} does not begin with a Region; set Region in the client's configuration"
    )]
    PoolWithoutRegion(String),
    /// Cognito never joined pools of this Region with Pinpoint.
    #[error("user pools in {pool} are not supported with Pinpoint projects in any Region")]
    PoolNotSupported {
        /// The pool's Region.
        pool: Region,
    },
    /// The project is in a Region that the pool's Region does not go with.
    #[error(
        "a user pool in {pool} cannot use a Pinpoint project in {project}, only one in {allowed}"
    )]
    NotAllowed {
        /// The pool's Region.
        pool: Region,
        /// The project's Region.
        project: Region,
        /// The Regions that would do, in words.
        allowed: String,
    },
}

impl Region {
    /// Reads a Region's code: two or more groups of lower-case letters and a number, joined by
    /// hyphens (`eu-west-1`, `us-gov-east-1`).
    ///
    /// # Errors
    ///
    /// [`RegionError::Malformed`] if the text is anything else.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        if has_form(text) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(RegionError::Malformed(text.to_owned()))
        }
    }

    /// The code, such as `eu-west-1`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The Region of the Pinpoint project of a pool in `pool`, when nothing says which: the first that
/// Cognito's table allows.
///
/// # Errors
///
/// [`RegionError::PoolNotSupported`] if the table allows none.
pub fn default_project_region(pool: &Region) -> Result<Region, RegionError> {
    project_regions(pool)
        .into_iter()
        .next()
        .ok_or_else(|| RegionError::PoolNotSupported { pool: pool.clone() })
}

/// Whether a pool in `pool` may use a project in `project`, by Cognito's table.
///
/// # Errors
///
/// [`RegionError::PoolNotSupported`] or [`RegionError::NotAllowed`] if not.
pub fn check(pool: &Region, project: &Region) -> Result<(), RegionError> {
    let default = default_project_region(pool)?;
    let allowed = project_regions(pool);
    if allowed.contains(project) {
        return Ok(());
    }
    let others = allowed.iter().skip(1).map(|other| format!(" or {other}"));
    Err(RegionError::NotAllowed {
        pool: pool.clone(),
        project: project.clone(),
        allowed: std::iter::once(default.to_string()).chain(others).collect(),
    })
}

/// Where the projects of pools may be. The first named is the default.
#[derive(Clone, Copy)]
enum Projects {
    UsEast1,
    OwnOrUsEast1,
    Own,
    Nowhere,
}

/// Cognito's table ("Amazon Cognito and Amazon Pinpoint Region availability"): the Regions of pools,
/// and where their projects may be. The pools of every other Region use their own.
const TABLE: [(&[&str], Projects); 4] = [
    (
        &[
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-southeast-1",
            "ca-central-1",
            "eu-west-2",
            "us-east-2",
        ],
        Projects::UsEast1,
    ),
    (
        &[
            "ap-south-1",
            "ap-southeast-2",
            "eu-central-1",
            "eu-west-1",
            "us-west-2",
        ],
        Projects::OwnOrUsEast1,
    ),
    (&["us-east-1"], Projects::UsEast1),
    (
        &[
            "eu-south-1",
            "me-south-1",
            "ap-northeast-3",
            "il-central-1",
            "af-south-1",
            "ap-southeast-3",
        ],
        Projects::Nowhere,
    ),
];

fn project_regions(pool: &Region) -> Vec<Region> {
    let us_east_1 = || Region(Arc::from("us-east-1"));
    let row = TABLE
        .iter()
        .find(|(pools, _)| pools.contains(&pool.as_str()));
    match row.map_or(Projects::Own, |(_, projects)| *projects) {
        Projects::UsEast1 => vec![us_east_1()],
        Projects::OwnOrUsEast1 => vec![pool.clone(), us_east_1()],
        Projects::Own => vec![pool.clone()],
        Projects::Nowhere => Vec::new(),
    }
}

fn has_form(text: &str) -> bool {
    let Some((place, number)) = text.rsplit_once('-') else {
        return false;
    };
    let groups: Vec<&str> = place.split('-').collect();
    let is_letters =
        |group: &&str| group.len() > 1 && group.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    groups.len() > 1 && groups.iter().all(is_letters) && is_number
}

#[cfg(test)]
mod tests;
