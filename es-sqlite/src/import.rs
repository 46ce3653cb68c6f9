//! Importing: one transaction, chunk by chunk.
//!
//! It holds the right to write from its first chunk to its last, so appends wait for it, those of other processes too.

use std::collections::HashSet;
use std::error::Error;
use std::pin::{Pin, pin};

use chrono::Utc;
use es_core::{
    BulkStore, Cause, EventId, EventStore as _, ExistingStreams, ImportError, ImportOptions,
    Imported, ImportedEvent, Limits, Position, Version,
};
use futures_util::{Stream, StreamExt as _};

use crate::append::heads::Heads;
use crate::append::insert::{self, NewRow};
use crate::error::{cause, is_constraint, is_refusal, store_error};
use crate::read;
use crate::row::micros;
use crate::store::SqliteStore;
use crate::writing::Writing;

/// A chunk ends when it has so many bytes, however few events that are.
const BYTES: usize = 4 * 1024 * 1024;

impl BulkStore for SqliteStore {
    async fn import<E, C>(
        &self,
        events: E,
        mut options: ImportOptions<'_>,
    ) -> Result<Imported, ImportError>
    where
        E: Stream<Item = Result<ImportedEvent, C>> + Send,
        C: Error + Send + Sync + 'static,
    {
        let limits = self.config().get_limits();
        let mut source =
            Source { events: pin!(events), limits, size: options.get_chunk(), taken: 0 };
        // Nothing is opened before the first events are there: who waits for them would keep everybody else waiting.
        let Some(mut chunk) = source.chunk().await? else { return Ok(Imported::default()) };
        let writing = self.write().await?;
        let (heads, existing) = (Heads::default(), options.get_existing());
        let mut session = Session { store: self, writing, heads, existing, events: 0, last: None };
        loop {
            options.report(session.store(&chunk).await?);
            match source.chunk().await? {
                Some(next) => chunk = next,
                None => break,
            }
        }
        let imported = session.commit().await?;
        self.signal().wake();
        Ok(imported)
    }
}

/// What comes in, made into chunks.
struct Source<'a, E> {
    events: Pin<&'a mut E>,
    limits: Limits,
    size: usize,
    taken: u64,
}

impl<E, C> Source<'_, E>
where
    E: Stream<Item = Result<ImportedEvent, C>> + Send,
    C: Error + Send + Sync + 'static,
{
    /// The next events that are to be stored together; `None` when nothing is left.
    async fn chunk(&mut self) -> Result<Option<Vec<ImportedEvent>>, ImportError> {
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        while chunk.len() < self.size && bytes < BYTES {
            let Some(event) = self.events.next().await else { break };
            let event = event
                .map_err(|e| ImportError::Source { events: self.taken, cause: Cause::new(e) })?;
            self.limits.check_imported(&event)?;
            bytes += event.event.payload.as_str().len();
            chunk.push(event);
            self.taken += 1;
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

/// An import that is under way. Dropped, it leaves nothing.
struct Session<'a> {
    store: &'a SqliteStore,
    writing: Writing,
    heads: Heads,
    existing: ExistingStreams,
    events: u64,
    last: Option<EventId>,
}

impl Session<'_> {
    /// Stores a chunk and gives the number of events so far.
    async fn store(&mut self, chunk: &[ImportedEvent]) -> Result<u64, ImportError> {
        let streams = chunk.iter().map(|imported| imported.stream.id());
        let mut new: HashSet<_> = streams.filter(|stream| !self.heads.knows(*stream)).collect();
        let learnt = self.heads.learn(&mut self.writing, new.iter().copied()).await;
        learnt.map_err(|e| store_error(&e))?;
        let before = self.heads.last();
        let (mut rows, now) = (Vec::with_capacity(chunk.len()), micros(Utc::now()));
        for imported in chunk {
            let met_first = new.remove(&imported.stream.id());
            rows.push(self.place(imported, met_first, now)?);
        }
        if let Err(error) = insert::all(&mut self.writing, &rows).await {
            if is_constraint(&error) {
                return Err(self.duplicate(chunk, before, &error).await);
            }
            return Err(store_error(&error).into());
        }
        self.events += chunk.len() as u64;
        self.last = chunk.last().map(|imported| imported.event.id);
        Ok(self.events)
    }

    /// Where an event comes to stand.
    fn place<'a>(
        &mut self,
        imported: &'a ImportedEvent,
        met_first: bool,
        now: i64,
    ) -> Result<NewRow<'a>, ImportError> {
        let ImportedEvent { stream, event, version: demanded, .. } = imported;
        let before = self.heads.version(stream)?;
        if met_first && before > 0 && self.existing == ExistingStreams::Refuse {
            return Err(ImportError::StreamExists { stream: stream.clone() });
        }
        let (actual, version) = (Version::new(before.cast_unsigned()), before + 1);
        let given = Version::new(version.cast_unsigned());
        if let Some(demanded) = demanded.filter(|demanded| *demanded != given) {
            let (stream, event) = (stream.clone(), event.id);
            return Err(ImportError::Conflict { stream, event, demanded, actual });
        }
        self.heads.set(stream, version);
        let recorded_at = imported.recorded_at.map_or(now, micros);
        Ok(NewRow { position: self.heads.next_position(), stream, version, event, recorded_at })
    }

    /// Which event of the chunk was there before it, or comes twice in it.
    async fn duplicate(
        &mut self,
        chunk: &[ImportedEvent],
        before: i64,
        error: &sqlx::Error,
    ) -> ImportError {
        let ids = || chunk.iter().map(|imported| imported.event.id);
        let found = match read::locate(&mut self.writing, ids()).await {
            Ok(found) => found,
            Err(error) => return error.into(),
        };
        // Those behind it are of this chunk itself: some of it is written.
        let earlier = found.iter().filter(|event| event.position.get() <= before.cast_unsigned());
        let mut taken: HashSet<_> = earlier.map(|event| event.id).collect();
        match ids().find(|id| !taken.insert(*id)) {
            Some(event) => ImportError::DuplicateEvent { event },
            None => store_error(error).into(),
        }
    }

    async fn commit(self) -> Result<Imported, ImportError> {
        let Some(last_event) = self.last else { return Ok(Imported::default()) };
        let position = Position::new(self.heads.last().cast_unsigned());
        match self.writing.commit().await {
            Ok(()) => {}
            Err(error) if is_refusal(&error) => return Err(store_error(&error).into()),
            // Nobody said that it did not take place: what is there now counts, if it is there.
            Err(error) => match self.store.locate(&[last_event]).await {
                Ok(found) if !found.is_empty() => {}
                _ => return Err(ImportError::OutcomeUnknown { last_event, cause: cause(&error) }),
            },
        }
        Ok(Imported::new(self.events, Some(position)))
    }
}
