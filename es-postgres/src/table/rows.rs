//! The rows of read models: how they are read and written.

use es_core::{Column, RowSelection, SqlType, StoreError, Table};
use sqlx::{AssertSqlSafe, PgConnection};

use super::ddl::{base_type, list, quoted};
use crate::error::{is_missing_table, missing_column, store_error};

/// The rows, as JSON objects. No lock but ACCESS SHARE; the primary key serves both.
pub(crate) async fn read(
    connection: &mut PgConnection,
    table: &'static Table,
    select: RowSelection<'_>,
) -> Result<Vec<String>, StoreError> {
    let rows = match select {
        RowSelection::All => {
            sqlx::query_scalar(AssertSqlSafe(select_all(table))).fetch_all(connection).await
        }
        RowSelection::Keys(keys) => {
            let query = sqlx::query_scalar(AssertSqlSafe(select_keys(table)));
            query.bind(keys).fetch_all(connection).await
        }
        _ => return Err(StoreError::Other(es_core::Cause::new("an unknown selection of rows"))),
    };
    rows.map_err(|e| table_error(&e, table))
}

/// Inserts the rows, or replaces those with the same keys: locks them, one after the other as they come.
pub(crate) async fn write(
    connection: &mut PgConnection,
    table: &'static Table,
    rows: &[String],
) -> Result<(), StoreError> {
    let query = sqlx::query(AssertSqlSafe(upsert(table))).bind(format!("[{}]", rows.join(",")));
    query.execute(connection).await.map(drop).map_err(|e| table_error(&e, table))
}

fn table_error(error: &sqlx::Error, table: &'static Table) -> StoreError {
    if is_missing_table(error) {
        return StoreError::MissingTable { table: table.name };
    }
    match missing_column(error) {
        Some(column) => table.lacks(column),
        None => store_error(error),
    }
}

fn select_all(table: &Table) -> String {
    let key = quoted(table.key_column().field);
    format!("SELECT row_to_json(r)::text FROM ({}) AS r ORDER BY r.{key}", select(table))
}

fn select_keys(table: &Table) -> String {
    let (key, sql_type) = (quoted(table.key), base_type(table.key_column().sql_type));
    let select = select(table);
    format!(
        "SELECT row_to_json(r)::text FROM ({select} WHERE {key} = ANY ($1::text[]::{sql_type}[])) AS r"
    )
}

/// Exact numbers travel as text; everything else is in JSON what serde makes of it. A column is named like its field
/// here, as its key in JSON will be.
fn select(table: &Table) -> String {
    let column = |column: &Column| {
        let (name, field) = (quoted(column.name), quoted(column.field));
        match column.sql_type {
            SqlType::Decimal => format!("{name}::text AS {field}"),
            _ if name == field => name,
            _ => format!("{name} AS {field}"),
        }
    };
    format!("SELECT {} FROM {}", list(table, column), quoted(table.name))
}

fn upsert(table: &Table) -> String {
    let columns = list(table, |column| quoted(column.name));
    // `json_to_recordset` makes NULL of JSON's null, which is a value of JSON where the column has no NULL.
    let fields = list(table, |column| match quoted(column.field) {
        field if column.sql_type == SqlType::Json && !column.nullable => {
            format!("coalesce({field}, 'null')")
        }
        field => field,
    });
    let typed =
        list(table, |column| format!("{} {}", quoted(column.field), base_type(column.sql_type)));
    let others = table.columns.iter().filter(|column| column.name != table.key);
    let set = others.map(|column| format!("{0} = excluded.{0}", quoted(column.name)));
    let set = set.collect::<Vec<_>>().join(", ");
    let action = if set.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {set}") };
    format!(
        "INSERT INTO {name} ({columns}) SELECT {fields} FROM json_to_recordset($1::json) AS r ({typed}) \
         ON CONFLICT ({key}) DO {action}",
        name = quoted(table.name),
        key = quoted(table.key),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::of::<String>("id").named("key"),
        Column::of::<Option<i64>>("n"),
        Column::json("tags", false),
    ];
    const TABLE: Table = Table::new("sums", "key", COLUMNS);

    #[test]
    fn rows_have_the_names_of_fields_and_tables_those_of_columns() {
        assert_eq!(
            select_all(&TABLE),
            r#"SELECT row_to_json(r)::text FROM (SELECT "key" AS "id", "n", "tags" FROM "sums") AS r ORDER BY r."id""#
        );
        assert_eq!(
            select_keys(&TABLE),
            r#"SELECT row_to_json(r)::text FROM (SELECT "key" AS "id", "n", "tags" FROM "sums" WHERE "key" = ANY ($1::text[]::text[])) AS r"#
        );
        assert_eq!(
            upsert(&TABLE),
            r#"INSERT INTO "sums" ("key", "n", "tags") SELECT "id", "n", coalesce("tags", 'null') FROM json_to_recordset($1::json) AS r ("id" text, "n" bigint, "tags" jsonb) ON CONFLICT ("key") DO UPDATE SET "n" = excluded."n", "tags" = excluded."tags""#
        );
    }

    #[test]
    fn a_table_of_nothing_but_its_key_is_not_updated() {
        let table = Table::new("seen", "id", const { &[Column::of::<i64>("id")] });
        assert!(upsert(&table).ends_with(r#"ON CONFLICT ("id") DO NOTHING"#), "{}", upsert(&table));
    }
}
