//! Where the projections of an append write: its transaction.

use std::any::Any;
use std::collections::HashSet;

use es_core::{
    BoxFuture, Cell, FoundRow, ReadModelBackend, ResolvedQuery, RowChange, RowSelection,
    StoreError, Table,
};
use sqlx::{PgConnection, Postgres, Transaction};

use crate::error::store_error;
use crate::table;

/// The transaction of an append. Rows are locked before they are read and before they are written, also those that
/// are not there yet: at READ COMMITTED two appends that add to one row would both read it and one sum would be lost.
pub(crate) struct Inline {
    transaction: Transaction<'static, Postgres>,
    locked: HashSet<(&'static str, String)>,
}

impl Inline {
    pub(super) fn new(transaction: Transaction<'static, Postgres>) -> Self {
        Self { transaction, locked: HashSet::new() }
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await
    }

    /// The transaction's connection.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    async fn lock(
        &mut self,
        table: &'static Table,
        mut keys: Vec<String>,
    ) -> Result<(), StoreError> {
        keys.retain(|key| !self.locked.contains(&(table.name, key.clone())));
        if keys.is_empty() {
            return Ok(());
        }
        sqlx::query(include_str!("../sql/inline_lock.sql"))
            .bind(table.name)
            .bind(&keys)
            .execute(&mut *self.transaction)
            .await
            .map_err(|e| store_error(&e))?;
        self.locked.extend(keys.into_iter().map(|key| (table.name, key)));
        Ok(())
    }
}

impl Inline {
    /// No other append changes the table until this one is over: rows that a query does not find cannot be locked one by
    /// one, and those that it finds others may be about to change.
    async fn lock_table(&mut self, table: &'static Table) -> Result<(), StoreError> {
        let lock = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table::quoted(table.name));
        let locked = sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut *self.transaction);
        locked.await.map(drop).map_err(|e| table::table_error(&e, table))
    }
}

impl ReadModelBackend for Inline {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Box::pin(async move {
            self.lock(table, keys.to_vec()).await?;
            // A statement of its own: what it sees is taken after the locks were had.
            table::read(self.connection(), table, RowSelection::Keys(keys)).await
        })
    }

    fn find<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Box::pin(async move {
            self.lock_table(table).await?;
            table::read(self.connection(), table, RowSelection::Query(query)).await
        })
    }

    fn count<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            self.lock_table(table).await?;
            table::count(self.connection(), table, query).await
        })
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [RowChange],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let keys = rows.iter().map(|row| key(table, row)).collect();
            self.lock(table, keys).await?;
            table::write(self.connection(), table, rows).await
        })
    }

    fn delete<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.lock(table, keys.to_vec()).await?;
            table::delete(self.connection(), table, keys).await
        })
    }

    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.lock_table(table).await?;
            table::truncate(self.connection(), table).await
        })
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self
    }
}

/// The key of a row as handlers ask for it: a text as it is, a number in digits.
fn key(table: &Table, row: &RowChange) -> String {
    let mut cells = table.columns.iter().zip(&row.cells);
    match cells.find(|(column, _)| column.name == table.key) {
        Some((_, Cell::Text(text))) => text.clone(),
        Some((_, Cell::Integer(number))) => number.to_string(),
        Some((_, Cell::Uuid(id))) => id.to_string(),
        other => format!("{other:?}"),
    }
}
