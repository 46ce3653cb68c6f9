//! Dead letters, from outside of batches.

use es_core::{DeadLetter, EventId, LetterSelection, LetterState, Position, StoreError};
use sqlx::sqlite::SqliteRow;

use crate::error::store_error;
use crate::read::bigint;
use crate::row::{time, uuid, value};
use crate::store::SqliteStore;
use crate::writing::Statement;

impl SqliteStore {
    pub(crate) async fn find_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let discarded = matches!(select, LetterSelection::Position(_) | LetterSelection::All);
        let rows = selected(include_str!("sql/letters_find.sql"), name, version, select)
            .bind(discarded)
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(|e| store_error(&e))?;
        rows.iter().map(letter).collect()
    }

    pub(crate) async fn ask_for_retry(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<u64, StoreError> {
        let retry = selected(include_str!("sql/letters_retry.sql"), name, version, select);
        self.change(retry).await
    }

    pub(crate) async fn discard(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let discard = selected(include_str!("sql/letters_discard.sql"), name, version, select);
        self.change(discard.bind(reason.to_owned())).await
    }
}

/// A statement with what they all begin with: which letters are meant.
fn selected(sql: &'static str, name: &str, version: u32, select: LetterSelection) -> Statement {
    let (mut stream, mut at) = (None, None);
    match select {
        LetterSelection::Stream(id) => stream = Some(id.as_bytes().to_vec()),
        LetterSelection::Position(position) => at = Some(bigint(position.get())),
        _ => {}
    }
    sqlx::query(sql)
        .bind(name.to_owned())
        .bind(i64::from(version))
        .bind(stream)
        .bind(at)
        .bind(select == LetterSelection::Retry)
}

/// What does not fit was not written by the store.
fn letter(row: &SqliteRow) -> Result<DeadLetter, StoreError> {
    let corrupt = || StoreError::Corrupt { what: "a dead letter".to_owned() };
    fields(row).ok_or_else(corrupt)
}

fn fields(row: &SqliteRow) -> Option<DeadLetter> {
    let state = match value(row, 3)? {
        "parked" => LetterState::Parked,
        "discarded" => LetterState::Discarded,
        _ => LetterState::Failed,
    };
    let position = Position::new(value::<i64>(row, 0)?.cast_unsigned());
    let (event, stream) = (EventId::from_uuid(uuid(row, 1)?), uuid(row, 2)?);
    let mut letter = DeadLetter::new(position, event, stream, state, time(row, 6)?);
    letter.attempts = u32::try_from(value::<i64>(row, 4)?).ok()?;
    letter.error = value(row, 5)?;
    letter.retry = value(row, 7)?;
    letter.reason = value(row, 8);
    Some(letter)
}
