//! Setting a projection back: all its parts at once, under a new epoch, so that nobody who ran it before can commit.

use chrono::Utc;
use es_core::{BatchStart, Checkpoint, EventId, ProjectionPart, StoreError};
use sqlx::SqliteConnection;

use crate::batch::SqliteBatch;
use crate::error::store_error;
use crate::projection::position;
use crate::row::micros;
use crate::store::SqliteStore;

impl SqliteStore {
    /// Nothing is set back before the commit, so nobody is waited for, and nobody waits.
    #[expect(clippy::unused_async, reason = "as in other stores")]
    pub(crate) async fn open_reset(
        &self,
        name: &str,
        version: u32,
        parts: u32,
        start: Checkpoint,
    ) -> Result<SqliteBatch, StoreError> {
        let start = BatchStart::new(ProjectionPart::whole(name, version), start, None);
        Ok(SqliteBatch::resetting(self.clone(), start, parts))
    }
}

/// Puts all parts to a checkpoint, however they were split.
pub(crate) async fn set_back(
    connection: &mut SqliteConnection,
    part: &ProjectionPart,
    parts: u32,
    to: Checkpoint,
) -> Result<(), StoreError> {
    let (name, version) = (&part.name, part.version);
    let epoch: i64 = sqlx::query_scalar(include_str!("sql/reset_epoch.sql"))
        .bind(name.clone())
        .bind(version)
        .fetch_one(&mut *connection)
        .await
        .map_err(|e| store_error(&e))?;
    for statement in [include_str!("sql/reset_letters.sql"), include_str!("sql/reset_forget.sql")] {
        sqlx::query(statement)
            .bind(name.clone())
            .bind(version)
            .execute(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
    }
    sqlx::query(include_str!("sql/reset_parts.sql"))
        .bind(name.clone())
        .bind(version)
        .bind(parts)
        .bind(position(to.position)?)
        .bind(to.event.map(EventId::as_uuid).map(|event| event.as_bytes().to_vec()))
        .bind(epoch)
        .bind(micros(Utc::now()))
        .execute(connection)
        .await
        .map(drop)
        .map_err(|e| store_error(&e))
}
