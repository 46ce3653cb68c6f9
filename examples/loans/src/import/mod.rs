//! Importing a log: every line once, in order, batch by batch.

mod batch;
mod lines;
mod store;

use std::io;
use std::path::{Path, PathBuf};

use es_core::{BulkStore, StoreError};
use indicatif::ProgressBar;
use thiserror::Error;
use tokio::sync::mpsc;

use self::batch::{Batch, read_batches};
use self::lines::Lines;
use self::store::Streams;
use crate::parse::BadLine;

/// Lines in one batch, which is stored whole or not at all: what a run that is killed has to do again.
const BATCH_LINES: usize = 10_000;

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
    Store {
        /// The first line that is not stored.
        line: u64,
        /// What the store says.
        #[source]
        cause: es_core::ImportError,
    },
    /// The store cannot be asked.
    #[error("the store cannot be asked what it has")]
    Ask(#[from] StoreError),
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

impl<S: BulkStore> Import<S> {
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

    /// Sets the number of lines in one batch: at least 1, 10,000 unless set.
    pub fn batch_lines(mut self, lines: usize) -> Self {
        self.batch_lines = lines.max(1);
        self
    }

    /// Shows how much of the file has been read, in bytes.
    pub fn progress(mut self, bar: ProgressBar) -> Self {
        self.progress = bar;
        self
    }

    /// Imports a file, plain or gzip. Memory stays flat however long it is.
    ///
    /// Dropping the future ends the import; the batch that is being stored is stored whole or not at all.
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
        let Batch { entries, bad, lines, mut stop } = batch;
        done.lines += lines;
        for (line, reason) in bad {
            done.skip(line, reason);
        }
        // An entry that repeats an earlier one of its batch becomes as well known as those that are stored.
        let ids = entries.iter().map(|(_, entry)| entry.event.id);
        let mut known = self.locate(ids, streams).await?;
        let mut new = Vec::with_capacity(entries.len());
        for (line, entry) in entries {
            if !known.insert(entry.event.id) {
                done.known += 1;
                continue;
            }
            match streams.check(&self.store, &entry).await? {
                Ok(()) => new.push((line, entry)),
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
        self.store_entries(new, streams, done).await?;
        stop.map_or(Ok(()), Err)
    }
}
