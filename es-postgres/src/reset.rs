//! Setting a projection back: all its parts at once, under a new epoch, so that nobody who ran it before can commit.

use es_core::{BatchStart, Checkpoint, EventId, ProjectionPart, StoreError};
use uuid::Uuid;

use crate::batch::PgBatch;
use crate::error::store_error;
use crate::projection::{bigint, checkpoint, integer};
use crate::store::{By, PgStore};
use crate::transaction::Silence;

impl PgStore {
    pub(crate) async fn open_reset(
        &self,
        name: &str,
        version: u32,
        parts: u32,
        start: Checkpoint,
    ) -> Result<PgBatch, StoreError> {
        let (stored_version, stored_parts) = (integer(version)?, integer(parts)?);
        if self.list_checkpoints(name, version).await?.is_empty() {
            // Outside the transaction: whoever asks for a lease meanwhile would wait for rows that it had just made.
            let mut connection = self.acquire(By::Subscription).await?;
            sqlx::query(include_str!("sql/lease_split.sql"))
                .bind(name)
                .bind(stored_version)
                .bind(stored_parts)
                .execute(&mut *connection)
                .await
                .map_err(|e| store_error(&e))?;
        }
        // A rebuild says nothing for as long as it keeps its rows to itself.
        let mut transaction = self.transaction_within(By::Subscription, Silence::Unlimited).await?;
        for statement in [include_str!("sql/reset_lock.sql"), include_str!("sql/reset_letters.sql")]
        {
            sqlx::query(statement)
                .bind(name)
                .bind(stored_version)
                .execute(&mut *transaction)
                .await
                .map_err(|e| store_error(&e))?;
        }
        sqlx::query(include_str!("sql/reset_rows.sql"))
            .bind(name)
            .bind(stored_version)
            .bind(stored_parts)
            .bind(bigint(start.position)?)
            .bind(start.event.map(EventId::as_uuid))
            .execute(&mut *transaction)
            .await
            .map_err(|e| store_error(&e))?;
        let start = BatchStart::new(ProjectionPart::whole(name, version), start, None);
        Ok(PgBatch::resetting(transaction, start))
    }

    pub(crate) async fn list_checkpoints(
        &self,
        name: &str,
        version: u32,
    ) -> Result<Vec<(u32, Checkpoint)>, StoreError> {
        let mut connection = self.acquire(By::Subscription).await?;
        let found: Vec<(i32, i64, Option<Uuid>)> =
            sqlx::query_as(include_str!("sql/checkpoint_list.sql"))
                .bind(name)
                .bind(integer(version)?)
                .fetch_all(&mut *connection)
                .await
                .map_err(|e| store_error(&e))?;
        let found = found.into_iter();
        Ok(found.map(|(part, at, event)| (part.cast_unsigned(), checkpoint(at, event))).collect())
    }
}
