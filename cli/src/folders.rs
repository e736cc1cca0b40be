//! The files that the paths of the command line stand for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Each path that is a folder is replaced by the files within it, at any depth, by name: an export of
/// CloudWatch Logs to S3 has a folder for each stream, and names of its own. Hidden files are left out.
pub fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            add_files_of(path, &mut files);
        } else {
            files.push(path.clone());
        }
    }
    files
}

/// A folder that can't be listed stands for itself: whoever reads it hears of it. A link to a folder is
/// not followed: it may lead back.
fn add_files_of(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = entries(folder) else {
        files.push(folder.to_owned());
        return;
    };
    for (path, is_folder) in entries {
        if is_folder {
            add_files_of(&path, files);
        } else if !path.is_dir() {
            files.push(path);
        }
    }
}

fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.push((entry.path(), entry.file_type()?.is_dir()));
        }
    }
    entries.sort();
    Ok(entries)
}
