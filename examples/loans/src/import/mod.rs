//! Importing a log: every line once, in order, batch by batch.

mod append;
mod batch;
mod lines;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use es_core::prelude::*;
use es_core::{AppendError, StoreError};
use indicatif::ProgressBar;
use thiserror::Error;
use tokio::sync::mpsc;

use self::append::Streams;
use self::batch::{Batch, read_batches};
use self::lines::Lines;
use crate::parse::BadLine;

/// Lines in one batch: two round trips each. A stream can take at most 4,096 events in one append.
const BATCH_LINES: usize = 2_000;

/// How many skipped lines are remembered with their reasons.
const REMEMBERED: usize = 10;

/// Batches that are read ahead while one is stored.
const READ_AHEAD: usize = 2;

/// Why an import stopped. Everything before the place where it stopped is stored, and the same import, begun again,
/// goes on there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is not there, or not to be read.
    #[error("{} cannot be opened", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The file ends in the middle of a compressed part, or the disk fails.
    #[error("the file cannot be read after line {line}")]
    Read {
        /// The last line that was read; 0 when there was none.
        line: u64,
        /// What the system or the decompression says.
        #[source]
        cause: io::Error,
    },
    /// A line cannot be understood.
    #[error("line {line} cannot be imported")]
    Line {
        /// Its number; the first line is 1.
        line: u64,
        /// Why not.
        #[source]
        cause: BadLine,
    },
    /// The store did not take the events.
    #[error("the events from line {line} on cannot be stored")]
    Append {
        /// The first line that is not stored.
        line: u64,
        /// What the store says.
        #[source]
        cause: AppendError,
    },
    /// The store cannot be asked.
    #[error("the store cannot be asked what it has")]
    Store(#[from] StoreError),
}

/// What an import has done.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Imported {
    /// Lines that were read, empty ones among them.
    pub lines: u64,
    /// Events that were added.
    pub added: u64,
    /// Lines whose events were stored already; of identical lines all but the first are among them.
    pub known: u64,
    /// Lines that were skipped because they cannot be imported.
    pub bad: u64,
    /// The first of those, with their numbers and reasons.
    pub first_bad: Vec<(u64, BadLine)>,
}

impl Imported {
    fn skip(&mut self, line: u64, reason: BadLine) {
        self.bad += 1;
        if self.first_bad.len() < REMEMBERED {
            self.first_bad.push((line, reason));
        }
    }
}

/// Imports logs into a store.
#[derive(Debug)]
#[must_use]
pub struct Import<S> {
    store: S,
    skip_bad: bool,
    batch_lines: usize,
    progress: ProgressBar,
}

impl<S: EventStore> Import<S> {
    /// Into `store`; stops at the first line that cannot be imported.
    pub fn new(store: S) -> Self {
        let progress = ProgressBar::hidden();
        Self { store, skip_bad: false, batch_lines: BATCH_LINES, progress }
    }

    /// Whether to count bad lines and go on instead of stopping.
    pub const fn skip_bad(mut self, skip: bool) -> Self {
        self.skip_bad = skip;
        self
    }

    /// Sets the number of lines in one batch: 1 to 4,096, 2,000 unless set.
    pub fn batch_lines(mut self, lines: usize) -> Self {
        self.batch_lines = lines.clamp(1, 4_096);
        self
    }

    /// Shows how much of the file has been read, in bytes.
    pub fn progress(mut self, bar: ProgressBar) -> Self {
        self.progress = bar;
        self
    }

    /// Imports a file, plain or gzip. Memory stays flat however long it is.
    ///
    /// Dropping the future ends the import after the batch that is being appended, which is stored or not.
    ///
    /// # Errors
    /// [`ImportError`]: what stands before the place where it stopped is stored.
    pub async fn file(&self, path: &Path) -> Result<Imported, ImportError> {
        let lines = Lines::open(path, &self.progress)
            .map_err(|cause| ImportError::Open { path: path.to_owned(), cause })?;
        // Reading and parsing go on in a thread of their own while the store is waited for.
        let (send, mut batches) = mpsc::channel(READ_AHEAD);
        let (size, skip_bad) = (self.batch_lines, self.skip_bad);
        let reader = tokio::task::spawn_blocking(move || {
            read_batches(lines, size, skip_bad, |batch| send.blocking_send(batch).is_ok());
        });
        let mut streams = Streams::default();
        let mut done = Imported::default();
        while let Some(batch) = batches.recv().await {
            self.store_batch(batch, &mut streams, &mut done).await?;
        }
        if let Err(error) = reader.await
            && let Ok(panic) = error.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
        Ok(done)
    }

    async fn store_batch(
        &self,
        batch: Batch,
        streams: &mut Streams,
        done: &mut Imported,
    ) -> Result<(), ImportError> {
        let Batch { entries, bad, lines, stop } = batch;
        done.lines += lines;
        bad.into_iter().for_each(|(line, reason)| done.skip(line, reason));
        let known = self.locate(entries.iter().map(|(_, entry)| entry.event.id), streams).await?;
        // An entry that repeats an earlier one of its batch is as well known as if that were stored.
        let mut known: HashSet<EventId> = known;
        let mut groups = append::Groups::default();
        let mut stop = stop;
        for (line, entry) in entries {
            if !known.insert(entry.event.id) {
                done.known += 1;
                continue;
            }
            match streams.check(&self.store, &entry).await? {
                Ok(()) => groups.push(line, entry),
                Err(reason) if self.skip_bad => {
                    known.remove(&entry.event.id);
                    done.skip(line, reason);
                }
                Err(cause) => {
                    stop = Some(ImportError::Line { line, cause });
                    break;
                }
            }
        }
        self.append(groups, streams, done).await?;
        stop.map_or(Ok(()), Err)
    }
}
