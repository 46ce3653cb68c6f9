//! Projections: a batch is staged in memory and committed in one transaction, the read models' rows and the checkpoint in it.

use es_core::{
    BatchStart, Cause, Checkpoint, EventId, FoundRow, Position, ProjectionError, ProjectionPart,
    ProjectionStore, ResolvedQuery, RowSelection, StoreError, Table,
};
use uuid::Uuid;

use crate::batch::SqliteBatch;
use crate::error::store_error;
use crate::store::SqliteStore;
use crate::table;

impl ProjectionStore for SqliteStore {
    type Batch = SqliteBatch;

    async fn ensure_table(&self, table: &'static Table) -> Result<(), StoreError> {
        self.make_table(table).await
    }

    async fn checkpoint(&self, part: &ProjectionPart) -> Result<Checkpoint, StoreError> {
        let found: Option<(i64, Option<Vec<u8>>, u32, bool)> =
            sqlx::query_as(include_str!("sql/checkpoint_find.sql"))
                .bind(part.name.clone())
                .bind(part.version)
                .bind(part.part.number())
                .fetch_optional(&mut *self.reader().await?)
                .await
                .map_err(|e| store_error(&e))?;
        let Some((position, event, parts, of_this_log)) = found else {
            return Ok(Checkpoint::default());
        };
        if !of_this_log {
            let what = "it was kept in another one".to_owned();
            return Err(StoreError::ForeignCheckpoint { projection: part.clone(), what });
        }
        let (projection, asked) = (part.name.clone(), part.part.of());
        match parts {
            found if found == asked => checkpoint(part, position, event),
            found => Err(StoreError::Parts { projection, found, asked }),
        }
    }

    async fn fits(&self, part: &ProjectionPart, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let event = checkpoint.event.map(|event| event.as_uuid().as_bytes().to_vec());
        let (long_enough, has_event) = sqlx::query_as(include_str!("sql/checkpoint_fits.sql"))
            .bind(position(checkpoint.position)?)
            .bind(event)
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(|e| store_error(&e))?;
        checkpoint.judge(part, long_enough, has_event)
    }

    /// Opens no transaction: what the handlers write is kept in memory until the commit, unless they ask for the connection.
    async fn begin_batch(&self, start: BatchStart) -> Result<SqliteBatch, StoreError> {
        Ok(SqliteBatch::new(self.clone(), start))
    }

    async fn read_rows(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<FoundRow>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = table::read(&mut reader, table, select).await?;
        drop(reader);
        rows.iter().map(|row| table::found(table, row)).collect()
    }

    async fn count_rows(
        &self,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<u64, StoreError> {
        table::count(&mut *self.reader().await?, table, query).await
    }

    fn is_transient(&self, error: &ProjectionError) -> bool {
        error.is_transient() || crate::error::is_transient_cause(error)
    }
}

/// From columns of which one is never negative, and the other holds 16 bytes or nothing unless it was changed by hand.
pub(crate) fn checkpoint(
    part: &ProjectionPart,
    position: i64,
    event: Option<Vec<u8>>,
) -> Result<Checkpoint, StoreError> {
    let event = event.map(|event| Uuid::from_slice(&event)).transpose();
    let event =
        event.map_err(|_| StoreError::Corrupt { what: format!("the checkpoint of {part}") })?;
    Ok(Checkpoint::new(Position::new(position.cast_unsigned()), event.map(EventId::from_uuid)))
}

pub(crate) fn position(position: Position) -> Result<i64, StoreError> {
    let number = position.get();
    i64::try_from(number).map_err(|_| {
        StoreError::Other(Cause::new(format!("{number} is beyond what SQLite can hold")))
    })
}
