//! What the handlers of one batch read and changed: written once per table and batch.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use crate::column::Table;
use crate::projection::ProjectionError;
use crate::read_model::{ReadModel, ReadModelBackend, RowKey as _};
use crate::row::{FoundRow, RowChange};
use crate::row_json::{check_readable, decode};

/// Rows that one statement writes.
const STATEMENT: usize = 5_000;

/// Everything that the handlers of one batch read and changed. Ordered by table, so that all processes lock rows
/// alike; by type too, since a name does not tell all types apart.
#[derive(Default)]
pub(crate) struct UnitOfWork {
    tables: BTreeMap<(&'static str, TypeId), Box<dyn AnyTracked>>,
    /// The tables were empty when this was made, and nobody else writes or reads them: what is not here is nowhere.
    has_all: bool,
    /// Changes of earlier batches are not written yet.
    #[cfg(feature = "runtime")]
    defers: bool,
}

impl UnitOfWork {
    /// On tables that the same transaction has emptied: nothing is ever read from them, and nothing has to be written
    /// before the end, as long as memory allows.
    #[cfg(feature = "runtime")]
    pub(crate) fn on_empty_tables() -> Self {
        Self { has_all: true, ..Self::default() }
    }

    /// From now on somebody else may look at the tables too.
    pub(crate) const fn share(&mut self) {
        self.has_all = false;
    }

    /// Whether somebody else looks at the tables who does not find there what earlier batches have changed.
    #[cfg(feature = "runtime")]
    pub(crate) const fn is_behind(&self) -> bool {
        self.defers && !self.has_all
    }

    /// The rows of one read model, which live in the table of the projection's version.
    pub(crate) fn of<T: ReadModel>(&mut self, version: u32) -> &mut Tracked<T> {
        let (name, id) = (T::TABLE.name, TypeId::of::<T>());
        if self.has_all
            && !self.tables.contains_key(&(name, id))
            && self.tables.keys().any(|(known, _)| *known == name)
        {
            // Rows of one table as two types: neither knows what is done through the other before it is written.
            self.share();
        }
        let tracked = self
            .tables
            .entry((name, id))
            .or_insert_with(|| Box::new(Tracked::<T>::new(T::TABLE.of_version(version))));
        tracked.as_any().downcast_mut().expect("the entry of a type holds its rows")
    }

    /// Whether a row that is not here is not in the store either.
    pub(crate) const fn has_all(&self) -> bool {
        self.has_all
    }

    /// Writes what changed: one statement per table and 5,000 rows, and one more for the rows that were deleted.
    pub(crate) async fn flush(
        mut self,
        backend: &mut dyn ReadModelBackend,
    ) -> Result<(), ProjectionError> {
        self.write_all(backend).await
    }

    /// At the end of a batch that is not the last of its transaction: goes on with the rows that it has, or, if these are not all
    /// or more than `rows`, writes what changed and begins anew.
    #[cfg(feature = "runtime")]
    pub(crate) async fn flush_beyond(
        &mut self,
        rows: usize,
        backend: &mut dyn ReadModelBackend,
    ) -> Result<(), ProjectionError> {
        let held: usize = self.tables.values().map(|tracked| tracked.len()).sum();
        if self.has_all && held <= rows {
            self.defers = held > 0;
            return Ok(());
        }
        self.write_all(backend).await?;
        *self = Self::default();
        Ok(())
    }

    async fn write_all(
        &mut self,
        backend: &mut dyn ReadModelBackend,
    ) -> Result<(), ProjectionError> {
        for tracked in self.tables.values_mut() {
            write(&mut **tracked, backend).await?;
        }
        Ok(())
    }

    /// Writes what changed in one table, so that a query finds it there.
    pub(crate) async fn flush_table(
        &mut self,
        table: &'static Table,
        backend: &mut dyn ReadModelBackend,
    ) -> Result<(), ProjectionError> {
        for tracked in self.of_table(table) {
            write(tracked, backend).await?;
        }
        Ok(())
    }

    /// Forgets the rows of one table, and what was to be written to it.
    pub(crate) fn forget(&mut self, table: &'static Table) {
        self.of_table(table).for_each(AnyTracked::forget);
    }

    fn of_table(
        &mut self,
        table: &'static Table,
    ) -> impl Iterator<Item = &mut (dyn AnyTracked + 'static)> {
        let all = self.tables.values_mut().map(|tracked| &mut **tracked);
        all.filter(move |tracked| tracked.table().name == table.name)
    }
}

async fn write(
    tracked: &mut dyn AnyTracked,
    backend: &mut dyn ReadModelBackend,
) -> Result<(), ProjectionError> {
    let Changes { removed, changed } = tracked.take_changes()?;
    if !removed.is_empty() {
        backend.delete(tracked.table(), &removed).await?;
    }
    for some in changed.chunks(STATEMENT) {
        backend.upsert(tracked.table(), some).await?;
    }
    Ok(())
}

/// What is to be written: first the one, then the other.
#[derive(Default)]
struct Changes {
    removed: Vec<String>,
    changed: Vec<RowChange>,
}

/// One row as the batch sees it.
pub(crate) struct Slot<T> {
    row: Option<T>,
    deleted_at: Option<DateTime<Utc>>,
    /// The row in the store goes, also when another one takes its place.
    removed: bool,
    pending: Option<Pending>,
}

/// Changes that are not written yet.
struct Pending {
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    changes: u32,
}

impl<T> Slot<T> {
    const ABSENT: Self = Self { row: None, deleted_at: None, removed: false, pending: None };

    /// The row, if it may be seen.
    pub(crate) fn row(&self, with_deleted: bool) -> Option<&T> {
        self.row.as_ref().filter(|_| with_deleted || self.deleted_at.is_none())
    }

    /// Since when the row is soft-deleted.
    pub(crate) const fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.deleted_at
    }

    /// Puts a row in the place of this one.
    pub(crate) fn put(&mut self, row: T, deleted_at: Option<DateTime<Utc>>, at: DateTime<Utc>) {
        self.row = Some(row);
        self.mark(deleted_at, at);
    }

    /// Soft-deletes the row, or takes it back.
    pub(crate) fn mark(&mut self, deleted_at: Option<DateTime<Utc>>, at: DateTime<Utc>) {
        self.deleted_at = deleted_at;
        let first = Pending { created_at: at, updated_at: at, changes: 0 };
        let pending = self.pending.get_or_insert(first);
        pending.updated_at = at;
        pending.changes += 1;
    }

    /// Removes the row, whether or not it is there.
    pub(crate) fn remove(&mut self) {
        *self = Self { removed: true, ..Self::ABSENT };
    }
}

/// The rows of one read model, by key.
pub(crate) struct Tracked<T: ReadModel> {
    pub(crate) table: &'static Table,
    slots: HashMap<String, Slot<T>>,
    /// Whether the rows of the batch's streams are here.
    pub(crate) has_streams: bool,
}

impl<T: ReadModel> Tracked<T> {
    fn new(table: &'static Table) -> Self {
        Self { table, slots: HashMap::new(), has_streams: false }
    }

    /// The row with this key, if it is known whether there is one.
    pub(crate) fn get(&self, key: &str) -> Option<&Slot<T>> {
        self.slots.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Slot<T>> {
        self.slots.get_mut(key)
    }

    /// The row with this key, which need not be there.
    pub(crate) fn slot(&mut self, key: String) -> &mut Slot<T> {
        self.slots.entry(key).or_insert(Slot::ABSENT)
    }

    /// Remembers what the store has: absent rows too, so that they are not asked for again.
    pub(crate) fn remember(
        &mut self,
        keys: Vec<String>,
        found: &[FoundRow],
    ) -> Result<(), ProjectionError> {
        // Before any key is taken for absent: a row that cannot be read is there.
        let rows = found.iter().map(|found| Ok((decode::<T>(&found.json)?, found.info.deleted_at)));
        let rows = rows.collect::<Result<Vec<_>, ProjectionError>>()?;
        self.slots.extend(keys.into_iter().map(|key| (key, Slot::ABSENT)));
        self.slots.extend(rows.into_iter().map(|(row, deleted_at)| {
            (row.key().to_text(), Slot { row: Some(row), deleted_at, ..Slot::ABSENT })
        }));
        Ok(())
    }
}

trait AnyTracked: Send + Sync {
    fn as_any(&mut self) -> &mut dyn Any;
    fn table(&self) -> &'static Table;
    fn take_changes(&mut self) -> Result<Changes, ProjectionError>;
    #[cfg(feature = "runtime")]
    fn len(&self) -> usize;
    fn forget(&mut self);
}

impl<T: ReadModel> AnyTracked for Tracked<T> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn table(&self) -> &'static Table {
        self.table
    }

    /// By rising key, so that all processes lock rows alike.
    fn take_changes(&mut self) -> Result<Changes, ProjectionError> {
        let slots = self.slots.iter_mut();
        let mut slots: Vec<_> =
            slots.filter(|(_, slot)| slot.removed || slot.pending.is_some()).collect();
        slots.sort_unstable_by_key(|(key, _)| *key);
        let mut changes = Changes::default();
        for (key, slot) in slots {
            if std::mem::take(&mut slot.removed) {
                changes.removed.push(key.clone());
            }
            if let (Some(pending), Some(row)) = (slot.pending.take(), &slot.row) {
                let change = RowChange::new(self.table, row, pending.updated_at)?;
                let Pending { created_at, updated_at, changes: count } = pending;
                let deleted_at = slot.deleted_at;
                let change =
                    RowChange { created_at, updated_at, changes: count, deleted_at, ..change };
                check_readable::<T>(&change)?;
                changes.changed.push(change);
            }
        }
        Ok(changes)
    }

    #[cfg(feature = "runtime")]
    fn len(&self) -> usize {
        self.slots.len()
    }

    fn forget(&mut self) {
        self.slots.clear();
        self.has_streams = false;
    }
}

/// The streams of some events, each once: whose rows are fetched together.
#[cfg(feature = "runtime")]
pub(crate) fn streams_of(events: &[crate::StoredEvent]) -> Vec<uuid::Uuid> {
    let mut streams: Vec<_> = events.iter().map(|event| event.stream.id()).collect();
    streams.sort_unstable();
    streams.dedup();
    streams
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;
    use std::any::type_name;

    /// Uses a type called `Row` that is no other's.
    macro_rules! row {
        ($table:literal) => {{
            #[derive(Clone, serde::Serialize, serde::Deserialize)]
            struct Row {
                id: i64,
            }
            impl ReadModel for Row {
                type Key = i64;
                const TABLE: &'static Table =
                    &Table::new($table, "id", const { &[Column::of::<i64>("id")] });
                fn key(&self) -> i64 {
                    self.id
                }
            }
            |unit: &mut UnitOfWork| {
                unit.of::<Row>(1);
                type_name::<Row>()
            }
        }};
    }

    #[test]
    fn types_of_one_name_are_kept_apart() {
        let mut unit = UnitOfWork::default();
        assert_eq!(row!("one")(&mut unit), row!("other")(&mut unit), "a trap only if so");
        let tables: Vec<_> = unit.tables.values().map(|tracked| tracked.table().name).collect();
        assert_eq!(tables, ["one", "other"]);
    }

    #[cfg(feature = "runtime")]
    #[test]
    fn two_types_of_one_table_share_it() {
        let mut unit = UnitOfWork::on_empty_tables();
        row!("one")(&mut unit);
        row!("other")(&mut unit);
        assert!(unit.has_all());
        row!("one")(&mut unit);
        assert!(!unit.has_all(), "neither knows what is done through the other");
    }
}
