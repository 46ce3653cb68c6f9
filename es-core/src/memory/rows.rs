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
        let rows = self.rows(table)?;
        Ok(match select {
            RowSelection::All => rows.values().cloned().collect(),
            RowSelection::Keys(keys) => {
                keys.iter().filter_map(|key| rows.get(&Key::of_text(table, key))).cloned().collect()
            }
        })
    }

    fn rows(&self, table: &'static Table) -> Result<&BTreeMap<Key, String>, StoreError> {
        let there = self.tables.get(table.name);
        Ok(&there.ok_or(StoreError::MissingTable { table: table.name })?.1)
    }
}

/// One batch on a [`MemoryStore`]: staged, and written at the commit.
#[derive(Debug)]
pub struct MemoryBatch {
    store: MemoryStore,
    projection: (String, u32),
    checkpoint: Checkpoint,
    staged: HashMap<&'static str, BTreeMap<Key, String>>,
}

impl MemoryBatch {
    pub(super) fn new(
        store: MemoryStore,
        name: &str,
        version: u32,
        checkpoint: Checkpoint,
    ) -> Self {
        Self { store, projection: (name.to_owned(), version), checkpoint, staged: HashMap::new() }
    }

    fn find(&self, table: &'static Table, keys: &[String]) -> Result<Vec<String>, StoreError> {
        let inner = self.store.inner();
        let committed = inner.tables.rows(table)?;
        let staged = self.staged.get(table.name);
        let find = |key| staged.and_then(|rows| rows.get(&key)).or_else(|| committed.get(&key));
        Ok(keys.iter().filter_map(|key| find(Key::of_text(table, key))).cloned().collect())
    }

    /// Everything is checked here rather than at the commit, where nothing may fail half way.
    fn stage(&mut self, table: &'static Table, rows: &[String]) -> Result<(), StoreError> {
        self.store.inner().tables.rows(table)?;
        let keyed = rows.iter().map(|row| Ok((Key::of_row(table, row)?, row.clone())));
        let keyed = keyed.collect::<Result<Vec<_>, StoreError>>()?;
        self.staged.entry(table.name).or_default().extend(keyed);
        Ok(())
    }
}

impl ReadModelBackend for MemoryBatch {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(std::future::ready(self.find(table, keys)))
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(std::future::ready(self.stage(table, rows)))
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self
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
        let (name, version) = self.projection;
        if inner.tables.checkpoint(&name, version) != self.checkpoint {
            return Err(StoreError::CheckpointMoved { projection: name });
        }
        for (table, rows) in self.staged {
            if let Some((_, committed)) = inner.tables.tables.get_mut(table) {
                committed.extend(rows);
            }
        }
        inner.tables.checkpoints.insert((name, version), checkpoint);
        Ok(())
    }
}
