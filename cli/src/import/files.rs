//! Reads the files that are imported, one after another, and no more of each than a value at a time.

use std::io;
use std::path::PathBuf;

use crate::entries::inputs::inputs;
use crate::entries::{Input, Rejected, Spool};
use crate::folders;
use crate::progress::Progress;

/// One of the files.
#[derive(Clone, Copy)]
pub struct File<'i> {
    /// It is the so manieth.
    pub number: u32,
    /// Where its bytes are, as text.
    pub input: &'i Input,
}

/// Reads one file, and gives what of it can't be taken. Is given what takes the bytes that have been read.
pub type ReadFile<'r> = dyn FnMut(File<'_>, &mut dyn FnMut(u64)) -> Vec<Rejected> + 'r;

/// The files of `paths`, of folders those within at any depth, each as `read` reads it; and what of them all can't be
/// taken. What is compressed is unpacked into a file without a name, which is gone before the next is read.
pub fn each(paths: &[PathBuf], progress: &Progress, read: &mut ReadFile<'_>) -> Vec<Rejected> {
    let files = folders::files(paths);
    let inputs = inputs(&files, &mut io::stdin(), &mut Spool::default());
    let total = inputs.iter().map(|input| input.size).sum();
    let (mut done, mut rejected) = (0, Vec::new());
    for (number, mut input) in (0..).zip(inputs) {
        let mut report = |bytes| progress.set(done + bytes, total);
        input.unpack(&mut Spool::default(), &mut report);
        let (size, input) = (input.size, &input);
        let unpacked = if input.is_spooled() { size } else { 0 };
        let file = File { number, input };
        rejected.extend(read(file, &mut |bytes| report(bytes.clamp(unpacked, size))));
        done += size;
        progress.set(done, total);
    }
    progress.finish();
    rejected
}
