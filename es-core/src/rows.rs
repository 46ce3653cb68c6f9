//! Read-model rows inside a batch: a unit of work, written once per table and batch.

use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, ready};

use uuid::Uuid;

use crate::column::Table;
use crate::dispatch::EventContext;
use crate::id::StreamId;
use crate::projection::{Batch, FromBatch, ProjectionError};
use crate::read_model::{ReadModel, ReadModelBackend, RowKey};
use crate::record::StoredEvent;
use crate::row_json::{decode_rows, encode_row};

/// The read models of the store that runs the projection: the second parameter of a handler that writes rows,
/// `&mut ReadModels<'_>`. What it saves is committed together with the checkpoint, or not at all.
pub struct ReadModels<'a> {
    event: &'a StoredEvent,
    streams: &'a [Uuid],
    backend: &'a mut dyn ReadModelBackend,
    unit: &'a mut UnitOfWork,
}

impl ReadModels<'_> {
    /// The rows of one read model.
    pub fn rows<T: ReadModel>(&mut self) -> Rows<'_, T> {
        let Self { streams, backend, unit, .. } = self;
        Rows { streams, backend: &mut **backend, tracked: unit.of::<T>() }
    }

    /// What is known about the event besides its payload.
    pub const fn event(&self) -> EventContext<'_> {
        EventContext::of(self.event)
    }

    /// The stream of the event.
    pub const fn stream(&self) -> &StreamId {
        &self.event.stream
    }

    /// The UUID of the event's stream: the key of a row per aggregate.
    pub const fn stream_id(&self) -> Uuid {
        self.event.stream.id()
    }
}

impl<'a> FromBatch<'a> for ReadModels<'a> {
    fn from_batch(batch: &'a mut Batch<'_>) -> Result<Self, ProjectionError> {
        let Batch { event, streams, backend, unit, .. } = batch;
        Ok(Self { event, streams, backend: &mut **backend, unit })
    }
}

impl fmt::Debug for ReadModels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadModels").field("event", &self.event.id).finish_non_exhaustive()
    }
}

/// The rows of one read model, as this batch sees them: its own changes included.
pub struct Rows<'a, T: ReadModel> {
    streams: &'a [Uuid],
    backend: &'a mut dyn ReadModelBackend,
    tracked: &'a mut Tracked<T>,
}

impl<T: ReadModel> Rows<'_, T> {
    /// The row with this key. Rows keyed by stream are fetched for the whole batch in one query.
    ///
    /// # Errors
    /// [`ProjectionError`] when it cannot be read or does not fit `T`.
    pub async fn get(&mut self, key: &T::Key) -> Result<Option<T>, ProjectionError> {
        let wanted = key.to_text();
        if !self.tracked.0.contains_key(&wanted) {
            self.fetch(&wanted).await?;
        }
        Ok(self.tracked.0.get(&wanted).and_then(|slot| slot.row.clone()))
    }

    /// Inserts the row, or replaces the one with its key; written when the batch ends.
    ///
    /// # Errors
    /// None yet: a row that cannot be written fails the batch when it ends.
    pub fn save(
        &mut self,
        row: T,
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send + use<T> {
        self.tracked.0.insert(row.key().to_text(), Slot { row: Some(row), changed: true });
        ready(Ok(()))
    }

    /// Changes the row with this key and saves it; false when there is none, which is not an error: rules are kept
    /// on the write side.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn update(
        &mut self,
        key: &T::Key,
        change: impl FnOnce(&mut T) + Send,
    ) -> Result<bool, ProjectionError> {
        let Some(mut row) = self.get(key).await? else { return Ok(false) };
        change(&mut row);
        self.save(row).await?;
        Ok(true)
    }

    async fn fetch(&mut self, wanted: &str) -> Result<(), ProjectionError> {
        let mut keys: Vec<String> = vec![wanted.to_owned()];
        let of_streams = self.streams.iter().filter_map(|stream| T::Key::of_stream(*stream));
        keys.extend(
            of_streams
                .map(|key| key.to_text())
                .filter(|key| key != wanted && !self.tracked.0.contains_key(key)),
        );
        let found = self.backend.fetch(T::TABLE, &keys).await?;
        // Before any key is taken for absent: a row that cannot be read is there.
        let rows = decode_rows::<T>(&found)?;
        let slot = |row| Slot { row, changed: false };
        // Absent rows are remembered too, so that they are not asked for again.
        self.tracked.0.extend(keys.into_iter().map(|key| (key, slot(None))));
        self.tracked.0.extend(rows.into_iter().map(|row| (row.key().to_text(), slot(Some(row)))));
        Ok(())
    }
}

impl<T: ReadModel> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows<{}>", type_name::<T>())
    }
}

/// Everything that the handlers of one batch read and changed. Ordered by table, so that all processes lock rows
/// alike; by type too, since a name does not tell all types apart.
#[derive(Default)]
pub(crate) struct UnitOfWork(BTreeMap<(&'static str, TypeId), Box<dyn AnyTracked>>);

impl UnitOfWork {
    fn of<T: ReadModel>(&mut self) -> &mut Tracked<T> {
        let tracked = self
            .0
            .entry((T::TABLE.name, TypeId::of::<T>()))
            .or_insert_with(|| Box::new(Tracked::<T>(BTreeMap::new())));
        tracked.as_any().downcast_mut().expect("the entry of a type holds its rows")
    }

    /// Writes what changed: one statement per table.
    pub(crate) async fn flush(
        self,
        backend: &mut dyn ReadModelBackend,
    ) -> Result<(), ProjectionError> {
        for tracked in self.0.into_values() {
            let rows = tracked.changed()?;
            if !rows.is_empty() {
                backend.upsert(tracked.table(), &rows).await?;
            }
        }
        Ok(())
    }
}

struct Slot<T> {
    row: Option<T>,
    changed: bool,
}

struct Tracked<T: ReadModel>(BTreeMap<String, Slot<T>>);

trait AnyTracked: Send + Sync {
    fn as_any(&mut self) -> &mut dyn Any;
    fn table(&self) -> &'static Table;
    fn changed(&self) -> Result<Vec<String>, ProjectionError>;
}

impl<T: ReadModel> AnyTracked for Tracked<T> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn table(&self) -> &'static Table {
        T::TABLE
    }

    fn changed(&self) -> Result<Vec<String>, ProjectionError> {
        let changed = self.0.values().filter(|slot| slot.changed);
        let rows = changed.filter_map(|slot| slot.row.as_ref());
        rows.map(encode_row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;

    #[test]
    fn types_of_one_name_are_kept_apart() {
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
                    unit.of::<Row>();
                    type_name::<Row>()
                }
            }};
        }
        let mut unit = UnitOfWork::default();
        assert_eq!(row!("one")(&mut unit), row!("other")(&mut unit), "a trap only if so");
        let tables: Vec<_> = unit.0.values().map(|tracked| tracked.table().name).collect();
        assert_eq!(tables, ["one", "other"]);
    }
}
