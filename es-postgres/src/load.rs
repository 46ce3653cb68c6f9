//! Loads: the events of one stream, alone or together with the loads of others.
//!
//! While few loads are under way each has a statement of its own, and its rows are decoded while the server sends them.
//! Beyond that, loads wait in a [queue](crate::queue) and go together, so that many callers do not need as many connections
//! and round trips. A load that waits is answered by a statement that begins later, so it sees all that its caller
//! knows to be stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use es_core::{Cause, EventStream, StoreError, StoredEvent, StreamId, StreamQuery};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use thiserror::Error;
use uuid::Uuid;

use crate::config::PgConfig;
use crate::error::store_error;
use crate::queue::{Bounds, Done, Queue, Work};
use crate::read::bigint;
use crate::row::{self, Reader};
use crate::store::{By, PgStore};

/// Loads at work or waiting; further callers wait for room.
const ROOM: usize = 4096;

/// Loads of a statement.
const LOADS: usize = 64;

/// Events of one load that are fetched together with others. A longer stream goes on with a statement of its own, which is
/// decoded while the server sends: so memory stays small, and nobody waits for another one's long stream.
const EVENTS: u8 = 128;

/// Bytes of payloads and metadata that are fetched for all loads of a statement. The statement is left where they are
/// reached, and whoever has not got all of his events then goes on with one of his own.
const BYTES: usize = 8 * 1024 * 1024;

/// The loads of a store.
pub(crate) struct Loads {
    /// How many have a statement of their own, and have had no answer yet.
    alone: Arc<AtomicUsize>,
    lanes: usize,
    queue: Queue<Loader>,
}

impl Loads {
    pub(crate) fn new(config: &PgConfig) -> Self {
        let (lanes, patience) = (config.get_load_lanes(), config.get_acquire_timeout());
        let slow = config.get_max_connections().saturating_sub(2 * lanes + 1);
        let bounds = Bounds { lanes, room: ROOM, items: LOADS, size: usize::MAX, slow, patience };
        Self { alone: Arc::default(), lanes, queue: Queue::new(bounds) }
    }

    /// Leave to have a statement of one's own. Nobody waits for whoever has it: he may read on when he likes.
    fn alone(&self) -> Option<Alone> {
        let before = self.alone.fetch_add(1, Ordering::SeqCst);
        let alone = Alone(self.alone.clone());
        (before < self.lanes).then_some(alone)
    }
}

struct Alone(Arc<AtomicUsize>);

impl Drop for Alone {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What to load: the stream, and the versions after which and up to which.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    stream: Uuid,
    after: i64,
    up_to: i64,
}

impl Load {
    fn new(stream: &StreamId, query: StreamQuery) -> Self {
        let up_to = query.up_to.map_or(i64::MAX, |version| bigint(version.get()));
        Self { stream: stream.id(), after: bigint(query.after.get()), up_to }
    }
}

/// What one load gets of a statement for many.
struct Share {
    /// As they came: each caller decodes his own.
    rows: Vec<PgRow>,
    /// What is still to be loaded.
    rest: Option<Load>,
}

/// Loads what has come together.
#[derive(Clone)]
struct Loader(PgStore);

impl Work for Loader {
    type Item = Load;
    type Answer = Result<Share, StoreError>;

    /// Loads are in nobody's way.
    fn keys(_: &Load) -> Vec<Uuid> {
        Vec::new()
    }

    fn size(_: &Load) -> usize {
        1
    }

    async fn run(self, loads: Vec<Load>) -> Vec<Done<Load, Self::Answer>> {
        match self.0.load_together(&loads).await {
            Ok(answers) => answers.into_iter().map(|rows| Done::Answered(Ok(rows))).collect(),
            Err(error) => loads.iter().map(|_| Done::Answered(Err(error.clone()))).collect(),
        }
    }
}

impl PgStore {
    pub(crate) fn load<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        let open = async move {
            self.ready().await?;
            let load = Load::new(stream, query);
            let events = match self.loads().alone() {
                Some(alone) => self.load_alone(stream, load, alone).await,
                None => self.load_with_others(stream, load).await?,
            };
            // Every event knows its category, and a stream of none is not there.
            if query == StreamQuery::ALL {
                return Ok(events);
            }
            let mut events = Box::pin(events.peekable());
            // There may be none in the range.
            if events.as_mut().peek().await.is_none() {
                self.check_category(stream).await?;
            }
            Ok::<EventStream<'_>, _>(events)
        };
        stream::once(open).try_flatten().boxed()
    }

    async fn load_alone<'a>(
        &'a self,
        stream: &'a StreamId,
        load: Load,
        alone: Alone,
    ) -> EventStream<'a> {
        let mut events = Box::pin(self.load_streaming(stream, load).peekable());
        // From the first event on the caller sets the pace.
        events.as_mut().peek().await;
        drop(alone);
        events
    }

    fn load_streaming<'a>(
        &'a self,
        stream: &'a StreamId,
        load: Load,
    ) -> impl Stream<Item = Result<StoredEvent, StoreError>> + Send + 'a {
        let statement = move || {
            sqlx::query(include_str!("sql/read_stream.sql"))
                .bind(load.stream)
                .bind(load.after)
                .bind(load.up_to)
                .bind(i64::MAX)
        };
        let mut reader = Reader::default();
        self.rows(By::Command, statement, move |row| reader.event_of(row, stream))
    }

    async fn load_with_others<'a>(
        &'a self,
        stream: &'a StreamId,
        load: Load,
    ) -> Result<EventStream<'a>, StoreError> {
        let answer = self.loads().queue.submit(Loader(self.clone()), load).await;
        let share = answer.unwrap_or_else(|_| Err(StoreError::Unavailable(Cause::new(NotRead))))?;
        let mut reader = Reader::default();
        let events = stream::iter(share.rows).map(move |row| reader.event_of(&row, stream));
        // Events never change, so what is read later goes on where this ends.
        Ok(match share.rest {
            Some(rest) => events.chain(self.load_streaming(stream, rest)).boxed(),
            None => events.boxed(),
        })
    }

    /// The rows of each load, by one statement.
    async fn load_together(&self, loads: &[Load]) -> Result<Vec<Share>, StoreError> {
        let streams: Vec<_> = loads.iter().map(|load| load.stream).collect();
        let afters: Vec<_> = loads.iter().map(|load| load.after).collect();
        let up_tos: Vec<_> = loads.iter().map(|load| load.up_to).collect();
        let mut again = self.again(By::Command);
        'connections: loop {
            let mut line = self.lines(By::Command).line().await?;
            let statement = sqlx::query(include_str!("sql/load_many.sql"));
            let statement =
                statement.bind(&streams).bind(&afters).bind(&up_tos).bind(i64::from(EVENTS));
            let mut rows = statement.fetch(&mut *line);
            let mut shares = Shares::new(loads);
            while let Some(row) = rows.next().await {
                match row {
                    Ok(row) => shares.add(row)?,
                    Err(error) if again.allows(&error) => continue 'connections,
                    Err(error) => return Err(store_error(&error)),
                }
                if shares.bytes >= BYTES {
                    // The pool clears the connection of the rows that are still to come, one by one.
                    return Ok(shares.cut_off());
                }
            }
            drop(rows);
            line.keep();
            return Ok(shares.all);
        }
    }

    async fn check_category(&self, stream: &StreamId) -> Result<(), StoreError> {
        let head = || sqlx::query(include_str!("sql/heads.sql")).bind(vec![stream.id()]);
        let mut heads: Vec<(Uuid, String, i64)> = self.ask(By::Command, head).await?;
        match heads.pop() {
            Some((_, category, _)) => row::check_category(stream, category),
            None => Ok(()),
        }
    }
}

/// What the loads of a statement have got so far.
struct Shares {
    all: Vec<Share>,
    /// What is left of each load after what has come.
    loads: Vec<Load>,
    /// The load whose rows are coming.
    current: usize,
    bytes: usize,
}

impl Shares {
    fn new(loads: &[Load]) -> Self {
        let all = loads.iter().map(|_| Share { rows: Vec::new(), rest: None }).collect();
        Self { all, loads: loads.to_vec(), current: 0, bytes: 0 }
    }

    fn add(&mut self, row: PgRow) -> Result<(), StoreError> {
        let number: i64 = row.try_get("number").map_err(|e| store_error(&e))?;
        let version = row.try_get("version").map_err(|e| store_error(&e))?;
        self.current = usize::try_from(number - 1).expect("loads are numbered from 1 by us");
        self.bytes += row::size(&row);
        let (share, load) = (&mut self.all[self.current], &mut self.loads[self.current]);
        load.after = version;
        share.rows.push(row);
        if share.rows.len() >= usize::from(EVENTS) {
            share.rest = Some(*load);
        }
        Ok(())
    }

    /// When no more rows are read: they come load by load, so those before the current one are complete.
    fn cut_off(mut self) -> Vec<Share> {
        let unfinished = self.all.iter_mut().zip(&self.loads).skip(self.current);
        unfinished.for_each(|(share, load)| share.rest = Some(*load));
        self.all
    }
}

#[derive(Debug, Error)]
#[error("the load waited too long for those before it, or whoever was at it has ended")]
struct NotRead;
