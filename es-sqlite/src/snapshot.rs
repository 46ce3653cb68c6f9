//! Snapshots: one row for each stream and shape of its state.

use chrono::Utc;
use es_core::{
    BoxFuture, EventId, NewSnapshot, Payload, Position, SnapshotAndTail, SnapshotQuery, StoreError,
    StoredSnapshot, StreamId, StreamQuery, Version,
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::error::store_error;
use crate::read::bigint;
use crate::row::{check_category, micros, value};
use crate::store::SqliteStore;

/// A shape that no program has written for so long is forgotten, in microseconds: a day.
const FORGOTTEN: i64 = 24 * 60 * 60 * 1_000_000;

impl SqliteStore {
    pub(crate) async fn load_from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> Result<SnapshotAndTail<'a>, StoreError> {
        let found = self.find_snapshot(stream, query).await?;
        let after = found.as_ref().map_or(Version::START, |found| found.snapshot.version);
        let tail = StreamQuery::after(after);
        let tail = query.up_to.map_or(tail, |version| tail.up_to(version));
        Ok((found, self.load(stream, tail)))
    }

    async fn find_snapshot(
        &self,
        stream: &StreamId,
        query: SnapshotQuery,
    ) -> Result<Option<StoredSnapshot>, StoreError> {
        let row = sqlx::query(include_str!("sql/snapshot_read.sql"))
            .bind(stream.id().as_bytes().to_vec())
            .bind(query.fingerprint.get().cast_signed())
            .bind(query.up_to.map_or(i64::MAX, |version| bigint(version.get())))
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(|e| store_error(&e))?;
        let Some(row) = row else { return Ok(None) };
        if let Some(category) = value(&row, 6) {
            check_category(stream, category)?;
        }
        let found = snapshot(&row, stream, query);
        if found.is_none() {
            tracing::warn!(%stream, "a snapshot was changed behind the store's back and is passed over");
        }
        Ok(found)
    }

    pub(crate) fn keep_snapshot(
        &self,
        snapshot: NewSnapshot,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        let store = self.clone();
        Box::pin(async move {
            let numbers = (snapshot.version.get().try_into(), snapshot.position.get().try_into());
            // What does not fit into a column is in no event either.
            let (Ok::<i64, _>(version), Ok::<i64, _>(position)) = numbers else { return Ok(false) };
            let now = micros(Utc::now());
            let stream = snapshot.stream.id().as_bytes().to_vec();
            let fingerprint = snapshot.fingerprint.get().cast_signed();
            let mut writing = store.write().await?;
            let kept = sqlx::query(include_str!("sql/snapshot_save.sql"))
                .bind(stream.clone())
                .bind(snapshot.stream.category().as_str().to_owned())
                .bind(version)
                .bind(position)
                .bind(fingerprint)
                .bind(snapshot.state.as_str().to_owned())
                .bind(snapshot.checksum().cast_signed())
                .bind(now)
                .execute(&mut *writing)
                .await;
            let kept = kept.map(|done| done.rows_affected() == 1).map_err(|e| store_error(&e));
            let done = match kept {
                Ok(true) => sqlx::query(include_str!("sql/snapshot_forget.sql"))
                    .bind(stream)
                    .bind(fingerprint)
                    .bind(now - FORGOTTEN)
                    .execute(&mut *writing)
                    .await
                    .map(|_| true)
                    .map_err(|e| store_error(&e)),
                kept => kept,
            };
            writing.end(done).await
        })
    }
}

/// The snapshot in a row, unless it is not as it was written.
fn snapshot(row: &SqliteRow, stream: &StreamId, query: SnapshotQuery) -> Option<StoredSnapshot> {
    let number = |column| u64::try_from(value::<i64>(row, column)?).ok();
    let (version, position) = (Version::new(number(0)?), Position::new(number(1)?));
    let state = Payload::trusted(value::<&str>(row, 2)?);
    let checksum: i64 = value(row, 3)?;
    let created_at = chrono::DateTime::from_timestamp_micros(value(row, 4)?)?;
    let event = EventId::from_uuid(Uuid::from_slice(value(row, 5)?).ok()?);
    let found = NewSnapshot::new(stream.clone(), version, position, query.fingerprint, state);
    (found.checksum().cast_signed() == checksum)
        .then(|| StoredSnapshot::new(found, event, created_at))
}
