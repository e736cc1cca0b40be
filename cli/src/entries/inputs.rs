//! The files that the paths of the command line stand for, each of which can be read twice.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

/// A file to be read, or the reason why it can't be.
pub struct Input {
    /// As its path was given.
    pub name: Arc<str>,
    /// Where its bytes are.
    pub content: Result<Content, Unreadable>,
}

/// Where a file's bytes are.
pub enum Content {
    /// In a file that has a path.
    OnDisk {
        /// Its path.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// In a file without a name, which holds what came through a pipe.
    Spooled {
        /// The file.
        file: File,
        /// Its size in bytes.
        size: u64,
    },
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
    #[error("is compressed: unpack it first")]
    Compressed,
    /// Its characters are of two bytes.
    #[error("is UTF-16: save it as UTF-8")]
    Utf16,
}

impl Content {
    /// Opens it at its beginning. Two openings of a spooled one share their place.
    ///
    /// # Errors
    ///
    /// If it can't be read.
    pub fn open(&self) -> io::Result<BufReader<File>> {
        let mut file = match self {
            Self::OnDisk { path, .. } => File::open(path)?,
            Self::Spooled { file, .. } => file.try_clone()?,
        };
        file.rewind()?;
        Ok(BufReader::with_capacity(64 << 10, file))
    }
}

impl Input {
    /// Its size in bytes; none if it can't be read.
    pub fn size(&self) -> u64 {
        match &self.content {
            Ok(Content::OnDisk { size, .. } | Content::Spooled { size, .. }) => *size,
            Err(_) => 0,
        }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Io(error),
        }
    }
}

impl Unreadable {
    /// Tells, by its first bytes, a file that is no text.
    ///
    /// # Errors
    ///
    /// If it is one.
    pub fn check_first_bytes(bytes: &[u8]) -> Result<(), Self> {
        match bytes {
            [0x1F, 0x8B, ..] | [b'P', b'K', 3, 4, ..] | [0x28, 0xB5, 0x2F, 0xFD, ..] => {
                Err(Self::Compressed)
            }
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Err(Self::Utf16),
            _ => Ok(()),
        }
    }
}

/// The files that `paths` stand for: a folder stands for its `.json` and `.jsonl` files, by name, and
/// `-` for `stdin`, which is read to its end here and now.
pub fn inputs(paths: &[PathBuf], stdin: &mut dyn Read) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(named(path, spooled(stdin)));
        } else if path.is_dir() {
            match files_of(path) {
                Ok(files) => inputs.extend(files.iter().map(|file| named(file, on_disk(file)))),
                Err(error) => inputs.push(named(path, Err(error.into()))),
            }
        } else {
            inputs.push(named(path, on_disk(path)));
        }
    }
    inputs
}

fn named(path: &Path, content: Result<Content, Unreadable>) -> Input {
    Input {
        name: path.to_string_lossy().into(),
        content,
    }
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ours = path
            .extension()
            .is_some_and(|it| it == "json" || it == "jsonl");
        if is_ours && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn on_disk(path: &Path) -> Result<Content, Unreadable> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        Ok(Content::OnDisk {
            path: path.to_owned(),
            size: metadata.len(),
        })
    } else {
        spooled(&mut File::open(path)?)
    }
}

/// A pipe gives its bytes once, and they are wanted twice.
fn spooled(pipe: &mut dyn Read) -> Result<Content, Unreadable> {
    let mut file = tempfile::tempfile()?;
    let size = io::copy(pipe, &mut file)?;
    Ok(Content::Spooled { file, size })
}
