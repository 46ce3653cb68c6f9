//! Read models: ordinary tables whose shape a Rust type gives, written by projections, read by anyone.

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use std::future::Future;

use crate::error::StoreError;
use crate::projection::ProjectionError;
use crate::projection_store::ProjectionStore;
use crate::row_json::decode_rows;
use crate::store::BoxFuture;

use crate::column::{ColumnType, Table};

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
    /// All of them, by rising key.
    All,
    /// Those with one of these keys, as text, in no particular order.
    Keys(&'a [String]),
}

/// Where a batch's read models go. Rows travel as JSON objects; adapters only.
pub trait ReadModelBackend: Send {
    /// The rows with these keys, as far as they exist.
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>>;

    /// Inserts rows, or replaces those with the same key. No key comes twice in one call.
    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Removes all rows. Readers see them until the commit.
    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The adapter's own transaction, for contexts that offer it to handlers.
    fn transaction(&mut self) -> &mut dyn std::any::Any;
}

/// Reading read models from outside a projection; on every store that can keep them.
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
        async { decode_rows(&self.read_rows(T::TABLE, RowSelection::All).await?) }
    }

    /// The row with this key.
    ///
    /// # Errors
    /// [`ProjectionError`] when it cannot be read or does not fit `T`.
    fn row<T: ReadModel>(
        &self,
        key: &T::Key,
    ) -> impl Future<Output = Result<Option<T>, ProjectionError>> + Send {
        let keys = [key.to_text()];
        async move {
            let found = self.read_rows(T::TABLE, RowSelection::Keys(&keys)).await?;
            Ok(decode_rows(&found)?.pop())
        }
    }
}

impl<S: ProjectionStore> ReadModelQuery for S {}
