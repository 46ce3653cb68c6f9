//! One batch of a projection: staged, and written at the commit.

use chrono::Utc;
use es_core::{
    BatchStart, Checkpoint, DeadLetter, EventId, LetterState, Position, ProjectionBatch,
    ReadModelBackend, StoreError,
};
use sqlx::SqliteConnection;

use crate::backend::Backend;
use crate::error::store_error;
use crate::projection::position;
use crate::reset;
use crate::row::micros;
use crate::store::SqliteStore;

/// One batch of a projection on a [`SqliteStore`]. What it writes is kept in memory until the commit, which takes one
/// transaction; unless a handler asks for [`SqliteContext::connection`](crate::SqliteContext::connection), when the
/// transaction is opened and kept open. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub struct SqliteBatch {
    start: BatchStart,
    /// Into how many parts everything is set back by the commit, if that is what the batch is for.
    reset: Option<u32>,
    rows: Backend,
    /// Kept aside, or taken out, one after the other.
    letters: Vec<(Position, Option<DeadLetter>)>,
}

impl SqliteBatch {
    pub(crate) fn new(store: SqliteStore, start: BatchStart) -> Self {
        Self { start, reset: None, rows: Backend::new(store), letters: Vec::new() }
    }

    pub(crate) fn resetting(store: SqliteStore, start: BatchStart, parts: u32) -> Self {
        Self { reset: Some(parts), ..Self::new(store, start) }
    }
}

impl ProjectionBatch for SqliteBatch {
    fn checkpoint(&self) -> Checkpoint {
        self.start.from
    }

    fn backend(&mut self) -> &mut dyn ReadModelBackend {
        &mut self.rows
    }

    async fn bury(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.letters.push((letter.position, Some(letter.clone())));
        Ok(())
    }

    async fn unbury(&mut self, at: Position) -> Result<bool, StoreError> {
        let (name, version) = (self.start.part.name.clone(), self.start.part.version);
        let number = position(at)?;
        self.letters.push((at, None));
        self.rows
            .look(async |connection| {
                sqlx::query_scalar(include_str!("sql/letter_is_open.sql"))
                    .bind(name)
                    .bind(version)
                    .bind(number)
                    .fetch_one(connection)
                    .await
                    .map_err(|e| store_error(&e))
            })
            .await
    }

    async fn commit(self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let Self { start, reset, rows, letters } = self;
        let (mut writing, staged) = rows.finish().await?;
        let connection = &mut *writing;
        let written = async {
            match reset {
                Some(parts) => reset::set_back(connection, &start.part, parts, checkpoint).await?,
                // First, so that what is refused because somebody else has done the same is not called anything else.
                None => move_to(connection, &start, checkpoint).await?,
            }
            staged.apply(connection).await?;
            write_letters(connection, &start, letters).await
        };
        let written = written.await;
        writing.end(written).await
    }
}

/// Moves the checkpoint, if it still is where the batch began and the batch may move it.
async fn move_to(
    connection: &mut SqliteConnection,
    start: &BatchStart,
    to: Checkpoint,
) -> Result<(), StoreError> {
    let BatchStart { part, from, epoch, .. } = start;
    let uuid = |event: Option<EventId>| event.map(|event| event.as_uuid().as_bytes().to_vec());
    let query = if *from == Checkpoint::default() && epoch.is_none() {
        sqlx::query(include_str!("sql/checkpoint_begin.sql"))
    } else {
        sqlx::query(include_str!("sql/checkpoint_move.sql"))
    };
    let moved = query
        .bind(part.name.clone())
        .bind(part.version)
        .bind(part.part.number())
        .bind(part.part.of())
        .bind(position(to.position)?)
        .bind(uuid(to.event))
        .bind(micros(Utc::now()));
    let moved = if *from == Checkpoint::default() && epoch.is_none() {
        moved
    } else {
        moved
            .bind(position(from.position)?)
            .bind(uuid(from.event))
            .bind(epoch.map(|epoch| epoch.get().cast_signed()))
    };
    match moved.execute(connection).await.map_err(|e| store_error(&e))?.rows_affected() {
        0 => Err(StoreError::CheckpointMoved { projection: part.name.clone() }),
        _ => Ok(()),
    }
}

async fn write_letters(
    connection: &mut SqliteConnection,
    start: &BatchStart,
    letters: Vec<(Position, Option<DeadLetter>)>,
) -> Result<(), StoreError> {
    let (name, version) = (&start.part.name, start.part.version);
    for (at, letter) in letters {
        let query = match letter {
            None => sqlx::query(include_str!("sql/letter_unbury.sql"))
                .bind(name.clone())
                .bind(version)
                .bind(position(at)?),
            Some(letter) => sqlx::query(include_str!("sql/letter_bury.sql"))
                .bind(name.clone())
                .bind(version)
                .bind(position(at)?)
                .bind(letter.event.as_uuid().as_bytes().to_vec())
                .bind(letter.stream.as_bytes().to_vec())
                .bind(state_name(letter.state))
                .bind(letter.attempts)
                .bind(letter.error)
                .bind(micros(Utc::now())),
        };
        query.execute(&mut *connection).await.map_err(|e| store_error(&e))?;
    }
    Ok(())
}

const fn state_name(state: LetterState) -> &'static str {
    match state {
        LetterState::Parked => "parked",
        LetterState::Discarded => "discarded",
        _ => "failed",
    }
}
