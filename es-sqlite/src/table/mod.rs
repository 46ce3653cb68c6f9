//! Tables of read models: how they are made and added to.
//!
//! These are the only statements put together at run time, and from nothing but the names of a [`Table`], which are
//! checked when the program is compiled and quoted here all the same. A column is always named together with its table:
//! SQLite takes a lone name in quotes that it does not know for text.

mod cells;
mod ddl;
mod parameters;
mod read;
mod write;

use es_core::{Cause, Column, FoundColumn, StoreError, Table};
use sqlx::{AssertSqlSafe, SqliteConnection};

pub(crate) use self::cells::{Row, found};
pub use self::ddl::create_table;
pub(crate) use self::ddl::quoted;
pub(crate) use self::read::{count, key_cells, read};
pub(crate) use self::write::{check_cells, delete, key, truncate, write};

use crate::error::{is_missing_table, missing_column, store_error};
use crate::store::SqliteStore;

impl SqliteStore {
    /// Makes the table, or adds what the one that is there lacks. With nothing to do nobody is waited for.
    pub(crate) async fn make_table(&self, table: &'static Table) -> Result<(), StoreError> {
        let mut reader = self.reader().await?;
        let due = !to_do(&mut reader, table).await?.is_empty();
        drop(reader);
        if !due {
            return Ok(());
        }
        let mut writing = self.write().await?;
        let made = make(&mut writing, table).await;
        writing.end(made).await
    }
}

/// Another process may have done it while this one waited.
async fn make(connection: &mut SqliteConnection, table: &'static Table) -> Result<(), StoreError> {
    for statement in to_do(connection, table).await? {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
    }
    Ok(())
}

/// The statements that the table lacks.
async fn to_do(
    connection: &mut SqliteConnection,
    table: &'static Table,
) -> Result<Vec<String>, StoreError> {
    let is_view: bool = sqlx::query_scalar(include_str!("../sql/table_is_view.sql"))
        .bind(table.name)
        .fetch_one(&mut *connection)
        .await
        .map_err(|e| store_error(&e))?;
    if is_view {
        // It shows the table of the version that serves, and that version's projection makes it.
        return Ok(Vec::new());
    }
    let found = columns(connection, table).await?;
    if found.is_empty() {
        return Ok(vec![ddl::create(table)]);
    }
    let added = table.missing_from(&found, ddl::declared)?;
    if added.is_empty() {
        return Ok(Vec::new());
    }
    let has_rows = has_rows(connection, table).await?;
    if has_rows && added.iter().any(|column| column.is_needed()) {
        return Err(table.has_rows_without(&added));
    }
    Ok(added.into_iter().map(|column| ddl::add(table, column, has_rows)).collect())
}

async fn columns(
    connection: &mut SqliteConnection,
    table: &'static Table,
) -> Result<Vec<FoundColumn>, StoreError> {
    let found: Vec<(String, String, bool, bool, bool)> =
        sqlx::query_as(include_str!("../sql/table_columns.sql"))
            .bind(table.name)
            .fetch_all(connection)
            .await
            .map_err(|e| store_error(&e))?;
    let column = |(name, sql_type, nullable, key, default)| FoundColumn {
        name,
        sql_type,
        nullable,
        key,
        default,
    };
    Ok(found.into_iter().map(column).collect())
}

async fn has_rows(
    connection: &mut SqliteConnection,
    table: &'static Table,
) -> Result<bool, StoreError> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", ddl::quoted(table.name));
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await.map_err(|e| store_error(&e))
}

/// That rows with these columns can be written: what must be filled in, a writer has to know.
pub(crate) async fn check_writer(
    connection: &mut SqliteConnection,
    table: &'static Table,
) -> Result<(), StoreError> {
    let found = columns(connection, table).await?;
    if found.is_empty() {
        return Err(StoreError::MissingTable { table: table.name });
    }
    let all = || table.columns.iter().chain(Table::BOOKKEEPING);
    if let Some(lacking) = all().find(|column| found.iter().all(|it| it.name != column.name)) {
        return Err(table.lacks(lacking.name));
    }
    let needed = |it: &&FoundColumn| !it.nullable && !it.default;
    match found.iter().filter(needed).find(|it| all().all(|column| column.name != it.name)) {
        None => Ok(()),
        Some(it) => Err(refused(table, &format!("has no `{}`", it.name))),
    }
}

fn refused(table: &Table, what: &str) -> StoreError {
    StoreError::Other(Cause::new(format!("a row for `{}` {what}", table.name)))
}

fn unfit(column: &Column) -> StoreError {
    let what = format!("a value for `{}` is not of the column's kind", column.name);
    StoreError::Other(Cause::new(what))
}

fn table_error(error: &sqlx::Error, table: &'static Table) -> StoreError {
    if is_missing_table(error) {
        return StoreError::MissingTable { table: table.name };
    }
    match missing_column(error) {
        Some(column) => table.lacks(&column),
        None => store_error(error),
    }
}
