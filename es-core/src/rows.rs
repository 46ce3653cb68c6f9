//! Read-model rows inside a batch.

use std::any::type_name;
use std::fmt;
use std::future::{Future, ready};
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::dispatch::EventContext;
use crate::error::Cause;
use crate::id::StreamId;
use crate::projection::{Batch, FromBatch, ProjectionError, Tables};
use crate::read_model::{ReadModel, ReadModelBackend, RowKey};
use crate::record::StoredEvent;
use crate::row_json::decode_rows;
use crate::row_query::{ResolvedQuery, RowQuery};
use crate::store::truncate_to_micros;
use crate::unit_of_work::Tracked;

pub(crate) use crate::unit_of_work::UnitOfWork;

/// The read models of the store that runs the projection: the second parameter of a handler that writes rows,
/// `&mut ReadModels<'_>`. What it saves is committed together with the checkpoint, or not at all.
pub struct ReadModels<'a> {
    event: &'a StoredEvent,
    tables: Tables,
    streams: &'a [Uuid],
    backend: &'a mut dyn ReadModelBackend,
    unit: &'a mut UnitOfWork,
}

impl<'a> ReadModels<'a> {
    pub(crate) const fn new(
        event: &'a StoredEvent,
        tables: Tables,
        streams: &'a [Uuid],
        backend: &'a mut dyn ReadModelBackend,
        unit: &'a mut UnitOfWork,
    ) -> Self {
        Self { event, tables, streams, backend, unit }
    }

    /// The rows of one read model, which the projection declares as one of its own.
    pub fn rows<T: ReadModel>(&mut self) -> Rows<'_, T> {
        let Self { event, tables, streams, backend, unit } = self;
        Rows {
            at: truncate_to_micros(event.occurred_at),
            tables: *tables,
            streams,
            backend: &mut **backend,
            unit,
            with_deleted: false,
            of: PhantomData,
        }
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
        let Batch { event, tables, streams, backend, unit } = batch;
        Ok(Self::new(event, *tables, streams, &mut **backend, unit))
    }
}

impl fmt::Debug for ReadModels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadModels").field("event", &self.event.id).finish_non_exhaustive()
    }
}

/// The rows of one read model, as this batch sees them: its own changes included.
///
/// Soft-deleted rows are not there, except [`with_deleted`](Self::with_deleted). What is changed is written when the batch ends, or when a query of the same
/// batch has to find it: one statement for the rows of a table (up to 5,000), and one more for those that were deleted.
pub struct Rows<'a, T: ReadModel> {
    /// When the event occurred: the time of every change.
    at: DateTime<Utc>,
    tables: Tables,
    streams: &'a [Uuid],
    backend: &'a mut dyn ReadModelBackend,
    unit: &'a mut UnitOfWork,
    with_deleted: bool,
    of: PhantomData<fn() -> T>,
}

impl<T: ReadModel> Rows<'_, T> {
    /// The same with soft-deleted rows among them.
    #[must_use]
    pub const fn with_deleted(mut self) -> Self {
        self.with_deleted = true;
        self
    }

    /// The row with this key. Rows keyed by stream are fetched for the whole batch in one query.
    ///
    /// # Errors
    /// [`ProjectionError`] when it cannot be read or does not fit `T`.
    pub async fn get(&mut self, key: &T::Key) -> Result<Option<T>, ProjectionError> {
        let wanted = key.to_text();
        self.fetch(std::slice::from_ref(&wanted)).await?;
        let with_deleted = self.with_deleted;
        let slot = self.tracked()?.get(&wanted);
        Ok(slot.and_then(|slot| slot.row(with_deleted)).cloned())
    }

    /// The rows with these keys, in one query: as many as there are keys, in their order, `None` where there is none.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_many(&mut self, keys: &[T::Key]) -> Result<Vec<Option<T>>, ProjectionError> {
        let wanted: Vec<_> = keys.iter().map(RowKey::to_text).collect();
        self.fetch(&wanted).await?;
        let with_deleted = self.with_deleted;
        let tracked = self.tracked()?;
        let row = |key: &String| tracked.get(key).and_then(|slot| slot.row(with_deleted)).cloned();
        Ok(wanted.iter().map(row).collect())
    }

    /// Whether there is a row with this key.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn exists(&mut self, key: &T::Key) -> Result<bool, ProjectionError> {
        let wanted = key.to_text();
        self.fetch(std::slice::from_ref(&wanted)).await?;
        let with_deleted = self.with_deleted;
        let slot = self.tracked()?.get(&wanted);
        Ok(slot.is_some_and(|slot| slot.row(with_deleted).is_some()))
    }

    /// Inserts the row, or replaces the one with its key, which is no longer soft-deleted then.
    ///
    /// # Errors
    /// [`ProjectionError::Undeclared`]. A row that cannot be written fails the batch when it is.
    pub fn save(
        &mut self,
        row: T,
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send + use<T> {
        self.save_many([row])
    }

    /// Saves each of the rows.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_many<I: IntoIterator<Item = T>>(
        &mut self,
        rows: I,
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send + use<T, I> {
        let at = self.at;
        ready(self.tracked().map(|tracked| {
            for row in rows {
                tracked.slot(row.key().to_text()).put(row, None, at);
            }
        }))
    }

    /// Changes the row with this key; false when there is none, which is not an error: rules are kept on the write side.
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`ProjectionError::Row`] when the change is to the row's key.
    pub async fn update(
        &mut self,
        key: &T::Key,
        change: impl FnOnce(&mut T) + Send,
    ) -> Result<bool, ProjectionError> {
        let wanted = key.to_text();
        self.fetch(std::slice::from_ref(&wanted)).await?;
        let (at, with_deleted) = (self.at, self.with_deleted);
        let Some(slot) = self.tracked()?.get_mut(&wanted) else { return Ok(false) };
        let Some(mut row) = slot.row(with_deleted).cloned() else { return Ok(false) };
        change(&mut row);
        if row.key().to_text() != wanted {
            let cause = Cause::new("a row keeps its key: delete it and save another one");
            return Err(ProjectionError::Row { table: T::TABLE.name, cause });
        }
        let deleted_at = slot.deleted_at();
        slot.put(row, deleted_at, at);
        Ok(true)
    }

    /// Removes the row with this key, soft-deleted or not, if there is one. A row saved afterwards is a new one.
    ///
    /// # Errors
    /// [`ProjectionError::Undeclared`].
    pub fn delete(
        &mut self,
        key: &T::Key,
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send + use<T> {
        ready(self.tracked().map(|tracked| tracked.slot(key.to_text()).remove()))
    }

    /// Hides the row with this key until it is restored or saved again; false when there is none.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn soft_delete(&mut self, key: &T::Key) -> Result<bool, ProjectionError> {
        self.mark(key, Some(self.at)).await
    }

    /// Shows a soft-deleted row again; false when there is none with this key.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn restore(&mut self, key: &T::Key) -> Result<bool, ProjectionError> {
        self.mark(key, None).await
    }

    /// The rows that match, in their order. What this batch has changed is written first, so that it is found.
    ///
    /// # Errors
    /// [`ProjectionError::Query`] when the query does not fit the table; others as for [`get`](Self::get), and when what
    /// was changed cannot be written.
    pub async fn find(&mut self, query: impl Into<RowQuery>) -> Result<Vec<T>, ProjectionError> {
        let query = query.into();
        let query = self.written(query).await?;
        let table = self.tracked()?.table;
        decode_rows(&self.backend.find(table, &query).await?)
    }

    /// How many rows match, whatever the query's limit and offset are. What this batch has changed is written first.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn count(&mut self, query: impl Into<RowQuery>) -> Result<u64, ProjectionError> {
        let query = query.into();
        let query = self.written(query).await?;
        let table = self.tracked()?.table;
        Ok(self.backend.count(table, &query).await?)
    }

    /// Removes all rows, soft-deleted ones too. Readers see them until the batch is committed.
    ///
    /// # Errors
    /// [`ProjectionError`] when they cannot be removed.
    pub async fn truncate(&mut self) -> Result<(), ProjectionError> {
        let table = self.tracked()?.table;
        self.unit.forget(table);
        Ok(self.backend.truncate(table).await?)
    }

    async fn mark(
        &mut self,
        key: &T::Key,
        deleted_at: Option<DateTime<Utc>>,
    ) -> Result<bool, ProjectionError> {
        let wanted = key.to_text();
        self.fetch(std::slice::from_ref(&wanted)).await?;
        let at = self.at;
        let slot = self.tracked()?.get_mut(&wanted);
        let there = |slot: &&mut crate::unit_of_work::Slot<T>| {
            slot.row(true).is_some() && slot.deleted_at().is_some() != deleted_at.is_some()
        };
        let found = slot.filter(there).map(|slot| slot.mark(deleted_at, at));
        Ok(found.is_some())
    }

    /// The query, once the store has what this batch has changed.
    async fn written(&mut self, query: RowQuery) -> Result<ResolvedQuery, ProjectionError> {
        let table = self.tracked()?.table;
        let query = if self.with_deleted { query.with_deleted() } else { query };
        let query = query.resolve(table)?;
        self.unit.flush_table(table, self.backend).await?;
        Ok(query)
    }

    /// Makes sure that it is known whether there are rows with these keys.
    async fn fetch(&mut self, wanted: &[String]) -> Result<(), ProjectionError> {
        let streams = self.streams;
        // Asked for once before, as the first look through a type may show that the table is shared.
        self.tracked()?;
        let has_all = self.unit.has_all();
        let tracked = self.tracked()?;
        let unknown = |tracked: &Tracked<T>, key: &String| tracked.get(key).is_none();
        let missing = wanted.iter().filter(|key| unknown(tracked, key));
        let mut keys: Vec<String> = missing.cloned().collect();
        if keys.is_empty() {
            return Ok(());
        }
        if has_all {
            return tracked.remember(keys, &[]);
        }
        if !tracked.has_streams {
            let of_streams = streams.iter().filter_map(|stream| T::Key::of_stream(*stream));
            let of_streams = of_streams.map(|key| key.to_text());
            keys.extend(of_streams.filter(|key| unknown(tracked, key)));
        }
        keys.sort_unstable();
        keys.dedup();
        let table = tracked.table;
        let found = self.backend.fetch(table, &keys).await?;
        let tracked = self.tracked()?;
        tracked.remember(keys, &found)?;
        tracked.has_streams = true;
        Ok(())
    }

    fn tracked(&mut self) -> Result<&mut Tracked<T>, ProjectionError> {
        let Tables { declared, version } = self.tables;
        if declared.iter().all(|table| table.name != T::TABLE.name) {
            return Err(ProjectionError::Undeclared { table: T::TABLE.name });
        }
        Ok(self.unit.of(version))
    }
}

impl<T: ReadModel> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows<{}>", type_name::<T>())
    }
}
