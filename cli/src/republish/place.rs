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
    /// The first and the last day: with `yesterday`, the same command means others after midnight.
    days: (String, String),
    /// What else was asked for, in words.
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

impl Kept {
    /// Why what was kept is of no use to a run that begins so.
    fn is_of_another(&self, fresh: &Self) -> Option<String> {
        let Self { from, of, .. } = self;
        let (first, last) = &self.days;
        let run = format!("it is of an interrupted run from {from}, of {first} to {last} of {of}");
        if (from, of) != (&fresh.from, &fresh.of) {
            Some(run)
        } else if self.days != fresh.days {
            let days = format!("--from {first} --to {last}");
            Some(format!("{run}; to go on with it, give {days}"))
        } else {
            None
        }
    }
}

impl Place {
    /// Where an interrupted republish ended, or the beginning.
    pub fn of(wanted: &Wanted, args: &RepublishArgs) -> Result<Self, Failure> {
        let fresh = Kept {
            from: match &args.data_dir {
                Some(folder) => format!("the folder {}", folder.display()),
                None => format!("the stack {}", args.account.stack()),
            },
            days: (wanted.days.0.to_string(), wanted.days.1.to_string()),
            of: words(wanted),
            after: None,
            tally: Tally::default(),
        };
        let file = ProgressFile::new((!args.dry_run).then(|| file(args)));
        let Some(kept) = file.read::<Kept>()? else {
            return Ok(Self { file, kept: fresh });
        };
        if let Some(problem) = kept.is_of_another(&fresh) {
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
