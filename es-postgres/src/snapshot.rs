//! Snapshots: read together with the events after them, by one statement; written by one.

use es_core::{
    BoxFuture, EventId, NewSnapshot, Payload, Position, SnapshotAndTail, SnapshotQuery, StoreError,
    StoredSnapshot, StreamId, StreamQuery, Version,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::store_error;
use crate::row;
use crate::store::PgStore;

/// The column that only a snapshot's row has.
const CHECKSUM: usize = 11;

impl PgStore {
    pub(crate) async fn from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> Result<SnapshotAndTail<'a>, StoreError> {
        self.ready().await?;
        let up_to = query.up_to.map_or(i64::MAX, |version| bigint(version.get()));
        let mut rows = sqlx::query(include_str!("sql/snapshot_read.sql"))
            .bind(stream.id())
            .bind(query.fingerprint.get().cast_signed())
            .bind(up_to)
            .fetch(self.pool());
        let all = query.up_to.map_or(StreamQuery::ALL, |version| StreamQuery::ALL.up_to(version));
        let Some(first) = rows.try_next().await.map_err(|e| store_error(&e))? else {
            // A stream of which something was asked for may be there, and be another's: reading it looks that up.
            let nothing = || stream::empty().boxed();
            return Ok((
                None,
                query.up_to.map_or_else(nothing, |_| self.stream_events(stream, all)),
            ));
        };
        let found = match checksum(&first) {
            None => None,
            Some(sum) => match snapshot(&first, stream, query, sum) {
                Ok(found) => Some(found),
                Err(Refused::Store(error)) => return Err(error),
                Err(Refused::Changed) => {
                    tracing::warn!(%stream, "a snapshot was changed behind the store's back and is passed over");
                    return Ok((None, self.stream_events(stream, all)));
                }
            },
        };
        let event = |row: &PgRow| row::event_of(row, stream);
        let begin = found.is_none().then(|| event(&first));
        let rest = rows.map(move |row| event(&row.map_err(|e| store_error(&e))?));
        Ok((found, stream::iter(begin).chain(rest).boxed()))
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
            store.ready().await?;
            let kept = sqlx::query(include_str!("sql/snapshot_save.sql"))
                .bind(snapshot.stream.id())
                .bind(snapshot.stream.category().as_str())
                .bind(version)
                .bind(position)
                .bind(snapshot.fingerprint.get().cast_signed())
                .bind(snapshot.state.as_str())
                .bind(snapshot.checksum().cast_signed())
                .fetch_optional(store.pool())
                .await
                .map_err(|e| store_error(&e))?;
            Ok(kept.is_some())
        })
    }
}

/// Why the first row is no snapshot to begin with.
enum Refused {
    Store(StoreError),
    Changed,
}

fn snapshot(
    row: &PgRow,
    stream: &StreamId,
    query: SnapshotQuery,
    checksum: i64,
) -> Result<StoredSnapshot, Refused> {
    let category: String = row.try_get(4).map_err(|_| Refused::Changed)?;
    row::check_category(stream, category).map_err(Refused::Store)?;
    let position: i64 = row.try_get(0).map_err(|_| Refused::Changed)?;
    let version: i64 = row.try_get(2).map_err(|_| Refused::Changed)?;
    let event: Uuid = row.try_get(3).map_err(|_| Refused::Changed)?;
    let state = Payload::trusted(row::text(row, 7).ok_or(Refused::Changed)?);
    let created_at = row::time(row, 9).ok_or(Refused::Changed)?;
    // Never negative: they are those of an event, whose table checks them.
    let (version, position) = (version.cast_unsigned(), position.cast_unsigned());
    let (version, position) = (Version::new(version), Position::new(position));
    let found = NewSnapshot::new(stream.clone(), version, position, query.fingerprint, state);
    if found.checksum().cast_signed() != checksum {
        return Err(Refused::Changed);
    }
    Ok(StoredSnapshot::new(found, EventId::from_uuid(event), created_at))
}

fn checksum(row: &PgRow) -> Option<i64> {
    row.try_get(CHECKSUM).ok().flatten()
}

/// Beyond what a store can hold there is nothing to be found anyway.
fn bigint(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
