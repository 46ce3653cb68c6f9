//! Reading streams and the log, piece by piece: what is stored does not change, so a reader need not hold anything open
//! between two pieces. One that did would keep SQLite from folding its log of writes back into the file.

use es_core::{
    EventAddress, EventId, EventStream, LogPage, LogQuery, Part, Position, StoreError, StoredEvent,
    StreamId, StreamQuery, Version,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::error::store_error;
use crate::row::{Reader, hex_list};
use crate::store::SqliteStore;

/// Events that are read at a time.
const PIECE: usize = 1_000;

impl SqliteStore {
    pub(crate) fn load<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        let up_to = query.up_to.map_or(i64::MAX, |version| bigint(version.get()));
        pieces(query.after, move |after, mut reader| async move {
            let mut connection = self.reader().await?;
            let rows = sqlx::query(include_str!("sql/read_stream.sql"))
                .bind(stream.id().as_bytes().to_vec())
                .bind(bigint(after.get()))
                .bind(up_to)
                .bind(bigint(PIECE as u64))
                .fetch_all(&mut *connection)
                .await
                .map_err(|e| store_error(&e))?;
            drop(connection);
            let events = rows.iter().map(|row| reader.event_of(row, stream));
            let events: Vec<_> = events.collect::<Result<_, _>>()?;
            let last = events.last().filter(|_| events.len() == PIECE);
            let next = last.map(|event| (event.version, reader));
            Ok((events, next))
        })
    }

    pub(crate) async fn settled_position(&self) -> Result<Position, StoreError> {
        let mut connection = self.reader().await?;
        Ok(Position::new(head(&mut connection).await?.cast_unsigned()))
    }

    pub(crate) async fn page(
        &self,
        query: LogQuery<'_>,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        let limit = limit.max(1);
        let mut connection = self.reader().await?;
        // First the head, so that the page cannot miss what its `through` speaks of.
        let head = Position::new(head(&mut connection).await?.cast_unsigned());
        let events = between(&mut connection, query, head, limit, &mut Reader::default()).await?;
        let through = match events.last() {
            Some(last) if events.len() == limit => last.position,
            _ => head.max(query.after),
        };
        Ok(LogPage::new(events, through))
    }

    pub(crate) fn whole_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        let open = async move {
            let end = self.settled_position().await?;
            Ok(pieces(query.after, move |after, mut reader| async move {
                let mut connection = self.reader().await?;
                let mut query = query;
                query.after = after;
                let events = between(&mut connection, query, end, PIECE, &mut reader).await?;
                let last = events.last().filter(|_| events.len() == PIECE);
                let next = last.map(|event| (event.position, reader));
                Ok((events, next))
            }))
        };
        stream::once(open).try_flatten().boxed()
    }

    pub(crate) async fn count_events(&self, query: LogQuery<'_>) -> Result<u64, StoreError> {
        let (part, of) = part(query);
        let count: i64 = sqlx::query_scalar(include_str!("sql/count_log.sql"))
            .bind(bigint(query.after.get()))
            .bind(names(query))
            .bind(query.category.map(str::to_owned))
            .bind(query.tenant.map(str::to_owned))
            .bind(part)
            .bind(of)
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(|e| store_error(&e))?;
        Ok(count.cast_unsigned())
    }

    pub(crate) async fn find_events(
        &self,
        ids: &[EventId],
    ) -> Result<Vec<EventAddress>, StoreError> {
        locate(&mut *self.reader().await?, ids.iter().copied()).await
    }
}

/// Where those of these events are that are stored.
pub(crate) async fn locate(
    connection: &mut SqliteConnection,
    ids: impl Iterator<Item = EventId>,
) -> Result<Vec<EventAddress>, StoreError> {
    let found: Vec<(Vec<u8>, Vec<u8>, i64, i64)> = sqlx::query_as(include_str!("sql/locate.sql"))
        .bind(hex_list(ids.map(EventId::as_uuid)))
        .fetch_all(connection)
        .await
        .map_err(|e| store_error(&e))?;
    let address = |(id, stream, version, position): (Vec<u8>, Vec<u8>, i64, i64)| {
        let id = EventId::from_uuid(Uuid::from_slice(&id).ok()?);
        let stream = Uuid::from_slice(&stream).ok()?;
        let version = Version::new(version.cast_unsigned());
        Some(EventAddress::new(id, stream, version, Position::new(position.cast_unsigned())))
    };
    Ok(found.into_iter().filter_map(address).collect())
}

/// The last position; 0 when there is none.
pub(crate) async fn head(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM es_events")
        .fetch_one(connection)
        .await
        .map_err(|e| store_error(&e))
}

async fn between(
    connection: &mut SqliteConnection,
    query: LogQuery<'_>,
    end: Position,
    limit: usize,
    reader: &mut Reader,
) -> Result<Vec<StoredEvent>, StoreError> {
    let (after, end, limit) = (bigint(query.after.get()), bigint(end.get()), bigint(limit as u64));
    let everything = query.names.is_none()
        && query.category.is_none()
        && query.tenant.is_none()
        && query.part.is_none();
    let statement = if everything {
        sqlx::query(include_str!("sql/read_log.sql")).bind(after).bind(end).bind(limit)
    } else {
        let (part, of) = part(query);
        sqlx::query(include_str!("sql/read_log_filtered.sql"))
            .bind(after)
            .bind(end)
            .bind(limit)
            .bind(names(query))
            .bind(query.category.map(str::to_owned))
            .bind(query.tenant.map(str::to_owned))
            .bind(part)
            .bind(of)
    };
    let rows = statement.fetch_all(connection).await.map_err(|e| store_error(&e))?;
    rows.iter().map(|row| reader.event(row)).collect()
}

/// The names as a JSON array; `None` means all.
fn names(query: LogQuery<'_>) -> Option<String> {
    query.names.map(|names| serde_json::Value::from(names).to_string())
}

/// Without parts everything is in part 0 of 1.
fn part(query: LogQuery<'_>) -> (i64, i64) {
    let part = query.part.unwrap_or(Part::WHOLE);
    (part.number().into(), part.of().into())
}

/// Beyond what a store can hold there is nothing to be found anyway.
pub(crate) fn bigint(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Streams what `read` gives, until it says that nothing comes next.
fn pieces<'a, C: Send + 'a, F>(
    from: C,
    read: impl FnMut(C, Reader) -> F + Send + 'a,
) -> EventStream<'a>
where
    F: Future<Output = Result<(Vec<StoredEvent>, Option<(C, Reader)>), StoreError>> + Send + 'a,
{
    let begin = (Some((from, Reader::default())), read);
    let pieces = stream::try_unfold(begin, |(from, mut read)| async move {
        let Some((from, reader)) = from else { return Ok(None) };
        let (events, next) = read(from, reader).await?;
        Ok(Some((stream::iter(events.into_iter().map(Ok)), (next, read))))
    });
    pieces.try_flatten().boxed()
}
