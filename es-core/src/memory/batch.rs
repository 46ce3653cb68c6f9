//! One batch of a projection in memory: staged, and written at the commit.

use super::MemoryStore;
use super::staging::Staging;
use crate::checkpoint::Checkpoint;
use crate::dead_letter::{DeadLetter, LetterState};
use crate::error::StoreError;
use crate::projection_store::{BatchStart, ProjectionBatch};
use crate::read_model::ReadModelBackend;
use crate::version::Position;

/// One batch on a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryBatch {
    start: BatchStart,
    /// Into how many parts everything is set back by the commit, if that is what the batch is for.
    reset: Option<u32>,
    rows: Staging,
    letters: Vec<(Position, Option<DeadLetter>)>,
}

impl MemoryBatch {
    pub(super) fn new(store: MemoryStore, start: BatchStart) -> Self {
        Self { start, reset: None, rows: Staging::new(store), letters: Vec::new() }
    }

    #[cfg(feature = "runtime")]
    pub(super) fn resetting(store: MemoryStore, start: BatchStart, parts: u32) -> Self {
        Self { reset: Some(parts), ..Self::new(store, start) }
    }
}

impl ProjectionBatch for MemoryBatch {
    fn checkpoint(&self) -> Checkpoint {
        self.start.from
    }

    fn backend(&mut self) -> &mut dyn ReadModelBackend {
        &mut self.rows
    }

    async fn bury(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.letters.push((letter.position, Some(letter.clone())));
        Ok(())
    }

    async fn unbury(&mut self, position: Position) -> Result<bool, StoreError> {
        let mut inner = self.rows.store.inner();
        let found = inner.progress.letters(&self.start.part).get(&position);
        let open = found.is_some_and(|letter| !is_discarded(letter));
        drop(inner);
        self.letters.push((position, None));
        Ok(open)
    }

    async fn commit(self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let mut inner = self.rows.store.inner();
        let BatchStart { part, from, epoch, .. } = self.start;
        if let Some(parts) = self.reset {
            inner.progress.reset(&part.name, part.version, parts, checkpoint);
        } else {
            inner.progress.check(&part, from, epoch)?;
            inner.progress.commit(&part, checkpoint);
        }
        self.rows.apply(&mut inner);
        let letters = inner.progress.letters(&part);
        for (position, letter) in self.letters {
            match letter {
                // Somebody has decided meanwhile that it is not to be handled.
                _ if letters.get(&position).is_some_and(is_discarded) => None,
                Some(letter) => letters.insert(position, letter),
                None => letters.remove(&position),
            };
        }
        Ok(())
    }
}

fn is_discarded(letter: &DeadLetter) -> bool {
    letter.state == LetterState::Discarded
}
