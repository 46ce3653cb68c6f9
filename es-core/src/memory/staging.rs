//! What a transaction is to make of rows in memory.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::future::ready;

use super::MemoryStore;
use super::rows::{Cells, Key, Row, Tables, count, read, refused};
use crate::cell::Cell;
use crate::column::Table;
use crate::error::StoreError;
use crate::read_model::{ReadModelBackend, RowSelection};
use crate::row::{FoundRow, RowChange, RowInfo};
use crate::row_query::ResolvedQuery;
use crate::store::BoxFuture;

/// The changes of one transaction: staged, and made at its end.
#[derive(Debug)]
pub(super) struct Staging {
    store: MemoryStore,
    tables: HashMap<&'static str, Staged>,
}

impl Staging {
    pub(super) fn new(store: MemoryStore) -> Self {
        Self { store, tables: HashMap::new() }
    }

    /// Makes all changes. Everything was checked before, so that nothing fails half way.
    pub(super) fn apply(self, tables: &mut Tables) {
        for (table, staged) in self.tables {
            if let Some(stored) = tables.table_mut(table) {
                staged.apply(&mut stored.rows);
            }
        }
    }

    /// Answers with the rows of a table as the transaction sees them: what is committed, and what is staged over it.
    fn seen<R>(
        &self,
        table: &'static Table,
        answer: impl FnOnce(&BTreeMap<Key, Row>) -> R,
    ) -> BoxFuture<'static, Result<R, StoreError>>
    where
        R: Send + 'static,
    {
        let inner = self.store.inner();
        let seen = inner.tables.rows(table).map(|committed| match self.tables.get(table.name) {
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
        let staged = self.tables.entry(table.name).or_default();
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

/// That every column has a cell, and one that may not be empty is not.
fn check(table: &Table, cells: &[Cell]) -> Result<(), StoreError> {
    if cells.len() != table.columns.len() {
        return Err(refused(table, "has not one cell for each column"));
    }
    let mut pairs = table.columns.iter().zip(cells);
    match pairs.find(|(column, cell)| !column.nullable && **cell == Cell::Null) {
        None => Ok(()),
        Some((column, _)) => Err(refused(table, &format!("has no `{}`", column.name))),
    }
}

/// What a transaction is to make of one table.
#[derive(Debug, Default)]
struct Staged {
    /// All rows that are committed go.
    emptied: bool,
    rows: BTreeMap<Key, StagedRow>,
}

/// What a transaction is to make of one row.
#[derive(Debug, Default)]
struct StagedRow {
    /// The row that is committed goes, also when another one takes its place.
    removed: bool,
    new: Option<(Cells, RowChange)>,
}

impl StagedRow {
    /// The row that there is in the end. Columns that the writer does not know keep what they hold.
    fn over(&self, committed: Option<&Row>) -> Option<Row> {
        let committed = committed.filter(|_| !self.removed);
        let Some((cells, change)) = &self.new else { return committed.cloned() };
        let (created_at, version) =
            committed.map_or((change.created_at, 0), |row| (row.info.created_at, row.info.version));
        let version = version + u64::from(change.changes);
        let info = RowInfo::new(created_at, change.updated_at, version, change.deleted_at);
        let mut all = committed.map_or_else(Cells::new, |row| row.cells.clone());
        all.extend(cells.clone());
        Some(Row { cells: all, info })
    }
}

impl Staged {
    /// Everything is checked here rather than at the commit, where nothing may fail half way.
    fn upsert(
        &mut self,
        tables: &Tables,
        table: &'static Table,
        rows: &[RowChange],
    ) -> Result<(), StoreError> {
        tables.check_writer(table)?;
        for change in rows {
            check(table, &change.cells)?;
            let names = table.columns.iter().map(|column| column.name);
            let cells: Cells = names.zip(change.cells.iter().cloned()).collect();
            let key = Key::of_cells(table, &cells).ok_or_else(|| refused(table, "has no key"))?;
            let staged = self.rows.entry(key).or_default();
            staged.new = Some(match staged.new.take() {
                None => (cells, change.clone()),
                Some((mut all, first)) => {
                    all.extend(cells);
                    let changes = first.changes + change.changes;
                    (all, RowChange { created_at: first.created_at, changes, ..change.clone() })
                }
            });
        }
        Ok(())
    }

    fn delete(&mut self, table: &'static Table, keys: &[String]) {
        let removed = || StagedRow { removed: true, new: None };
        self.rows.extend(keys.iter().map(|key| (Key::of_text(table, key), removed())));
    }

    fn truncate(&mut self) {
        *self = Self { emptied: true, rows: BTreeMap::new() };
    }

    /// What the rows are with this over what is committed.
    fn over(&self, committed: &BTreeMap<Key, Row>) -> BTreeMap<Key, Row> {
        let mut rows = if self.emptied { BTreeMap::new() } else { committed.clone() };
        self.change(&mut rows);
        rows
    }

    /// Makes it so.
    fn apply(&self, rows: &mut BTreeMap<Key, Row>) {
        if self.emptied {
            rows.clear();
        }
        self.change(rows);
    }

    fn change(&self, rows: &mut BTreeMap<Key, Row>) {
        for (key, staged) in &self.rows {
            match staged.over(rows.get(key)) {
                Some(row) => rows.insert(key.clone(), row),
                None => rows.remove(key),
            };
        }
    }
}
