//! The transaction of an import, on a connection that is closed unless everything went well.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use es_core::{Category, EventId, ExistingStreams, ImportError, Imported, StoreError, StreamId};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgDatabaseError, Postgres};
use sqlx::{Executor as _, PgConnection};
use uuid::Uuid;

use super::chunk::Chunk;
use crate::error::{is_duplicate_event, is_refusal, store_error};
use crate::read::locate;
use crate::row;
use crate::store::{By, PgStore};

/// How much of a chunk is handed over at a time.
const PIECE: usize = 128 * 1024;

/// How many streams are moved by one statement.
const MOVES: usize = 10_000;

/// An import that is under way.
pub(super) struct Session<'a> {
    store: &'a PgStore,
    connection: Held,
    existing: ExistingStreams,
    heads: HashMap<Uuid, Head>,
    categories: HashMap<Category, usize>,
    events: u64,
    last: Option<EventId>,
    /// By the server's clock, when the transaction began; known when the first rows are locked.
    now: DateTime<Utc>,
}

/// A stream whose row this import has locked.
struct Head {
    /// What the row says.
    written: i64,
    /// Where the stream stands by now.
    version: i64,
    /// Its category, by its number in `Session::categories`.
    category: usize,
}

impl<'a> Session<'a> {
    pub(super) async fn begin(
        store: &'a PgStore,
        existing: ExistingStreams,
    ) -> Result<Self, ImportError> {
        store.ready().await?;
        let waits = store.lines(By::Command).wait();
        let connection = store.pool().acquire().await.map_err(|e| store_error(&e))?;
        drop(waits);
        let mut connection = Held(Some(connection));
        let begun = connection.get()?.execute("BEGIN ISOLATION LEVEL READ COMMITTED").await;
        begun.map_err(|e| store_error(&e))?;
        let (heads, categories) = (HashMap::new(), HashMap::new());
        let (events, last, now) = (0, None, DateTime::UNIX_EPOCH);
        Ok(Self { store, connection, existing, heads, categories, events, last, now })
    }

    /// Sends a chunk and gives the number of events sent so far.
    pub(super) async fn send(&mut self, mut chunk: Chunk) -> Result<u64, ImportError> {
        self.lock_heads(&chunk).await?;
        let versions = chunk.streams().map(|(stream, _)| self.heads[&stream.id()].version);
        chunk.finish(versions.collect(), self.now)?;
        if let Err(error) = copy(self.connection.get()?, chunk.bytes()).await {
            if is_duplicate_event(&error) {
                return Err(self.duplicate(&chunk, &error).await);
            }
            return Err(store_error(&error).into());
        }
        for (stream, events) in chunk.streams() {
            if let Some(head) = self.heads.get_mut(&stream.id()) {
                head.version += events;
            }
        }
        self.events += chunk.events() as u64;
        self.last = chunk.last();
        Ok(self.events)
    }

    /// Locks the rows of the streams that are new to this import, and learns where they stand.
    async fn lock_heads(&mut self, chunk: &Chunk) -> Result<(), ImportError> {
        let (mut ids, mut names, mut counts, mut new) = (vec![], vec![], vec![], vec![]);
        for (stream, events) in chunk.streams() {
            let categories = self.categories.len();
            let category = *self.categories.entry(stream.category().clone()).or_insert(categories);
            match self.heads.get(&stream.id()) {
                Some(head) if head.category == category => {}
                Some(head) => return Err(self.wrong_category(stream, head.category)),
                None => {
                    ids.push(stream.id());
                    names.push(stream.category().as_str());
                    counts.push(events);
                    new.push((stream, category, events));
                }
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        let rows: Vec<(Uuid, i64, DateTime<Utc>)> =
            sqlx::query_as(include_str!("../sql/import_heads.sql"))
                .bind(ids)
                .bind(names)
                .bind(counts)
                .fetch_all(self.connection.get()?)
                .await
                .map_err(|e| store_error(&e))?;
        self.now = rows.first().map_or(self.now, |(_, _, now)| *now);
        let written: HashMap<_, _> =
            rows.into_iter().map(|(id, version, _)| (id, version)).collect();
        for (stream, category, events) in new {
            let Some(&written) = written.get(&stream.id()) else {
                return Err(self.stored_category(stream).await);
            };
            let version = written - events;
            if version > 0 && self.existing == ExistingStreams::Refuse {
                return Err(ImportError::StreamExists { stream: stream.clone() });
            }
            self.heads.insert(stream.id(), Head { written, version, category });
        }
        Ok(())
    }

    /// The stream came under another category before, in this import.
    fn wrong_category(&self, stream: &StreamId, number: usize) -> ImportError {
        let mut all = self.categories.iter();
        let actual = all.find(|(_, known)| **known == number).map(|(category, _)| category.clone());
        let stream = stream.clone();
        match actual {
            Some(actual) => StoreError::WrongCategory { stream, actual }.into(),
            None => StoreError::Corrupt { what: format!("the category of stream {stream}") }.into(),
        }
    }

    /// The stream is stored under another category.
    async fn stored_category(&mut self, stream: &StreamId) -> ImportError {
        let head = async {
            sqlx::query_as(include_str!("../sql/heads.sql"))
                .bind(vec![stream.id()])
                .fetch_one(self.connection.get()?)
                .await
                .map_err(|e| store_error(&e))
        };
        let head: Result<(Uuid, String, i64), StoreError> = head.await;
        let checked = head.and_then(|(_, category, _)| row::check_category(stream, category));
        let what = || format!("stream {stream} was refused for its category, which is the same");
        checked.err().unwrap_or_else(|| StoreError::Corrupt { what: what() }).into()
    }

    /// The server's own words name the id, unless the user may not read the column; then another connection is asked.
    async fn duplicate(&self, chunk: &Chunk, error: &sqlx::Error) -> ImportError {
        if let Some(event) = named_id(error) {
            return ImportError::DuplicateEvent { event };
        }
        let ids: Vec<_> = chunk.ids().collect();
        match self.store.find_events(&ids).await {
            Ok(stored) => match stored.first() {
                Some(address) => ImportError::DuplicateEvent { event: address.id },
                None => store_error(error).into(),
            },
            Err(error) => error.into(),
        }
    }

    /// Moves the streams' rows to where the streams stand, and commits.
    pub(super) async fn commit(mut self) -> Result<Imported, ImportError> {
        let moved = self.heads.iter().filter(|(_, head)| head.version != head.written);
        let (ids, versions): (Vec<_>, Vec<_>) = moved.map(|(id, head)| (*id, head.version)).unzip();
        for (ids, versions) in ids.chunks(MOVES).zip(versions.chunks(MOVES)) {
            let moved =
                sqlx::query(include_str!("../sql/import_moves.sql")).bind(ids).bind(versions);
            moved.execute(self.connection.get()?).await.map_err(|e| store_error(&e))?;
        }
        let Some(last) = self.last else { return Ok(Imported::default()) };
        let found = locate(self.connection.get()?, &[last]).await?;
        let position = found.first().map(|address| address.position);
        match self.connection.get()?.execute("COMMIT").await {
            Ok(_) => self.connection.give_back(),
            Err(error) if is_refusal(&error) => return Err(store_error(&error).into()),
            Err(error) => self.store.find_import(last, &error).await?,
        }
        Ok(Imported::new(self.events, position))
    }
}

async fn copy(connection: &mut PgConnection, bytes: &[u8]) -> Result<(), sqlx::Error> {
    let mut copy = connection.copy_in_raw(include_str!("../sql/import_events.sql")).await?;
    for piece in bytes.chunks(PIECE) {
        copy.send(piece).await?;
    }
    copy.finish().await.map(drop)
}

/// `Key (event_id)=(…) already exists.`
fn named_id(error: &sqlx::Error) -> Option<EventId> {
    let error: &PgDatabaseError = error.as_database_error()?.try_downcast_ref()?;
    let (_, rest) = error.detail()?.split_once("=(")?;
    let (id, _) = rest.split_once(')')?;
    Uuid::try_parse(id).ok().map(EventId::from_uuid)
}

/// A connection of the pool that goes back there only when it is said to be in order. The driver would give back one whose
/// user was dropped inside a COPY or a transaction, and not know which answers belong to whom.
struct Held(Option<PoolConnection<Postgres>>);

impl Held {
    fn get(&mut self) -> Result<&mut PgConnection, StoreError> {
        match &mut self.0 {
            Some(connection) => Ok(connection),
            None => Err(StoreError::Corrupt { what: "an import went on after its end".to_owned() }),
        }
    }

    fn give_back(&mut self) {
        self.0 = None;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closes it, and leaves its place in the pool to another.
        drop(self.0.take().map(PoolConnection::detach));
    }
}
