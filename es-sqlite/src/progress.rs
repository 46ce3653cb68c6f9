//! What is known of a part besides who runs it: whether it has begun, where it stands, what it tries.

use es_core::{Checkpoint, Epoch, EventId, Position, ProjectionPart, StoreError};
use uuid::Uuid;

use crate::error::store_error;
use crate::read::bigint;
use crate::store::SqliteStore;

impl SqliteStore {
    /// The handler may end the process next, so the count is committed before. That it outlives a loss of power too takes
    /// [`Durability::Full`](crate::Durability::Full).
    pub(crate) async fn count_attempt(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
        position: Position,
    ) -> Result<u32, StoreError> {
        let mut writing = self.write().await?;
        let counted: Result<Option<i64>, _> =
            sqlx::query_scalar(include_str!("sql/attempt_note.sql"))
                .bind(part.name.clone())
                .bind(i64::from(part.version))
                .bind(i64::from(part.part.number()))
                .bind(i64::from(part.part.of()))
                .bind(epoch.get().cast_signed())
                .bind(bigint(position.get()))
                .fetch_optional(&mut *writing)
                .await;
        let counted = counted.map_err(|e| store_error(&e));
        let attempts = writing.end(counted).await?.ok_or_else(|| taken_over(part))?;
        Ok(number(attempts))
    }

    pub(crate) async fn drop_attempts(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
    ) -> Result<(), StoreError> {
        let forget = sqlx::query(include_str!("sql/attempt_forget.sql"))
            .bind(part.name.clone())
            .bind(i64::from(part.version))
            .bind(i64::from(part.part.number()))
            .bind(i64::from(part.part.of()))
            .bind(epoch.get().cast_signed());
        match self.change(forget).await? {
            0 => Err(taken_over(part)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn find_attempts(
        &self,
        part: &ProjectionPart,
    ) -> Result<Option<(Position, u32)>, StoreError> {
        let found: Option<(i64, i64)> = sqlx::query_as(include_str!("sql/attempts_find.sql"))
            .bind(part.name.clone())
            .bind(i64::from(part.version))
            .bind(i64::from(part.part.number()))
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(|e| store_error(&e))?;
        Ok(found.map(|(at, attempts)| (Position::new(at.cast_unsigned()), number(attempts))))
    }

    pub(crate) async fn find_begun(&self, part: &ProjectionPart) -> Result<bool, StoreError> {
        sqlx::query_scalar(include_str!("sql/checkpoint_begun.sql"))
            .bind(part.name.clone())
            .bind(i64::from(part.version))
            .bind(i64::from(part.part.number()))
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(|e| store_error(&e))
    }

    pub(crate) async fn list_checkpoints(
        &self,
        name: &str,
        version: u32,
    ) -> Result<Vec<(u32, Checkpoint)>, StoreError> {
        let found: Vec<(i64, i64, Option<Vec<u8>>)> =
            sqlx::query_as(include_str!("sql/checkpoint_list.sql"))
                .bind(name.to_owned())
                .bind(i64::from(version))
                .fetch_all(&mut *self.reader().await?)
                .await
                .map_err(|e| store_error(&e))?;
        let checkpoint = |(part, position, event): (i64, i64, Option<Vec<u8>>)| {
            let position = Position::new(position.cast_unsigned());
            let event = event.and_then(|event| Uuid::from_slice(&event).ok());
            (number(part), Checkpoint::new(position, event.map(EventId::from_uuid)))
        };
        Ok(found.into_iter().map(checkpoint).collect())
    }
}

/// Never negative, and within 32 bits, unless somebody has written it by hand.
fn number(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn taken_over(part: &ProjectionPart) -> StoreError {
    StoreError::CheckpointMoved { projection: part.name.clone() }
}
