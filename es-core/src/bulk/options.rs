//! The knobs of an import, and what it reports on the way.

use std::fmt;

/// How many events make a chunk unless it is set.
pub(super) const CHUNK: usize = 10_000;

/// How far an import or an export has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkProgress {
    /// Events handled so far.
    pub events: u64,
}

impl BulkProgress {
    /// So many events so far.
    pub const fn new(events: u64) -> Self {
        Self { events }
    }
}

/// What an import does with a stream that was there before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExistingStreams {
    /// Stops, with nothing stored.
    #[default]
    Refuse,
    /// Appends after its last event.
    Continue,
}

/// How an import is done.
///
/// ```
/// use es_core::{ExistingStreams, ImportOptions};
/// let options = ImportOptions::new()
///     .existing(ExistingStreams::Continue)
///     .progress(|so_far| eprintln!("{} events", so_far.events));
/// ```
#[must_use]
pub struct ImportOptions<'a> {
    existing: ExistingStreams,
    chunk: usize,
    progress: Option<Box<dyn FnMut(BulkProgress) + Send + 'a>>,
}

impl Default for ImportOptions<'_> {
    fn default() -> Self {
        Self { existing: ExistingStreams::default(), chunk: CHUNK, progress: None }
    }
}

impl<'a> ImportOptions<'a> {
    /// The defaults: existing streams are refused, 10,000 events a chunk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what becomes of streams that are there already.
    pub const fn existing(mut self, existing: ExistingStreams) -> Self {
        self.existing = existing;
        self
    }

    /// Sets how many events are sent at a time, at least 1: this is what is held in memory. A store may send fewer when
    /// they are large.
    pub const fn chunk(mut self, events: usize) -> Self {
        self.chunk = if events == 0 { 1 } else { events };
        self
    }

    /// Is told after each chunk how many events have been sent. They are stored when the import has returned `Ok`.
    pub fn progress(mut self, told: impl FnMut(BulkProgress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    /// What becomes of streams that are there already; for adapters.
    pub const fn get_existing(&self) -> ExistingStreams {
        self.existing
    }

    /// How many events are sent at a time; for adapters.
    pub const fn get_chunk(&self) -> usize {
        self.chunk
    }

    /// Tells of the progress; for adapters.
    pub fn report(&mut self, events: u64) {
        if let Some(told) = &mut self.progress {
            told(BulkProgress::new(events));
        }
    }
}

impl fmt::Debug for ImportOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportOptions")
            .field("existing", &self.existing)
            .field("chunk", &self.chunk)
            .field("progress", &self.progress.is_some())
            .finish()
    }
}
