//! The statements that write.

use std::sync::LazyLock;

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteExecutor, SqlitePool};
use work::Result;

use crate::batch::MOST;
use crate::event::Row;

/// The next position is asked for in the statement, as the table's trigger wants to see it. The hash is for split projections,
/// which there are none of.
const INSERT: &str = "INSERT INTO es_events (position, stream_id, stream_hash, version, event_id, category, type, schema_version, \
         payload, metadata, occurred_at, recorded_at) \
         SELECT last.position + row.column1, row.column2, 0, row.column3, row.column4, 'account', row.column5, 1, \
         row.column6, '{}', now.micros, now.micros \
         FROM (SELECT coalesce(max(position), 0) AS position FROM es_events) AS last, \
         (SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS micros) AS now, (VALUES ";

/// One for each number of rows.
static INSERTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let rows = |count: usize| (1..=count).map(|nth| format!("({nth}, ?, ?, ?, ?, ?)"));
    let rows = |count| rows(count).collect::<Vec<_>>().join(", ");
    (1..=MOST).map(|count| format!("{}{}) AS row", INSERT, rows(count))).collect()
});

fn insert(rows: Vec<Row>) -> Query<'static, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(INSERTS[rows.len() - 1].as_str());
    for row in rows {
        query = query.bind(row.account).bind(row.version).bind(row.event);
        query = query.bind(row.name).bind(row.payload);
    }
    query
}

/// One INSERT of one event. The unique index refuses a version that another writer has taken.
pub(crate) async fn one(executor: impl SqliteExecutor<'_>, row: Row) -> Result<()> {
    insert(vec![row]).execute(executor).await?;
    Ok(())
}

/// One INSERT of many; some INSERTs in one transaction where they are more than a statement takes.
pub(crate) async fn many(pool: SqlitePool, rows: Vec<Row>) -> Result<()> {
    if rows.len() <= MOST {
        insert(rows).execute(&pool).await?;
        return Ok(());
    }
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<_> = rows.by_ref().take(MOST).collect();
        insert(some).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}
