//! Projections: a batch is one transaction, with the read models' rows and the checkpoint in it.

use std::any::Any;
use std::fmt;

use es_core::{
    BoxFuture, Cause, Checkpoint, EventId, Position, ProjectionBatch, ProjectionStore,
    ReadModelBackend, RowSelection, StoreError, Table,
};
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use crate::error::store_error;
use crate::store::PgStore;
use crate::table;

impl ProjectionStore for PgStore {
    type Batch = PgBatch;

    async fn ensure_table(&self, table: &'static Table) -> Result<(), StoreError> {
        table::ensure(self.transaction().await?, table).await
    }

    async fn begin(&self, name: &str, version: u32) -> Result<PgBatch, StoreError> {
        let version = i32::try_from(version).map_err(|_| out_of_range("version"))?;
        self.ready().await?;
        let mut transaction = self.transaction().await?;
        let checkpoint = lock(&mut transaction, name, version).await?;
        Ok(PgBatch { transaction, projection: (name.to_owned(), version), checkpoint })
    }

    async fn read_rows(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(|e| store_error(&e))?;
        table::read(&mut connection, table, select).await
    }
}

/// One batch of a projection on a [`PgStore`]: an open transaction that holds the lock on the projection's checkpoint.
/// Dropped without a commit, it is rolled back.
pub struct PgBatch {
    transaction: Transaction<'static, Postgres>,
    projection: (String, i32),
    checkpoint: Checkpoint,
}

impl PgBatch {
    /// The transaction's connection.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

impl ProjectionBatch for PgBatch {
    fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    fn backend(&mut self) -> &mut dyn ReadModelBackend {
        self
    }

    /// When a statement of the transaction has failed, the first one here fails too: nothing of it can be committed.
    async fn commit(mut self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let position = checkpoint.position.get();
        let position = i64::try_from(position).map_err(|_| out_of_range("position"))?;
        let (projection, version) = self.projection;
        let moved = sqlx::query(include_str!("sql/checkpoint_move.sql"))
            .bind(&projection)
            .bind(version)
            .bind(position)
            .bind(checkpoint.event.map(EventId::as_uuid))
            .execute(&mut *self.transaction)
            .await
            .map_err(|e| store_error(&e))?;
        if moved.rows_affected() != 1 {
            return Err(StoreError::CheckpointMoved { projection });
        }
        self.transaction.commit().await.map_err(|e| store_error(&e))
    }
}

impl ReadModelBackend for PgBatch {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(table::read(self.connection(), table, RowSelection::Keys(keys)))
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(table::write(self.connection(), table, rows))
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self
    }
}

impl fmt::Debug for PgBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgBatch")
            .field("projection", &self.projection)
            .field("checkpoint", &self.checkpoint)
            .finish_non_exhaustive()
    }
}

/// Locks the projection's checkpoint and reads it.
async fn lock(
    connection: &mut PgConnection,
    name: &str,
    version: i32,
) -> Result<Checkpoint, StoreError> {
    let mut found = locked(connection, name, version).await?;
    if found.is_none() {
        sqlx::query(include_str!("sql/checkpoint_begin.sql"))
            .bind(name)
            .bind(version)
            .execute(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        found = locked(connection, name, version).await?;
    }
    let found = found.ok_or_else(|| StoreError::CheckpointMoved { projection: name.to_owned() })?;
    let (position, event, of_this_log) = found;
    if !of_this_log {
        return Err(StoreError::Unsafe {
            what: format!(
                "the checkpoint of projection `{name}`, version {version}, belongs to another log: empty its read \
                 models and delete its row in `es.checkpoints`"
            ),
        });
    }
    // Never negative: the table checks it.
    let position = Position::new(position.cast_unsigned());
    Ok(Checkpoint::new(position, event.map(EventId::from_uuid)))
}

type Found = (i64, Option<Uuid>, bool);

async fn locked(
    connection: &mut PgConnection,
    name: &str,
    version: i32,
) -> Result<Option<Found>, StoreError> {
    sqlx::query_as(include_str!("sql/checkpoint_lock.sql"))
        .bind(name)
        .bind(version)
        .fetch_optional(connection)
        .await
        .map_err(|e| store_error(&e))
}

fn out_of_range(what: &str) -> StoreError {
    StoreError::Other(Cause::new(format!("the {what} is beyond what PostgreSQL can hold")))
}
