//! One batch of a projection in memory: staged, and written at the commit.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};

use super::MemoryStore;
use super::rows::{Key, Row, find, replace, stage};
use crate::checkpoint::Checkpoint;
use crate::column::Table;
use crate::dead_letter::DeadLetter;
use crate::error::StoreError;
use crate::projection_store::{BatchStart, ProjectionBatch};
use crate::read_model::ReadModelBackend;
use crate::store::BoxFuture;
use crate::version::Position;

/// One batch on a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryBatch {
    store: MemoryStore,
    start: BatchStart,
    /// Into how many parts everything is set back by the commit, if that is what the batch is for.
    reset: Option<u32>,
    staged: HashMap<&'static str, BTreeMap<Key, Row>>,
    emptied: std::collections::HashSet<&'static str>,
    letters: Vec<(Position, Option<DeadLetter>)>,
}

impl MemoryBatch {
    pub(super) fn new(store: MemoryStore, start: BatchStart) -> Self {
        Self {
            store,
            start,
            reset: None,
            staged: HashMap::new(),
            emptied: Default::default(),
            letters: Vec::new(),
        }
    }

    #[cfg(feature = "runtime")]
    pub(super) fn resetting(store: MemoryStore, start: BatchStart, parts: u32) -> Self {
        Self { reset: Some(parts), ..Self::new(store, start) }
    }
}

impl ReadModelBackend for MemoryBatch {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        let staged = self.staged.get(table.name);
        let found = find(&self.store.inner().tables, staged, table, keys);
        Box::pin(std::future::ready(found))
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let staged = self.staged.entry(table.name).or_default();
        let done = stage(&self.store.inner().tables, staged, table, rows);
        Box::pin(std::future::ready(done))
    }

    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        self.staged.remove(table.name);
        self.emptied.insert(table.name);
        Box::pin(std::future::ready(Ok(())))
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self
    }
}

impl ProjectionBatch for MemoryBatch {
    fn checkpoint(&self) -> Checkpoint {
        self.start.from
    }

    fn backend(&mut self) -> &mut dyn ReadModelBackend {
        self
    }

    async fn bury(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.letters.push((letter.position, Some(letter.clone())));
        Ok(())
    }

    async fn unbury(&mut self, position: Position) -> Result<(), StoreError> {
        self.letters.push((position, None));
        Ok(())
    }

    async fn commit(self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let mut inner = self.store.inner();
        let BatchStart { part, from, epoch, .. } = self.start;
        match self.reset {
            Some(parts) => inner.progress.reset(&part.name, part.version, parts, checkpoint),
            None => {
                inner.progress.check(&part, from, epoch)?;
                inner.progress.commit(&part, checkpoint);
            }
        }
        for table in self.emptied {
            if let Some(stored) = inner.tables.table_mut(table) {
                stored.rows.clear();
            }
        }
        for (table, rows) in self.staged {
            if let Some(stored) = inner.tables.table_mut(table) {
                replace(&mut stored.rows, rows);
            }
        }
        let letters = inner.progress.letters(&part);
        for (position, letter) in self.letters {
            match letter {
                Some(letter) => letters.insert(position, letter),
                None => letters.remove(&position),
            };
        }
        Ok(())
    }
}
