//! Rows to events: sqlx, nothing between.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;
use work::{Account, Result, Tally};

use super::write;
use crate::event;

/// How many events are written to the table at a time.
const BATCH: u32 = 5_000;

/// The columns that es reads, in its order.
macro_rules! select {
    ($stream:literal, $rest:literal) => {
        concat!(
            "SELECT position, ",
            $stream,
            ", version, event_id, category, type, schema_version, payload, metadata, ",
            "occurred_at, recorded_at FROM es.events ",
            $rest
        )
    };
}

/// With a limit the planner reads in the order of the index, and the server sends while it reads.
const STREAM: &str = select!("NULL::uuid", "WHERE stream_id = $1 ORDER BY version LIMIT $2");
const LOG: &str = select!("stream_id", "ORDER BY position LIMIT $1");

/// One SELECT of a stream. Gives its last version too.
pub(crate) async fn stream(pool: &PgPool, account: Uuid) -> Result<(i64, Account)> {
    let (mut version, mut found) = (0, Account::default());
    let mut rows = sqlx::query(STREAM).bind(account).bind(i64::MAX).fetch(pool);
    while let Some(row) = rows.try_next().await? {
        version = row.try_get(2)?;
        found.events += 1;
        found.cents += change(&row)?;
    }
    Ok((version, found))
}

/// One SELECT of the log, added up as it comes.
pub(crate) async fn log(pool: &PgPool) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut rows = sqlx::query(LOG).bind(i64::MAX).fetch(pool);
    while let Some(row) = rows.try_next().await? {
        tally.add(row.try_get(1)?, change(&row)?);
    }
    Ok(tally)
}

/// What a row's event does to the balance.
fn change(row: &PgRow) -> Result<i64> {
    event::change(row.try_get(5)?, row.try_get_raw(7)?.as_bytes()?)
}

/// One SELECT of the log, and one upsert for each batch of it, in one transaction on a second connection.
pub(crate) async fn log_into_table(pool: &PgPool) -> Result<Account> {
    let mut transaction = pool.begin().await?;
    sqlx::query("DELETE FROM balances").execute(&mut *transaction).await?;
    let (mut tally, mut counted) = (Tally::default(), 0);
    let mut rows = sqlx::query(LOG).bind(i64::MAX).fetch(pool);
    while let Some(row) = rows.try_next().await? {
        tally.add(row.try_get(1)?, change(&row)?);
        counted += 1;
        if counted % BATCH == 0 {
            write::changes(&mut transaction, std::mem::take(&mut tally)).await?;
        }
    }
    write::changes(&mut transaction, tally).await?;
    let sum =
        "SELECT coalesce(sum(events), 0)::bigint, coalesce(sum(cents), 0)::bigint FROM balances";
    let (events, cents): (i64, i64) = sqlx::query_as(sum).fetch_one(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Account { events: events.cast_unsigned(), cents })
}
