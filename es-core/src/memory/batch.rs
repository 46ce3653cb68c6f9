//! One batch of a projection in memory: staged, and written at the commit.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::future::ready;

use super::MemoryStore;
use super::rows::{Key, Row, Staged, Tables, count, read};
use crate::checkpoint::Checkpoint;
use crate::column::Table;
use crate::dead_letter::DeadLetter;
use crate::error::StoreError;
use crate::projection_store::{BatchStart, ProjectionBatch};
use crate::read_model::{ReadModelBackend, RowSelection};
use crate::row::{FoundRow, RowChange};
use crate::row_query::ResolvedQuery;
use crate::store::BoxFuture;
use crate::version::Position;

/// One batch on a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryBatch {
    store: MemoryStore,
    start: BatchStart,
    /// Into how many parts everything is set back by the commit, if that is what the batch is for.
    reset: Option<u32>,
    staged: HashMap<&'static str, Staged>,
    letters: Vec<(Position, Option<DeadLetter>)>,
}

impl MemoryBatch {
    pub(super) fn new(store: MemoryStore, start: BatchStart) -> Self {
        Self { store, start, reset: None, staged: HashMap::new(), letters: Vec::new() }
    }

    #[cfg(feature = "runtime")]
    pub(super) fn resetting(store: MemoryStore, start: BatchStart, parts: u32) -> Self {
        Self { reset: Some(parts), ..Self::new(store, start) }
    }
}

impl MemoryBatch {
    /// Answers with the rows of a table as the batch sees them: what is committed, and what is staged over it.
    fn seen<R>(
        &self,
        table: &'static Table,
        answer: impl FnOnce(&BTreeMap<Key, Row>) -> R,
    ) -> BoxFuture<'static, Result<R, StoreError>>
    where
        R: Send + 'static,
    {
        let inner = self.store.inner();
        let seen = inner.tables.rows(table).map(|committed| match self.staged.get(table.name) {
            Some(staged) => answer(&staged.over(committed)),
            None => answer(committed),
        });
        Box::pin(ready(seen))
    }

    /// Stages something in a table, which must be there.
    fn stage(
        &mut self,
        table: &'static Table,
        stage: impl FnOnce(&mut Staged, &Tables) -> Result<(), StoreError>,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        let tables = &self.store.inner().tables;
        let staged = self.staged.entry(table.name).or_default();
        let done = tables.rows(table).and_then(|_| stage(staged, tables));
        Box::pin(ready(done))
    }
}

impl ReadModelBackend for MemoryBatch {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        self.seen(table, |rows| read(table, rows, RowSelection::Keys(keys)))
    }

    fn find<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        self.seen(table, |rows| read(table, rows, RowSelection::Query(query)))
    }

    fn count<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.seen(table, |rows| count(rows, query))
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [RowChange],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.stage(table, |staged, tables| staged.upsert(tables, table, rows))
    }

    fn delete<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.stage(table, |staged, _| {
            staged.delete(table, keys);
            Ok(())
        })
    }

    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        self.stage(table, |staged, _| {
            staged.truncate();
            Ok(())
        })
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
        let BatchStart { part, from, epoch } = self.start;
        match self.reset {
            Some(parts) => inner.progress.reset(&part.name, part.version, parts, checkpoint),
            None => {
                inner.progress.check(&part, from, epoch)?;
                inner.progress.commit(&part, checkpoint);
            }
        }
        for (table, staged) in self.staged {
            if let Some(stored) = inner.tables.table_mut(table) {
                staged.apply(&mut stored.rows);
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
