//! How rows of read models are written.

use es_core::{Cause, Cell, Column, RowChange, StoreError, Table};
use sqlx::{AssertSqlSafe, PgConnection};

use super::cells::Parameters;
use super::ddl::{list, quoted};
use super::table_error;

/// Inserts the rows, or replaces those with the same keys: locks them, one after the other as they come. Primary key.
pub(crate) async fn write(
    connection: &mut PgConnection,
    table: &'static Table,
    rows: &[RowChange],
) -> Result<(), StoreError> {
    if rows.iter().any(|row| row.cells.len() != table.columns.len()) {
        let what = format!("a row for `{}` has not one cell for each column", table.name);
        return Err(StoreError::Other(Cause::new(what)));
    }
    let mut parameters = Parameters::default();
    let mut arrays = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        arrays.push(parameters.cells(column, rows.iter().map(|row| &row.cells[at]))?);
    }
    for (at, column) in Table::BOOKKEEPING.iter().enumerate() {
        let cells: Vec<_> = rows.iter().map(|row| own_cell(row, at)).collect();
        arrays.push(parameters.cells(column, cells.iter())?);
    }
    let sql = upsert(table, &arrays.join(", "));
    let query = sqlx::query_with(AssertSqlSafe(sql), parameters.into_arguments());
    query.execute(connection).await.map(drop).map_err(|e| table_error(&e, table))
}

/// Removes the rows with these keys: locks them by rising key first. Primary key.
pub(crate) async fn delete(
    connection: &mut PgConnection,
    table: &'static Table,
    keys: &[String],
) -> Result<(), StoreError> {
    let mut parameters = Parameters::default();
    let keys = parameters.texts(keys, table.key_column().sql_type)?;
    let (name, key) = (quoted(table.name), quoted(table.key));
    let sql = format!(
        "DELETE FROM {name} WHERE {key} IN (SELECT {key} FROM {name} WHERE {key} = ANY ({keys}) ORDER BY {key} FOR UPDATE)"
    );
    let query = sqlx::query_with(AssertSqlSafe(sql), parameters.into_arguments());
    query.execute(connection).await.map(drop).map_err(|e| table_error(&e, table))
}

/// Removes all rows: locks each of them, and not the table, so that readers go on and see them until the commit.
pub(crate) async fn truncate(
    connection: &mut PgConnection,
    table: &'static Table,
) -> Result<(), StoreError> {
    let query = sqlx::query(AssertSqlSafe(format!("DELETE FROM {}", quoted(table.name))));
    query.execute(connection).await.map(drop).map_err(|e| table_error(&e, table))
}

/// What a row has in one of [`Table::BOOKKEEPING`].
fn own_cell(row: &RowChange, at: usize) -> Cell {
    match at {
        0 => row.created_at.into(),
        1 => row.updated_at.into(),
        2 => row.changes.into(),
        _ => row.deleted_at.into(),
    }
}

/// A row that is there keeps when it was made, and counts on.
fn upsert(table: &Table, arrays: &str) -> String {
    let columns = list(table, |column| quoted(column.name));
    let own = Table::BOOKKEEPING.iter().map(|column| quoted(column.name));
    let own = own.collect::<Vec<_>>().join(", ");
    let others = table.columns.iter().filter(|column| column.name != table.key);
    let set = |column: &Column| format!("{0} = excluded.{0}, ", quoted(column.name));
    let set: String = others.map(set).collect();
    format!(
        "INSERT INTO {name} AS target ({columns}, {own}) SELECT * FROM unnest({arrays}) \
         ON CONFLICT ({key}) DO UPDATE SET {set}\"es_updated_at\" = excluded.\"es_updated_at\", \
         \"es_version\" = target.\"es_version\" + excluded.\"es_version\", \
         \"es_deleted_at\" = excluded.\"es_deleted_at\"",
        name = quoted(table.name),
        key = quoted(table.key),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_there_keeps_when_it_was_made() {
        const COLUMNS: &[Column] =
            &[Column::of::<String>("id").named("key"), Column::of::<Option<i64>>("n")];
        assert_eq!(
            upsert(&Table::new("sums", "key", COLUMNS), "$1, $2, $3, $4, $5, $6"),
            r#"INSERT INTO "sums" AS target ("key", "n", "es_created_at", "es_updated_at", "es_version", "es_deleted_at") SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT ("key") DO UPDATE SET "n" = excluded."n", "es_updated_at" = excluded."es_updated_at", "es_version" = target."es_version" + excluded."es_version", "es_deleted_at" = excluded."es_deleted_at""#
        );
    }
}
