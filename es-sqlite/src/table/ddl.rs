//! What tables are made of, as SQL.

use chrono::Utc;
use es_core::{Column, ReadModel, SqlType, Table};

use super::cells::time_text;
use crate::decimal;

/// The moment at which a row is written, as [`time_text`] writes it: SQLite's clock has milliseconds.
const NOW: &str = "(strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))";

/// The statement with which [`ensure_read_model`](es_core::ReadModelQuery::ensure_read_model) makes the table of `T`: for
/// whoever keeps the tables of a program among its own scripts.
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
/// #[read_model(table = "balances")]
/// struct Balance {
///     #[read_model(id)]
///     account: Uuid,
///     cents: Option<i64>,
/// }
///
/// assert_eq!(
///     es_sqlite::create_table::<Balance>(),
///     concat!(
///         r#"CREATE TABLE IF NOT EXISTS "balances" ("account" UUID TEXT NOT NULL, "cents" INTEGER, "#,
///         r#""es_created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')), "#,
///         r#""es_updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')), "#,
///         r#""es_version" INTEGER NOT NULL DEFAULT 1, "es_deleted_at" TIMESTAMP TEXT, "#,
///         r#"PRIMARY KEY ("account")) WITHOUT ROWID"#
///     )
/// );
/// ```
///
/// Times are in UTC, such as `2026-02-28T09:30:00.000000Z`, so that they sort as text; UUIDs are in small letters with
/// hyphens. A column of decimal numbers has a collation, `es_decimal`, so that it sorts by value. Only this crate's
/// connections know it; a program that has not defined it ([`es_core::compare_decimals`]) can read and write such a table,
/// but not make it, sort by the column, or `VACUUM` the file.
pub fn create_table<T: ReadModel>() -> String {
    create(T::TABLE)
}

/// Rows are kept in the order of their keys, and a whole number as key is an ordinary column, which may not be empty.
pub(super) fn create(table: &Table) -> String {
    let (name, key) = (quoted(table.name), quoted(table.key));
    let columns = table.columns.iter().chain(Table::BOOKKEEPING);
    let columns = columns.map(|column| define(column, NOW)).collect::<Vec<_>>().join(", ");
    format!("CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID")
}

/// Changes nothing but the schema. Where there are rows SQLite adds no column with a default that it would have to
/// work out: they, and later ones of a writer who does not name the column, get the time at which it was added.
pub(super) fn add(table: &Table, column: &Column, has_rows: bool) -> String {
    let now = if has_rows { format!("'{}'", time_text(Utc::now())) } else { NOW.to_owned() };
    format!("ALTER TABLE {} ADD COLUMN {}", quoted(table.name), define(column, &now))
}

fn define(column: &Column, now: &str) -> String {
    let nullable = if column.nullable { "" } else { " NOT NULL" };
    let default = match (column.is_bookkeeping(), column.nullable, column.sql_type) {
        // For rows that are there already, and for whoever writes the table with SQL of his own.
        (true, false, SqlType::Integer) => " DEFAULT 1".to_owned(),
        (true, false, _) => format!(" DEFAULT {now}"),
        _ => String::new(),
    };
    let collation = collation(column);
    format!("{} {}{collation}{nullable}{default}", quoted(column.name), declared(column.sql_type))
}

/// How values of the column are compared, where it is not by their bytes.
pub(super) fn collation(column: &Column) -> String {
    match column.sql_type {
        SqlType::Decimal => format!(" COLLATE {}", decimal::COLLATION),
        _ => String::new(),
    }
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What the column is declared to be. SQLite makes of it only whether it prefers text or numbers, by the words `TEXT`, `INT`
/// and `REAL`; the other words are for readers, and tell one read model's shape from another's.
pub(super) fn declared(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Integer => "INTEGER",
        SqlType::Real => "REAL",
        SqlType::Decimal => "DECIMAL TEXT",
        SqlType::Boolean => "BOOLEAN INTEGER",
        SqlType::Uuid => "UUID TEXT",
        SqlType::Timestamp => "TIMESTAMP TEXT",
        SqlType::Date => "DATE TEXT",
        SqlType::Json => "JSON TEXT",
        // Text, and whatever es-core may come to know: anything can be written as text.
        _ => "TEXT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::of::<String>("id"),
        Column { sql_type: SqlType::Decimal, ..Column::of::<Option<String>>("sum") },
    ];

    #[test]
    fn statements_quote_every_name() {
        let table = Table::new("sums", "id", COLUMNS);
        assert_eq!(
            create(&table),
            r#"CREATE TABLE IF NOT EXISTS "sums" ("id" TEXT NOT NULL, "sum" DECIMAL TEXT COLLATE es_decimal, "es_created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')), "es_updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')), "es_version" INTEGER NOT NULL DEFAULT 1, "es_deleted_at" TIMESTAMP TEXT, PRIMARY KEY ("id")) WITHOUT ROWID"#
        );
        assert_eq!(
            add(&table, &Column::json("tags", false), false),
            r#"ALTER TABLE "sums" ADD COLUMN "tags" JSON TEXT NOT NULL"#
        );
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
