//! Dead letters, from outside of batches.

use chrono::{DateTime, Utc};
use es_core::{DeadLetter, EventId, LetterSelection, LetterState, Position, StoreError};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::store_error;
use crate::projection::{bigint, integer};
use crate::store::{By, PgStore};

/// A selection, as the statements take it.
struct Selected {
    discarded: bool,
    stream: Option<Uuid>,
    position: Option<i64>,
    retry: bool,
}

impl Selected {
    fn new(select: LetterSelection) -> Result<Self, StoreError> {
        let open = Self { discarded: false, stream: None, position: None, retry: false };
        Ok(match select {
            LetterSelection::Stream(stream) => Self { stream: Some(stream), ..open },
            LetterSelection::Position(position) => {
                Self { discarded: true, position: Some(bigint(position)?), ..open }
            }
            LetterSelection::Retry => Self { retry: true, ..open },
            LetterSelection::All => Self { discarded: true, ..open },
            _ => open,
        })
    }
}

impl PgStore {
    pub(crate) async fn find_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let select = Selected::new(select)?;
        let mut connection = self.acquire(By::Subscription).await?;
        let rows = sqlx::query(include_str!("sql/letters_find.sql"))
            .bind(name)
            .bind(integer(version)?)
            .bind(select.discarded)
            .bind(select.stream)
            .bind(select.position)
            .bind(select.retry)
            .fetch_all(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        let letter = |row: &PgRow| letter(row).map_err(|e| store_error(&e));
        rows.iter().map(letter).collect()
    }

    pub(crate) async fn ask_for_retry(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<u64, StoreError> {
        let select = Selected::new(select)?;
        let mut connection = self.acquire(By::Subscription).await?;
        let done = sqlx::query(include_str!("sql/letters_retry.sql"))
            .bind(name)
            .bind(integer(version)?)
            .bind(select.stream)
            .bind(select.position)
            .bind(select.retry)
            .execute(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        Ok(done.rows_affected())
    }

    pub(crate) async fn discard(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let select = Selected::new(select)?;
        let mut connection = self.acquire(By::Subscription).await?;
        let done = sqlx::query(include_str!("sql/letters_discard.sql"))
            .bind(name)
            .bind(integer(version)?)
            .bind(select.stream)
            .bind(select.position)
            .bind(select.retry)
            .bind(text(reason))
            .execute(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        Ok(done.rows_affected())
    }
}

/// PostgreSQL's text has no NUL.
pub(crate) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(crate) const fn state_name(state: LetterState) -> &'static str {
    match state {
        LetterState::Parked => "parked",
        LetterState::Discarded => "discarded",
        _ => "failed",
    }
}

/// Never negative, and of a known state: the table keeps it so.
fn letter(row: &PgRow) -> Result<DeadLetter, sqlx::Error> {
    let state = match row.try_get("state")? {
        "parked" => LetterState::Parked,
        "discarded" => LetterState::Discarded,
        _ => LetterState::Failed,
    };
    let mut letter = DeadLetter::new(
        Position::new(row.try_get::<i64, _>("position")?.cast_unsigned()),
        EventId::from_uuid(row.try_get("event_id")?),
        row.try_get("stream_id")?,
        state,
        row.try_get::<DateTime<Utc>, _>("failed_at")?,
    );
    letter.attempts = row.try_get::<i32, _>("attempts")?.cast_unsigned();
    letter.error = row.try_get("error")?;
    letter.retry = row.try_get("retry")?;
    letter.reason = row.try_get("reason")?;
    Ok(letter)
}
