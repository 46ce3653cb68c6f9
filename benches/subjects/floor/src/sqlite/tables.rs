//! The tables: those of es, from its own script.

use sqlx::SqlitePool;
use work::Result;

/// Makes the log's tables unless they are there.
pub(crate) async fn make(pool: &SqlitePool) -> Result<()> {
    let there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'es_events')";
    let there: bool = sqlx::query_scalar(there).fetch_one(pool).await?;
    if !there {
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        let log = include_str!("../../../../../es-sqlite/migrations/0001_store.sql");
        sqlx::raw_sql(log).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    Ok(())
}
