//! The files that the paths of the command line stand for, each of which can be read twice.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::spool::{Damage, Section, SectionReader, Spool};
use super::unpack::{Format, format_of, text_of};

/// How the names of a folder's files end that are read; each may have `.gz` after it.
const ENDINGS: [&str; 3] = ["json", "jsonl", "ndjson"];

/// A file to be read, or the reason why it can't be.
pub struct Input {
    /// As its path was given.
    pub name: Arc<str>,
    /// Where its bytes are.
    pub content: Result<Content, Unreadable>,
    /// Its size in bytes, as it is; none if it can't be read.
    pub size: u64,
    /// Where its text ends before its time.
    pub damage: Option<Damage>,
}

/// Where a file's bytes are.
pub enum Content {
    /// In a file that has a path, as they are or compressed.
    OnDisk(PathBuf),
    /// In a file without a name, which holds what came through a pipe, or what was unpacked.
    Spooled(Section),
}

/// Why a path gives nothing to read.
#[derive(Error, Debug)]
pub enum Unreadable {
    /// Nothing is there.
    #[error("there is no such file or folder: check the path")]
    Missing,
    /// The system won't read it.
    #[error("can't be read: {0}")]
    Io(#[source] io::Error),
    /// It would have to be unpacked first.
    #[error("is compressed, but not with gzip: unpack it first")]
    Compressed,
    /// Its characters are of two bytes.
    #[error("is UTF-16: save it as UTF-8")]
    Utf16,
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Io(error),
        }
    }
}

impl Content {
    /// Opens it at its beginning.
    ///
    /// # Errors
    ///
    /// If it can't be read.
    pub fn open(&self) -> io::Result<BufReader<SectionReader>> {
        let section = match self {
            Self::OnDisk(path) => Section::whole(File::open(path)?)?,
            Self::Spooled(section) => section.clone(),
        };
        Ok(BufReader::with_capacity(64 << 10, section.read()))
    }
}

impl Input {
    /// Unpacks it into the spool, if it is compressed. `progress` is given the bytes read of it.
    pub fn unpack(&mut self, spool: &mut Spool, progress: &mut dyn FnMut(u64)) {
        let Ok(Content::OnDisk(path)) = &self.content else {
            return;
        };
        match unpacked(path, spool, progress) {
            Ok(Some((section, damage))) => {
                self.content = Ok(Content::Spooled(section));
                self.damage = damage;
            }
            Ok(None) => {}
            Err(error) => self.content = Err(error),
        }
    }

    /// Whether its bytes are in the spool, and no longer those that its size is of.
    pub fn is_spooled(&self) -> bool {
        matches!(self.content, Ok(Content::Spooled(_)))
    }

    fn new(path: &Path, content: Result<Content, Unreadable>) -> Self {
        let size = match &content {
            Ok(Content::OnDisk(path)) => fs::metadata(path).map_or(0, |it| it.len()),
            Ok(Content::Spooled(section)) => section.size(),
            Err(_) => 0,
        };
        Self {
            name: path.to_string_lossy().into(),
            content,
            size,
            damage: None,
        }
    }

    fn spooled(path: &Path, pipe: impl Read, spool: &mut Spool) -> Self {
        let taken = text_of(BufReader::new(pipe))
            .and_then(|mut text| Ok(spool.take(&mut text, &mut || ())?));
        match taken {
            Ok((section, damage)) => Self {
                damage,
                ..Self::new(path, Ok(Content::Spooled(section)))
            },
            Err(error) => Self::new(path, Err(error)),
        }
    }

    fn of_file(path: &Path, spool: &mut Spool) -> Self {
        match fs::metadata(path) {
            Ok(it) if it.is_file() => Self::new(path, Ok(Content::OnDisk(path.to_owned()))),
            Ok(_) => match File::open(path) {
                Ok(pipe) => Self::spooled(path, pipe, spool),
                Err(error) => Self::new(path, Err(error.into())),
            },
            Err(error) => Self::new(path, Err(error.into())),
        }
    }
}

/// None for a file that is text as it is.
fn unpacked(
    path: &Path,
    spool: &mut Spool,
    progress: &mut dyn FnMut(u64),
) -> Result<Option<(Section, Option<Damage>)>, Unreadable> {
    let file = File::open(path)?;
    let mut place = file.try_clone()?;
    let (format, whole) = format_of(BufReader::with_capacity(64 << 10, file))?;
    if format == Format::Text {
        return Ok(None);
    }
    let mut text = text_of(whole)?;
    let mut report = || progress(place.stream_position().unwrap_or_default());
    Ok(Some(spool.take(&mut text, &mut report)?))
}

/// The files that `paths` stand for: a folder stands for its JSON files, by name, and `-` for `stdin`.
/// What can be read only once goes into the spool, here and now.
pub fn inputs(paths: &[PathBuf], stdin: &mut dyn Read, spool: &mut Spool) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(Input::spooled(path, &mut *stdin, spool));
        } else if path.is_dir() {
            match files_of(path) {
                Ok(files) => inputs.extend(files.iter().map(|file| Input::of_file(file, spool))),
                Err(error) => inputs.push(Input::new(path, Err(error.into()))),
            }
        } else {
            inputs.push(Input::of_file(path, spool));
        }
    }
    inputs
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if has_ending(&path) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn has_ending(path: &Path) -> bool {
    let is_packed = path.extension().is_some_and(|it| it == "gz");
    let unpacked = if is_packed {
        path.with_extension("")
    } else {
        path.to_owned()
    };
    unpacked
        .extension()
        .is_some_and(|it| ENDINGS.iter().any(|ending| it == *ending))
}
