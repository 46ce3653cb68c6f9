//! Read-model tables and checkpoints in memory.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::MemoryStore;
use crate::column::{SqlType, Table};
use crate::error::StoreError;
use crate::read_model::{ReadModelBackend, RowSelection};
use crate::store::{BoxFuture, Checkpoint, ProjectionBatch};

#[derive(Default)]
pub(super) struct Tables {
    tables: HashMap<&'static str, (&'static Table, BTreeMap<Key, String>)>,
    checkpoints: HashMap<(String, u32), Checkpoint>,
}

/// Numbers sort as numbers, everything else as bytes: as a database sorts them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    fn of_text(table: &Table, text: &str) -> Self {
        let number = match table.key_column().sql_type {
            SqlType::Integer => text.parse().ok(),
            _ => None,
        };
        number.map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }

    fn of_row(table: &Table, row: &str) -> Result<Self, StoreError> {
        let no_key = || StoreError::Corrupt {
            what: format!("a row for `{}` has no `{}`", table.name, table.key),
        };
        let row: Value = serde_json::from_str(row).map_err(|_| no_key())?;
        match row.get(table.key) {
            Some(Value::String(text)) => Ok(Self::of_text(table, text)),
            Some(Value::Number(number)) => Ok(Self::of_text(table, &number.to_string())),
            _ => Err(no_key()),
        }
    }
}

impl Tables {
    pub(super) fn ensure(&mut self, table: &'static Table) -> Result<(), StoreError> {
        let (there, _) = self.tables.entry(table.name).or_insert((table, BTreeMap::new()));
        if **there != *table {
            return Err(StoreError::TableDiffers {
                table: table.name,
                difference: "another read model has a table of that name".to_owned(),
            });
        }
        Ok(())
    }

    pub(super) fn checkpoint(&self, name: &str, version: u32) -> Checkpoint {
        self.checkpoints.get(&(name.to_owned(), version)).copied().unwrap_or_default()
    }

    pub(super) fn read(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let (_, rows) = self.tables.get(table.name).ok_or(missing(table))?;
        Ok(match select {
            RowSelection::All => rows.values().cloned().collect(),
            RowSelection::Keys(keys) => {
                keys.iter().filter_map(|key| rows.get(&Key::of_text(table, key))).cloned().collect()
            }
        })
    }

    fn upsert(&mut self, table: &'static Table, row: String) -> Result<(), StoreError> {
        let key = Key::of_row(table, &row)?;
        self.tables.get_mut(table.name).ok_or(missing(table))?.1.insert(key, row);
        Ok(())
    }
}

const fn missing(table: &Table) -> StoreError {
    StoreError::MissingTable { table: table.name }
}

/// One batch on a [`MemoryStore`]: staged, and written at the commit.
#[derive(Debug)]
pub struct MemoryBatch {
    store: MemoryStore,
    projection: (String, u32),
    checkpoint: Checkpoint,
    staged: Vec<(&'static Table, String)>,
}

impl MemoryBatch {
    pub(super) fn new(
        store: MemoryStore,
        name: &str,
        version: u32,
        checkpoint: Checkpoint,
    ) -> Self {
        Self { store, projection: (name.to_owned(), version), checkpoint, staged: Vec::new() }
    }
}

impl ReadModelBackend for MemoryBatch {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        let found = self.store.inner().tables.read(table, RowSelection::Keys(keys));
        Box::pin(std::future::ready(found))
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.staged.extend(rows.iter().map(|row| (table, row.clone())));
        // Asked for now rather than at the commit, where nothing may fail half way.
        let known = self.store.inner().tables.read(table, RowSelection::Keys(&[])).map(|_| ());
        Box::pin(std::future::ready(known))
    }

    fn transaction(&mut self) -> &mut dyn Any {
        &mut self.staged
    }
}

impl ProjectionBatch for MemoryBatch {
    fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    fn backend(&mut self) -> &mut dyn ReadModelBackend {
        self
    }

    async fn commit(self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let mut inner = self.store.inner();
        let (name, version) = self.projection.clone();
        if inner.tables.checkpoint(&name, version) != self.checkpoint {
            return Err(StoreError::CheckpointMoved { projection: name });
        }
        for (table, row) in self.staged {
            inner.tables.upsert(table, row)?;
        }
        inner.tables.checkpoints.insert((name, version), checkpoint);
        Ok(())
    }
}
