//! What tables are made of, as SQL.

use es_core::{Column, ReadModel, SqlType, Table};

/// The statement with which [`ensure_read_model`](es_core::ReadModelQuery::ensure_read_model) makes the table of `T`:
/// for whoever makes tables where the program's own role may not.
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
///     es_postgres::create_table::<Balance>(),
///     concat!(
///         r#"CREATE TABLE IF NOT EXISTS "balances" ("account" uuid NOT NULL, "cents" bigint, "#,
///         r#""es_created_at" timestamp with time zone NOT NULL DEFAULT now(), "#,
///         r#""es_updated_at" timestamp with time zone NOT NULL DEFAULT now(), "#,
///         r#""es_version" bigint NOT NULL DEFAULT 1, "es_deleted_at" timestamp with time zone, "#,
///         r#"PRIMARY KEY ("account"))"#
///     )
/// );
/// ```
///
/// A table that is there already and lacks columns is changed by another statement, which
/// [`StoreError::TableDenied`](es_core::StoreError::TableDenied) names to a program that may not run it.
pub fn create_table<T: ReadModel>() -> String {
    create(T::TABLE)
}

pub(super) fn create(table: &Table) -> String {
    let (name, key) = (quoted(table.name), quoted(table.key));
    let own = Table::BOOKKEEPING.iter().map(define).collect::<Vec<_>>().join(", ");
    let columns = list(table, define);
    format!("CREATE TABLE IF NOT EXISTS {name} ({columns}, {own}, PRIMARY KEY ({key}))")
}

/// Takes ACCESS EXCLUSIVE, for as long as a catalogue entry takes; looks at rows only when a column may not be empty.
pub(super) fn add(table: &Table, missing: &[&Column]) -> String {
    let added = missing.iter().map(|column| format!("ADD COLUMN {}", define(column)));
    format!("ALTER TABLE {} {}", quoted(table.name), added.collect::<Vec<_>>().join(", "))
}

fn define(column: &Column) -> String {
    let nullable = if column.nullable { "" } else { " NOT NULL" };
    let default = match (column.is_bookkeeping(), column.nullable, column.sql_type) {
        // For rows that are there already, and for whoever writes the table with SQL of his own.
        (true, false, SqlType::Integer) => " DEFAULT 1",
        (true, false, _) => " DEFAULT now()",
        _ => "",
    };
    format!("{} {}{nullable}{default}", quoted(column.name), type_name(column.sql_type))
}

pub(super) fn list(table: &Table, text: impl Fn(&Column) -> String) -> String {
    table.columns.iter().map(text).collect::<Vec<_>>().join(", ")
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// As in a table: text sorts by its bytes, as everywhere else.
pub(super) fn type_name(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Text => "text COLLATE \"C\"",
        other => base_type(other),
    }
}

pub(super) fn base_type(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Integer => "bigint",
        SqlType::Real => "double precision",
        SqlType::Decimal => "numeric",
        SqlType::Boolean => "boolean",
        SqlType::Uuid => "uuid",
        SqlType::Timestamp => "timestamp with time zone",
        SqlType::Date => "date",
        SqlType::Json => "jsonb",
        // Text, and whatever es-core may come to know: anything can be written as text.
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[Column::of::<String>("id"), Column::of::<Option<i64>>("n")];

    #[test]
    fn statements_quote_every_name() {
        assert_eq!(
            create(&Table::new("sums", "id", COLUMNS)),
            r#"CREATE TABLE IF NOT EXISTS "sums" ("id" text COLLATE "C" NOT NULL, "n" bigint, "es_created_at" timestamp with time zone NOT NULL DEFAULT now(), "es_updated_at" timestamp with time zone NOT NULL DEFAULT now(), "es_version" bigint NOT NULL DEFAULT 1, "es_deleted_at" timestamp with time zone, PRIMARY KEY ("id"))"#
        );
        assert_eq!(
            add(&Table::new("sums", "id", COLUMNS), &[&COLUMNS[1], &Column::json("tags", false)]),
            r#"ALTER TABLE "sums" ADD COLUMN "n" bigint, ADD COLUMN "tags" jsonb NOT NULL"#
        );
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
