//! One batch of a projection: a transaction.

use std::any::Any;
use std::fmt;

use es_core::{
    BatchStart, BoxFuture, Checkpoint, DeadLetter, EventId, FoundRow, Position, ProjectionBatch,
    ReadModelBackend, ResolvedQuery, RowChange, RowSelection, StoreError, Table,
};
use sqlx::{PgConnection, Postgres, Transaction};

use crate::error::store_error;
use crate::letters::{state_name, text};
use crate::projection::{bigint, integer};
use crate::table;

/// One batch of a projection on a [`PgStore`](crate::PgStore): an open transaction.
/// Dropped without a commit, it is rolled back.
pub struct PgBatch {
    transaction: Transaction<'static, Postgres>,
    start: BatchStart,
    /// The commit moves all parts, which this transaction has locked.
    reset: bool,
}

impl PgBatch {
    pub(crate) const fn new(
        transaction: Transaction<'static, Postgres>,
        start: BatchStart,
    ) -> Self {
        Self { transaction, start, reset: false }
    }

    pub(crate) const fn resetting(
        transaction: Transaction<'static, Postgres>,
        start: BatchStart,
    ) -> Self {
        Self { transaction, start, reset: true }
    }

    /// The transaction's connection.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Moves the checkpoint, which only now is locked. False when it is not where the batch began.
    async fn move_to(&mut self, to: Checkpoint) -> Result<bool, StoreError> {
        let BatchStart { part, from, epoch, .. } = &self.start;
        let (version, number) = (integer(part.version)?, integer(part.part.number())?);
        let parts = integer(part.part.of())?;
        let (position, event) = (bigint(to.position)?, to.event.map(EventId::as_uuid));
        if self.reset {
            let moved = sqlx::query(include_str!("sql/reset_move.sql"))
                .bind(&part.name)
                .bind(version)
                .bind(position)
                .bind(event)
                .execute(&mut *self.transaction)
                .await;
            return moved.map(|_| true).map_err(|e| store_error(&e));
        }
        let query = if *from == Checkpoint::default() && epoch.is_none() {
            sqlx::query(include_str!("sql/checkpoint_begin.sql"))
                .bind(&part.name)
                .bind(version)
                .bind(number)
                .bind(parts)
        } else {
            sqlx::query(include_str!("sql/checkpoint_move.sql"))
                .bind(&part.name)
                .bind(version)
                .bind(number)
                .bind(parts)
                .bind(bigint(from.position)?)
                .bind(from.event.map(EventId::as_uuid))
                .bind(epoch.map(|epoch| epoch.get().cast_signed()))
        };
        let moved = query.bind(position).bind(event).execute(&mut *self.transaction).await;
        Ok(moved.map_err(|e| store_error(&e))?.rows_affected() == 1)
    }
}

impl ProjectionBatch for PgBatch {
    fn checkpoint(&self) -> Checkpoint {
        self.start.from
    }

    fn backend(&mut self) -> &mut dyn ReadModelBackend {
        self
    }

    async fn bury(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        sqlx::query(include_str!("sql/letter_bury.sql"))
            .bind(&self.start.part.name)
            .bind(integer(self.start.part.version)?)
            .bind(bigint(letter.position)?)
            .bind(letter.event.as_uuid())
            .bind(letter.stream)
            .bind(state_name(letter.state))
            .bind(integer(letter.attempts)?)
            .bind(text(&letter.error))
            .execute(&mut *self.transaction)
            .await
            .map(drop)
            .map_err(|e| store_error(&e))
    }

    async fn unbury(&mut self, position: Position) -> Result<bool, StoreError> {
        sqlx::query(include_str!("sql/letter_unbury.sql"))
            .bind(&self.start.part.name)
            .bind(integer(self.start.part.version)?)
            .bind(bigint(position)?)
            .execute(&mut *self.transaction)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(|e| store_error(&e))
    }

    /// When a statement of the transaction has failed, the first one here fails too: nothing of it can be committed.
    async fn commit(mut self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        if !self.move_to(checkpoint).await? {
            return Err(StoreError::CheckpointMoved { projection: self.start.part.name });
        }
        self.transaction.commit().await.map_err(|e| store_error(&e))
    }
}

impl ReadModelBackend for PgBatch {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Box::pin(table::read(self.connection(), table, RowSelection::Keys(keys)))
    }

    fn find<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Box::pin(table::read(self.connection(), table, RowSelection::Query(query)))
    }

    fn count<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(table::count(self.connection(), table, query))
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [RowChange],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(table::write(self.connection(), table, rows))
    }

    fn delete<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(table::delete(self.connection(), table, keys))
    }

    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(table::truncate(self.connection(), table))
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self
    }
}

impl fmt::Debug for PgBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgBatch").field("start", &self.start).finish_non_exhaustive()
    }
}
