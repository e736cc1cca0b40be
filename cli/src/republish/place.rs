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
use crate::progress_file::ProgressFile;

/// Where a republish is.
pub struct Place {
    file: ProgressFile,
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
        let file = ProgressFile::new((!args.dry_run).then(|| file(args)));
        let Some(kept) = file.read::<Kept>()? else {
            return Ok(Self { file, kept: fresh });
        };
        if (&kept.from, &kept.of) != (&fresh.from, &fresh.of) {
            let (from, of) = (&kept.from, &kept.of);
            let problem = format!("it is of an interrupted run from {from}, of {of}");
            return Err(file.unusable(&problem));
        }
        file.tell_going_on(format!("{} events of the log", kept.tally.read));
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
        self.file.keep(&self.kept)
    }

    /// It is over: the next one begins anew.
    pub fn leave(&self) -> Result<(), Failure> {
        self.file.leave()
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
