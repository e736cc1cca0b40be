//! The files that a replay writes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::installation::Replayed;
use crate::Failure;
use crate::args::ReplayArgs;

/// The files to write, opened before anything is replayed.
pub struct Outputs {
    events: Option<BufWriter<File>>,
    endpoints: Option<BufWriter<File>>,
}

impl Outputs {
    /// Creates the files that were asked for. Refused, unless it is forced, is one that is there and holds
    /// something.
    pub fn create(args: &ReplayArgs) -> Result<Self, Failure> {
        if !args.force {
            let paths = [&args.events_out, &args.endpoints_out];
            paths
                .into_iter()
                .flatten()
                .try_for_each(|path| refuse_to_overwrite(path))?;
        }
        Ok(Self {
            events: args.events_out.as_deref().map(create).transpose()?,
            endpoints: args.endpoints_out.as_deref().map(create).transpose()?,
        })
    }

    /// Writes what Pinpoint accepted in this replay, and its endpoints.
    pub fn write(self, replayed: &Replayed) -> Result<(), Failure> {
        let Replayed { pinpoint, mark, .. } = replayed;
        if let Some(mut file) = self.events {
            pinpoint.for_each_event(*mark, |event| writeln!(file, "{event}"))?;
            file.flush()?;
        }
        if let Some(mut file) = self.endpoints {
            pinpoint.for_each_endpoint(|endpoint| writeln!(file, "{endpoint}"))?;
            file.flush()?;
        }
        Ok(())
    }
}

/// An empty file is what an interrupted replay leaves; what is no file, such as a pipe, has nothing to lose.
fn refuse_to_overwrite(path: &Path) -> Result<(), Failure> {
    match path.metadata() {
        Ok(there) if there.is_file() && there.len() > 0 => Err(Failure::Usage(format!(
            "{} is there already: give another file, or --force to overwrite it",
            path.display()
        ))),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    let file = File::create(path).map_err(|error| {
        Failure::Usage(format!("{} cannot be written: {error}", path.display()))
    })?;
    Ok(BufWriter::new(file))
}
