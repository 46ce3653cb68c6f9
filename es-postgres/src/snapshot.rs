//! Snapshots: read together with the events after them, by one statement; written by one.

use es_core::{
    BoxFuture, EventId, NewSnapshot, Payload, Position, SnapshotAndTail, SnapshotQuery, StoreError,
    StoredEvent, StoredSnapshot, StreamId, StreamQuery, Version,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::row::{self, Reader};
use crate::store::{By, PgStore};

/// The column that only a snapshot's row has.
const CHECKSUM: usize = 11;

impl PgStore {
    pub(crate) async fn load_from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> Result<SnapshotAndTail<'a>, StoreError> {
        self.ready().await?;
        let statement = move || {
            sqlx::query(include_str!("sql/snapshot_read.sql"))
                .bind(stream.id())
                .bind(query.fingerprint.get().cast_signed())
                .bind(query.up_to.map_or(i64::MAX, |version| bigint(version.get())))
                .bind(i64::MAX)
        };
        let mut reader = Reader::default();
        let decode = move |row: &PgRow| Found::of(row, &mut reader, stream, query);
        let mut rows = Box::pin(self.rows(By::Command, statement, decode));
        let all = query.up_to.map_or(StreamQuery::ALL, |version| StreamQuery::ALL.up_to(version));
        let (found, first) = match rows.try_next().await? {
            Some(Found::Snapshot(found)) => (Some(found), None),
            Some(Found::Event(event)) => (None, Some(Ok(event))),
            // A stream of which something was asked for may be there, and be another's: reading it looks that up.
            None if query.up_to.is_some() => return Ok((None, self.load(stream, all))),
            None => (None, None),
            Some(Found::Changed) => {
                tracing::warn!(%stream, "a snapshot was changed behind the store's back and is passed over");
                return Ok((None, self.load(stream, all)));
            }
        };
        let rest = rows.map(move |row| match row? {
            Found::Event(event) => Ok(event),
            _ => Err(StoreError::Corrupt { what: format!("two snapshots of stream {stream}") }),
        });
        Ok((found, stream::iter(first).chain(rest).boxed()))
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
            let statement = || {
                sqlx::query(include_str!("sql/snapshot_save.sql"))
                    .bind(snapshot.stream.id())
                    .bind(snapshot.stream.category().as_str())
                    .bind(version)
                    .bind(position)
                    .bind(snapshot.fingerprint.get().cast_signed())
                    .bind(snapshot.state.as_str())
                    .bind(snapshot.checksum().cast_signed())
            };
            // No command waits for it, so none is to wait behind it for a connection.
            let kept: Vec<(i64,)> = store.ask(By::Subscription, statement).await?;
            Ok(!kept.is_empty())
        })
    }
}

/// A row of the answer. Only the first may be a snapshot.
enum Found {
    Snapshot(StoredSnapshot),
    /// One that is not as it was written.
    Changed,
    Event(StoredEvent),
}

impl Found {
    fn of(
        row: &PgRow,
        reader: &mut Reader,
        stream: &StreamId,
        query: SnapshotQuery,
    ) -> Result<Self, StoreError> {
        let Ok(Some(checksum)) = row.try_get::<Option<i64>, _>(CHECKSUM) else {
            return reader.event_of(row, stream).map(Self::Event);
        };
        if let Ok(category) = row.try_get(4) {
            row::check_category(stream, category)?;
        }
        let found = snapshot(row, stream, query);
        let found = found.filter(|found| found.snapshot.checksum().cast_signed() == checksum);
        Ok(found.map_or(Self::Changed, Self::Snapshot))
    }
}

/// The snapshot in a row, in the columns of the event that it was made after.
fn snapshot(row: &PgRow, stream: &StreamId, query: SnapshotQuery) -> Option<StoredSnapshot> {
    let position: i64 = row.try_get(0).ok()?;
    let version: i64 = row.try_get(2).ok()?;
    let event: Uuid = row.try_get(3).ok()?;
    let state = Payload::trusted(row::text(row, 7)?);
    let created_at = row::time(row, 9)?;
    let (version, position) = (u64::try_from(version).ok()?, u64::try_from(position).ok()?);
    let (version, position) = (Version::new(version), Position::new(position));
    let found = NewSnapshot::new(stream.clone(), version, position, query.fingerprint, state);
    Some(StoredSnapshot::new(found, EventId::from_uuid(event), created_at))
}

/// Beyond what a store can hold there is nothing to be found anyway.
fn bigint(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
