//! Where an interrupted run is, kept in a file, so that the next one goes on from there.

use std::fmt::Display;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::text::replace;

/// The file in which a run keeps where it is; none for one that changes nothing, and is not worth going on with.
pub struct ProgressFile(Option<PathBuf>);

impl ProgressFile {
    /// The file at this path, if there is to be one.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self(file)
    }

    /// What an interrupted run left; `None` if nothing was interrupted.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn read<K: DeserializeOwned>(&self) -> Result<Option<K>, Failure> {
        let Some(file) = self.there() else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(file).map_err(|error| self.unusable(&error))?;
        let kept = serde_json::from_str(&text).map_err(|error| self.unusable(&error))?;
        Ok(Some(kept))
    }

    /// What was left cannot be gone on with, for this reason.
    pub fn unusable(&self, problem: &impl Display) -> Failure {
        Failure::Usage(format!(
            "{}: {problem}; delete it to begin anew, or give another --progress-file",
            self.name()
        ))
    }

    /// Says that a run goes on where another was interrupted.
    pub fn tell_going_on(&self, after: impl Display) {
        let name = self.name();
        eprintln!("going on after {after}; to begin anew, delete {name}");
    }

    /// Keeps where the run is.
    pub fn keep(&self, kept: &impl Serialize) -> Result<(), Failure> {
        match &self.0 {
            Some(file) => Ok(replace(file, &serde_json::to_string(kept)?)?),
            None => Ok(()),
        }
    }

    /// The run is over: the next one begins anew.
    pub fn leave(&self) -> Result<(), Failure> {
        match self.there() {
            Some(file) => Ok(std::fs::remove_file(file)?),
            None => Ok(()),
        }
    }

    fn there(&self) -> Option<&PathBuf> {
        self.0.as_ref().filter(|file| file.exists())
    }

    fn name(&self) -> String {
        let name = self.0.as_ref().map(|file| file.display().to_string());
        name.unwrap_or_default()
    }
}
