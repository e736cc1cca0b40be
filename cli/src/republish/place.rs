//! Where a republish is in the log, kept in a file, so that an interrupted one goes on from there.

use std::path::PathBuf;

use aws::record::{parse_user_key, user_key_text};
use domain::ids::EventId;
use pipeline::ports::LogPlace;
use pipeline::republish::Wanted;
use serde::{Deserialize, Serialize};

use super::tally::Tally;
use super::words;
use crate::Failure;
use crate::args::republish::RepublishArgs;
use crate::text::replace;

/// Where a republish is.
pub struct Place {
    /// `None` for one that sends nothing, and is not worth going on with.
    file: Option<PathBuf>,
    kept: Kept,
}

/// As it is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    /// The stack, or the folder.
    from: String,
    /// What was asked for, in words.
    of: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<KeptPlace>,
    tally: Tally,
}

#[derive(Clone, Serialize, Deserialize)]
struct KeptPlace {
    user: String,
    event: String,
}

impl Place {
    /// Where an interrupted republish ended, or the beginning.
    pub fn of(wanted: &Wanted, args: &RepublishArgs) -> Result<Self, Failure> {
        let fresh = Kept {
            from: match &args.data_dir {
                Some(folder) => format!("the folder {}", folder.display()),
                None => format!("the stack {}", args.account.stack()),
            },
            of: words(wanted),
            after: None,
            tally: Tally::default(),
        };
        let file = (!args.dry_run).then(|| file(args));
        let Some(found) = file.as_ref().filter(|file| file.exists()) else {
            return Ok(Self { file, kept: fresh });
        };
        let name = found.display();
        let unusable = |problem: &dyn std::fmt::Display| {
            Failure::Usage(format!(
                "{name}: {problem}; delete it to begin anew, or give another --progress-file"
            ))
        };
        let text = std::fs::read_to_string(found).map_err(|error| unusable(&error))?;
        let kept: Kept = serde_json::from_str(&text).map_err(|error| unusable(&error))?;
        if (&kept.from, &kept.of) != (&fresh.from, &fresh.of) {
            return Err(unusable(&format!(
                "it is of an interrupted run from {}, of {}",
                kept.from, kept.of
            )));
        }
        eprintln!(
            "going on after {} events of the log; to begin anew, delete {name}",
            kept.tally.read
        );
        Ok(Self { file, kept })
    }

    /// What of the log was republished; `None` if nothing was.
    ///
    /// # Errors
    ///
    /// If what was kept is no place in a log.
    pub fn log_place(&self) -> Result<Option<LogPlace>, Failure> {
        let Some(after) = &self.kept.after else {
            return Ok(None);
        };
        Ok(Some(LogPlace {
            user: parse_user_key(&after.user)?,
            event: EventId::parse(&after.event)?,
        }))
    }

    /// What has come of it so far.
    pub fn tally(&self) -> &Tally {
        &self.kept.tally
    }

    /// All up to this place is republished.
    pub fn move_to(&mut self, after: Option<&LogPlace>, tally: &Tally) -> Result<(), Failure> {
        self.kept.after = after.map(|after| KeptPlace {
            user: user_key_text(&after.user),
            event: after.event.to_string(),
        });
        self.kept.tally = tally.clone();
        let Some(file) = &self.file else {
            return Ok(());
        };
        Ok(replace(file, &serde_json::to_string(&self.kept)?)?)
    }

    /// It is over: the next one begins anew.
    pub fn leave(&self) -> Result<(), Failure> {
        match self.file.as_ref().filter(|file| file.exists()) {
            Some(file) => Ok(std::fs::remove_file(file)?),
            None => Ok(()),
        }
    }
}

fn file(args: &RepublishArgs) -> PathBuf {
    let destination = &args.destination;
    let default = || match &args.data_dir {
        Some(folder) => folder.join(format!("republish-{destination}.json")),
        None => PathBuf::from(format!(
            "cognito-pinpoint-republish-{}-{destination}.json",
            args.account.stack()
        )),
    };
    args.progress_file.clone().unwrap_or_else(default)
}
