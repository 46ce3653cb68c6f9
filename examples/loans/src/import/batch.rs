//! Lines into batches of entries.

use super::ImportError;
use super::lines::Lines;
use crate::parse::{BadLine, Entry, parse};

/// A bounded number of successive lines.
#[derive(Default)]
pub(super) struct Batch {
    /// What was understood, with the numbers of the lines.
    pub(super) entries: Vec<(u64, Entry)>,
    /// What was not; only when bad lines are to be skipped.
    pub(super) bad: Vec<(u64, BadLine)>,
    /// How many lines were read for it.
    pub(super) lines: u64,
    /// Why this is the last batch, unless the file has come to its end.
    pub(super) stop: Option<ImportError>,
}

/// Gives the file in batches of `size` lines until it ends, something is wrong, or `give` wants no more.
pub(super) fn read_batches(
    mut lines: Lines,
    size: usize,
    skip_bad: bool,
    mut give: impl FnMut(Batch) -> bool,
) {
    loop {
        let mut batch = Batch::default();
        let ended = fill(&mut batch, &mut lines, size, skip_bad);
        let last = ended || batch.stop.is_some();
        if !give(batch) || last {
            return;
        }
    }
}

/// Whether the file has come to its end.
fn fill(batch: &mut Batch, lines: &mut Lines, size: usize, skip_bad: bool) -> bool {
    for _ in 0..size {
        let parsed = match lines.next() {
            Ok(None) => return true,
            Ok(Some(Ok(line))) if line.trim_ascii().is_empty() => None,
            Ok(Some(line)) => Some(line.and_then(parse)),
            Err(cause) => {
                batch.stop = Some(ImportError::Read { line: lines.number(), cause });
                return false;
            }
        };
        let number = lines.number();
        batch.lines += 1;
        match parsed {
            None => {}
            Some(Ok(entry)) => batch.entries.push((number, entry)),
            Some(Err(reason)) if skip_bad => batch.bad.push((number, reason)),
            Some(Err(cause)) => {
                batch.stop = Some(ImportError::Line { line: number, cause });
                return false;
            }
        }
    }
    false
}
