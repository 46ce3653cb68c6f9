//! Read models: ordinary tables whose shape a Rust type gives, written by projections, read by anyone.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::column::{ColumnType, Table};
use crate::error::StoreError;
use crate::projection::ProjectionError;
use crate::projection_store::ProjectionStore;
use crate::row::{FoundRow, RowChange, Stored};
use crate::row_json::{decode_rows, decode_stored};
use crate::row_query::{ResolvedQuery, RowQuery};
use crate::store::BoxFuture;

/// One row of a read model: `#[derive(ReadModel)]` implements it.
///
/// An implementation must name in `TABLE` exactly the fields that serde writes. A row that not every store could keep
/// is refused with [`ProjectionError::Row`] before it is written: one with a field that has no column, a whole number
/// above 2^63 − 1, `NaN`, an infinite number, a NUL character, or a year before 1 or after 9999.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a read model",
    label = "not a read model",
    note = "add `#[derive(Serialize, Deserialize, ReadModel)]` and `#[read_model(table = \"…\")]` to `{Self}`"
)]
pub trait ReadModel: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What identifies a row.
    type Key: RowKey;

    /// The table it lives in.
    const TABLE: &'static Table;

    /// The row's own key.
    fn key(&self) -> Self::Key;
}

/// A type that identifies a row.
///
/// An implementation must give every key its own text, in a form that the column's SQL type reads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot identify a row of a read model",
    note = "use `Uuid`, an id that derives `AggregateId`, `String` or an integer for the field with `#[read_model(id)]`"
)]
pub trait RowKey: ColumnType + Send + Sync {
    /// The key as text.
    fn to_text(&self) -> String;

    /// The key of the row that belongs to a stream, when rows are keyed by stream: such rows are fetched for all
    /// streams of a batch in one query.
    fn of_stream(_: Uuid) -> Option<Self> {
        None
    }
}

impl RowKey for Uuid {
    fn to_text(&self) -> String {
        self.to_string()
    }

    fn of_stream(stream: Uuid) -> Option<Self> {
        Some(stream)
    }
}

macro_rules! plain_keys {
    ($($type:ty),+) => {$(
        impl RowKey for $type {
            fn to_text(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

plain_keys!(String, i16, i32, i64, u8, u16, u32);

/// Which rows to read.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum RowSelection<'a> {
    /// All of them by rising key, soft-deleted ones too.
    All,
    /// Those with one of these keys, as text, in no particular order; soft-deleted ones too.
    Keys(&'a [String]),
    /// Those that match, in their order.
    Query(&'a ResolvedQuery),
}

/// Where a batch's read models go. What it reads is what is committed, and what it has written itself; adapters only.
pub trait ReadModelBackend: Send {
    /// The rows with these keys, as far as they exist; soft-deleted ones too.
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>>;

    /// The rows that match, in their order.
    fn find<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>>;

    /// How many rows match, whatever the query's limit and offset are.
    fn count<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// Inserts rows, or replaces those with the same key. No key comes twice in one call.
    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [RowChange],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Removes the rows with these keys, as far as they exist.
    fn delete<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Removes all rows. Readers see them until the commit.
    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The adapter's own transaction, for contexts that offer it to handlers.
    fn transaction(&mut self) -> &mut dyn std::any::Any;
}

/// Reading read models from outside a projection; on every store that can keep them. Soft-deleted rows are left out,
/// except where it is said that they are not.
pub trait ReadModelQuery: ProjectionStore {
    /// Makes the table of `T`, or adds the columns that it lacks. Call it at start-up, before the projection runs.
    ///
    /// # Errors
    /// As [`ensure_table`](ProjectionStore::ensure_table).
    fn ensure_read_model<T: ReadModel>(
        &self,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.ensure_table(T::TABLE)
    }

    /// All rows, by rising key.
    ///
    /// # Errors
    /// [`ProjectionError`] when they cannot be read or do not fit `T`.
    fn rows<T: ReadModel>(&self) -> impl Future<Output = Result<Vec<T>, ProjectionError>> + Send {
        self.find(RowQuery::all())
    }

    /// The row with this key.
    ///
    /// # Errors
    /// [`ProjectionError`] when it cannot be read or does not fit `T`.
    fn row<T: ReadModel>(
        &self,
        key: &T::Key,
    ) -> impl Future<Output = Result<Option<T>, ProjectionError>> + Send {
        let stored = self.stored::<T>(key);
        async { Ok(stored.await?.filter(|it| it.info.deleted_at.is_none()).map(|it| it.row)) }
    }

    /// The row with this key, soft-deleted or not, and what is kept with it.
    ///
    /// # Errors
    /// [`ProjectionError`] when it cannot be read or does not fit `T`.
    fn stored<T: ReadModel>(
        &self,
        key: &T::Key,
    ) -> impl Future<Output = Result<Option<Stored<T>>, ProjectionError>> + Send {
        let keys = [key.to_text()];
        async move {
            let found = self.read_rows(T::TABLE, RowSelection::Keys(&keys)).await?;
            Ok(decode_stored(&found)?.pop())
        }
    }

    /// The rows that match, in their order.
    ///
    /// # Errors
    /// [`ProjectionError::Query`] when the query does not fit the table; others when the rows cannot be read or do not
    /// fit `T`.
    fn find<T: ReadModel>(
        &self,
        query: impl Into<RowQuery>,
    ) -> impl Future<Output = Result<Vec<T>, ProjectionError>> + Send {
        let query = query.into().resolve(T::TABLE);
        async { decode_rows(&self.read_rows(T::TABLE, RowSelection::Query(&query?)).await?) }
    }

    /// The rows that match, in their order, and what is kept with each.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    fn find_stored<T: ReadModel>(
        &self,
        query: impl Into<RowQuery>,
    ) -> impl Future<Output = Result<Vec<Stored<T>>, ProjectionError>> + Send {
        let query = query.into().resolve(T::TABLE);
        async { decode_stored(&self.read_rows(T::TABLE, RowSelection::Query(&query?)).await?) }
    }

    /// How many rows match, whatever the query's limit and offset are.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    fn count<T: ReadModel>(
        &self,
        query: impl Into<RowQuery>,
    ) -> impl Future<Output = Result<u64, ProjectionError>> + Send {
        let query = query.into().resolve(T::TABLE);
        async { Ok(self.count_rows(T::TABLE, &query?).await?) }
    }
}

impl<S: ProjectionStore> ReadModelQuery for S {}
