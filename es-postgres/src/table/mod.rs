//! Tables of read models: how they are made and added to.
//!
//! These are the only statements put together at run time, and from nothing but the names of a [`Table`], which are
//! checked when the program is compiled and quoted here all the same. Tables are found on the connection's search path.

mod cells;
mod ddl;
mod read;
mod write;

use es_core::{Column, FoundColumn, StoreError, Table};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

pub use self::ddl::create_table;
pub(crate) use self::ddl::quoted;
pub(crate) use self::read::{count, read};
pub(crate) use self::write::{delete, truncate, write};

use crate::error::{
    cause, is_denied, is_empty_where_needed, is_missing_table, missing_column, store_error,
};

/// Makes the table, or adds what the one that is there lacks. Without anything to do it takes no lock and needs no right.
pub(crate) async fn ensure(
    mut transaction: Transaction<'static, Postgres>,
    table: &'static Table,
) -> Result<(), StoreError> {
    if to_do(&mut transaction, table).await?.is_some() {
        let lock = sqlx::raw_sql(include_str!("../sql/table_lock.sql"));
        lock.execute(&mut *transaction).await.map_err(|e| store_error(&e))?;
        // Another process may have done it while this one waited. Twice: the server may go on saying that there is no
        // table until the statement that would make it finds one, which may then lack columns.
        for _ in 0..2 {
            if let Some(change) = to_do(&mut transaction, table).await? {
                change.run(&mut transaction, table).await?;
            }
        }
    }
    transaction.commit().await.map_err(|e| store_error(&e))
}

struct Change {
    statement: String,
    added: Vec<&'static Column>,
}

impl Change {
    async fn run(
        self,
        connection: &mut PgConnection,
        table: &'static Table,
    ) -> Result<(), StoreError> {
        let Self { statement, added } = self;
        let changed = sqlx::raw_sql(AssertSqlSafe(statement.as_str())).execute(connection).await;
        match changed {
            Ok(_) => Ok(()),
            Err(error) if is_denied(&error) => {
                Err(StoreError::TableDenied { table: table.name, statement, cause: cause(&error) })
            }
            Err(error) if is_empty_where_needed(&error) => Err(table.has_rows_without(&added)),
            Err(error) => Err(store_error(&error)),
        }
    }
}

async fn to_do(
    connection: &mut PgConnection,
    table: &'static Table,
) -> Result<Option<Change>, StoreError> {
    if is_view(connection, table).await.map_err(|e| store_error(&e))? {
        // It shows the table of the version that serves, and that version's projection makes it.
        return Ok(None);
    }
    let found = columns(connection, table).await.map_err(|e| store_error(&e))?;
    if found.is_empty() {
        return Ok(Some(Change { statement: ddl::create(table), added: Vec::new() }));
    }
    let added = table.missing_from(&found, ddl::type_name)?;
    let statement = ddl::add(table, &added);
    Ok((!added.is_empty()).then_some(Change { statement, added }))
}

async fn is_view(
    connection: &mut PgConnection,
    table: &'static Table,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(include_str!("../sql/table_is_view.sql"))
        .bind(ddl::quoted(table.name))
        .fetch_one(connection)
        .await
}

async fn columns(
    connection: &mut PgConnection,
    table: &'static Table,
) -> Result<Vec<FoundColumn>, sqlx::Error> {
    let found = sqlx::query_as(include_str!("../sql/table_columns.sql"))
        .bind(ddl::quoted(table.name))
        .fetch_all(connection)
        .await?;
    let column = |(name, sql_type, nullable, key, default)| FoundColumn {
        name,
        sql_type,
        nullable,
        key,
        default,
    };
    Ok(found.into_iter().map(column).collect())
}

pub(crate) fn table_error(error: &sqlx::Error, table: &'static Table) -> StoreError {
    if is_missing_table(error) {
        return StoreError::MissingTable { table: table.name };
    }
    match missing_column(error) {
        Some(column) => table.lacks(column),
        None => store_error(error),
    }
}
