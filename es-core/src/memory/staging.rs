//! Rows that wait in memory for the commit of a batch or an append: seen by their own handlers, by nobody else.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::future::ready;

use super::rows::{Key, Row, Staged, Tables, count, read};
use super::{Inner, MemoryStore};
use crate::column::Table;
use crate::error::StoreError;
use crate::read_model::{ReadModelBackend, RowSelection};
use crate::row::{FoundRow, RowChange};
use crate::row_query::ResolvedQuery;
use crate::store::BoxFuture;

/// Where handlers on a [`MemoryStore`] write.
#[derive(Debug)]
pub(super) struct Staging {
    pub(super) store: MemoryStore,
    staged: HashMap<&'static str, Staged>,
}

impl Staging {
    pub(super) fn new(store: MemoryStore) -> Self {
        Self { store, staged: HashMap::new() }
    }

    /// Writes everything, which was checked when it was staged.
    pub(super) fn apply(&self, inner: &mut Inner) {
        for (table, staged) in &self.staged {
            if let Some(stored) = inner.tables.table_mut(table) {
                staged.apply(&mut stored.rows);
            }
        }
    }

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

impl ReadModelBackend for Staging {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        let inner = self.store.inner();
        let found = inner.tables.rows(table).map(|committed| match self.staged.get(table.name) {
            Some(staged) => staged.these(table, committed, keys),
            None => read(table, committed, RowSelection::Keys(keys)),
        });
        Box::pin(ready(found))
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
