//! Reading the log: by pages, and as it comes. Always one statement, decoded while the server sends.

use es_core::{
    EventAddress, EventId, EventStream, LogPage, LogQuery, Part, Position, StoreError, StoredEvent,
    Version,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::store_error;
use crate::row::Reader;
use crate::store::{By, PgStore};

impl PgStore {
    pub(crate) async fn settled_position(&self) -> Result<Position, StoreError> {
        self.ready().await?;
        self.settled_log().advance(self).await
    }

    /// What is settled is learnt first, and the events are read by a later statement: it then sees all of them.
    pub(crate) async fn page(
        &self,
        query: LogQuery<'_>,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        let limit = limit.max(1);
        let settled = self.settled_for(query.after, limit as u64).await?;
        let end = settled.max(query.after);
        if end == query.after {
            return Ok(LogPage::new(Vec::new(), end));
        }
        let events: Vec<StoredEvent> = self
            .log_between(By::Subscription, query, settled, bigint(limit as u64))
            .try_collect()
            .await?;
        let through = match events.last() {
            Some(last) if events.len() >= limit => last.position,
            _ => end,
        };
        Ok(LogPage::new(events, through))
    }

    /// A settled position to read up to. While a reader catches up it is known already, and a look at the log would cost a
    /// round trip for every page: what was settled stays so, and a page that ends before the newest settled
    /// position is a page all the same, as its `through` says. The reader goes on from there, and looks again when fewer
    /// positions are left than it asks for.
    async fn settled_for(&self, after: Position, limit: u64) -> Result<Position, StoreError> {
        let known = self.settled_log().known();
        if after.get().saturating_add(limit) <= known.get() {
            return Ok(known);
        }
        self.settled_position().await
    }

    pub(crate) fn whole_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        let open = async move {
            let settled = self.settled_position().await?;
            Ok(self.log_between(By::Command, query, settled, i64::MAX))
        };
        stream::once(open).try_flatten().boxed()
    }

    fn log_between<'a>(
        &'a self,
        by: By,
        query: LogQuery<'a>,
        end: Position,
        limit: i64,
    ) -> EventStream<'a> {
        let (after, end) = (bigint(query.after.get()), bigint(end.get()));
        let by_name_only =
            query.category.is_none() && query.tenant.is_none() && query.part.is_none();
        let statement = move || match query.names {
            None if by_name_only => {
                sqlx::query(include_str!("sql/read_log.sql")).bind(after).bind(end).bind(limit)
            }
            Some(names) if by_name_only => sqlx::query(include_str!("sql/read_log_of_types.sql"))
                .bind(after)
                .bind(end)
                .bind(limit)
                .bind(names),
            names => {
                let (part, of) = part(query);
                sqlx::query(include_str!("sql/read_log_filtered.sql"))
                    .bind(after)
                    .bind(end)
                    .bind(limit)
                    .bind(names)
                    .bind(query.category)
                    .bind(query.tenant)
                    .bind(part)
                    .bind(of)
            }
        };
        let mut reader = Reader::default();
        self.rows(by, statement, move |row| reader.event(row)).boxed()
    }

    pub(crate) async fn count_events(&self, query: LogQuery<'_>) -> Result<u64, StoreError> {
        let settled = self.settled_position().await?;
        let (part, of) = part(query);
        let count = || {
            sqlx::query(include_str!("sql/count_log.sql"))
                .bind(bigint(query.after.get()))
                .bind(bigint(settled.get()))
                .bind(query.names)
                .bind(query.category)
                .bind(query.tenant)
                .bind(part)
                .bind(of)
        };
        let counts: Vec<(i64,)> = self.ask(By::Subscription, count).await?;
        Ok(counts.iter().map(|(count,)| count.cast_unsigned()).sum())
    }

    pub(crate) async fn find_events(
        &self,
        ids: &[EventId],
    ) -> Result<Vec<EventAddress>, StoreError> {
        let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        let find = || sqlx::query(include_str!("sql/locate.sql")).bind(&ids);
        Ok(self.ask(By::Command, find).await?.into_iter().map(address).collect())
    }
}

/// The number of the part that is asked for, and how many there are.
fn part(query: LogQuery<'_>) -> (i64, i64) {
    let part = query.part.unwrap_or(Part::WHOLE);
    (i64::from(part.number()), i64::from(part.of()))
}

/// Which of these events are stored, and where.
pub(crate) async fn locate(
    connection: &mut PgConnection,
    ids: &[EventId],
) -> Result<Vec<EventAddress>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let find = sqlx::query_as(include_str!("sql/locate.sql")).bind(ids);
    let found = find.fetch_all(connection).await.map_err(|e| store_error(&e))?;
    Ok(found.into_iter().map(address).collect())
}

/// Never negative: the table checks it.
fn address((id, stream, version, position): (Uuid, Uuid, i64, i64)) -> EventAddress {
    let (version, position) = (version.cast_unsigned(), position.cast_unsigned());
    let (version, position) = (Version::new(version), Position::new(position));
    EventAddress::new(EventId::from_uuid(id), stream, version, position)
}

/// Beyond what a store can hold there is nothing to be found anyway.
pub(crate) fn bigint(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
