//! Tables of read models: how they are made, compared, read and written.
//!
//! These are the only statements put together at run time, and from nothing but the names of a [`Table`], which are
//! checked when the program is compiled and quoted here all the same. Tables are found on the connection's search path.

use es_core::{Column, RowSelection, SqlType, StoreError, Table};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

use crate::error::{is_missing_table, store_error};

/// Makes the table, or sees that the one that is there fits.
pub(crate) async fn ensure(
    transaction: Transaction<'static, Postgres>,
    table: &'static Table,
) -> Result<(), StoreError> {
    let found = make(transaction, table).await.map_err(|e| store_error(&e))?;
    match difference(table, &found) {
        None => Ok(()),
        Some(difference) => Err(StoreError::TableDiffers { table: table.name, difference }),
    }
}

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
    store_error(error)
}

/// Name, type, whether it may be empty, whether it alone is the primary key.
type Found = (String, String, bool, bool);

async fn make(
    mut transaction: Transaction<'static, Postgres>,
    table: &'static Table,
) -> Result<Vec<Found>, sqlx::Error> {
    let mut found = columns(&mut transaction, table).await?;
    if found.is_empty() {
        // `IF NOT EXISTS` alone lets two that come at once fail over each other.
        sqlx::raw_sql(include_str!("sql/table_lock.sql")).execute(&mut *transaction).await?;
        sqlx::raw_sql(AssertSqlSafe(create(table))).execute(&mut *transaction).await?;
        found = columns(&mut transaction, table).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

async fn columns(
    connection: &mut PgConnection,
    table: &'static Table,
) -> Result<Vec<Found>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/table_columns.sql"))
        .bind(quoted(table.name))
        .fetch_all(connection)
        .await
}

/// The first difference, in words.
fn difference(table: &Table, found: &[Found]) -> Option<String> {
    for column in table.columns {
        let name = column.name;
        let Some((_, sql_type, nullable, key)) = found.iter().find(|found| found.0 == name) else {
            return Some(format!("it has no column `{name}`"));
        };
        let wanted = type_name(column.sql_type);
        if sql_type != wanted {
            return Some(format!("its column `{name}` is {sql_type}, not {wanted}"));
        }
        if *nullable != column.nullable {
            let may = if *nullable { "may be NULL" } else { "is NOT NULL" };
            return Some(format!("its column `{name}` {may}"));
        }
        if *key != (name == table.key) {
            return Some(format!("its primary key is not `{}`", table.key));
        }
    }
    let known = |name: &str| table.columns.iter().any(|column| column.name == name);
    let more = found.iter().find(|(name, ..)| !known(name));
    more.map(|(name, ..)| format!("it has a column `{name}`"))
}

fn create(table: &Table) -> String {
    let define = |column: &Column| {
        let nullable = if column.nullable { "" } else { " NOT NULL" };
        format!("{} {}{nullable}", quoted(column.name), type_name(column.sql_type))
    };
    let (name, key) = (quoted(table.name), quoted(table.key));
    format!("CREATE TABLE IF NOT EXISTS {name} ({}, PRIMARY KEY ({key}))", list(table, define))
}

fn select_all(table: &Table) -> String {
    let key = quoted(table.key);
    format!("SELECT row_to_json(r)::text FROM ({}) AS r ORDER BY r.{key}", select(table))
}

fn select_keys(table: &Table) -> String {
    let (key, sql_type) = (quoted(table.key), base_type(table.key_column().sql_type));
    let select = select(table);
    format!(
        "SELECT row_to_json(r)::text FROM ({select} WHERE {key} = ANY ($1::text[]::{sql_type}[])) AS r"
    )
}

/// Exact numbers travel as text; everything else is in JSON what serde makes of it.
fn select(table: &Table) -> String {
    let column = |column: &Column| {
        let name = quoted(column.name);
        match column.sql_type {
            SqlType::Decimal => format!("{name}::text AS {name}"),
            _ => name,
        }
    };
    format!("SELECT {} FROM {}", list(table, column), quoted(table.name))
}

fn upsert(table: &Table) -> String {
    let columns = list(table, |column| quoted(column.name));
    let typed =
        list(table, |column| format!("{} {}", quoted(column.name), base_type(column.sql_type)));
    let others = table.columns.iter().filter(|column| column.name != table.key);
    let set = others.map(|column| format!("{0} = excluded.{0}", quoted(column.name)));
    let set = set.collect::<Vec<_>>().join(", ");
    let action = if set.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {set}") };
    format!(
        "INSERT INTO {name} ({columns}) SELECT {columns} FROM json_to_recordset($1::json) AS r ({typed}) \
         ON CONFLICT ({key}) DO {action}",
        name = quoted(table.name),
        key = quoted(table.key),
    )
}

fn list(table: &Table, text: impl Fn(&Column) -> String) -> String {
    table.columns.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// As in a table: text sorts by its bytes, as everywhere else.
fn type_name(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Text => "text COLLATE \"C\"",
        other => base_type(other),
    }
}

fn base_type(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Integer => "bigint",
        SqlType::Real => "double precision",
        SqlType::Decimal => "numeric",
        SqlType::Boolean => "boolean",
        SqlType::Uuid => "uuid",
        SqlType::Timestamp => "timestamp with time zone",
        SqlType::Date => "date",
        // Text, and whatever es-core may come to know: anything can be written as text.
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table::new(
        "sums",
        "id",
        const { &[Column::of::<String>("id"), Column::of::<Option<i64>>("n")] },
    );

    #[test]
    fn statements_quote_every_name() {
        assert_eq!(
            create(&TABLE),
            r#"CREATE TABLE IF NOT EXISTS "sums" ("id" text COLLATE "C" NOT NULL, "n" bigint, PRIMARY KEY ("id"))"#
        );
        assert_eq!(
            upsert(&TABLE),
            r#"INSERT INTO "sums" ("id", "n") SELECT "id", "n" FROM json_to_recordset($1::json) AS r ("id" text, "n" bigint) ON CONFLICT ("id") DO UPDATE SET "n" = excluded."n""#
        );
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }

    #[test]
    fn a_table_of_nothing_but_its_key_is_not_updated() {
        let table = Table::new("seen", "id", const { &[Column::of::<i64>("id")] });
        assert!(upsert(&table).ends_with(r#"ON CONFLICT ("id") DO NOTHING"#), "{}", upsert(&table));
    }
}
