//! A store that goes wrong when it is told to, and counts what it gives.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use es_core::{
    AppendError, Appended, BoxFuture, BulkStore, Cause, EventAddress, EventId, EventStore,
    EventStream, ImportError, ImportOptions, Imported, ImportedEvent, LogPage, LogQuery, Payload,
    Position, StoreError, StoredEvent, StreamAppend, StreamId, StreamQuery,
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};

/// What becomes of an import.
pub(crate) enum Turn {
    /// What always does.
    Well,
    /// All is stored, and nobody knows.
    LostAfter,
    /// Nothing is stored, and nobody knows.
    LostBefore,
    /// The payloads are changed.
    Altered,
    /// The last event is left out.
    Shortened,
    /// This happens behind it.
    Then(BoxFuture<'static, ()>),
}

type Alters = dyn Fn(&mut StoredEvent) + Send + Sync;
type Turns = dyn Fn(u64) -> Turn + Send + Sync;

#[derive(Clone)]
pub(crate) struct Odd<S> {
    store: S,
    given: Arc<AtomicU64>,
    breaks_after: u64,
    ends_after: usize,
    alters: Arc<Alters>,
    pauses: bool,
    /// By how many positions the log settles at each look, and how far it has come.
    settles: Option<(u64, Arc<AtomicU64>)>,
    imports: Arc<AtomicU64>,
    turns: Arc<Turns>,
}

impl<S> Odd<S> {
    pub(crate) fn new(store: S) -> Self {
        let (given, imports) = (Arc::default(), Arc::default());
        Self {
            store,
            given,
            breaks_after: u64::MAX,
            ends_after: usize::MAX,
            alters: Arc::new(|_| {}),
            pauses: false,
            settles: None,
            imports,
            turns: Arc::new(|_| Turn::Well),
        }
    }

    /// A stream of the log breaks off after so many events.
    pub(crate) fn breaks_after(self, events: u64) -> Self {
        Self { breaks_after: events, ..self }
    }

    /// A stream of the log ends after so many events.
    pub(crate) fn ends_after(self, events: usize) -> Self {
        Self { ends_after: events, ..self }
    }

    /// The events of the log are given changed.
    pub(crate) fn altered(self, alters: impl Fn(&mut StoredEvent) + Send + Sync + 'static) -> Self {
        Self { alters: Arc::new(alters), ..self }
    }

    /// Each event has to be waited for.
    pub(crate) fn pauses(self) -> Self {
        Self { pauses: true, ..self }
    }

    /// Each look finds so many positions more settled.
    pub(crate) fn settles_by(self, positions: u64) -> Self {
        Self { settles: Some((positions, Arc::default())), ..self }
    }

    /// What becomes of the imports; the first is number 1.
    pub(crate) fn imports(self, turns: impl Fn(u64) -> Turn + Send + Sync + 'static) -> Self {
        Self { turns: Arc::new(turns), ..self }
    }

    /// How many events of the log have been given so far.
    pub(crate) fn given(&self) -> u64 {
        self.given.load(Ordering::SeqCst)
    }
}

fn broken() -> Cause {
    Cause::new("the cable")
}

impl<S: EventStore> EventStore for Odd<S> {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        self.store.append_many(appends).await
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        self.store.read_stream(stream, query)
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        let settled = self.store.settled().await?;
        let Some((step, looked)) = &self.settles else { return Ok(settled) };
        let reached = looked.fetch_add(*step, Ordering::SeqCst) + step;
        Ok(settled.min(Position::new(reached)))
    }

    async fn read_log(&self, query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        self.store.read_log(query, limit).await
    }

    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        let mut left = self.breaks_after;
        let events = self.store.stream_log(query).map(move |event| {
            left = left.checked_sub(1).ok_or_else(|| StoreError::Unavailable(broken()))?;
            self.given.fetch_add(1, Ordering::SeqCst);
            let mut event = event?;
            (self.alters)(&mut event);
            Ok(event)
        });
        let pauses = self.pauses;
        let events = events.then(move |event| async move {
            if pauses {
                tokio::task::yield_now().await;
            }
            event
        });
        events.take(self.ends_after).boxed()
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        self.store.locate(ids).await
    }
}

impl<S: BulkStore> BulkStore for Odd<S> {
    async fn import<E, C>(
        &self,
        events: E,
        options: ImportOptions<'_>,
    ) -> Result<Imported, ImportError>
    where
        E: Stream<Item = Result<ImportedEvent, C>> + Send,
        C: Error + Send + Sync + 'static,
    {
        let mut turn = (self.turns)(self.imports.fetch_add(1, Ordering::SeqCst) + 1);
        let (mut last, mut events) = (None, std::pin::pin!(events));
        let mut gathered = Vec::new();
        while let Some(event) = events.try_next().await.map_err(|e| ImportError::Source {
            events: gathered.len() as u64,
            cause: Cause::new(e),
        })? {
            last = Some(event.event.id);
            gathered.push(event);
        }
        match &turn {
            Turn::Altered => {
                for event in &mut gathered {
                    event.event.payload = Payload::from_json("[\"altered\"]").unwrap();
                }
            }
            Turn::Shortened => drop(gathered.pop()),
            _ => {}
        }
        let unknown = |last| ImportError::OutcomeUnknown { last_event: last, cause: broken() };
        if let (Turn::LostBefore, Some(last)) = (&turn, last) {
            return Err(unknown(last));
        }
        let left_out = u64::from(matches!(turn, Turn::Shortened));
        let events = futures_util::stream::iter(gathered.into_iter().map(Ok::<_, C>));
        let imported = self.store.import(events, options).await?;
        if let (Turn::LostAfter, Some(last)) = (&turn, last) {
            return Err(unknown(last));
        }
        if let Turn::Then(then) = &mut turn {
            then.await;
        }
        Ok(Imported::new(imported.events + left_out, imported.position))
    }
}
