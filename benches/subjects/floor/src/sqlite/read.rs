//! Rows to events: sqlx, nothing between.

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteExecutor};
use uuid::Uuid;
use work::{Account, Result, Tally};

use crate::event;

/// The columns that es reads, in its order.
macro_rules! select {
    ($stream:literal, $rest:literal) => {
        concat!(
            "SELECT position, ",
            $stream,
            ", version, event_id, category, type, schema_version, payload, metadata, ",
            "occurred_at, recorded_at FROM es_events ",
            $rest
        )
    };
}

const STREAM: &str = select!("NULL", "WHERE stream_id = ? ORDER BY version");
const LOG: &str = select!("stream_id", "ORDER BY position");

/// One SELECT of a stream. Gives its last version too.
pub(crate) async fn stream(
    executor: impl SqliteExecutor<'_>,
    account: Uuid,
) -> Result<(i64, Account)> {
    let (mut version, mut found) = (0, Account::default());
    let mut rows = sqlx::query(STREAM).bind(account).fetch(executor);
    while let Some(row) = rows.try_next().await? {
        version = row.try_get(2)?;
        found.events += 1;
        found.cents += change(&row)?;
    }
    Ok((version, found))
}

/// One SELECT of the log, added up as it comes.
pub(crate) async fn log(executor: impl SqliteExecutor<'_>) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut rows = sqlx::query(LOG).fetch(executor);
    while let Some(row) = rows.try_next().await? {
        tally.add(row.try_get(1)?, change(&row)?);
    }
    Ok(tally)
}

/// What a row's event does to the balance.
fn change(row: &SqliteRow) -> Result<i64> {
    event::change(row.try_get(5)?, row.try_get::<&str, _>(7)?.as_bytes())
}
