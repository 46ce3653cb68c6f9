//! The tables: those of es, from its own script.

use sqlx::{Connection as _, PgConnection};
use work::Result;

/// Makes the log's tables unless they are there.
pub(crate) async fn make(url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let there = "SELECT to_regclass('es.events') IS NOT NULL";
    let there: bool = sqlx::query_scalar(there).fetch_one(&mut connection).await?;
    if !there {
        let balances = "CREATE SCHEMA es; CREATE TABLE balances (account uuid PRIMARY KEY, cents bigint NOT NULL, \
                        events bigint NOT NULL)";
        sqlx::raw_sql(balances).execute(&mut connection).await?;
        let log = include_str!("../../../../../es-postgres/migrations/0001_log.sql");
        sqlx::raw_sql(log).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}
