//! How rows of read models are written.

use es_core::{Cell, Column, RowChange, StoreError, Table};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::ddl::quoted;
use super::parameters::Parameters;
use super::read::key_cells;
use super::{refused, table_error};

/// How many rows one statement writes, from the largest to the smallest: a statement is prepared once for each.
const SIZES: [usize; 3] = [64, 8, 1];

/// Parameters that SQLite takes in one statement.
const PARAMETERS: usize = 32_766;

/// Inserts the rows, or replaces those with the same keys. Primary key, once for each.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    table: &'static Table,
    mut rows: &[&RowChange],
) -> Result<(), StoreError> {
    let width = table.columns.len() + Table::BOOKKEEPING.len();
    for size in SIZES.into_iter().filter(|size| size * width <= PARAMETERS || *size == 1) {
        if rows.len() < size {
            continue;
        }
        let sql = upsert(table, size);
        while let Some((now, rest)) = rows.split_at_checked(size) {
            let mut parameters = Parameters::default();
            for row in now {
                add(&mut parameters, table, row)?;
            }
            sqlx::query_with(AssertSqlSafe(sql.as_str()), parameters.into_arguments())
                .execute(&mut *connection)
                .await
                .map_err(|e| table_error(&e, table))?;
            rows = rest;
        }
    }
    Ok(())
}

fn add(parameters: &mut Parameters, table: &Table, row: &RowChange) -> Result<(), StoreError> {
    for (column, cell) in table.columns.iter().zip(&row.cells) {
        parameters.cell(column, cell)?;
    }
    let own: [Cell; 4] =
        [row.created_at.into(), row.updated_at.into(), row.changes.into(), row.deleted_at.into()];
    for (column, cell) in Table::BOOKKEEPING.iter().zip(&own) {
        parameters.cell(column, cell)?;
    }
    Ok(())
}

/// Removes the rows with these keys. Primary key, once for each.
pub(crate) async fn delete(
    connection: &mut SqliteConnection,
    table: &'static Table,
    keys: &[String],
) -> Result<(), StoreError> {
    let mut parameters = Parameters::default();
    let list = parameters.list(table.key_column(), key_cells(table, keys).iter())?;
    let (name, key) = (quoted(table.name), quoted(table.key));
    let sql = format!("DELETE FROM {name} AS target WHERE target.{key} IN ({list})");
    let query = sqlx::query_with(AssertSqlSafe(sql), parameters.into_arguments());
    query.execute(connection).await.map(drop).map_err(|e| table_error(&e, table))
}

/// Removes all rows.
pub(crate) async fn truncate(
    connection: &mut SqliteConnection,
    table: &'static Table,
) -> Result<(), StoreError> {
    let query = sqlx::query(AssertSqlSafe(format!("DELETE FROM {}", quoted(table.name))));
    query.execute(connection).await.map(drop).map_err(|e| table_error(&e, table))
}

/// That every column has a cell, and one that may not be empty is not.
pub(crate) fn check_cells(table: &Table, row: &RowChange) -> Result<(), StoreError> {
    if row.cells.len() != table.columns.len() {
        return Err(refused(table, "has not one cell for each column"));
    }
    let mut pairs = table.columns.iter().zip(&row.cells);
    match pairs.find(|(column, cell)| !column.nullable && **cell == Cell::Null) {
        None => Ok(()),
        Some((column, _)) => Err(refused(table, &format!("has no `{}`", column.name))),
    }
}

/// The key of a row as handlers ask for it: a text as it is, a number in digits.
pub(crate) fn key(table: &Table, cells: &[Cell]) -> Result<String, StoreError> {
    let mut cells = table.columns.iter().zip(cells);
    match cells.find(|(column, _)| column.name == table.key) {
        Some((_, Cell::Text(text))) => Ok(text.clone()),
        Some((_, Cell::Integer(number))) => Ok(number.to_string()),
        Some((_, Cell::Uuid(id))) => Ok(id.to_string()),
        _ => Err(refused(table, "has no key")),
    }
}

/// A row that is there keeps when it was made, and counts on.
fn upsert(table: &Table, rows: usize) -> String {
    let all = table.columns.iter().chain(Table::BOOKKEEPING);
    let columns = all.map(|column| quoted(column.name)).collect::<Vec<_>>();
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let others = table.columns.iter().filter(|column| column.name != table.key);
    let set = |column: &Column| format!("{0} = excluded.{0}, ", quoted(column.name));
    let set: String = others.map(set).collect();
    format!(
        "INSERT INTO {name} AS target ({columns}) VALUES {values} \
         ON CONFLICT ({key}) DO UPDATE SET {set}\"es_updated_at\" = excluded.\"es_updated_at\", \
         \"es_version\" = target.\"es_version\" + excluded.\"es_version\", \
         \"es_deleted_at\" = excluded.\"es_deleted_at\"",
        name = quoted(table.name),
        key = quoted(table.key),
        columns = columns.join(", "),
        values = vec![row; rows].join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upsert_keeps_when_a_row_was_made() {
        const COLUMNS: &[Column] =
            &[Column::of::<String>("id").named("key"), Column::of::<Option<i64>>("n")];
        assert_eq!(
            upsert(&Table::new("sums", "key", COLUMNS), 2),
            r#"INSERT INTO "sums" AS target ("key", "n", "es_created_at", "es_updated_at", "es_version", "es_deleted_at") VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON CONFLICT ("key") DO UPDATE SET "n" = excluded."n", "es_updated_at" = excluded."es_updated_at", "es_version" = target."es_version" + excluded."es_version", "es_deleted_at" = excluded."es_deleted_at""#
        );
    }
}
