//! The statements that write.

use std::sync::LazyLock;

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteExecutor, SqlitePool};
use work::Result;

use crate::batch::MOST;
use crate::event::Row;

/// Positions are left to SQLite, which counts them.
macro_rules! insert {
    () => {
        "INSERT INTO es_events (stream_id, stream_hash, version, event_id, category, type, schema_version, payload, \
         metadata, occurred_at, recorded_at) VALUES "
    };
}

/// The hash is for split projections, which there are none of.
macro_rules! row {
    () => {
        "(?, 0, ?, ?, 'account', ?, 1, ?, '{}', \
         CAST(unixepoch('subsec') * 1000000 AS INTEGER), CAST(unixepoch('subsec') * 1000000 AS INTEGER))"
    };
}

const ONE: &str = concat!(insert!(), row!());

/// One for each number of rows.
static MANY: LazyLock<Vec<String>> = LazyLock::new(|| {
    (1..=MOST).map(|rows| format!("{}{}", insert!(), vec![row!(); rows].join(", "))).collect()
});

type Insert = Query<'static, Sqlite, SqliteArguments>;

fn bind(insert: Insert, row: Row) -> Insert {
    insert.bind(row.account).bind(row.version).bind(row.event).bind(row.name).bind(row.payload)
}

/// One INSERT of one event. The unique index refuses a version that another writer has taken.
pub(crate) async fn one(executor: impl SqliteExecutor<'_>, row: Row) -> Result<()> {
    bind(sqlx::query(ONE), row).execute(executor).await?;
    Ok(())
}

/// One INSERT of many; some INSERTs in one transaction where they are more than a statement takes.
pub(crate) async fn many(pool: SqlitePool, rows: Vec<Row>) -> Result<()> {
    let insert = |rows: Vec<Row>| {
        let statement = sqlx::query(MANY[rows.len() - 1].as_str());
        rows.into_iter().fold(statement, bind)
    };
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
